"""What a policy says of an action: its rules, limits, hours and agents, and above all what cannot be told."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from actions.expression_samples import scopes, trees
from actions.policies import NOON, TERMS, case, compiled, guest, judged, queried, rule, usd, used, verdict
from hypothesis import given
from hypothesis import strategies as st

from shopfloor.actions.expressions.reading import MAX_SOURCE
from shopfloor.actions.expressions.tree import Node, written
from shopfloor.actions.judging import NEEDS_APPROVAL, ONLY_LOOKS, UNCLEAR, CompiledPolicy
from shopfloor.actions.policy import Policy, Rule
from shopfloor.actions.store import Usage, UsageQuery
from shopfloor.actions.words import WORDS, Terms
from shopfloor.kernel.ids import AgentId, CustomerId
from shopfloor.kernel.money import Money

ADA = CustomerId("ada")
CLERK = AgentId("order_management")

# -- rules -----------------------------------------------------------------------------------------------------------


def test_without_rules_what_can_be_undone_is_done() -> None:
    ruling = judged()
    assert verdict(ruling) == ("allow", None)
    assert ruling.inputs == {"principal": "customer", "facts": {"order_state": "pending"}}


@pytest.mark.parametrize(
    ("then", "when", "found"),
    [
        ("refuse", "amount > 100", "refuse"),
        ("refuse", "amount > 120", "allow"),
        ("refuse", "amount > gone", "approve"),
        ("approve", "amount > 100", "approve"),
        ("approve", "amount > 120", "allow"),
        ("approve", "amount > gone", "approve"),
        ("allow", "amount > 100", "allow"),
        ("allow", "amount > gone", "allow"),
    ],
)
def test_a_rule_whose_condition_cannot_be_told_holds_back(then: str, when: str, found: str) -> None:
    assert verdict(judged(rules=[rule(then, when)]))[0] == found


@pytest.mark.parametrize(
    ("when", "found"), [("amount > 100", "allow"), ("amount > 120", "approve"), ("amount > gone", "approve")]
)
def test_what_is_irreversible_waits_unless_a_rule_is_known_to_allow_it(when: str, found: str) -> None:
    ruling = judged(case(irreversible=True), rules=[rule("allow", when)])
    assert verdict(ruling) == (found, None if found == "allow" else "approval.irreversible")


def test_what_is_irreversible_and_named_by_no_rule_waits() -> None:
    ruling = judged(case(irreversible=True), rules=[rule("allow", kinds=["open_ticket"])])
    assert verdict(ruling) == ("approve", "approval.irreversible")
    assert ruling.approval
    assert ruling.approval.says == NEEDS_APPROVAL


def test_to_refuse_goes_before_to_approve_and_that_before_to_allow_in_whichever_order_they_stand() -> None:
    rules = [rule("allow"), rule("approve"), rule("refuse")]
    for ordered in (rules, rules[::-1]):
        assert verdict(judged(case(irreversible=True), rules=ordered)) == ("refuse", "shop.refuse")
    for ordered in (rules[:2], rules[1::-1]):
        assert verdict(judged(case(irreversible=True), rules=ordered)) == ("approve", "shop.approve")


def test_a_rule_is_for_its_kinds_and_for_all_where_it_names_none() -> None:
    for kinds, found in (([], "refuse"), (["cancel_order", "x"], "refuse"), (["open_ticket"], "allow")):
        assert verdict(judged(rules=[rule("refuse", kinds=kinds)]))[0] == found


def test_the_reason_is_what_the_rule_says_with_the_amounts_filled_in() -> None:
    ruling = judged(rules=[rule("refuse", says="{amount} is more than {irreversible_limit}. {amount}!")])
    assert ruling.refusal
    assert ruling.refusal.says == "$120.00 is more than $500.00. $120.00!"
    nothing = judged(case(amount=None), Terms(currency="USD", zone=UTC), rules=[rule("refuse", says="{amount}")])
    assert nothing.refusal
    assert nothing.refusal.says == "$0.00"


def test_a_rule_that_looks_at_too_much_holds_back() -> None:
    lists: list[Any] = [[1] * 900 for _ in range(900)]
    hostile = " and ".join(["not (facts.lists in [facts.lists])"] * 20)
    for then in ("refuse", "approve"):
        ruling = judged(case(facts={"lists": lists}), rules=[rule(then, hostile)])
        assert verdict(ruling) == ("approve", f"shop.{then}")
        assert ruling.inputs["unknown"] == ["facts.lists"]
    ruling = judged(case(facts={"lists": lists}, irreversible=True), rules=[rule("allow", hostile)])
    assert verdict(ruling) == ("approve", "approval.irreversible")


def test_what_cannot_be_told_is_not_explained_by_the_rules_own_words() -> None:
    ruling = judged(rules=[rule("refuse", "facts.gone == 1", says="You took too much.")])
    assert ruling.approval
    assert (ruling.approval.rule, ruling.approval.says) == ("shop.refuse", UNCLEAR)


def test_the_inputs_say_what_the_deciding_conditions_read_and_what_was_not_known() -> None:
    rules = [
        rule("approve", "amount > 100 and args.reason != 'fraud'"),
        rule("approve", "facts.gone > 1 or hour == 3", id="shop.odd"),
        rule("refuse", "facts.order_state == 'shipped'"),
    ]
    ruling = judged(case(confidence=0.5), rules=rules)
    assert ruling.inputs == {
        "principal": "customer",
        "confidence": 0.5,
        "facts": {"order_state": "pending"},
        "read": {"amount": "120.00", "args.reason": "ordered by mistake", "hour": 12},
        "unknown": ["facts.gone"],
        "also": ["shop.odd"],
    }


def test_the_inputs_of_a_refusal_are_those_of_what_refused() -> None:
    rules = [rule("approve", "amount > 1"), rule("refuse", "resources == ['order:1'] and now > '2026-01-01T00:00:00Z'")]
    assert judged(rules=rules).inputs["read"] == {"now": "2026-05-04T16:00:00+00:00", "resources": ["order:1"]}


# -- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "when",
    [
        "kind == 'cancel_order' and agent == 'order_management' and principal == 'customer' and customer == 'ada'",
        "amount == 120 and irreversible_limit == 500 and confidence == 0.9 and not irreversible",
        "any_of(resources, 'order:1') and len(resources) == 1",
        "now == '2026-05-04T16:00:00Z' and today == '2026-05-04' and hour == 12 and weekday == 'Monday'",
        "args.order_number == '1' and facts.order_state == 'pending' and facts.total == amount",
    ],
)
def test_words_stand_for_what_is_known(when: str) -> None:
    facts = {"order_state": "pending", "total": {"currency": "USD", "minor": 12_000}}
    one = case(confidence=0.9, facts=facts)
    assert verdict(judged(one, rules=[rule("refuse", when)]))[0] == "refuse"


def test_every_word_has_the_type_it_is_declared_to_have() -> None:
    types: dict[str, type | tuple[type, ...]] = {
        "truth": bool,
        "number": (int, Decimal),
        "text": str,
        "list": tuple,
        "instant": datetime,
    }
    one = case(confidence=0.9)
    assert [name for name, word in WORDS.items() if not isinstance(word.read(one, TERMS), types[word.type])] == []


def test_days_and_hours_are_the_shops_own() -> None:
    tokyo = Terms(currency="JPY", zone=ZoneInfo("Asia/Tokyo"))
    late = rule("refuse", "today == '2026-05-05' and hour == 1 and weekday == 'Tuesday'")
    assert verdict(judged(terms=tokyo, rules=[late]))[0] == "refuse"


@pytest.mark.parametrize("money", [Money("EUR", 1), Money("EUR", 10**9), Money("JPY", 1)])
def test_an_amount_in_another_currency_is_never_compared(money: Money) -> None:
    one = case(amount=money)
    assert verdict(judged(one, rules=[rule("refuse", "amount > 500")])) == ("approve", "shop.refuse")
    assert verdict(judged(one, rules=[rule("refuse", "amount <= 500")])) == ("approve", "shop.refuse")
    dear = case(amount=money, irreversible=True)
    assert verdict(judged(dear, rules=[rule("allow", "amount <= 500 or amount > 500")]))[0] == "approve"


def test_what_moves_no_money_has_an_amount_of_nothing() -> None:
    one = case(amount=None, irreversible=True)
    assert verdict(judged(one, rules=[rule("allow", "amount <= irreversible_limit")])) == ("allow", None)


def test_a_limit_that_is_not_set_allows_nothing() -> None:
    terms = Terms(currency="USD", zone=UTC)
    one = case(irreversible=True)
    assert verdict(judged(one, terms, rules=[rule("allow", "amount <= irreversible_limit")]))[0] == "approve"


# -- limits ----------------------------------------------------------------------------------------------------------


def limit(**changes: Any) -> dict[str, Any]:
    return {"id": "shop.limit", "per": "customer", "within": "1h", "then": "refuse", "says": "Enough.", **changes}


@pytest.mark.parametrize(
    ("per", "one", "wanted"),
    [
        ("shop", case(), [{}]),
        ("agent", case(), [{"agent": CLERK}]),
        ("customer", case(), [{"customer_id": ADA}]),
        ("customer", guest(), [{"resource": "order:1"}]),
        ("customer", guest(resources=("ticket:new",)), []),
        ("customer", guest(resources=("ticket:new",), stream="conversation/c1"), [{"stream": "conversation/c1"}]),
        ("customer", guest(stream="conversation/c1"), [{"stream": "conversation/c1"}, {"resource": "order:1"}]),
        ("resource", guest(stream="conversation/c1"), [{"resource": "order:1"}]),
        ("customer", case(stream="conversation/c1"), [{"customer_id": "ada"}]),
        (
            "resource",
            case(resources=("order:1", "sku:2", "return:new")),
            [{"resource": "order:1"}, {"resource": "sku:2"}],
        ),
        ("shop", case(principal="staff", customer_id=None), []),
    ],
)
def test_a_limit_says_what_has_to_be_counted(per: str, one: Any, wanted: list[dict[str, Any]]) -> None:
    policy = compiled(limits=[limit(per=per, actions=3, kinds=["cancel_order", "x"])])
    since, kinds = NOON - timedelta(hours=1), frozenset({"cancel_order", "x"})
    assert queried(policy, one) == [UsageQuery(since=since, kinds=kinds, **each) for each in wanted]


def test_what_is_asked_for_does_not_depend_on_what_the_world_says() -> None:
    policy = compiled(limits=[limit(per=per, id=f"x.{per}", actions=1) for per in ("shop", "customer", "resource")])
    assert queried(policy, case(facts={}, amount=None)) == queried(policy, case())


def test_a_limit_of_other_kinds_counts_nothing() -> None:
    assert queried(compiled(limits=[limit(actions=1, kinds=["open_ticket"])]), case()) == []


@pytest.mark.parametrize(("done", "found"), [(0, "allow"), (2, "allow"), (3, "refuse"), (99, "refuse")])
def test_the_action_at_hand_is_counted_too(done: int, found: str) -> None:
    ruling = used(compiled(limits=[limit(actions=3)]), case(), (done, 0))
    assert verdict(ruling)[0] == found
    assert ruling.inputs.get("used") == ({"shop.limit": {"actions": done, "of": 3}} if found == "refuse" else None)


@pytest.mark.parametrize(
    ("moved", "amount", "found"),
    [
        (380, usd(120), "allow"),
        (380.01, usd(120), "approve"),
        (500, None, "allow"),
        (900, usd(0), "allow"),
        (0, usd(500.01), "approve"),
        (0, Money("EUR", 1), "approve"),
    ],
)
def test_money_is_counted_to_the_cent(moved: float, amount: Money | None, found: str) -> None:
    ruling = used(compiled(limits=[limit(amount=500, then="approve")]), case(amount=amount), (1, moved))
    assert verdict(ruling)[0] == found


def test_money_in_another_currency_holds_back_and_does_not_refuse() -> None:
    policy = compiled(limits=[limit(amount=500, then="refuse")])
    ruling = used(policy, case(amount=Money("EUR", 1)), (0, 0))
    assert (verdict(ruling), ruling.inputs["unknown"]) == (("approve", "shop.limit"), ["amount"])
    both = used(compiled(limits=[limit(amount=500, actions=1)]), case(amount=Money("EUR", 1)), (1, 0))
    assert verdict(both) == ("refuse", "shop.limit")


def test_one_of_several_resources_is_enough() -> None:
    policy = compiled(limits=[limit(per="resource", actions=3)])
    one = case(resources=("order:1", "order:2"))
    assert verdict(used(policy, one, (0, 0), (3, 0))) == ("refuse", "shop.limit")
    assert used(policy, one, (3, 0), (3, 0)).inputs.get("also") is None


def test_a_count_too_few_or_too_many_is_an_error() -> None:
    policy = compiled(limits=[limit(actions=3)])
    for counted in ([], [Usage(actions=0, amount_minor=0)] * 2):
        with pytest.raises(ValueError, match="zip"):
            policy.judge(case(), counted)


# -- hours -----------------------------------------------------------------------------------------------------------

QUIET = {"kinds": ["cancel_order"], "starts": "21:00", "ends": "09:00", "says": "Not now."}


@pytest.mark.parametrize(
    ("hour", "minute", "found"),
    [(20, 59, "allow"), (21, 0, "refuse"), (23, 59, "refuse"), (0, 0, "refuse"), (8, 59, "refuse"), (9, 0, "allow")],
)
def test_hours_are_quiet_over_midnight_by_the_shops_clock(hour: int, minute: int, found: str) -> None:
    at = datetime(2026, 5, 4, hour, minute, tzinfo=ZoneInfo("America/New_York"))
    assert verdict(judged(case(now=at.astimezone(UTC)), quiet_hours=QUIET))[0] == found


def test_quiet_hours_are_for_their_kinds_and_not_for_the_staff() -> None:
    night = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)
    assert verdict(judged(case(now=night), quiet_hours=QUIET)) == ("refuse", "quiet_hours")
    assert verdict(judged(case(now=night), quiet_hours={**QUIET, "then": "approve"})) == ("approve", "quiet_hours")
    assert verdict(judged(case(now=night, kind="open_ticket"), quiet_hours=QUIET))[0] == "allow"
    assert verdict(judged(case(now=night, principal="staff"), quiet_hours=QUIET))[0] == "allow"


# -- agents ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("autonomy", "found"),
    [
        ("act", ("allow", None)),
        ("review", ("approve", "autonomy.review")),
        ("observe", ("refuse", "autonomy.observe")),
    ],
)
def test_an_agent_acts_is_reviewed_or_only_looks(autonomy: str, found: tuple[str, str | None]) -> None:
    agents = {"order_management": {"autonomy": autonomy}}
    assert verdict(judged(agents=agents)) == found
    assert verdict(judged(case(agent="other"), agents=agents)) == ("allow", None)
    assert verdict(judged(case(principal="staff"), agents=agents)) == ("allow", None)


def test_an_agent_that_only_looks_says_who_can_do_it() -> None:
    ruling = judged(agents={"order_management": {"autonomy": "observe"}})
    assert ruling.refusal
    assert ruling.refusal.says == ONLY_LOOKS


@pytest.mark.parametrize(
    ("amount", "found"),
    [(usd(100), "allow"), (usd(100.01), "approve"), (None, "allow"), (Money("EUR", 1), "approve")],
)
def test_an_agent_has_a_ceiling_for_each_action(amount: Money | None, found: str) -> None:
    ruling = judged(case(amount=amount), agents={"order_management": {"amount": 100}})
    assert verdict(ruling) == (found, None if found == "allow" else "autonomy.amount")


def test_a_person_of_the_staff_is_held_by_rules() -> None:
    one = case(principal="staff", customer_id=None)
    assert verdict(judged(one, rules=[rule("refuse", "amount > 100")])) == ("refuse", "shop.refuse")


# -- laws ------------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(trees, st.sampled_from(["refuse", "approve", "allow"])), max_size=4), scopes, st.booleans())
def test_no_condition_makes_judging_fail_and_nothing_unknown_is_waved_through(
    conditions: list[tuple[Node, Any]], scope: dict[str, Any], irreversible: bool
) -> None:
    known = [(written(tree), then) for tree, then in conditions if len(written(tree)) <= MAX_SOURCE]
    rules = tuple(
        Rule(id=f"r{place}", when=source, then=then, says="No.") for place, (source, then) in enumerate(known)
    )
    args = scope["args"] if isinstance(scope["args"], dict) else {}
    one = case(args=args, facts=scope["facts"], irreversible=irreversible)
    ruling = CompiledPolicy(Policy(rules=rules), TERMS).judge(one, [])
    alone = [
        verdict(CompiledPolicy(Policy(rules=(each,)), TERMS).judge(case(args=args, facts=scope["facts"]), []))[0]
        for each in rules
    ]
    if "refuse" in alone:
        assert verdict(ruling)[0] == "refuse"
    elif "approve" in alone:
        assert verdict(ruling)[0] == "approve"
    elif not irreversible:
        assert verdict(ruling)[0] == "allow"


def test_terms_of_a_policy_are_told() -> None:
    policy = compiled(approvals={"expire_after": "36h"})
    assert (policy.version, policy.currency, policy.expire_after) == (3, "USD", timedelta(hours=36))
