"""Tells of every call when it is over: what it was for, who answered, what it used and took."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic

import anyio

from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import Decision, ShopfloorError
from shopfloor.models.contract import Finished, Model, ModelRequest, Piece, TextDelta, Usage
from shopfloor.models.estimate import estimated_input, estimated_tokens
from shopfloor.models.ledger import ModelCall, Outcome
from shopfloor.models.tiers import TaskClass, Tier

logger = logging.getLogger(__name__)

CLOSING_S = 5.0
"""How long a call that was cancelled stays to be told of."""

Sink = Callable[[ModelCall], Awaitable[None]]
"""Hears of a call when it is over; that it fails does not fail the call."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rung:
    """One model of a ladder."""

    tier: Tier
    provider: str
    model: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What is known of a call before it is made."""

    task_class: TaskClass
    tier: Tier
    rungs: Sequence[Rung]
    cost: Callable[[Usage, int], int | None]
    """What the answer of a rung costs, in billionths of a US dollar."""
    power_cost: Callable[[Usage], int | None]


class Traced:
    """A model whose calls are told of."""

    def __init__(
        self, model: Model, told: Told, sink: Sink, clock: Clock, *, now: Callable[[], float] = monotonic
    ) -> None:
        """Take the model, what its calls are for, who hears of them, and the clocks of dates and of spans."""
        self._model = model
        self._told = told
        self._sink = sink
        self._clock = clock
        self._now = now

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Ask once."""
        at, began = self._clock.now(), self._now()
        first_text_s: float | None = None
        letters = 0
        end: Finished | None = None
        outcome: Outcome = "cancelled"
        error = ""
        try:
            async with aclosing(self._model.stream(request)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, TextDelta):
                        letters += len(piece.text)
                        if first_text_s is None:
                            first_text_s = self._now() - began
                    else:
                        end, outcome = piece, piece.reason
                    yield piece
        except ShopfloorError as failure:
            outcome, error = "over_budget" if isinstance(failure, Decision) else "failed", type(failure).__name__
            raise
        finally:
            told = end.usage if end else None
            usage = told or (_estimate(request, letters) if end or letters else None)
            rung = min(end.rung, len(self._told.rungs) - 1) if end else 0
            which = self._told.rungs[rung]
            call = ModelCall(
                at=at,
                task_class=self._told.task_class,
                asked_tier=self._told.tier,
                tier=which.tier,
                provider=which.provider,
                model=which.model,
                answered_by=end.model if end else "",
                rung=rung,
                outcome=outcome,
                error=error,
                first_text_s=first_text_s,
                total_s=self._now() - began,
                usage=usage,
                is_estimated=usage is not told,
                nanos=self._told.cost(usage, rung) if usage else None,
                power_nanos=self._told.power_cost(usage) if usage else None,
            )
            await self._tell(call)

    async def _tell(self, call: ModelCall) -> None:
        with anyio.move_on_after(CLOSING_S, shield=True):
            try:
                await self._sink(call)
            except ShopfloorError:
                logger.exception("a call to a model could not be noted")


def _estimate(request: ModelRequest, letters: int) -> Usage:
    return Usage(input_tokens=estimated_input(request), output_tokens=estimated_tokens(letters))
