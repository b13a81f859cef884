"""What policies are asked about an action, and what they say: the gate knows no more of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from pydantic import JsonValue

from shopfloor.actions.store import Usage, UsageQuery
from shopfloor.kernel.ids import AgentId, CustomerId, StreamId
from shopfloor.kernel.money import Money

PrincipalKind = Literal["customer", "guest", "staff"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """An action, as far as a policy judges it."""

    kind: str
    args: Mapping[str, JsonValue]
    facts: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    """What the kind's preview read of the world."""
    amount: Money | None = None
    irreversible: bool
    resources: tuple[str, ...] = ()
    agent: AgentId
    principal: PrincipalKind
    customer_id: CustomerId | None
    confidence: float | None = None
    """How sure the agent is, 0 to 1; None where it does not say."""
    stream: StreamId | None = None
    """The conversation that it is of; None where it is of none."""
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """The rule that decided, and why, as a customer may read it."""

    rule: str
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling:
    """What a policy says of a case."""

    refusal: Reason | None = None
    """Why it must not happen; None where nothing forbids it."""
    approval: Reason | None = None
    """Why the merchant has to approve it; None where it may happen unasked."""
    inputs: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    """What the conditions read: what the verdict was made of."""


class Rulebook(Protocol):
    """A policy in force."""

    @property
    def version(self) -> int:
        """Return its version."""
        ...

    @property
    def currency(self) -> str:
        """Return the shop's currency, in which limits count."""
        ...

    @property
    def expire_after(self) -> timedelta:
        """Return how long an action waits for the merchant."""
        ...

    def queries(self, case: Case) -> Sequence[UsageQuery]:
        """Return what its limits count for a case; neither facts nor amount matter."""
        ...

    def judge(self, case: Case, usage: Sequence[Usage]) -> Ruling:
        """Judge a case, given what each of the `queries` counted."""
        ...
