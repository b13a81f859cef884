"""Bounds what models may use: in a turn, and for a customer in a day.

A call begins only where every budget has room for what it has to read, and may write no more than is left of the tokens
then. Calls that run at once do not know of each other's end, so a budget can be passed by those that are under way, and
by no more. A call that broke off after its first text, or was cancelled, is counted by an estimate, since it is paid
for as well.
"""

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import date
from time import monotonic

import anyio

from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import Refused, ShopfloorError, StorageError
from shopfloor.models.contract import Finished, Model, ModelRequest, Piece, TextDelta, Usage
from shopfloor.models.estimate import estimated_input, estimated_tokens
from shopfloor.models.spending import Spending, Spent

logger = logging.getLogger(__name__)

CLOSING_S = 5.0
"""How long a call that was cancelled stays to write down what it used."""

Cost = Callable[[Usage, int], int | None]
"""What the answer of a rung of the ladder costs, in billionths of a dollar; None where no price is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """The most that may be used. None for as much as one likes."""

    tokens: int | None = None
    nanos: int | None = None
    """US dollars in billionths."""
    seconds: float | None = None
    """From the beginning of a turn; a day has none."""


@dataclass(kw_only=True, slots=True)
class TurnBudget:
    """What one turn may use, and what its calls used so far; all of them share it."""

    allowance: Allowance
    now: Callable[[], float] = monotonic
    spent: Spent = field(default_factory=Spent)
    began_at: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin now."""
        self.began_at = self.now()


@dataclass(frozen=True, kw_only=True, slots=True)
class DayBudget:
    """What one payer may use in a day."""

    allowance: Allowance
    payer: str
    spending: Spending
    clock: Clock

    @property
    def day(self) -> date:
        """Return the day, which changes at midnight in UTC."""
        return self.clock.now().date()


class Budgeted:
    """A model that is asked only where the budgets allow it."""

    def __init__(
        self, model: Model, cost: Cost, *, turn: TurnBudget | None = None, day: DayBudget | None = None
    ) -> None:
        """Take the model, what its answers cost, and the budgets to keep to; None for none."""
        self._model = model
        self._cost = cost
        self._turn = turn
        self._day = day

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Ask once, if there is something left.

        Raises:
            Refused: there is not; its rule names the budget: `budget.turn_tokens`, `budget.day_money`.
        """
        left = await self._left(request)
        if left is not None and (request.max_output_tokens or left) >= left:
            request = replace(request, max_output_tokens=left)
        letters = 0
        end: Finished | None = None
        is_free = False
        try:
            async with aclosing(self._model.stream(request)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, TextDelta):
                        letters += len(piece.text)
                    else:
                        end = piece
                    yield piece
        except ShopfloorError:
            is_free = letters == 0  # nobody answered
            raise
        finally:
            if not is_free:
                await self._count(request, letters, end)

    async def _left(self, request: ModelRequest) -> int | None:
        """Return the tokens that the answer may have, None where they are not bounded."""
        left: list[int] = []
        read = Usage(input_tokens=estimated_input(request), output_tokens=0)
        needed = Spent(tokens=read.input_tokens, nanos=self._cost(read, 0) or 0)
        if self._turn is not None:
            seconds = self._turn.allowance.seconds
            if seconds is not None and self._turn.now() - self._turn.began_at >= seconds:
                raise Refused("budget.turn_seconds", "The time for this answer is used up.")
            left += _left_of("turn", self._turn.allowance, self._turn.spent + needed)
        if self._day is not None:
            spent = await self._day.spending.spent(self._day.payer, self._day.day)
            left += _left_of("day", self._day.allowance, spent + needed)
        return min(left, default=None)

    async def _count(self, request: ModelRequest, letters: int, end: Finished | None) -> None:
        guess = Usage(input_tokens=estimated_input(request), output_tokens=estimated_tokens(letters))
        usage = (end.usage if end else None) or guess
        spent = Spent(
            tokens=usage.input_tokens + usage.output_tokens, nanos=self._cost(usage, end.rung if end else 0) or 0
        )
        if self._turn is not None:
            self._turn.spent += spent
        if self._day is not None:
            with anyio.move_on_after(CLOSING_S, shield=True):
                try:
                    await self._day.spending.add(self._day.payer, self._day.day, spent)
                except StorageError:  # the answer is there; the next call is refused if the store cannot be read either
                    logger.exception("what a call used could not be noted")


def _left_of(name: str, allowance: Allowance, spent: Spent) -> list[int]:
    if allowance.nanos is not None and spent.nanos >= allowance.nanos:
        raise Refused(f"budget.{name}_money", f"The money for this {name} is used up.")
    if allowance.tokens is None:
        return []
    if spent.tokens >= allowance.tokens:
        raise Refused(f"budget.{name}_tokens", f"The model tokens for this {name} are used up.")
    return [allowance.tokens - spent.tokens]
