"""A policy as a merchant writes it: what may stand in it, and how each thing that is wrong is told."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import pytest
from actions.policies import NOON, TERMS, case, guest, usd, verdict
from actions.till import Till
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from shopfloor.actions.expressions import FUNCTIONS
from shopfloor.actions.judging import CompiledPolicy
from shopfloor.actions.kind import ActionArgs, ActionKind, Preview
from shopfloor.actions.policies import Policies
from shopfloor.actions.policy import (
    POLICY,
    AgentPolicy,
    Limit,
    Policy,
    Rule,
    checked_policy,
    export_policy,
    policy_json,
    policy_of,
    shipped_policy,
)
from shopfloor.actions.store import Usage
from shopfloor.actions.words import WORDS, Terms
from shopfloor.database.versioned import MemoryVersioned
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Conflict, InvalidFields, NotFound
from shopfloor.kernel.ids import OrderNumber
from shopfloor.kernel.yaml_files import read_yaml


class Cancel(ActionArgs):
    order_number: OrderNumber
    reason: Annotated[str, Field(max_length=200)] = ""
    count: int | None = None
    how: Literal["card", "cash"] = "card"
    lines: tuple[str, ...] = ()
    odd: int | str = 0


class Write(ActionArgs):
    text: str
    reason: str = ""


async def _preview(_args: Any) -> Preview:
    return Preview(summary="")


def kind(name: str, args: type[ActionArgs], facts: frozenset[str] | None = None) -> ActionKind[Any]:
    values: dict[str, Any] = {"resources": lambda _args: (), "preview": _preview, "execute": Till().pay}
    values |= {"look_up": Till().look_up}
    return ActionKind(
        name=name,
        description="",
        needs=None,
        args=args,
        confirmation="none",
        assurance="anyone",
        irreversible=True,
        facts=facts,
        **values,
    )


KINDS = (
    kind("cancel_order", Cancel, frozenset({"order_state", "age"})),
    kind("send_mail", Write, frozenset({"age"})),
    kind("anything", Write),
)


def problems(data: Mapping[str, Any], *, agents: tuple[str, ...] | None = None) -> dict[str, str]:
    with pytest.raises(InvalidFields) as error:
        checked_policy(data, "our.yaml", KINDS, agents)
    assert str(error.value).startswith("our.yaml cannot be used")
    return dict(error.value.problems)


def rules(*given: dict[str, Any]) -> dict[str, Any]:
    return {"rules": [{"id": f"r{place}", "then": "refuse", "says": "No.", **one} for place, one in enumerate(given)]}


# -- what may stand in it --------------------------------------------------------------------------------------------

WHOLE = """
rules:
  - id: cancel.reason
    note: They write anything.
    kinds: [cancel_order]
    when: >-
      args.reason not in ["ordered by mistake", "no longer needed"]
      and amount > 49.50
    then: refuse
    says: I need one of two reasons to cancel an order.
  - {id: always, when: true, then: allow}
limits:
  - {id: day, per: shop, within: 1w, amount: 1000.10, actions: 5, then: approve, says: "So much: {amount}."}
