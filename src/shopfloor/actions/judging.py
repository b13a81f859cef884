"""What a policy says of an action: pure functions of what is known of it, and of what was done before.

A compiled policy belongs to no shop and holds nothing open. It is asked twice: which earlier actions it wants counted,
and then, with the counts, what becomes of the action.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import JsonValue

from shopfloor.actions.expressions import Expression, Scope, Truth, Value, expression, value_of
from shopfloor.actions.policy import (
    CEILING,
    GAP,
    IRREVERSIBLE,
    OBSERVES,
    QUIET,
    REVIEWED,
    AgentPolicy,
    Limit,
    Policy,
    QuietHours,
    Rule,
)
from shopfloor.actions.projection import disputed
from shopfloor.actions.ruling import Case, Reason, Ruling
from shopfloor.actions.store import Usage, UsageQuery
from shopfloor.actions.words import AMOUNTS, WORDS, Terms
from shopfloor.kernel.money import Money, in_units
from shopfloor.outreach.rules import OutreachRules, is_quiet

NEEDS_APPROVAL = "A colleague has to approve this first."
UNCLEAR = "A colleague has to look at this first."
ONLY_LOOKS = "I can only look things up here. A colleague can do this for you."
Effect = Literal["refuse", "approve"]


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
    """What of a policy concerns one kind of action."""

    rules: Sequence[tuple[Rule, Expression]]
    limits: Sequence[Limit]
    quiet: QuietHours | None
    words: frozenset[str]
    """What its conditions read beside arguments and facts."""


class CompiledPolicy:
    """A policy that can be asked: the gate's `Rulebook`."""

    def __init__(self, policy: Policy, terms: Terms, version: int = 0) -> None:
        """Take a policy, what it goes by of the shop's settings, and its version; 0 for one that is not kept.

        Its conditions become closures here, once.
        """
        self.policy = policy
        self.terms = terms
        self.version = version
        self._rules = [(rule, expression(rule.when)) for rule in policy.rules]
        self._parts: dict[str, _Part] = {}

    @property
    def currency(self) -> str:
        """Return the shop's currency, in which limits count."""
        return self.terms.currency

    @property
    def expire_after(self) -> timedelta:
        """Return how long the merchant has to decide."""
        return self.policy.approvals.expire_after

    def queries(self, case: Case) -> Sequence[UsageQuery]:
        """Return what its limits count for a case; neither facts nor amount matter."""
        return [query for _, query in _counted(self._part(case.kind), case)]

    def judge(self, case: Case, usage: Sequence[Usage]) -> Ruling:
        """Return what becomes of an action; `usage` has the counts for `queries`, in their order.

        What the inputs hold: `principal`, `confidence` and `facts` of the case; `read`, what the deciding conditions
        read; `unknown`, which names in them were not known; `used`, what limits had counted; `also`, other rules that
        say the same.

        Raises:
            ValueError: there are more or fewer counts than queries.
        """
        part = self._part(case.kind)
        hearing = _Hearing(case, self.terms, part)
        found = [*hearing.of_agent(self.policy.agents.get(case.agent)), *hearing.of_rules()]
        found += [*hearing.of_limits(usage), *hearing.of_the_hour()]
        refusals = [one for one in found if one.effect == "refuse"]
        deciding = refusals or found
        reason = deciding[0].reason if deciding else None
        return Ruling(
            refusal=reason if refusals else None,
            approval=None if refusals else reason,
            inputs=hearing.inputs(deciding),
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


def _counted(part: _Part, case: Case) -> Iterator[tuple[Limit, UsageQuery]]:
    """Return what is counted for which limit.

    A guest, who has no account, is known by the conversation and by the things they touch.
    """
    for limit in part.limits if case.principal != "staff" else ():
        since, kinds = case.now - limit.within, frozenset(limit.kinds)
        if limit.per == "shop":
            yield limit, UsageQuery(since=since, kinds=kinds)
        elif limit.per == "agent":
            yield limit, UsageQuery(since=since, kinds=kinds, agent=case.agent)
        elif limit.per == "customer" and case.customer_id is not None:
            yield limit, UsageQuery(since=since, kinds=kinds, customer_id=case.customer_id)
        else:
            if limit.per == "customer" and case.stream is not None:
                yield limit, UsageQuery(since=since, kinds=kinds, stream=case.stream)
            for resource in disputed(case.resources):
                yield limit, UsageQuery(since=since, kinds=kinds, resource=resource)


class _Hearing:
    """One case before a policy."""

    def __init__(self, case: Case, terms: Terms, part: _Part) -> None:
        self._case = case
        self._terms = terms
        self._part = part
        values = {name: WORDS[name].read(case, terms) for name in part.words}
        self._scope = Scope({**values, "args": dict(case.args), "facts": dict(case.facts)}, terms.currency)

    def of_agent(self, limits: AgentPolicy | None) -> Iterator[_Finding]:
        """Say what stands against it because of who proposes it."""
        if limits is None or self._case.principal == "staff":
            return
        if limits.autonomy == "observe":
            yield self._finding("refuse", OBSERVES, ONLY_LOOKS)
        if limits.autonomy == "review":
            yield self._finding("approve", REVIEWED, NEEDS_APPROVAL)
        if limits.amount is not None and not self._is_up_to(limits.amount):
            yield self._finding("approve", CEILING, NEEDS_APPROVAL, names=("amount",))

    def of_rules(self) -> Iterator[_Finding]:
        """Say which rules stand against it, and whether it is irreversible and no rule allows it."""
        is_allowed = not self._case.irreversible
        allowing: list[tuple[Rule, Expression]] = []
        for rule, condition in self._part.rules:
            truth = condition.holds(self._scope)
            if rule.then == "allow":
                is_allowed = is_allowed or truth is True
                allowing.append((rule, condition))
            elif truth:
                yield self._finding(rule.then, rule.id, rule.says, names=condition.names)
            elif truth is None:
                yield self._finding("approve", rule.id, UNCLEAR, names=condition.names)
        if not is_allowed:
            says = next((rule.says for rule, _ in allowing if rule.says), NEEDS_APPROVAL)
            names = [name for _, condition in allowing for name in condition.names]
            yield self._finding("approve", IRREVERSIBLE, says, names=names)

    def of_limits(self, usage: Sequence[Usage]) -> Iterator[_Finding]:
        """Say for which limits it is too much, each once."""
        held: set[str] = set()
        for (limit, _), used in zip(_counted(self._part, self._case), usage, strict=True):
            finding = None if limit.id in held else self._over(limit, used)
            if finding is not None:
                held.add(limit.id)
                yield finding

    def of_the_hour(self) -> Iterator[_Finding]:
        """Say whether customers are not written to at this hour."""
        quiet = self._part.quiet
        if quiet is None or self._case.principal == "staff":
            return
        hours = OutreachRules(quiet_from=quiet.starts, quiet_until=quiet.ends)
        if is_quiet(self._case.now, hours, self._terms.zone):
            yield self._finding(quiet.then, QUIET, quiet.says)

    def inputs(self, deciding: Sequence[_Finding]) -> dict[str, JsonValue]:
        """Return what the findings were made of."""
        case = self._case
        values = {name: self._value(name) for finding in deciding for name in finding.names}
        inputs: dict[str, JsonValue] = {
            "principal": case.principal,
            "confidence": case.confidence,
            "facts": dict(case.facts),
            "read": {name: _json(value) for name, value in values.items() if value is not None},
            "unknown": [name for name, value in values.items() if value is None],
            "used": {finding.reason.rule: dict(finding.used) for finding in deciding if finding.used},
            "also": [finding.reason.rule for finding in deciding[1:]],
        }
        return {name: value for name, value in inputs.items() if value not in (None, {}, [])}

    def _value(self, name: str) -> Value:
        word = WORDS.get(name)
        if word is None:
            return value_of(name, self._scope)
        return value_of(name, Scope({name: word.read(self._case, self._terms)}, self._terms.currency))

    def _over(self, limit: Limit, used: Usage) -> _Finding | None:
        """Say whether the action would be one too many, or move too much."""
        told: dict[str, JsonValue] = {}
        if limit.actions is not None and used.actions + 1 > limit.actions:
            told |= {"actions": used.actions, "of": limit.actions}
        moved = in_units(Money(self._terms.currency, used.amount_minor))
        is_up_to = limit.amount is None or self._is_up_to(limit.amount - moved)
        if is_up_to is False:
            told |= {"amount": f"{moved:f}", "of_amount": f"{limit.amount:f}"}
        if told:
            return self._finding(limit.then, limit.id, limit.says, names=("amount",), used=told)
        return self._finding("approve", limit.id, UNCLEAR, names=("amount",)) if is_up_to is None else None

    def _is_up_to(self, limit: Decimal) -> Truth:
        """Say whether the action moves at most so much; what moves none always does.

        Unknown in another currency, since nobody said what that is worth.
        """
        amount = self._case.amount
        if amount is None or amount.minor <= 0:
            return True
        return in_units(amount) <= limit if amount.currency == self._terms.currency else None

    def _finding(
        self,
        effect: Effect,
        rule: str,
        says: str,
        *,
        names: Sequence[str] = (),
        used: Mapping[str, JsonValue] | None = None,
    ) -> _Finding:
        return _Finding(
            effect=effect, reason=Reason(rule=rule, says=GAP.sub(self._filled, says)), names=names, used=used
        )

    def _filled(self, gap: re.Match[str]) -> str:
        return str(AMOUNTS[gap[1]](self._case, self._terms) or "")


def _json(value: Value) -> JsonValue:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat()
    return [_json(item) for item in value] if isinstance(value, tuple) else value
