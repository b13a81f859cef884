"""What a policy says of an action: pure functions of what is known of it, and of what was done before.

A compiled policy belongs to no shop and holds nothing open. It is asked twice: which earlier actions it wants counted,
and then, with the counts, what becomes of the action.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import JsonValue

from shopfloor.actions.case import AMOUNTS, WORDS, Case
from shopfloor.actions.expressions import Expression, Scope, Value, expression, value_of
from shopfloor.actions.policy import (
    CEILING,
    GAP,
    IRREVERSIBLE,
    OBSERVES,
    QUIET,
    REVIEWED,
    Limit,
    Policy,
    QuietHours,
    Rule,
)
from shopfloor.actions.store import Usage, UsageQuery
from shopfloor.kernel.money import Money, in_units
from shopfloor.outreach.rules import OutreachRules, is_quiet

NEEDS_APPROVAL = "A colleague has to approve this first."
UNCLEAR = "A colleague has to look at this first."
ONLY_LOOKS = "I can only look things up here. A colleague can do this for you."
NEW = "new"
"""The id of a resource that the action itself makes: nothing was done to it before."""

Effect = Literal["refuse", "approve"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why an action is not simply done."""

    rule: str
    says: str
    """As a customer may read it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling:
    """What becomes of an action."""

    refusal: Reason | None = None
    """Why it is not done; None where nothing forbids it."""
    approval: Reason | None = None
    """Why it waits for the merchant; None where it needs nobody, and where it is refused."""
    inputs: dict[str, JsonValue]
    """What it was made of, for the journal: `principal`, `confidence` and `facts` of the case; `read`, what the
    deciding conditions read; `unknown`, which names in them were not known; `used`, what limits had counted; `also`,
    other rules that say the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Finding:
    """One thing that stands against an action."""

    effect: Effect
    reason: Reason
    names: Sequence[str] = ()
    """What the condition reads."""
    used: Mapping[str, JsonValue] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    """What concerns one kind of action."""

    rules: Sequence[tuple[Rule, Expression]]
    limits: Sequence[Limit]
    quiet: QuietHours | None
    words: frozenset[str]
    """What its conditions read beside arguments and facts."""


class CompiledPolicy:
    """A policy that can be asked."""

    def __init__(self, policy: Policy) -> None:
        """Take a policy; its conditions become closures here, once."""
        self.policy = policy
        self._rules = [(rule, expression(rule.when)) for rule in policy.rules]
        self._parts: dict[str, _Part] = {}

    @property
    def expire_after(self) -> timedelta:
        """Return how long the merchant has to decide."""
        return self.policy.approvals.expire_after

    def queries(self, case: Case) -> Sequence[UsageQuery]:
        """Return what has to be counted before `judge` is asked."""
        return [query for _, query in self._counted(case)]

    def judge(self, case: Case, usage: Sequence[Usage]) -> Ruling:
        """Return what becomes of an action; `usage` has the counts for `queries`, in their order.

        Raises:
            ValueError: there are more or fewer counts than queries.
        """
        part = self._part(case.kind)
        values = {name: WORDS[name].read(case) for name in part.words}
        scope = Scope({**values, "args": dict(case.args), "facts": dict(case.facts)}, case.currency)
        found = [*self._of_agent(case), *self._of_rules(part, case, scope), *self._of_limits(case, usage)]
        if (quiet := part.quiet) and case.principal != "staff" and _is_quiet(quiet, case):
            found.append(_Finding(effect=quiet.then, reason=_reason(QUIET, quiet.says, case)))
        refusals = [one for one in found if one.effect == "refuse"]
        deciding = refusals or [one for one in found if one.effect == "approve"]
        reason = deciding[0].reason if deciding else None
        return Ruling(
            refusal=reason if refusals else None,
            approval=None if refusals else reason,
            inputs=_inputs(case, scope, deciding),
        )

    def _part(self, kind: str) -> _Part:
        known = self._parts.get(kind)
        if known is None:
            rules = [(rule, condition) for rule, condition in self._rules if not rule.kinds or kind in rule.kinds]
            quiet = self.policy.quiet_hours
            known = self._parts[kind] = _Part(
                rules=rules,
                limits=[limit for limit in self.policy.limits if not limit.kinds or kind in limit.kinds],
                quiet=quiet if quiet and kind in quiet.kinds else None,
                words=frozenset(name for _, condition in rules for name in condition.names if name in WORDS),
            )
        return known

    def _of_agent(self, case: Case) -> Iterator[_Finding]:
        limits = self.policy.agents.get(case.agent)
        if limits is None or case.principal == "staff":
            return
        if limits.autonomy == "observe":
            yield _Finding(effect="refuse", reason=_reason(OBSERVES, ONLY_LOOKS, case))
        if limits.autonomy == "review":
            yield _Finding(effect="approve", reason=_reason(REVIEWED, NEEDS_APPROVAL, case))
        if limits.amount is not None and case.amount is not None and not _is_up_to(limits.amount, case):
            yield _Finding(effect="approve", reason=_reason(CEILING, NEEDS_APPROVAL, case), names=("amount",))

    def _of_rules(self, part: _Part, case: Case, scope: Scope) -> Iterator[_Finding]:
        is_allowed = not case.irreversible
        allowing: list[tuple[Rule, Expression]] = []
        for rule, condition in part.rules:
            truth = condition.holds(scope)
            if rule.then == "allow":
                is_allowed = is_allowed or truth is True
                allowing.append((rule, condition))
            elif truth:
                yield _Finding(effect=rule.then, reason=_reason(rule.id, rule.says, case), names=condition.names)
            elif truth is None:
                yield _Finding(effect="approve", reason=_reason(rule.id, UNCLEAR, case), names=condition.names)
        if not is_allowed:
            says = next((rule.says for rule, _ in allowing if rule.says), NEEDS_APPROVAL)
            names = [name for _, condition in allowing for name in condition.names]
            yield _Finding(effect="approve", reason=_reason(IRREVERSIBLE, says, case), names=names)

    def _counted(self, case: Case) -> Iterator[tuple[Limit, UsageQuery]]:
        if case.principal == "staff":
            return
        for limit in self._part(case.kind).limits:
            since, kinds = case.now - limit.within, frozenset(limit.kinds)
            if limit.per == "shop":
                yield limit, UsageQuery(since=since, kinds=kinds)
            elif limit.per == "agent":
                yield limit, UsageQuery(since=since, kinds=kinds, agent=case.agent)
            elif limit.per == "customer" and case.customer_id is not None:
                yield limit, UsageQuery(since=since, kinds=kinds, customer_id=case.customer_id)
            else:
                for resource in case.resources:
                    if resource.partition(":")[2] != NEW:
                        yield limit, UsageQuery(since=since, kinds=kinds, resource=resource)

    def _of_limits(self, case: Case, usage: Sequence[Usage]) -> Iterator[_Finding]:
        held: set[str] = set()
        for (limit, _), used in zip(self._counted(case), usage, strict=True):
            finding = None if limit.id in held else _over(limit, used, case)
            if finding is not None:
                held.add(limit.id)
                yield finding