quiet_hours: {kinds: [send_mail], starts: "21:00", ends: "09:00", says: Not now.}
agents: {clerk: {autonomy: review}, other: {amount: 100}}
approvals: {expire_after: 36h}
"""


def test_all_of_a_policy_is_read() -> None:
    policy = checked_policy(read_yaml(WHOLE, "it"), "it", KINDS, ["clerk", "other"])
    assert policy.rules[0].when == 'args.reason not in ["ordered by mistake", "no longer needed"] and amount > 49.50'
    assert policy.rules[1] == Rule(id="always", then="allow")
    assert (policy.limits[0].within, policy.limits[0].amount) == (timedelta(days=7), Decimal("1000.1"))
    assert policy.quiet_hours
    assert (policy.quiet_hours.starts, policy.quiet_hours.ends) == (time(21), time(9))
    assert policy.agents == {"clerk": AgentPolicy(autonomy="review"), "other": AgentPolicy(amount=Decimal(100))}
    assert policy.approvals.expire_after == timedelta(hours=36)


def test_a_policy_survives_being_written_and_read() -> None:
    for policy in (policy_of(read_yaml(WHOLE, "it"), "it"), shipped_policy(), Policy()):
        assert policy_of(read_yaml(export_policy(policy), "it"), "it") == policy
        assert Policy.model_validate(policy_json(policy)) == policy


def test_what_is_as_it_is_by_default_is_not_written() -> None:
    assert policy_json(Policy(rules=(Rule(id="a", then="allow"),))) == {"rules": [{"id": "a", "then": "allow"}]}


@given(st.integers(1, 366 * 24 * 60), st.decimals(0, 10**9, places=3))
def test_durations_and_amounts_survive_being_written_and_read(minutes: int, amount: Decimal) -> None:
    limit = Limit(id="a", per="shop", within=timedelta(minutes=minutes), amount=amount, then="refuse", says="No.")
    policy = Policy(limits=(limit,))
    assert policy_of(read_yaml(export_policy(policy), "it"), "it") == policy


# -- what is wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "field", "told"),
    [
        (rules({"when": "amount >"}), "rules.0.when", "r0: column 9: the end cannot stand here"),
        (
            rules({}, {"when": "amout > 1"}),
            "rules.1.when",
            "r1: column 1: there is no name amout: did you mean amount?",
        ),
        (rules({"when": "xyz"}), "rules.0.when", "r0: column 1: there is no name xyz: there are kind, agent"),
        (rules({"when": "amount.minor > 1"}), "rules.0.when", "r0: column 1: amount has no parts"),
        (rules({"when": "args == 1"}), "rules.0.when", "r0: column 1: say which of the args: args.name"),
        (rules({"when": "amount"}), "rules.0.when", "r0: column 1: this is a number and no condition"),
        (rules({"when": "weekday > 5"}), "rules.0.when", "r0: column 11: a text is compared with a number"),
        (
            rules({"when": "args.reasn == ''", "kinds": ["cancel_order"]}),
            "rules.0.when",
            "r0: column 1: cancel_order: no args.reasn: did you mean reason?",
        ),
        (
            rules({"when": "args.text == ''"}),
            "rules.0.when",
            "r0: column 1: cancel_order: no args.text; name in `kinds` those that have it, or write known(args.text)",
        ),
        (
            rules({"when": "facts.order_state == 'x'", "kinds": ["cancel_order", "send_mail"]}),
            "rules.0.when",
            "r0: column 1: send_mail: no facts.order_state; name in `kinds`",
        ),
        (
            rules({"when": "facts.agee > 1", "kinds": ["cancel_order"]}),
            "rules.0.when",
            "r0: column 1: cancel_order: no facts.agee: did you mean age?",
        ),
        (
            rules({"when": "args.count == 'x'", "kinds": ["cancel_order"]}),
            "rules.0.when",
            "r0: column 15: a number is compared with a text",
        ),
        (
            rules({"when": "args.how > 3", "kinds": ["cancel_order"]}),
            "rules.0.when",
            "r0: column 12: a text is compared with a number",
        ),
        (
            rules({"when": "args.lines > 3", "kinds": ["cancel_order"]}),
            "rules.0.when",
            "r0: column 14: a list is compared with a number",
        ),
        (
            rules({"kinds": ["cancel_orders"]}),
            "rules.0.kinds.0",
            "there is no kind of action called cancel_orders: there are anything, cancel_order, send_mail",
        ),
        (rules({"says": ""}), "rules.0", "says: write what the customer hears"),
        (rules({"says": "{limit}"}), "rules.0.says", "r0: there is nothing to put in for {limit}: there are {amount}"),
        (rules({"says": "a\x1b[2J"}), "rules.0.says", "r0: it holds a control character: leave it out"),
        (rules({"id": "Cancel"}), "rules.0.id", "String should match pattern"),
        (rules({"id": "identity.owner"}), "rules.0.id", "identity is how the gate calls its own rules"),
        (rules({"id": "quiet_hours"}), "rules.0.id", "quiet_hours is how the gate calls its own rules"),
        (rules({"id": "a"}, {"id": "a"}), "rules.1.id", "a is the id of rules.0 already"),
        (rules({"then": "maybe"}), "rules.0.then", "r0: Input should be 'refuse', 'approve' or 'allow'"),
        (rules({"wen": "true"}), "rules.0.wen", "r0: there is no field of this name: there are id, note, kinds, when"),
        (
            {"rule": []},
            "rule",
            "there is no field of this name: there are rules, limits, quiet_hours, agents, approvals",
        ),
        ({"agents": {"clerk": {"autonomy": "full"}}}, "agents.clerk.autonomy", "Input should be 'act', 'review' or"),
        ({"agents": {"clerk": {"amount": -1}}}, "agents.clerk.amount", "Input should be greater than or equal to 0"),
        ({"agents": {"clerk": {"amount": True}}}, "agents.clerk.amount", "write whole units of the shop's currency"),
        ({"agents": {"nobody": {}}}, "agents.nobody", "there is no agent of this id: there are clerk"),
        (
            {"approvals": {"expire_after": 48}},
            "approvals.expire_after",
            "write a number and a unit: 30m, 24h, 7d or 2w",
        ),
        ({"approvals": {"expire_after": "0h"}}, "approvals.expire_after", "write a number and a unit"),
        ({"approvals": {"expire_after": "400d"}}, "approvals.expire_after", "at most 366d"),
    ],
)
def test_what_is_wrong_is_told_by_its_field(data: dict[str, Any], field: str, told: str) -> None:
    found = problems(data, agents=("clerk",))
    assert list(found) == [field]
    assert found[field].startswith(told)


@pytest.mark.parametrize(
    ("change", "field", "told"),
    [
        ({"actions": None}, "limits.0", "actions, amount: name how many, or how much"),
        ({"actions": 1.5}, "limits.0.actions", "day: Input should be a valid integer"),
        ({"actions": -1}, "limits.0.actions", "day: Input should be greater than or equal to 0"),
        ({"per": "week"}, "limits.0.per", "day: Input should be 'customer', 'agent', 'shop' or 'resource'"),
        ({"within": "1 day"}, "limits.0.within", "day: write a number and a unit"),
        ({"then": "allow"}, "limits.0.then", "day: Input should be 'refuse' or 'approve'"),
        ({"says": ""}, "limits.0.says", "day: String should have at least 1 character"),
        ({"kinds": ["fly"]}, "limits.0.kinds.0", "there is no kind of action called fly"),
    ],
)
def test_what_is_wrong_with_a_limit_is_told(change: dict[str, Any], field: str, told: str) -> None:
    limit = {"id": "day", "per": "shop", "within": "1d", "actions": 3, "then": "refuse", "says": "No.", **change}
    found = problems({"limits": [limit]})
    assert list(found) == [field]
    assert found[field].startswith(told)


@pytest.mark.parametrize("wrong", [1260, "9:00", "24:00", "12:60", "noon"])
def test_hours_are_written_in_quotes(wrong: object) -> None:
    hours = {"kinds": ["send_mail"], "starts": wrong, "ends": "09:00", "says": "No."}
    assert problems({"quiet_hours": hours}) == {"quiet_hours.starts": 'write hours and minutes in quotes: "21:00"'}


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = problems(rules({"when": "amount >"}, {"then": "x"}) | {"agents": {"A": {}}, "limits": [{"id": "a"}]})
    assert {"rules.0.when", "rules.1.then", "agents.A", "limits.0.per", "limits.0.within"} < set(found)


@pytest.mark.parametrize("data", [None, [], "x", 3, {"rules": "x"}, {"rules": [1]}, {"rules": [{"id": 3}]}])
def test_what_is_no_policy_at_all_is_an_error_of_fields(data: object) -> None:
    with pytest.raises(InvalidFields):
        policy_of(data, "it")


@pytest.mark.parametrize(
    ("when", "kinds"),
    [
        ("known(args.text) and default(args.text, '') == 'x'", []),
        ("args.reason == 'x'", ["cancel_order", "send_mail"]),
        ("args.reason == 'x' and args.odd == 1 and args.odd == 'a'", ["cancel_order"]),
        ("facts.whatever.deep > 1", ["anything"]),
        ("facts.age > 1", ["cancel_order", "send_mail", "anything"]),
        ("'a' in args.lines and args.how in ['card'] and args.count > 1", ["cancel_order"]),
    ],
)
def test_a_condition_may_read_what_its_kinds_have(when: str, kinds: list[str]) -> None:
    checked_policy(rules({"when": when, "kinds": kinds}), "it", KINDS)


def test_a_rule_that_does_not_fit_the_kinds_any_more_holds_back_what_it_would_refuse() -> None:
    policy = policy_of(rules({"when": "facts.renamed == 1"}, {"kinds": ["gone"]}), "it")
    assert verdict(CompiledPolicy(policy, TERMS).judge(case(), [])) == ("approve", "r0")


# -- the shipped one -------------------------------------------------------------------------------------------------

NOTHING = Usage(actions=0, amount_minor=0)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"kind": "cancel_order", "amount": usd(500)}, ("allow", None)),
        ({"kind": "cancel_order", "amount": usd(500.01)}, ("approve", "approval.irreversible")),
        ({"kind": "change_order_items", "amount": usd(500)}, ("allow", None)),
        ({"kind": "open_ticket", "amount": None}, ("allow", None)),
        ({"kind": "erase_profile", "amount": None}, ("allow", None)),
        ({"kind": "unsubscribe", "amount": None}, ("allow", None)),
        ({"kind": "pay_out", "amount": usd(1)}, ("approve", "approval.irreversible")),
    ],
)
def test_the_shipped_policy_lets_the_team_do_what_it_did(
    changes: dict[str, Any], found: tuple[str, str | None]
) -> None:
    policy = CompiledPolicy(shipped_policy(), TERMS)
    for one in (case(irreversible=True, **changes), guest(irreversible=True, **changes)):
        ruling = policy.judge(one, [NOTHING] * len(policy.queries(one)))
        assert verdict(ruling) == found
        if changes["kind"] == "cancel_order" and ruling.approval:
            assert ruling.approval.says == "Above $500.00 a colleague has to approve this."


def test_the_shipped_policy_stops_who_does_too_much() -> None:
    policy = CompiledPolicy(shipped_policy(), TERMS)
    assert verdict(policy.judge(case(), [replace(NOTHING, actions=59)])) == ("allow", None)
    assert verdict(policy.judge(case(), [replace(NOTHING, actions=60)])) == ("refuse", "customer.too_many")


# -- the one in force ------------------------------------------------------------------------------------------------


class Installation:
    def __init__(self) -> None:
        self.terms = TERMS
        self.kept = MemoryVersioned(POLICY, shipped_policy(), FixedClock(NOON))
        self.policies = Policies(self.kept, KINDS, self._terms, self._agents)

    async def _terms(self) -> Terms:
        return self.terms

    async def _agents(self) -> list[str]:
        return ["clerk"]


@pytest.mark.anyio
async def test_a_new_version_is_asked_from_then_on_and_compiled_once() -> None:
    here = Installation()
    first = await here.policies.in_force()
    assert (first.version, first.policy) == (1, shipped_policy())
    assert await here.policies.in_force() is first
    await here.policies.put(rules({"kinds": ["send_mail"]}), "ours", if_version=1)
    second = await here.policies.in_force()
    assert (second.version, second.policy.rules[0].id) == (2, "r0")
    here.terms = Terms(currency="EUR", zone=ZoneInfo("Europe/Paris"))
    assert (await here.policies.in_force()).currency == "EUR"


@pytest.mark.anyio
async def test_what_does_not_fit_is_not_kept() -> None:
    here = Installation()
    for wrong in (rules({"when": "args.gone == 1"}), {"agents": {"stranger": {}}}):
        with pytest.raises(InvalidFields):
            await here.policies.put(wrong, "ours")
    with pytest.raises(Conflict):
        await here.policies.put({}, "ours", if_version=7)
    assert [version.version for version in await here.policies.versions()] == [1]


@pytest.mark.anyio
async def test_an_earlier_policy_is_brought_back_once_it_fits() -> None:
    here = Installation()
    await here.kept.put(Policy())
    await here.kept.put(policy_of(rules({"kinds": ["gone"]}), "it"))
    assert (await here.policies.restore(2)).version == 4
    with pytest.raises(InvalidFields, match="version 3 of the policies cannot be used"):
        await here.policies.restore(3)
    with pytest.raises(InvalidFields, match="there is no kind of action called open_ticket"):
        await here.policies.restore(1)  # which is for the shop's own kinds
    with pytest.raises(NotFound, match="shopfloor policy history"):
        await here.policies.restore(9)


# -- the documents ---------------------------------------------------------------------------------------------------


def test_the_documents_name_every_word_and_function() -> None:
    text = (Path(__file__).parents[2] / "docs" / "policies.md").read_text("utf-8")
    for name, word in WORDS.items():
        assert f"| `{name}` | {word.type} | {word.told} |" in text.splitlines()
    for function in FUNCTIONS.values():
        called, _, told = function.told.partition(": ")
        assert f"| {called} | {told} |" in text.splitlines()


def test_the_names_of_functions_are_those_they_are_told_by() -> None:
    assert [name for name, function in FUNCTIONS.items() if not function.told.startswith(f"`{name}(")] == []
