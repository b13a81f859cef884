"""Keeps to what a provider allows: so many calls at once, so many in a minute."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from time import monotonic

import anyio

from shopfloor.kernel.errors import RateLimited
from shopfloor.models.contract import Model, ModelRequest, Piece

PATIENCE_S = 10.0
MINUTE_S = 60.0
BURST_S = 10.0
"""How much of a minute's calls may come at once after a pause."""


class ProviderLimit:
    """What one provider allows; all calls to it in the process share it.

    Calls in a minute are spread evenly after a first burst, so that a rush does not use a minute's allowance up in its
    first second and fail for the rest of it.
    """

    def __init__(
        self,
        name: str,
        *,
        at_once: int | None = None,
        per_minute: int | None = None,
        patience_s: float = PATIENCE_S,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        now: Callable[[], float] = monotonic,
    ) -> None:
        """Take the provider's name, both limits (None for none) and how long a call waits for its turn at most."""
        self._name = name
        self._slots = None if at_once is None else anyio.Semaphore(at_once)
        self._gap_s = MINUTE_S / per_minute if per_minute else 0.0
        self._patience_s = patience_s
        self._sleep = sleep
        self._now = now
        self._next_at = now()

    async def enter(self) -> None:
        """Wait for one's turn; `leave` must follow.

        Raises:
            RateLimited: it would take too long.
        """
        wait_s = self._reserve()
        if wait_s > 0:
            await self._sleep(wait_s)
        if self._slots is None:
            return
        with anyio.move_on_after(self._patience_s):
            await self._slots.acquire()
            return
        raise RateLimited(f"{self._name}: too many calls are under way", retry_after_s=self._patience_s)

    def leave(self) -> None:
        """Let the next one in."""
        if self._slots is not None:
            self._slots.release()

    def _reserve(self) -> float:
        """Take the next place in the minute, and return the seconds until it comes."""
        now = self._now()
        at = max(self._next_at, now - BURST_S)
        wait_s = max(at - now, 0.0)
        if wait_s > self._patience_s:
            raise RateLimited(f"{self._name}: its calls for this minute are used up", retry_after_s=wait_s)
        self._next_at = at + self._gap_s
        return wait_s


class Limited:
    """A model that is asked no more often than its provider allows."""

    def __init__(self, model: Model, limit: ProviderLimit) -> None:
        """Take the model and what its provider allows."""
        self._model = model
        self._limit = limit

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Ask once, when it is one's turn; the place is held until the answer is whole or its listener leaves."""
        await self._limit.enter()
        try:
            async with aclosing(self._model.stream(request)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            self._limit.leave()
