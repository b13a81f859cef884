"""What every call to a model was for, what it used, cost and took, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from shopfloor.kernel.errors import StorageError
from shopfloor.models.contract import FinishReason, Usage
from shopfloor.models.tiers import TaskClass, Tier

Outcome = FinishReason | Literal["failed", "over_budget", "cancelled"]
MOST_WAITING = 10_000
"""Calls that wait for a ledger that cannot be written to; older ones are lost."""
ANSWERED: frozenset[Outcome] = frozenset({"stop", "tool_calls", "length", "refusal"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCall:
    """One call, over all rungs of its ladder."""

    at: datetime
    """When it began."""
    task_class: TaskClass
    asked_tier: Tier
    tier: Tier
    """The one that answered; the asked one where none did."""
    provider: str
    """Whose model answered; the first asked where none did."""
    model: str
    """As the settings call it."""
    answered_by: str = ""
    """As the provider calls it; empty where nobody answered."""
    rung: int = 0
    """How many models were asked in vain before."""
    outcome: Outcome
    error: str = ""
    """The kind of error; empty where there was none."""
    first_text_s: float | None = None
    """Seconds to the first text; None where there was no text."""
    total_s: float
    usage: Usage | None = None
    """None where nothing was answered."""
    is_estimated: bool = False
    """Whether the provider did not tell the usage, or the answer broke off."""
    nanos: int | None = None
    """What it cost, in billionths of a US dollar; None where no price is known."""
    power_nanos: int | None = None
    """What the same tokens would have cost at the first model of the power tier; None where no price is known."""

    @property
    def is_answered(self) -> bool:
        """Whether a model answered."""
        return self.outcome in ANSWERED

    def attributes(self) -> dict[str, str | int | float | list[str]]:
        """Return it under the names of OpenTelemetry's conventions for generative AI; what is unknown is left out."""
        usage = self.usage
        named: dict[str, str | int | float | list[str] | None] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": self.provider,
            "gen_ai.request.model": self.model,
            "gen_ai.response.model": self.answered_by or None,
            "gen_ai.response.finish_reasons": [self.outcome] if self.is_answered else None,
            "gen_ai.usage.input_tokens": usage.input_tokens if usage else None,
            "gen_ai.usage.output_tokens": usage.output_tokens if usage else None,
            "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens if usage else None,
            "gen_ai.usage.cache_write.input_tokens": usage.cache_write_tokens if usage else None,
            "error.type": self.error or None,
            "shopfloor.model.tier": self.tier,
            "shopfloor.model.asked_tier": self.asked_tier,
            "shopfloor.model.task_class": self.task_class,
            "shopfloor.model.rung": self.rung,
            "shopfloor.model.cost_nanos": self.nanos,
        }
        return {name: value for name, value in named.items() if value is not None}


class Ledger(Protocol):
    """Keeps what calls used. All methods may raise `StorageError`."""

    async def record(self, *calls: ModelCall) -> None:
        """Add calls."""
        ...

    async def calls(self, since: datetime, until: datetime) -> Sequence[ModelCall]:
        """Return the calls that began at `since` or later and before `until`, the first leading."""
        ...

    async def count(self, before: datetime) -> int:
        """Return how many calls that are kept began before an instant."""
        ...

    async def remove(self, before: datetime, *, limit: int = 5_000) -> int:
        """Remove calls that began before an instant, at most so many at once, and return how many."""
        ...


class MemoryLedger:
    """Kept for the life of the process."""

    def __init__(self) -> None:
        """Start without calls."""
        self._calls: list[ModelCall] = []

    async def record(self, *calls: ModelCall) -> None:
        """Add calls."""
        self._calls += calls

    async def calls(self, since: datetime, until: datetime) -> Sequence[ModelCall]:
        """Return the calls of a time."""
        return sorted((call for call in self._calls if since <= call.at < until), key=lambda call: call.at)

    async def count(self, before: datetime) -> int:
        """Return how many calls began before an instant."""
        return sum(call.at < before for call in self._calls)

    async def remove(self, before: datetime, *, limit: int = 5_000) -> int:
        """Remove calls that began before an instant."""
        old = [place for place, call in enumerate(self._calls) if call.at < before][:limit]
        for place in reversed(old):
            del self._calls[place]
        return len(old)


class GatheringLedger:
    """Writes calls down several at once, since a write for each would cost more than the call itself.

    A process that dies loses the calls of the last moments from the report, and nothing else: budgets are kept apart.
    """

    def __init__(self, ledger: Ledger, *, most: int = 50, longest_s: float = 2.0) -> None:
        """Take the ledger to write to, and how many calls wait, and how long, until the next one writes them."""
        self._ledger = ledger
        self._most = most
        self._longest = timedelta(seconds=longest_s)
        self._waiting: list[ModelCall] = []

    async def record(self, *calls: ModelCall) -> None:
        """Add calls."""
        self._waiting += calls
        is_old = self._waiting and self._waiting[-1].at - self._waiting[0].at >= self._longest
        if is_old or len(self._waiting) >= self._most:
            await self.write()

    async def calls(self, since: datetime, until: datetime) -> Sequence[ModelCall]:
        """Return the calls of a time."""
        await self.write()
        return await self._ledger.calls(since, until)

    async def count(self, before: datetime) -> int:
        """Return how many calls began before an instant."""
        await self.write()
        return await self._ledger.count(before)

    async def remove(self, before: datetime, *, limit: int = 5_000) -> int:
        """Remove calls that began before an instant."""
        await self.write()
        return await self._ledger.remove(before, limit=limit)

    async def write(self) -> None:
        """Write down what waits; what cannot be written waits on, if it is not too much."""
        calls, self._waiting = self._waiting, []
        try:
            if calls:
                await self._ledger.record(*calls)
        except StorageError:
            self._waiting = (calls + self._waiting)[-MOST_WAITING:]
            raise
