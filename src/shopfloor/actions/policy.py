"""A policy of actions, as data: what the team may do by itself, what it may not, and what waits for the merchant.

It only ever takes away: identity, ownership, the shop's own rules and the customer's yes hold whatever stands here.
`refuse` goes before `approve`, and `approve` before `allow`, in whichever order the rules stand. `allow` lifts nothing
but the approval that what is irreversible needs.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import time, timedelta
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, Self, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    ValidationError,
    model_validator,
)

from shopfloor.actions.expressions import WrongExpression, expression
from shopfloor.actions.kind import ActionKind
from shopfloor.actions.words import AMOUNTS, NamesOf
from shopfloor.database.versioned import Kind, Versioned
from shopfloor.kernel.errors import FieldProblem, InvalidFields, InvalidInput
from shopfloor.kernel.fields import fields_of, plain_text, shown, wrong_fields
from shopfloor.kernel.yaml_files import read_shipped, write_yaml

OBSERVES = "autonomy.observe"
REVIEWED = "autonomy.review"
CEILING = "autonomy.amount"
QUIET = "quiet_hours"
IRREVERSIBLE = "approval.irreversible"
OURS = re.compile(r"(?:action|approval|autonomy|conflict|consent|identity|outcome|quiet_hours|undo)(?:\.|$)")
"""How the rules of the gate itself are called, so that a journaled rule names one thing."""
UNITS: Mapping[str, timedelta] = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
LONGEST = timedelta(days=366)
GAP = re.compile(r"\{([^{}]*)\}")
"""Where an amount is put into what is said."""

Per = Literal["customer", "agent", "shop", "resource"]
Autonomy = Literal["act", "review", "observe"]
"""What an agent's writes need: nothing more, the merchant's approval for each, or it makes none."""


def _duration(value: object) -> object:
    if not isinstance(value, str):
        if isinstance(value, timedelta):
            return value
        raise ValueError("write a number and a unit: 30m, 24h, 7d or 2w")
    found = re.fullmatch(r"(\d{1,6})([mhdw])", value.strip())
    if found is None or not int(found[1]):
        raise ValueError("write a number and a unit: 30m, 24h, 7d or 2w")
    duration = int(found[1]) * UNITS[found[2]]
    if duration > LONGEST:
        raise ValueError(f"at most {LONGEST.days}d")
    return duration


def written_duration(duration: timedelta) -> str:
    """Write a duration in whole days, hours or minutes: `36h`."""
    unit = next(unit for unit in ("d", "h", "m") if not duration % UNITS[unit] or unit == "m")
    return f"{duration // UNITS[unit]}{unit}"


def _time(value: object) -> object:
    if isinstance(value, time):
        return value
    # YAML reads 21:00 without quotes as the number 1260.
    if not isinstance(value, str) or not re.fullmatch(r"(?:[01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError('write hours and minutes in quotes: "21:00"')
    return time.fromisoformat(value)


def _units(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise ValueError("write whole units of the shop's currency: 500 or 49.50")
    return str(value) if isinstance(value, float) else value


def _written_units(value: Decimal | None) -> int | str | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else f"{value:f}"


def _word(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value  # YAML reads `when: true` as a truth


def _condition(source: str) -> str:
    try:
        expression(source)
    except WrongExpression as error:
        raise ValueError(str(error)) from error  # so that the field it stands in is named
    return source


def _fillable(text: str) -> str:
    unknown = [name for name in GAP.findall(text) if name not in AMOUNTS]
    if unknown:
        known = " and ".join(f"{{{name}}}" for name in AMOUNTS)
        raise ValueError(f"there is nothing to put in for {{{unknown[0]}}}: there are {known}")
    return text


def _not_ours(rule: str) -> str:
    if OURS.match(rule):
        raise ValueError(f"{rule.partition('.')[0]} is how the gate calls its own rules: choose another id")
    return rule


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
RuleId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$", max_length=60), AfterValidator(_not_ours)]
Condition = Annotated[str, BeforeValidator(_word), AfterValidator(plain_text), AfterValidator(_condition)]
Said = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(plain_text), AfterValidator(_fillable)]
"""As a customer may read it; `{amount}` and `{irreversible_limit}` are filled in."""
SaidOrNothing = Annotated[str, Field(max_length=500), AfterValidator(plain_text), AfterValidator(_fillable)]
Note = Annotated[str, Field(max_length=1_000), AfterValidator(plain_text)]
"""For whoever reads the policy."""
Kinds = Annotated[tuple[Name, ...], Field(max_length=100)]
Units = Annotated[Decimal, BeforeValidator(_units), Field(ge=0, max_digits=15), PlainSerializer(_written_units)]
"""Money in whole units of the shop's currency."""
Duration = Annotated[timedelta, BeforeValidator(_duration), PlainSerializer(written_duration)]
ShopTime = Annotated[time, BeforeValidator(_time), PlainSerializer(lambda value: f"{value:%H:%M}")]


