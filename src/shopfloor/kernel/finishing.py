"""Carrying work to its end though its caller is cancelled."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import TypeVar

from anyio import move_on_after

logger = logging.getLogger(__name__)

T = TypeVar("T")

GRACE_S = 30.0
"""How long a cancelled caller stays with work that has begun, before the work is cancelled too."""


async def to_the_end(work: Coroutine[None, None, T], grace_s: float = GRACE_S) -> T:
    """Await work that cancelling the caller, once or again, does not interrupt; the caller is cancelled after it."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await _stay(task, grace_s)
        raise


async def _stay(task: "asyncio.Task[T]", grace_s: float) -> None:
    with move_on_after(grace_s, shield=True) as scope:
        while not task.done() and not scope.cancel_called:
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError:
                continue  # cancelled once more: stay all the same
    if not task.done():
        task.cancel()
        logger.error("work did not end after its caller was cancelled, and was cancelled too")
    elif not task.cancelled() and (error := task.exception()):
        logger.error("work failed after its caller was cancelled", exc_info=error)
