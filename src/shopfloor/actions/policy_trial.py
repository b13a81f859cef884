"""What another policy would have made of the actions there were: they are judged anew, and nothing is stored.

Both the policy in force and the candidate go over the same actions in the order of time, each counting for its own
limits what it would have let through. What is told is where they differ; what is the same today differs in nothing.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, cast

from anyio import to_thread
from pydantic import JsonValue

from shopfloor.actions.judging import CompiledPolicy
from shopfloor.actions.policies import Policies
from shopfloor.actions.policy import Policy
from shopfloor.actions.ruling import Case, Ruling
from shopfloor.actions.store import COUNTED, ActionFilter, ActionRecord, Actions, Usage, UsageQuery

Verdict = Literal["allow", "approve", "refuse"]
PAGE = 500
WENT_ON = COUNTED | {"approved"}
"""States of an action that was done, or is just being done."""
STOPPED = frozenset({"proposed", "declined"})
"""States of an action that its customer did not say yes to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a policy says of an action."""

    verdict: Verdict
    rule: str | None
    unknown: tuple[str, ...] = ()
    """What the deciding conditions read and nobody knew."""

    def to_json(self) -> dict[str, JsonValue]:
        """Write it for programs."""
        return {"verdict": self.verdict, "rule": self.rule, "unknown": list(self.unknown)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """One action, judged by both."""

    record: ActionRecord
    old: Outcome
    new: Outcome

    @property
    def is_changed(self) -> bool:
        """Whether something else would become of it, or by another rule."""
        return (self.old.verdict, self.old.rule) != (self.new.verdict, self.new.rule)

    def to_json(self) -> dict[str, JsonValue]:
        """Write it for programs."""
        record = self.record
        return {
            "key": record.key,
            "proposed_at": record.proposed_at.isoformat(),
            "kind": record.kind,
            "agent": record.agent,
            "summary": record.summary,
            "state": record.state,
            "old": self.old.to_json(),
            "new": self.new.to_json(),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """All actions of some days, judged by both."""

    tried: Sequence[Tried]
    """The first proposed first."""
    not_asked: int
    """Actions that another rule decided on before any policy was asked."""
    erased: int
    """Actions of which too little is left to judge them."""

    @property
    def changed(self) -> Sequence[Tried]:
        """Return those of which something else would become."""
        return [one for one in self.tried if one.is_changed]

    @property
    def totals(self) -> Mapping[tuple[Verdict, Verdict], int]:
        """Return how many would change from which verdict to which."""
        return Counter((one.old.verdict, one.new.verdict) for one in self.changed)

    @property
    def unknown(self) -> Mapping[str, int]:
        """Return for each name how many actions the candidate holds back since it was not known."""
        return Counter(name for one in self.tried for name in one.new.unknown)

    def to_json(self) -> dict[str, JsonValue]:
        """Write it for programs."""
        return {
            "judged": len(self.tried),
            "not_asked": self.not_asked,
            "erased": self.erased,
            "unknown": dict(sorted(self.unknown.items())),
            "changed": [one.to_json() for one in self.changed],
        }


async def try_policy(actions: Actions, policies: Policies, candidate: Policy, since: datetime) -> Trial:
    """Judge the actions since an instant by the policy in force and by a candidate.

    Raises:
        StorageError: they cannot be read.
    """
    in_force = await policies.in_force()
    records: list[ActionRecord] = []
    while True:
        after = records[-1].key if records else None
        page = await actions.find(ActionFilter(since=since), after=after, limit=PAGE)
        records += page
        if len(page) < PAGE:
            break
    irreversible = frozenset(kind.name for kind in policies.kinds if kind.irreversible)
    compiled = CompiledPolicy(candidate, in_force.terms)
    return await to_thread.run_sync(trial, records, in_force, compiled, irreversible)


def trial(
    records: Iterable[ActionRecord], old: CompiledPolicy, new: CompiledPolicy, irreversible: frozenset[str]
) -> Trial:
    """Judge actions by two policies; `irreversible` names the kinds that nothing undoes."""
    old_side, new_side = _Side(old), _Side(new)
    tried: list[Tried] = []
    not_asked = erased = 0
    for record in sorted(records, key=lambda one: (one.proposed_at, one.key)):
        if record.policy is None:
            not_asked += 1
        elif not record.inputs:
            erased += 1
        else:
            case = case_of(record, irreversible=record.kind in irreversible)
            before, after = old_side.judge(case), new_side.judge(case)
            for side, outcome in ((old_side, before), (new_side, after)):
                if _would_be_done(record, before, outcome):
                    side.count(case)
            tried.append(Tried(record=record, old=before, new=after))
    return Trial(tried=tried, not_asked=not_asked, erased=erased)


def case_of(record: ActionRecord, *, irreversible: bool) -> Case:
    """Return an action as a policy was asked about it; what was known then stands among its inputs."""
    facts = record.inputs.get("facts")
    confidence = record.inputs.get("confidence")
    return Case(
        kind=record.kind,
        args=record.args,
        facts=facts if isinstance(facts, dict) else {},
        amount=record.amount,
        irreversible=irreversible,
        resources=record.resources,
        agent=record.agent,
        principal="staff" if record.is_for_shop else "guest" if record.customer_id is None else "customer",
        customer_id=record.customer_id,
        confidence=confidence if isinstance(confidence, float | int) else None,
        stream=record.stream,
        now=record.proposed_at,
    )


def _would_be_done(record: ActionRecord, before: Outcome, outcome: Outcome) -> bool:
    """Say whether an action would have been done, going by what its customer and the merchant did.

    `before` is what the policy in force says: what it refuses, nobody else can have stopped.
    """
    if outcome.verdict == "refuse" or record.state in STOPPED:
        return False
    if record.state in WENT_ON:
        return True
    if outcome.verdict == "approve":  # who would have approved it is not known
        return False
    return record.state != "refused" or before.verdict == "refuse"


@dataclass(slots=True)
class _Series:
    """The actions that are counted together, in the order of time."""

    times: list[datetime] = field(default_factory=list[datetime])
    minor: list[int] = field(default_factory=list[int])

    def since(self, at: datetime) -> Usage:
        first = bisect_left(self.times, at)
        return Usage(actions=len(self.times) - first, amount_minor=sum(self.minor[first:]))


Key = tuple[frozenset[str], str, str]


class _Side:
    """A policy with the actions that it would have let through."""

    def __init__(self, policy: CompiledPolicy) -> None:
        self._policy = policy
        self._kinds = {frozenset(limit.kinds) for limit in policy.policy.limits}
        self._series: dict[Key, _Series] = {}

    def judge(self, case: Case) -> Outcome:
        usage = [self._usage(query) for query in self._policy.queries(case)]
        return _outcome(self._policy.judge(case, usage))

    def count(self, case: Case) -> None:
        is_ours = case.amount is not None and case.amount.currency == self._policy.currency
        minor = case.amount.minor if case.amount is not None and is_ours else 0
        for kinds in self._kinds:
            if kinds and case.kind not in kinds:
                continue
            for what, name in _counted_under(case):
                series = self._series.setdefault((kinds, what, name), _Series())
                series.times.append(case.now)
                series.minor.append(minor)

    def _usage(self, query: UsageQuery) -> Usage:
        what, name = "shop", ""
        if query.customer_id is not None:
            what, name = "customer", query.customer_id
        elif query.agent is not None:
            what, name = "agent", query.agent
        elif query.stream is not None:
            what, name = "stream", query.stream
        elif query.resource is not None:
            what, name = "resource", query.resource
        series = self._series.get((query.kinds, what, name))
        return series.since(query.since) if series else Usage(actions=0, amount_minor=0)


def _counted_under(case: Case) -> Iterable[tuple[str, str]]:
    yield "shop", ""
    yield "agent", case.agent
    if case.customer_id is not None:
        yield "customer", case.customer_id
    if case.stream is not None:
        yield "stream", case.stream
    for resource in set(case.resources):
        yield "resource", resource


def _outcome(ruling: Ruling) -> Outcome:
    unknown = tuple(cast("list[str]", ruling.inputs.get("unknown", [])))
    if ruling.refusal:
        return Outcome(verdict="refuse", rule=ruling.refusal.rule, unknown=unknown)
    if ruling.approval:
        return Outcome(verdict="approve", rule=ruling.approval.rule, unknown=unknown)
    return Outcome(verdict="allow", rule=None)