class PolicyData(BaseModel):
    """Base of all parts of a policy."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(PolicyData):
    """What becomes of an action for which a condition holds.

    Where it cannot be told whether it holds, a rule that refuses or holds back holds back for approval, and one that
    allows does not allow.
    """

    id: RuleId
    note: Note = ""
    kinds: Kinds = ()
    """The kinds that it is for; all where empty."""
    when: Condition = "true"
    then: Literal["refuse", "approve", "allow"]
    says: SaidOrNothing = ""

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.then != "allow" and not self.says.strip():
            raise ValueError("says: write what the customer hears")
        return self


class Limit(PolicyData):
    """How many actions, or how much money, may be moved within a time; the action at hand is counted too."""

    id: RuleId
    note: Note = ""
    kinds: Kinds = ()
    """The kinds that are counted and held by it; all where empty."""
    per: Per
    """Whose actions are counted together. For a guest stand the conversation and the things they touch."""
    within: Duration
    actions: Annotated[int, Field(ge=0, le=10**9, strict=True)] | None = None
    amount: Units | None = None
    then: Literal["refuse", "approve"]
    says: Said

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.actions is None and self.amount is None:
            raise ValueError("actions, amount: name how many, or how much")
        return self


class QuietHours(PolicyData):
    """When kinds that write to customers are not carried out, by the shop's own clock; they may span midnight."""

    kinds: Annotated[Kinds, Field(min_length=1)]
    starts: ShopTime
    ends: ShopTime
    """The first instant that is not quiet any more; where it is the same as `starts` no hour is quiet."""
    then: Literal["refuse", "approve"] = "refuse"
    says: Said


class AgentPolicy(PolicyData):
    """How much one agent may do by itself."""

    autonomy: Autonomy = "act"
    amount: Units | None = None
    """Above it, each of its actions waits for the merchant; None where there is no such ceiling."""


class Approvals(PolicyData):
    """How the merchant is asked."""

    expire_after: Duration = timedelta(hours=48)
    """Until when somebody must have decided; after that it is not done."""


class Policy(PolicyData):
    """All of a shop's rules and limits on actions."""

    rules: Annotated[tuple[Rule, ...], Field(max_length=200)] = ()
    limits: Annotated[tuple[Limit, ...], Field(max_length=50)] = ()
    quiet_hours: QuietHours | None = None
    agents: Annotated[dict[Name, AgentPolicy], Field(max_length=200)] = Field(default_factory=dict[str, AgentPolicy])
    """By the agent's id; one that is not named acts."""
    approvals: Approvals = Approvals()

    @model_validator(mode="after")
    def _has_each_id_once(self) -> Self:
        places = [(f"rules.{place}.id", one.id) for place, one in enumerate(self.rules)]
        places += [(f"limits.{place}.id", one.id) for place, one in enumerate(self.limits)]
        known: dict[str, str] = {}
        problems = [
            FieldProblem(place, f"{name} is the id of {known[name].removesuffix('.id')} already")
            for place, name in places
            if known.setdefault(name, place) != place
        ]
        if problems:
            raise wrong_fields(problems)
        return self


