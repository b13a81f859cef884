"""Another policy tried on what was done: by itself over records, and over what a real gate journaled."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from actions.policies import NOON, compiled, rule, usd
from actions.till import ADA, NOW, STREAM, Desk, Till

from shopfloor.actions.judging import CompiledPolicy
from shopfloor.actions.policies import Policies
from shopfloor.actions.policy import POLICY, policy_of
from shopfloor.actions.policy_trial import PAGE, Trial, trial, try_policy
from shopfloor.actions.store import ActionRecord
from shopfloor.actions.words import Terms
from shopfloor.database.versioned import MemoryVersioned
from shopfloor.identity.identity import Identity
from shopfloor.journal.events import ActionState
from shopfloor.kernel.errors import Refused
from shopfloor.kernel.ids import AgentId, CustomerId

pytestmark = pytest.mark.anyio


def record(minutes: int, **changes: Any) -> ActionRecord:
    """Return an action that Ada had done, so many minutes after noon."""
    values: dict[str, Any] = {
        "key": f"k{minutes}",
        "stream": STREAM,
        "kind": "cancel_order",
        "state": "executed",
        "agent": AgentId("clerk"),
        "agent_name": "Clerk",
        "turn_id": None,
        "task_id": None,
        "is_for_shop": False,
        "customer_id": CustomerId("ada"),
        "order_numbers": (),
        "staff": None,
        "args": {"order_number": "1"},
        "summary": "Cancel.",
        "digest": "d",
        "resources": ("order:1",),
        "amount": usd(100),
        "rule": None,
        "reason": "",
        "inputs": {"principal": "customer", "facts": {"order_state": "pending"}},
        "policy": 1,
        "result": None,
        "before": None,
        "after": None,
        "proposed_at": NOON + timedelta(minutes=minutes),
        "moved_at": NOON + timedelta(minutes=minutes),
        "executed_at": None,
        "expires_at": None,
        "undo_until": None,
        "undoes": None,
        "undone_by": None,
        **changes,
    }
    return ActionRecord(**values)


def hourly(most: int, **more: Any) -> dict[str, Any]:
    return {
        "limits": [
            {
                "id": "hourly",
                "per": "customer",
                "within": "1h",
                "actions": most,
                "then": "refuse",
                "says": "No.",
                **more,
            }
        ]
    }


def tried(records: list[ActionRecord], new: CompiledPolicy, old: CompiledPolicy | None = None) -> Trial:
    return trial(records, old or compiled(), new, frozenset({"erase"}))


def verdicts(found: Trial) -> list[str]:
    return [one.new.verdict for one in found.tried]


# -- judged anew -----------------------------------------------------------------------------------------------------


def test_the_same_policy_changes_nothing() -> None:
    policy = compiled(rules=[rule("refuse", "amount > 50")], **hourly(2))
    found = tried([record(minutes) for minutes in range(5)], policy, policy)
    assert (len(found.tried), found.changed, found.totals, found.unknown) == (5, [], {}, {})


def test_actions_are_judged_by_what_was_known_of_them_then() -> None:
    when = "args.order_number == '1' and facts.order_state == 'pending' and amount == 100 and customer == 'ada'"
    more = (
        "agent == 'clerk' and principal == 'customer' and confidence == 0.5 and hour == 12 and resources == ['order:1']"
    )
    one = record(3, inputs={"principal": "customer", "confidence": 0.5, "facts": {"order_state": "pending"}})
    found = tried([one, record(4)], compiled(rules=[rule("refuse", f"{when} and {more}")]))
    assert verdicts(found) == ["refuse", "approve"]
    assert found.unknown == {"confidence": 1}
    assert found.totals == {("allow", "refuse"): 1, ("allow", "approve"): 1}


def test_the_same_verdict_by_another_rule_is_a_change() -> None:
    old, new = (compiled(rules=[rule("refuse", id=name)]) for name in ("one", "two"))
    found = tried([record(0)], new, old)
    assert found.totals == {("refuse", "refuse"): 1}
    assert [(one.old.rule, one.new.rule) for one in found.changed] == [("one", "two")]


def test_whether_an_action_is_irreversible_is_known_from_its_kind() -> None:
    assert verdicts(tried([record(0, kind="erase"), record(1)], compiled())) == ["approve", "allow"]


def test_staff_and_guests_are_judged_as_such() -> None:
    new = compiled(rules=[rule("refuse", "principal == 'staff'"), rule("approve", "principal == 'guest'")])
    records = [record(0, is_for_shop=True, customer_id=None), record(1, customer_id=None), record(2)]
    assert verdicts(tried(records, new)) == ["refuse", "approve", "allow"]


def test_what_no_policy_was_asked_about_and_what_was_erased_is_left_out_and_counted() -> None:
    asked_nobody = record(0, policy=None, inputs={}, state="refused", rule="identity.owner")
    erased = record(1, args={}, inputs={}, summary="")
    found = tried([asked_nobody, erased, record(2)], compiled())
    assert (len(found.tried), found.not_asked, found.erased) == (1, 1, 1)


def test_actions_are_told_in_the_order_of_time() -> None:
    found = tried([record(2), record(0), record(1)], compiled())
    assert [one.record.key for one in found.tried] == ["k0", "k1", "k2"]


# -- counted anew ----------------------------------------------------------------------------------------------------


def test_a_limit_counts_what_it_would_have_let_through() -> None:
    found = tried([record(minutes) for minutes in (0, 10, 20, 59, 60, 61, 80)], compiled(**hourly(2)))
    # By 61 minutes the one of 0 is older than an hour; those that were refused never counted.
    assert verdicts(found) == ["allow", "allow", "refuse", "refuse", "refuse", "allow", "allow"]


def test_counts_are_kept_for_each_customer_kind_agent_and_thing() -> None:
    others = [
        record(1, customer_id=CustomerId("ben")),
        record(2, kind="open_ticket"),
        record(3, agent=AgentId("other")),
        record(4, resources=("order:2",)),
    ]
    for per, ours in (("customer", 0), ("agent", 2), ("resource", 3)):
        found = tried([record(0), *others], compiled(**hourly(1, per=per, kinds=["cancel_order"])))
        assert [verdict for place, verdict in enumerate(verdicts(found)) if place in {0, ours + 1}] == ["allow"] * 2
    found = tried([record(0), *others], compiled(**hourly(1, per="shop")))
    assert verdicts(found) == ["allow"] + ["refuse"] * 4


def test_money_is_counted_anew_too() -> None:
    new = compiled(**hourly(9, actions=None, amount=250))
    records = [record(0), record(1), record(2), record(3, amount=usd(50)), record(4, amount=None)]
    assert verdicts(tried(records, new)) == ["allow", "allow", "refuse", "allow", "allow"]


@pytest.mark.parametrize(
    ("state", "says_new", "is_counted"),
    [
        ("executed", "allow", True),
        ("confirmed", "allow", True),
        ("outcome_unknown", "allow", True),
        ("proposed", "allow", False),
        ("declined", "allow", False),
        ("needs_approval", "allow", True),
        ("rejected", "allow", True),
        ("expired", "allow", True),
        ("refused", "allow", False),
        ("executed", "approve", True),
        ("approved", "approve", True),
        ("rejected", "approve", False),
        ("expired", "approve", False),
        ("needs_approval", "approve", False),
        ("executed", "refuse", False),
    ],
)
def test_what_customers_and_the_merchant_did_decides_what_would_have_been_done(
    state: ActionState, says_new: str, is_counted: bool
) -> None:
    rules = [rule(says_new, "args.order_number == '1'")]
    new = compiled(rules=rules, **hourly(1))
    found = tried([record(0, state=state), record(1, args={"order_number": "2"})], new)
    assert verdicts(found)[1] == ("refuse" if is_counted else "allow")


def test_what_the_policy_in_force_refused_would_be_done_by_one_that_does_not() -> None:
    old = compiled(rules=[rule("refuse", "args.order_number == '1'")])
    records = [record(0, state="refused", rule="shop.refuse"), record(1, args={"order_number": "2"})]
    assert verdicts(tried(records, compiled(**hourly(1)), old)) == ["allow", "refuse"]


def test_thousands_of_actions_of_one_hour_are_tried() -> None:
    records = [record(0, key=f"k{number}", proposed_at=NOON + timedelta(seconds=number)) for number in range(3_000)]
    found = tried(records, compiled(**hourly(2_000, per="shop", amount=10**9)))
    assert found.totals == {("allow", "refuse"): 1_000}


# -- over what a gate journaled --------------------------------------------------------------------------------------


class Kept:
    """A gate that asks the policy in force, and all that it journaled."""

    def __init__(self, **policy: Any) -> None:
        till = Till()
        self.desk = Desk(till.kind(confirmation="none"), till=till)
        self.policies = Policies(
            MemoryVersioned(POLICY, policy_of(policy, "ours"), self.desk.clock),
            [self.desk.gate.kind("pay")],
            self._terms,
        )

    async def _terms(self) -> Terms:
        return Terms(currency="USD", zone=UTC)

    async def pay(self, key: str, minor: int, *, identity: Identity = ADA, **args: Any) -> str:
        self.desk.book = await self.policies.in_force()  # pyright: ignore[reportAttributeAccessIssue]
        wanted = {"order": "1", "minor": minor, **args}
        return (await self.desk.submit(wanted, key=key, identity=identity)).state

    async def tried(self, since: datetime = NOW, **policy: Any) -> Trial:
        return await try_policy(self.desk.actions, self.policies, policy_of(policy, "new"), since)


async def test_what_a_gate_journaled_is_judged_as_it_was() -> None:
    kept = Kept(rules=[rule("allow", "amount <= 5"), rule("refuse", "facts.note == 'fraud'")])
    states = [await kept.pay("a", 500), await kept.pay("b", 501), await kept.pay("c", 100, note="fraud")]
    kept.desk.till.shut = Refused("order.shipped", "It has left.")
    states.append(await kept.pay("d", 100))
    assert states == ["executed", "needs_approval", "refused", "refused"]
    same = await kept.tried(**kept.policies.kept.kind.data((await kept.policies.in_force()).policy))
    assert [(one.old.verdict, one.old.rule) for one in same.tried] == [
        ("allow", None),
        ("approve", "approval.irreversible"),
        ("refuse", "shop.refuse"),
    ]
    assert (same.changed, same.not_asked, same.erased) == ([], 1, 0)
    other = await kept.tried(rules=[rule("allow", "amount > 5 or default(facts.note, '') == 'fraud'")])
    assert [(one.record.key, one.old.verdict, one.new.verdict) for one in other.changed] == [
        ("a", "allow", "approve"),
        ("b", "approve", "allow"),
        ("c", "refuse", "allow"),
    ]


async def test_only_the_days_that_were_asked_for_are_looked_at_and_all_pages_of_them() -> None:
    kept = Kept(rules=[rule("allow")])
    assert await kept.pay("old", 100) == "executed"
    kept.desk.clock.at += timedelta(days=2)
    for number in range(PAGE + 2):
        assert await kept.pay(f"k{number}", 100) == "executed"
    found = await kept.tried(kept.desk.clock.now() - timedelta(days=1), rules=[rule("refuse")])
    assert (len(found.tried), len(found.changed)) == (PAGE + 2, PAGE + 2)


async def test_nothing_is_stored_by_a_trial() -> None:
    kept = Kept(rules=[rule("allow")])
    await kept.pay("a", 100)
    before = [*await kept.desk.events()]
    await kept.tried(rules=[rule("refuse")])
    assert [*await kept.desk.events()] == before
    assert len(await kept.policies.versions()) == 1


def test_a_trial_is_written_for_programs() -> None:
    found = tried([record(0)], compiled(rules=[rule("refuse", "facts.gone == 1")])).to_json()
    outcome = {"verdict": "approve", "rule": "shop.refuse", "unknown": ["facts.gone"]}
    assert found == {
        "judged": 1,
        "not_asked": 0,
        "erased": 0,
        "unknown": {"facts.gone": 1},
        "changed": [
            {
                "key": "k0",
                "proposed_at": NOON.isoformat(),
                "kind": "cancel_order",
                "agent": "clerk",
                "summary": "Cancel.",
                "state": "executed",
                "old": {"verdict": "allow", "rule": None, "unknown": []},
                "new": outcome,
            }
        ],
    }
