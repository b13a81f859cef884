"""Ends what takes too long, whatever it is waiting for."""

import asyncio
import math
from collections.abc import AsyncGenerator
from contextlib import aclosing
from types import TracebackType

from shopfloor.kernel.errors import Unavailable
from shopfloor.models.contract import Model, ModelRequest, Piece


class Patience:
    """Bounds waits that follow one another, such as those for the pieces of an answer; `with` it each waits.

    A timer for each wait would cost more than the piece that it waits for. So one timer serves all of them: when it
    rings, it looks how long the wait under way may still take.
    """

    def __init__(self, ends_at: float, *, each_s: float = math.inf) -> None:
        """Take when the last wait ends, by the loop's clock, and the seconds that each may take."""
        self.each_s = each_s
        self._ends_at = ends_at
        self._loop = asyncio.get_running_loop()
        self._until = math.inf
        self._task: asyncio.Task[object] | None = None
        """Who waits; None between two waits."""
        self._cancelling = 0
        self._timer: asyncio.TimerHandle | None = None
        self._is_over = False

    @property
    def is_used_up(self) -> bool:
        """Whether there is no time left for any wait."""
        return self._loop.time() >= self._ends_at

    def __enter__(self) -> None:
        """Begin a wait.

        Raises:
            TimeoutError: it is too late for one, even for what is ready.
        """
        now = self._loop.time()
        if now >= self._ends_at:
            raise TimeoutError
        self._until = until = min(now + self.each_s, self._ends_at)
        self._task = task = asyncio.current_task(self._loop)
        self._cancelling = task.cancelling() if task else 0
        timer = self._timer
        if timer is None:
            self._timer = self._loop.call_at(until, self._ring)
        elif timer.when() > until:
            timer.cancel()
            self._timer = self._loop.call_at(until, self._ring)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End a wait.

        Raises:
            TimeoutError: it took too long, and nobody else cancelled the task meanwhile.
        """
        task, self._task = self._task, None
        if self._is_over and task:
            self._is_over = False
            if task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
                raise TimeoutError from error

    def close(self) -> None:
        """Give the timer back."""
        if self._timer:
            self._timer.cancel()

    def _ring(self) -> None:
        self._timer = None
        if self._task is None:
            return  # the next wait sets it again
        if self._until > self._loop.time():
            self._timer = self._loop.call_at(self._until, self._ring)
            return
        self._is_over = True
        self._task.cancel()


class WithDeadline:
    """Bounds a whole call, retries and other models included; the time that the listener takes counts too."""

    def __init__(self, model: Model, whole_s: float) -> None:
        """Take the model and the seconds that its answer may take."""
        self._model = model
        self._whole_s = whole_s

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Ask once, within the deadline."""
        patience = Patience(asyncio.get_running_loop().time() + self._whole_s)
        try:
            async with aclosing(self._model.stream(request)) as pieces:
                while True:
                    with patience:
                        piece = await anext(pieces, None)
                    if piece is None:
                        return
                    yield piece
        except TimeoutError as error:
            raise Unavailable(f"the models did not answer within {self._whole_s:g} s") from error
        finally:
            patience.close()
