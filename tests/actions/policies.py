"""Policies in a few words, and cases to judge by them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from shopfloor.actions.judging import CompiledPolicy
from shopfloor.actions.policy import policy_of
from shopfloor.actions.ruling import Case, Ruling
from shopfloor.actions.store import Usage, UsageQuery
from shopfloor.actions.words import Terms
from shopfloor.kernel.ids import AgentId, CustomerId
from shopfloor.kernel.money import Money

NOON = datetime(2026, 5, 4, 16, 0, tzinfo=UTC)
"""A Monday, 12:00 in New York."""
TERMS = Terms(currency="USD", zone=ZoneInfo("America/New_York"), irreversible_limit=Money("USD", 50_000))


def usd(units: float) -> Money:
    return Money("USD", round(units * 100))


def case(**changes: Any) -> Case:
    """Return Ada's wish to cancel her order over $120.00, which can be undone unless it is said otherwise."""
    values: dict[str, Any] = {
        "kind": "cancel_order",
        "args": {"order_number": "1", "reason": "ordered by mistake"},
        "facts": {"order_state": "pending"},
        "amount": usd(120),
        "irreversible": False,
        "resources": ("order:1",),
        "agent": AgentId("order_management"),
        "principal": "customer",
        "customer_id": CustomerId("ada"),
        "now": NOON,
        **changes,
    }
    return Case(**values)


def guest(**changes: Any) -> Case:
    return case(principal="guest", customer_id=None, **changes)


def compiled(terms: Terms = TERMS, **policy: Any) -> CompiledPolicy:
    return CompiledPolicy(policy_of(policy, "the policy"), terms, 3)


def rule(then: str, when: str = "true", **more: JsonValue) -> dict[str, JsonValue]:
    return {"id": f"shop.{then}", "when": when, "then": then, "says": f"{then}: no.", **more}


def used(policy: CompiledPolicy, one: Case, *counted: tuple[int, float]) -> Ruling:
    """Judge a case where so many actions and so many dollars were counted for each query."""
    return policy.judge(one, [Usage(actions=actions, amount_minor=usd(units).minor) for actions, units in counted])


def judged(one: Case | None = None, terms: Terms = TERMS, **policy: Any) -> Ruling:
    """Judge a case by a policy, with nothing done before."""
    known = compiled(terms, **policy)
    one = one or case()
    return used(known, one, *[(0, 0)] * len(known.queries(one)))


def verdict(ruling: Ruling) -> tuple[str, str | None]:
    """Return what becomes of a case, and by which rule."""
    if ruling.refusal:
        assert ruling.approval is None
        return "refuse", ruling.refusal.rule
    return ("approve", ruling.approval.rule) if ruling.approval else ("allow", None)


def queried(policy: CompiledPolicy, one: Case) -> Sequence[UsageQuery]:
    return policy.queries(one)