def _over(limit: Limit, used: Usage, case: Case) -> _Finding | None:
    """Say whether an action would be one too many, or move too much."""
    told: dict[str, JsonValue] = {}
    amount = case.amount if limit.amount is not None else None
    is_clear = amount is None or amount.currency == case.currency
    if limit.actions is not None and used.actions + 1 > limit.actions:
        told |= {"actions": used.actions, "of": limit.actions}
    if limit.amount is not None and amount is not None and is_clear and amount.minor > 0:
        moved = in_units(Money(case.currency, used.amount_minor))
        if moved + in_units(amount) > limit.amount:
            told |= {"amount": f"{moved:f}", "of_amount": f"{limit.amount:f}"}
    if told:
        return _Finding(effect=limit.then, reason=_reason(limit.id, limit.says, case), used={limit.id: told})
    if is_clear:
        return None
    return _Finding(effect="approve", reason=_reason(limit.id, UNCLEAR, case), names=("amount",))


def _is_up_to(limit: Decimal, case: Case) -> bool:
    """Say whether an amount is up to a limit; one in another currency never is, since nobody said what it is worth."""
    amount = case.amount
    return amount is not None and amount.currency == case.currency and in_units(amount) <= limit


def _is_quiet(quiet: QuietHours, case: Case) -> bool:
    return is_quiet(case.now, OutreachRules(quiet_from=quiet.starts, quiet_until=quiet.ends), case.zone)


def _reason(rule: str, says: str, case: Case) -> Reason:
    return Reason(rule=rule, says=GAP.sub(lambda gap: str(AMOUNTS[gap[1]](case) or ""), says) if "{" in says else says)


def _inputs(case: Case, scope: Scope, deciding: Sequence[_Finding]) -> dict[str, JsonValue]:
    read: dict[str, JsonValue] = {}
    unknown: list[JsonValue] = []
    used: dict[str, JsonValue] = {}
    for finding in deciding:
        used |= finding.used or {}
        for name in finding.names:
            word = WORDS.get(name)
            value = value_of(name, scope if word is None else Scope({name: word.read(case)}, case.currency))
            if value is not None:
                read[name] = _json(value)
            elif name not in unknown:
                unknown.append(name)
    inputs: dict[str, JsonValue] = {
        "principal": case.principal,
        "confidence": case.confidence,
        "facts": dict(case.facts),
        "read": read,
        "unknown": unknown,
        "used": used,
        "also": [finding.reason.rule for finding in deciding[1:]],
    }
    return {name: value for name, value in inputs.items() if value not in (None, {}, [])}


def _json(value: Value) -> JsonValue:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat()
    return [_json(item) for item in value] if isinstance(value, tuple) else value
