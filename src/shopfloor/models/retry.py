"""Asks the same model again when it failed in a way that may pass."""

import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from time import monotonic

import anyio

from shopfloor.kernel.errors import Unavailable
from shopfloor.models.attempts import attempt
from shopfloor.models.contract import Model, ModelRequest, Piece

logger = logging.getLogger(__name__)

ATTEMPTS = 3
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 8.0
PATIENCE_S = 20.0


class Retrying:
    """Tries again before the first text, after a random part of a wait that doubles each time (full jitter).

    A provider that says when to come back is believed: it is not asked earlier, and not at all where that would be too
    late, so that the next model of the ladder is asked instead.
    """

    def __init__(
        self,
        model: Model,
        *,
        attempts: int = ATTEMPTS,
        patience_s: float = PATIENCE_S,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        chance: Callable[[], float] = random.random,
        now: Callable[[], float] = monotonic,
    ) -> None:
        """Take the model, how often it is asked at most, and how long after the first call another may begin."""
        self._model = model
        self._attempts = attempts
        self._patience_s = patience_s
        self._sleep = sleep
        self._chance = chance
        self._now = now

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Ask until it answers, a few times at most."""
        until = self._now() + self._patience_s
        for number in range(1, self._attempts + 1):
            is_too_late = False
            try:
                async with aclosing(attempt(self._model, request)) as pieces:
                    async for piece in pieces:
                        is_too_late = True
                        yield piece
                return
            except Unavailable as error:
                wait_s = self._wait_s(number, error)
                if is_too_late or number == self._attempts or self._now() + wait_s > until:
                    raise
                logger.info("trying again in %.1f s: %s", wait_s, error)
            await self._sleep(wait_s)

    def _wait_s(self, number: int, error: Unavailable) -> float:
        jitter_s = self._chance() * min(FIRST_WAIT_S * 2 ** (number - 1), LONGEST_WAIT_S)
        return jitter_s if error.retry_after_s is None else error.retry_after_s + jitter_s
