"""ModelRouter: hands out a model for some work, by tiers, with everything around it that a call needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from shopfloor.kernel.clock import Clock
from shopfloor.models.budget import Allowance, Budgeted, DayBudget, TurnBudget
from shopfloor.models.contract import Model, Usage
from shopfloor.models.deadline import WithDeadline
from shopfloor.models.fallback import Fallback
from shopfloor.models.ledger import Ledger, ModelCall
from shopfloor.models.spending import Spending
from shopfloor.models.tiers import CLASSES, TaskClass, Tier, Work, ladder, next_tier, tier_of
from shopfloor.models.traced import Rung, Sink, Told, Traced

CALL_S = 90.0
Cost = Callable[[str, str, Usage], int | None]
"""What a call to a provider's model costs, in billionths of a US dollar; None where no price is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Books:
    """Where calls are written down, and what they cost."""

    ledger: Ledger
    spending: Spending
    cost: Cost
    clock: Clock


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What calls may use and take."""

    turn: Allowance = field(default_factory=Allowance)
    day: Allowance = field(default_factory=Allowance)
    call_s: float = CALL_S
    rerank_s: float = 0.0
    """What may be spent on putting what was found in order; 0 for nothing."""


class ModelRouter:
    """Chooses the tier for some work, and builds the ladder of its models."""

    def __init__(
        self,
        tiers: Mapping[Tier, Sequence[tuple[Rung, Model]]],
        books: Books,
        *,
        limits: Limits | None = None,
        classes: Mapping[TaskClass, Tier] = CLASSES,
        wrap: Callable[[Model], Model] = lambda model: model,
    ) -> None:
        """Take the models of each tier, the first to be asked leading; a tier without any is stepped in for.

        `wrap` may put a wrapper around all that is asked for one call, such as one that records it.

        Raises:
            ValueError: there is no model at all.
        """
        if not any(tiers.values()):
            raise ValueError("a router needs a model")
        self._tiers = tiers
        self._books = books
        self._limits = limits or Limits()
        self._classes: dict[TaskClass, Tier] = {**CLASSES, **classes}
        self._wrap = wrap

    @property
    def rerank_s(self) -> float:
        """Return how many seconds a model may take to put what was found in order; 0 where none shall."""
        return self._limits.rerank_s

    def tier_of(self, work: Work) -> Tier:
        """Return the tier that some work is done by."""
        return tier_of(work, self._classes)

    def escalated(self, work: Work) -> Work | None:
        """Return the work for the next tier, after a check of the answer failed; None where there is none above."""
        above = next_tier(self.tier_of(work))
        return None if above is None else replace(work, at_least=above)

    def turn_budget(self) -> TurnBudget:
        """Return the budget of a turn that begins now; all calls of the turn share it."""
        return TurnBudget(allowance=self._limits.turn)

    def model_for(
        self,
        work: Work,
        *,
        turn: TurnBudget | None = None,
        payer: str | None = None,
        hear: Sink | None = None,
        within_s: float = inf,
    ) -> Model:
        """Return a model for some work.

        It keeps to the budget of the turn and to the day's of whoever it is for; None leaves a budget out. `hear` is
        told of the call when it is over, beside the ledger. `within_s` bounds it where the limits do not sooner.
        """
        tier = self.tier_of(work)
        rungs = self._ladder(tier)
        told = Told(
            task_class=work.task_class,
            tier=tier,
            rungs=[rung for rung, _ in rungs],
            cost=lambda usage, place: self._cost(rungs[min(place, len(rungs) - 1)][0], usage),
            power_cost=self._power_cost,
        )
        limited = WithDeadline(Fallback([model for _, model in rungs]), min(within_s, self._call_s(turn)))
        day = None
        if payer is not None and self._limits.day != Allowance():
            books = self._books
            day = DayBudget(allowance=self._limits.day, payer=payer, spending=books.spending, clock=books.clock)
        if turn is not None and turn.allowance == Allowance():
            turn = None  # nothing to keep to
        budgeted = limited if turn is None and day is None else Budgeted(limited, told.cost, turn=turn, day=day)
        return Traced(self._wrap(budgeted), told, self._sink(hear), self._books.clock)

    def _ladder(self, tier: Tier) -> list[tuple[Rung, Model]]:
        """Return the models that are asked, each once."""
        rungs: dict[tuple[str, str], tuple[Rung, Model]] = {}
        for step in ladder(tier):
            for rung, model in self._tiers.get(step, ()):
                rungs.setdefault((rung.provider, rung.model), (rung, model))
        return list(rungs.values())

    def _call_s(self, turn: TurnBudget | None) -> float:
        if turn is None or turn.allowance.seconds is None:
            return self._limits.call_s
        return max(min(self._limits.call_s, turn.began_at + turn.allowance.seconds - turn.now()), 0.0)

    def _cost(self, rung: Rung, usage: Usage) -> int | None:
        return self._books.cost(rung.provider, rung.model, usage)

    def _power_cost(self, usage: Usage) -> int | None:
        strongest = self._tiers.get("power")
        return self._cost(strongest[0][0], usage) if strongest else None

    def _sink(self, hear: Sink | None) -> Sink:
        async def note(call: ModelCall) -> None:
            try:
                await self._books.ledger.record(call)
            finally:
                if hear is not None:
                    await hear(call)

        return note
