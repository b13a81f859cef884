"""Sums the ledger up: what each tier and class of work used, cost and took, and what power alone would have cost."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shopfloor.models.ledger import ModelCall
from shopfloor.models.tiers import CLASSES, TIERS, TaskClass, Tier


@dataclass(frozen=True, kw_only=True, slots=True)
class Sum:
    """What some calls used, cost and took."""

    calls: int
    failed: int
    """Of the calls, those that nobody answered."""
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    nanos: int
    """US dollars in billionths, of the calls with a known price."""
    unpriced: int
    """Answered calls whose price is not known."""
    estimated: int
    """Calls whose tokens are an estimate."""
    first_text_p50_s: float | None
    """Seconds to the first text, in the middle; None where there was none."""
    total_p50_s: float | None
    total_p95_s: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """The calls of one tier for one class of work."""

    tier: Tier
    task_class: TaskClass
    sum: Sum


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """All calls of a time."""

    lines: Sequence[Line]
    """By tier, then by class, in rising order."""
    total: Sum
    shares: dict[Tier, float]
    """Of the answered calls, the part of each tier that answered; empty where there were none."""
    compared_nanos: int
    """What the calls cost that have a price both as they were and on power."""
    power_nanos: int
    """What those same calls would have cost, had the power tier's first model read and written as much."""

    @property
    def saved(self) -> float | None:
        """Return the part of the money that was saved against power alone; None where that cost is not known."""
        return 1 - self.compared_nanos / self.power_nanos if self.power_nanos else None


def report_of(calls: Sequence[ModelCall]) -> Report:
    """Sum calls up."""
    lines = [
        Line(tier=tier, task_class=task_class, sum=sum_of(mine))
        for tier in TIERS
        for task_class in CLASSES
        if (mine := [call for call in calls if (call.tier, call.task_class) == (tier, task_class)])
    ]
    answered = [call for call in calls if call.is_answered]
    shares: dict[Tier, float] = {}
    for tier in TIERS if answered else ():
        shares[tier] = sum(call.tier == tier for call in answered) / len(answered)
    compared = [(call.nanos, call.power_nanos) for call in calls]
    known = [(nanos, power) for nanos, power in compared if nanos is not None and power is not None]
    return Report(
        lines=lines,
        total=sum_of(calls),
        shares=shares,
        compared_nanos=sum(nanos for nanos, _ in known),
        power_nanos=sum(power for _, power in known),
    )


def sum_of(calls: Sequence[ModelCall]) -> Sum:
    """Return what some calls used, cost and took."""
    usages = [call.usage for call in calls if call.usage is not None]
    firsts = [call.first_text_s for call in calls if call.first_text_s is not None]
    totals = [call.total_s for call in calls if call.is_answered]
    return Sum(
        calls=len(calls),
        failed=sum(not call.is_answered for call in calls),
        input_tokens=sum(usage.input_tokens for usage in usages),
        cached_tokens=sum(usage.cached_tokens for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        nanos=sum(call.nanos or 0 for call in calls),
        unpriced=sum(call.usage is not None and call.nanos is None for call in calls),
        estimated=sum(call.is_estimated for call in calls),
        first_text_p50_s=_of(firsts, statistics.median),
        total_p50_s=_of(totals, statistics.median),
        total_p95_s=_of(totals, _p95),
    )


def _of(values: Sequence[float], figure: Callable[[Sequence[float]], float]) -> float | None:
    return figure(values) if values else None


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
