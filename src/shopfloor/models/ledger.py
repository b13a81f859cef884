"""What every call to a model was for, what it used, cost and took, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from shopfloor.models.contract import FinishReason, Usage
from shopfloor.models.tiers import TaskClass, Tier

Outcome = FinishReason | Literal["failed", "over_budget", "cancelled"]
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

    async def record(self, call: ModelCall) -> None:
        """Add a call."""
        ...

    async def calls(self, since: datetime, until: datetime) -> Sequence[ModelCall]:
        """Return the calls that began at `since` or later and before `until`, the first leading."""
        ...


class MemoryLedger:
    """Kept for the life of the process."""

    def __init__(self) -> None:
        """Start without calls."""
        self._calls: list[ModelCall] = []

    async def record(self, call: ModelCall) -> None:
        """Add a call."""
        self._calls.append(call)

    async def calls(self, since: datetime, until: datetime) -> Sequence[ModelCall]:
        """Return the calls of a time."""
        return sorted((call for call in self._calls if since <= call.at < until), key=lambda call: call.at)