def problems_of(
    policy: Policy, kinds: Collection[ActionKind[Any]], agents: Collection[str] | None = None
) -> Iterator[FieldProblem]:
    """Say what in a policy does not fit the kinds of actions and the agents there are.

    `agents` is None where they are not looked at.
    """
    known = {kind.name: kind for kind in kinds}
    for place, rule in enumerate(policy.rules):
        yield from _kind_problems(rule.kinds, known, f"rules.{place}")
        named = [known[name] for name in rule.kinds if name in known]
        if rule.kinds and not named:
            continue
        try:
            expression(rule.when).check(NamesOf(named or [*kinds]))
        except InvalidInput as error:
            yield FieldProblem(f"rules.{place}.when", f"{rule.id}: {error}")
    for place, limit in enumerate(policy.limits):
        yield from _kind_problems(limit.kinds, known, f"limits.{place}")
    if policy.quiet_hours:
        yield from _kind_problems(policy.quiet_hours.kinds, known, "quiet_hours")
    for agent in policy.agents:
        if agents is not None and agent not in agents:
            there = ", ".join(sorted(agents))
            yield FieldProblem(f"agents.{agent}", f"there is no agent of this id: there are {there}")


def _kind_problems(named: Sequence[str], known: Mapping[str, object], where: str) -> Iterator[FieldProblem]:
    for place, name in enumerate(named):
        if name not in known:
            there = ", ".join(sorted(known))
            yield FieldProblem(f"{where}.kinds.{place}", f"there is no kind of action called {name}: there are {there}")


def policy_of(data: object, where: str) -> Policy:
    """Read a policy from plain values, without looking at kinds and agents.

    Raises:
        InvalidFields: naming each field that is wrong.
    """
    try:
        return Policy.model_validate(data)
    except ValidationError as error:
        raise InvalidFields(
            f"{where} cannot be used", [_named(one, data) for one in fields_of(error, Policy)]
        ) from error


def checked_policy(
    data: object, where: str, kinds: Collection[ActionKind[Any]], agents: Collection[str] | None = None
) -> Policy:
    """Read a policy from plain values, and hold it against the kinds of actions and the agents there are.

    Raises:
        InvalidFields: naming each field that is wrong.
    """
    policy = policy_of(data, where)
    if problems := [*problems_of(policy, kinds, agents)]:
        raise InvalidFields(f"{where} cannot be used", shown(problems))
    return policy


def _named(problem: FieldProblem, data: object) -> FieldProblem:
    """Say of which rule a problem is, where it says so of itself."""
    part, _, rest = problem.field.partition(".")
    place, _, field = rest.partition(".")
    if part not in {"rules", "limits"} or not place.isdecimal() or field in {"", "id"}:
        return problem
    try:
        name = cast("Any", data)[part][int(place)]["id"]
    except (LookupError, TypeError):
        return problem
    return FieldProblem(problem.field, f"{name}: {problem.message}") if isinstance(name, str) else problem


POLICY = Kind(
    name="policy",
    plural="policies",
    history="shopfloor policy history",
    type=Policy,
    read=policy_of,
    is_sparse=True,
)
"""How a policy is kept."""
KeptPolicy = Versioned[Policy]
"""The policy, with all that it was before."""


def policy_json(policy: Policy) -> dict[str, JsonValue]:
    """Return a policy as it is stored."""
    return POLICY.data(policy)


def export_policy(policy: Policy) -> str:
    """Write a policy as YAML that reads as the same policy."""
    return write_yaml(policy_json(policy))


@cache
def shipped_policy() -> Policy:
    """Return the policy of the demo shop."""
    return policy_of(read_shipped("shopfloor.actions", "policy.yaml"), "policy.yaml")
