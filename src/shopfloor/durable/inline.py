"""Effects run inside the caller's task: for one process, and for tests.

It remembers keys only as long as its process lives. Over restarts, the effect's own key is what keeps it from happening
twice: the shop notes the key in the transaction of the change.
"""

import asyncio
import json
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace

from anyio import move_on_after
from pydantic import JsonValue

from shopfloor.durable.contract import Effect
from shopfloor.kernel.canonical import canonical_json, digest
from shopfloor.kernel.errors import Conflict, NotFound
from shopfloor.kernel.keyed_locks import KeyedLocks

REMEMBERED = 10_000
"""Keys kept; the oldest is forgotten first."""
GRACE_S = 30.0
"""How long a cancelled caller stays with an effect that has begun, before the effect is cancelled too."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    digest: str
    """Of kind and arguments."""
    result: str | None = None
    """As JSON; None until the effect has ended well."""


class InlineDurable:
    """A `Durable` that lasts as long as its process."""

    def __init__(self, effects: Mapping[str, Effect], *, grace_s: float = GRACE_S) -> None:
        """Take the effects by the name of their kind."""
        self._effects = effects
        self._grace_s = grace_s
        self._running = KeyedLocks()
        self._runs: dict[str, _Run] = {}

    async def run_once(self, key: str, kind: str, args: dict[str, JsonValue]) -> JsonValue:
        """Run an effect to its end, or return what it returned before under this key."""
        effect = self._effects.get(kind)
        if effect is None:
            raise NotFound(f"no effect is registered under {kind!r}: register it where the application is put together")
        wanted = digest([kind, args])
        async with self._running.hold(key):
            run = self._runs.setdefault(key, _Run(digest=wanted))
            if run.digest != wanted:
                raise Conflict(f"the key {key!r} was used for something else: use a new key")
            if run.result is not None:
                return json.loads(run.result)
            if len(self._runs) > REMEMBERED:
                del self._runs[next(iter(self._runs))]
            return await _to_the_end(self._run(effect, key, args), self._grace_s)

    async def _run(self, effect: Effect, key: str, args: dict[str, JsonValue]) -> JsonValue:
        result = await effect(key, args)
        if key in self._runs:
            self._runs[key] = replace(self._runs[key], result=canonical_json(result))
        return result


async def _to_the_end(work: Coroutine[None, None, JsonValue], grace_s: float) -> JsonValue:
    """Await work that a cancelled caller does not interrupt, but stays with for a while."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    finally:
        if not task.done():
            with move_on_after(grace_s, shield=True):
                await asyncio.wait({task})
            _leave(task)


def _leave(task: asyncio.Task[JsonValue]) -> None:
    if not task.done():
        task.cancel()
        logger.error("an effect did not end after its caller was cancelled, and was cancelled too")
    elif not task.cancelled() and (error := task.exception()):
        logger.error("an effect failed after its caller was cancelled", exc_info=error)
