"""Ends a call that takes too long, whatever it is waiting for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from shopfloor.kernel.errors import Unavailable
from shopfloor.models.contract import Model, ModelRequest, Piece


class WithDeadline:
    """Bounds a whole call, retries and other models included; the time that the listener takes counts too."""

    def __init__(self, model: Model, whole_s: float) -> None:
        """Take the model and the seconds that its answer may take."""
        self._model = model
        self._whole_s = whole_s

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Ask once, within the deadline."""
        ends_at = asyncio.get_running_loop().time() + self._whole_s
        async with aclosing(self._model.stream(request)) as pieces:
            while True:
                try:
                    async with asyncio.timeout_at(ends_at):
                        piece = await anext(pieces)
                except StopAsyncIteration:
                    return
                except TimeoutError as error:
                    raise Unavailable(f"the models did not answer within {self._whole_s:g} s") from error
                yield piece
