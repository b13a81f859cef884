"""Leaves a model alone for a while after it failed several times in a row, so that no customer waits for it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from time import monotonic
from typing import Literal

from shopfloor.kernel.errors import RateLimited, Rejected, Unavailable, WorldError
from shopfloor.models.contract import Finished, Model, ModelRequest, Piece

FAILURES = 3
COOL_DOWN_S = 15.0
LONGEST_COOL_DOWN_S = 300.0

CircuitState = Literal["closed", "open", "half_open"]


class Circuit:
    """What is known of one model at one provider; all calls to it in the process share it.

    Closed, calls go through. After some failures in a row it is open, and calls fail at once. When it has cooled down
    it is half open: one call goes through as a probe. If that succeeds the circuit closes, else it stays open twice as
    long.
    """

    def __init__(
        self,
        *,
        failures: int = FAILURES,
        cool_down_s: float = COOL_DOWN_S,
        now: Callable[[], float] = monotonic,
    ) -> None:
        """Take how many failures in a row open it, and for how long at first."""
        self._allowed = failures
        self._first_cool_down_s = cool_down_s
        self._cool_down_s = cool_down_s
        self._now = now
        self._failed = 0
        self._open_until: float | None = None
        self._is_probed = False

    @property
    def state(self) -> CircuitState:
        """Return how it stands at present."""
        if self._open_until is None:
            return "closed"
        return "half_open" if self._now() >= self._open_until else "open"

    def enter(self) -> bool:
        """Let a call through, and return whether it is the probe.

        Raises:
            Unavailable: it is open, or another call is probing it.
        """
        state = self.state
        if state == "closed":
            return False
        if state == "open" or self._is_probed:
            left_s = max((self._open_until or 0.0) - self._now(), 0.0)
            raise Unavailable("it has failed several times and is left alone for a while", retry_after_s=left_s or None)
        self._is_probed = True
        return True

    def succeeded(self) -> None:
        """Note that it answered."""
        self._failed, self._open_until, self._cool_down_s = 0, None, self._first_cool_down_s

    def failed(self, error: WorldError, *, is_probe: bool) -> None:
        """Note that it failed. What lies in one request alone does not count."""
        if isinstance(error, Rejected) and not error.is_lasting:
            return
        self._failed += 1
        wait_s = error.retry_after_s if isinstance(error, RateLimited) else None
        if is_probe:
            self._cool_down_s = min(2 * self._cool_down_s, LONGEST_COOL_DOWN_S)
        if is_probe or (self._open_until is None and self._failed >= self._allowed):
            self._open_until = self._now() + max(self._cool_down_s, min(wait_s or 0.0, LONGEST_COOL_DOWN_S))

    def leave(self, *, is_probe: bool) -> None:
        """Note that a call is over, however it ended."""
        if is_probe:
            self._is_probed = False


class Breaker:
    """A model behind a circuit."""

    def __init__(self, model: Model, circuit: Circuit, name: str) -> None:
        """Take the model, its circuit, and its name for the message."""
        self._model = model
        self._circuit = circuit
        self._name = name

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Ask once, if the circuit lets it; a listener who leaves early says nothing about the model."""
        try:
            is_probe = self._circuit.enter()
        except Unavailable as error:
            raise Unavailable(f"{self._name}: {error}", retry_after_s=error.retry_after_s) from None
        try:
            async with aclosing(self._model.stream(request)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Finished):
                        self._circuit.succeeded()  # noted first: the listener may not come back after the end
                    yield piece
        except WorldError as error:
            self._circuit.failed(error, is_probe=is_probe)
            raise
        finally:
            self._circuit.leave(is_probe=is_probe)
