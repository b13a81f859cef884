"""The gate among other actions: what a key did before, limits, collisions, and who waits for whom."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from actions.conftest import Kept
from actions.till import ADA, CLERK, STREAM, Desk, Pay, Till, other_policy
from anyio import Event, create_task_group, fail_after, sleep
from pydantic import JsonValue

from shopfloor.actions.conflicts import collision
from shopfloor.actions.kind import Change, Direction, Preview
from shopfloor.actions.proposal import Consent
from shopfloor.actions.sql_store import SqlActions
from shopfloor.database.engine import Database
from shopfloor.identity.identity import GUEST, Staff
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.errors import Conflict, Unavailable
from shopfloor.kernel.ids import StreamId
from shopfloor.kernel.money import Money

pytestmark = pytest.mark.anyio

DEADLINE_S = 10


def free(desk_till: Till, **changes: object) -> Desk:
    """Return a desk at which nobody is asked for a yes."""
    return Desk(desk_till.kind(confirmation="none"), till=desk_till, **changes)  # type: ignore[arg-type]


# -- what the key did before -----------------------------------------------------------------------------------------


async def test_a_key_that_was_carried_out_is_answered_with_what_came_of_it_and_nothing_is_journaled() -> None:
    desk = free(Till())
    first = await desk.submit()
    again = await desk.submit()
    assert (again.state, again.result, again.is_known) == ("executed", first.result, True)
    assert await desk.states() == ["confirmed", "executed"]


async def test_a_key_whose_outcome_is_unknown_is_not_tried_again() -> None:
    desk = free(Till())
    desk.till.broken = Unavailable("no answer")
    await desk.submit()
    desk.till.broken = None
    again = await desk.submit()
    assert (again.state, desk.till.asked) == ("outcome_unknown", ["k"])


async def test_a_key_that_waits_for_the_merchant_takes_no_other_arguments() -> None:
    desk = free(Till(), limit=Money("USD", 100))
    assert (await desk.submit()).state == "needs_approval"
    assert (await desk.submit()).state == "needs_approval"
    with pytest.raises(Conflict):
        await desk.submit({"order": "2"})
    assert await desk.states() == ["needs_approval"]


async def test_a_key_that_was_only_asked_about_may_be_proposed_anew_with_other_arguments() -> None:
    desk = Desk()
    await desk.submit({"order": "1"})
    verdict = await desk.submit({"order": "2"})
    assert verdict.state == "needs_yes"
    assert (await desk.get()).resources == ("order:2",)


# -- limits ----------------------------------------------------------------------------------------------------------


async def test_a_limit_counts_what_was_carried_out() -> None:
    desk = free(Till(), hourly=2)
    states = [(await desk.submit(key=f"k{number}")).state for number in range(4)]
    assert states == ["executed", "executed", "refused", "refused"]
    assert (await desk.submit(key="k9")).rule == "pay.too_often"


async def test_many_at_once_do_not_slip_past_a_limit() -> None:
    desk = free(Till(), hourly=3)

    async def pay(number: int) -> None:
        await desk.submit({"order": str(1 + number % 2)}, key=f"k{number}")

    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(pay, number)
    assert len(desk.till.paid) == 3


async def test_two_processes_at_once_do_not_slip_past_a_limit(database: Database, tmp_path: Path, on_sql: Kept) -> None:
    till, judged = Till(), [Event(), Event()]
    actions = SqlActions(database)
    other = SqlJournal(database, on_sql[2], MachineLocks(tmp_path / "locks"), [actions.project])

    async def both_are_judged(args: Pay) -> JsonValue:
        judged[int(args.order) - 1].set()
        for one in judged:
            await one.wait()
        return await till.state(args)

    kinds = (till.undoable(snapshot=both_are_judged),)
    here = Desk(*kinds, till=till, hourly=1, kept=on_sql)
    there = Desk(*kinds, till=till, hourly=1, kept=(other, actions, on_sql[2]))
    verdicts: list[tuple[str, str | None]] = []

    async def pay(desk: Desk, order: str) -> None:
        verdict = await desk.submit({"order": order}, key=f"k{order}")
        verdicts.append((verdict.state, verdict.rule))

    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            tasks.start_soon(pay, here, "1")
            tasks.start_soon(pay, there, "2")
    assert sorted(verdicts) == [("executed", None), ("refused", "pay.too_often")]
    assert len(till.paid) == 1
    other.close()


async def test_what_is_carried_out_keeps_nobody_waiting_under_the_same_limit() -> None:
    desk = free(Till(), hourly=3)
    desk.till.go_on = Event()
    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            tasks.start_soon(partial(desk.submit, {"order": "1"}, key="slow"))
            await desk.till.begun.wait()
            desk.till.begun = Event()
            tasks.start_soon(partial(desk.submit, {"order": "2"}, key="other"))
            await desk.till.begun.wait()
            assert desk.till.asked == ["slow", "other"]
            desk.till.go_on.set()
    assert desk.till.paid == {"slow": 500, "other": 500}


class SlowTill(Till):
    """Is looked at by as many at once as come, and answers once all are there."""

    def __init__(self, visitors: int) -> None:
        super().__init__()
        self.missing = visitors
        self.all_are_there = Event()

    async def preview(self, args: Pay) -> Preview:
        self.missing -= 1
        if not self.missing:
            self.all_are_there.set()
        await self.all_are_there.wait()
        return await super().preview(args)


@pytest.mark.parametrize("hourly", [10, 3])
async def test_a_slow_look_at_the_shop_keeps_nobody_waiting_under_the_same_limit(kept: Kept, hourly: int) -> None:
    till, many = SlowTill(10), 10
    desk = free(till, hourly=hourly, kept=kept)
    desk.own.update(f"order:{number}" for number in range(many))
    verdicts: list[tuple[str, str | None]] = []

    async def pay(number: int) -> None:
        verdict = await desk.submit({"order": str(number)}, key=f"k{number}")
        verdicts.append((verdict.state, verdict.rule))

    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            for number in range(many):
                tasks.start_soon(pay, number)
    refused = [("refused", "pay.too_often")] * (many - hourly)
    assert sorted(verdicts, key=str) == [("executed", None)] * hourly + refused
    assert len(till.paid) == hourly


async def test_a_guest_is_counted_by_the_conversation(kept: Kept) -> None:
    till = Till()
    ticket = till.kind(resources=lambda _args: ("ticket:new",), confirmation="none")
    desk = Desk(ticket, till=till, hourly=2, kept=kept)
    desk.own.add("ticket:new")
    here = replace(CLERK, stream=STREAM)

    async def open_ticket(number: int, **more: Any) -> tuple[str, str | None]:
        verdict = await desk.submit({"order": "1"}, key=f"k{number}", identity=GUEST, **{"origin": here, **more})
        return verdict.state, verdict.rule

    found = [await open_ticket(number) for number in range(3)]
    assert found == [("executed", None), ("executed", None), ("refused", "pay.too_often")]
    elsewhere = replace(CLERK, stream=StreamId("conversation/c2"))
    assert await open_ticket(3, origin=elsewhere) == ("executed", None)


# -- collisions ------------------------------------------------------------------------------------------------------


async def test_what_waits_for_the_merchant_keeps_others_from_the_same_thing() -> None:
    desk = free(Till(), limit=Money("USD", 500))
    await desk.submit({"order": "1", "minor": 600}, key="large")
    small = await desk.submit({"order": "1", "minor": 10}, key="small")
    assert (small.state, small.rule) == ("refused", "conflict.waiting")
    assert "Pay 600 for 1" in small.reason
    assert (await desk.submit({"order": "2", "minor": 10}, key="other")).state == "executed"


async def test_what_was_sent_and_not_confirmed_keeps_others_from_the_same_thing() -> None:
    desk = free(Till())
    desk.till.broken = Unavailable("no answer")
    await desk.submit(key="lost")
    desk.till.broken = None
    assert (await desk.submit(key="next")).rule == "conflict.unsettled"


async def test_kinds_that_change_other_attributes_do_not_collide() -> None:
    till = Till()
    address = till.kind("move", attributes=(("address", "set"),), confirmation="none")
    price = till.kind("pay", attributes=(("price", "set"),), confirmation="none")
    desk = Desk(address, price, till=till, limit=Money("USD", 500))
    await desk.submit({"order": "1", "minor": 600}, key="large")
    assert (await desk.submit({"order": "1"}, kind="move", key="small")).state == "executed"


async def test_a_thing_that_an_action_makes_is_disputed_by_nobody() -> None:
    till = Till()
    desk = Desk(
        till.kind(resources=lambda _args: ("ticket:new",), confirmation="none"), till=till, limit=Money("USD", 1)
    )
    desk.own.add("ticket:new")
    first, second = await desk.submit(key="a"), await desk.submit(key="b")
    assert (first.state, second.state) == ("needs_approval", "needs_approval")


@pytest.mark.parametrize(
    ("ours", "theirs", "collides"),
    [
        (("price", "set"), ("price", "set"), True),
        (("price", "up"), ("price", "down"), True),
        (("price", "up"), ("price", "up"), False),
        (("price", "up"), ("price", "set"), True),
        (("price", "set"), ("stock", "set"), False),
        (("*", "set"), ("stock", "up"), True),
    ],
)
async def test_two_changes_collide_where_they_pull_at_one_attribute(
    ours: tuple[str, Direction], theirs: tuple[str, Direction], collides: bool
) -> None:
    desk = free(Till(), limit=Money("USD", 1))
    await desk.submit(key="waits")
    record = await desk.get("waits")
    there = Change(resource="sku:1", attribute=theirs[0], direction=theirs[1])
    here = Change(resource="sku:1", attribute=ours[0], direction=ours[1])
    assert (collision([here], [(record, [there])]) is not None) == collides
    elsewhere = Change(resource="sku:2", attribute=ours[0], direction=ours[1])
    assert collision([elsewhere], [(record, [there])]) is None


# -- who waits for whom ----------------------------------------------------------------------------------------------


async def test_two_actions_on_one_thing_are_carried_out_one_after_the_other() -> None:
    desk = free(Till())
    desk.till.go_on = Event()

    async def second() -> None:
        await desk.submit({"order": "1"}, key="second")

    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            tasks.start_soon(desk.submit, {"order": "1"})
            await desk.till.begun.wait()
            tasks.start_soon(second)
            await sleep(0.05)
            assert desk.till.asked == ["k"]
            desk.till.go_on.set()
    assert desk.till.asked == ["k", "second"]
    assert await desk.states() == ["confirmed", "executed", "confirmed", "executed"]


async def test_what_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopfloor.actions.gate.WAIT_S", 0.05)
    desk = free(Till())
    desk.till.go_on = Event()
    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            tasks.start_soon(desk.submit, {"order": "1"})
            await desk.till.begun.wait()
            late = await desk.submit({"order": "1"}, key="late")
            desk.till.go_on.set()
    assert (late.state, late.rule) == ("refused", "conflict.busy")
    assert desk.till.asked == ["k"]


async def test_what_is_being_carried_out_is_not_recorded_as_refused_when_its_key_comes_again(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shopfloor.actions.gate.WAIT_S", 0.05)
    till = Till()
    kinds = (till.kind(confirmation="none"),)
    here, there = Desk(*kinds, till=till, kept=kept), Desk(*kinds, till=till, kept=kept)
    till.go_on = Event()
    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            tasks.start_soon(here.submit, {"order": "1"})
            await till.begun.wait()
            for desk in (here, there):
                again = await desk.submit({"order": "1"})
                assert (again.state, again.rule) == ("refused", "conflict.busy")
            assert (await here.get()).state == "confirmed", "it still holds the order"
            till.go_on.set()
    assert (await there.submit({"order": "1"})).state == "executed"
    assert await here.states() == ["confirmed", "executed"]
    assert till.asked == ["k"]


async def test_an_approval_is_not_used_up_while_others_are_at_the_same_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopfloor.actions.gate.WAIT_S", 0.05)
    till = Till()
    kinds = (till.kind(attributes=(("sum", "set"),)), till.kind("tip", attributes=(("tip", "set"),)))
    desk = Desk(*kinds, till=till, limit=Money("USD", 1))
    assert (await desk.paid({"order": "1"})).state == "needs_approval"
    desk.till.go_on = Event()
    tip = partial(desk.submit, {"order": "1"}, kind="tip", key="other", identity=Staff(name="Linus"))
    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            tasks.start_soon(tip)
            await desk.till.begun.wait()
            assert (await desk.approvals.approve("k", Staff(name="Grace"))).state == "approved"
            desk.till.go_on.set()
    desk.clock.at += timedelta(hours=1)
    await desk.approvals.settle()
    assert (await desk.get()).state == "executed"


async def test_another_process_that_holds_a_thing_is_waited_for(kept: Kept) -> None:
    till = Till()
    kinds = (till.kind(confirmation="none"),)
    here, there = Desk(*kinds, till=till, kept=kept), Desk(*kinds, till=till, kept=kept)
    till.go_on = Event()

    async def second() -> None:
        other = {"order": "2", "minor": 1}
        assert (await there.submit(other, key="elsewhere")).state == "executed"

    async def third() -> None:
        assert (await there.submit({"order": "1"}, key="after")).state == "executed"

    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            tasks.start_soon(here.submit, {"order": "1"})
            await till.begun.wait()
            tasks.start_soon(third)
            await sleep(0.2)
            assert till.asked == ["k"], "nobody is let in before the other has ended"
            till.go_on.set()
            tasks.start_soon(second)
    assert till.asked[0] == "k"
    assert set(till.asked) == {"k", "after", "elsewhere"}


# -- people of the staff ---------------------------------------------------------------------------------------------


async def test_a_person_of_the_staff_needs_no_yes_no_approval_and_owns_all() -> None:
    desk = Desk(limit=Money("USD", 1))
    verdict = await desk.submit({"order": "3"}, identity=Staff(name="Grace"))
    assert verdict.state == "executed"
    record = await desk.get()
    assert (record.staff, record.is_for_shop, record.customer_id) == ("Grace", True, None)


async def test_what_is_not_offered_is_for_the_staff_alone() -> None:
    till = Till()
    desk = Desk(till.kind(is_offered=False, confirmation="none"), till=till)
    assert (await desk.submit(identity=ADA)).rule == "identity.staff"
    assert (await desk.submit(identity=Staff(name="Grace"))).state == "executed"


async def test_the_policy_that_judged_stands_in_the_journal() -> None:
    desk = free(Till())
    other_policy(desk, version=7)
    await desk.submit()
    assert (await desk.get()).policy == 7
    assert (await desk.journal.read(STREAM))[-1].data.policy == 7  # type: ignore[attr-defined]


async def test_a_consent_is_not_needed_twice_where_the_merchant_approved() -> None:
    desk = Desk(limit=Money("USD", 1))
    asked = await desk.submit()
    await desk.submit(consent=Consent(digest=asked.digest, asked_at=desk.clock.now()))
    record = await desk.approvals.approve("k", Staff(name="Grace"))
    assert (record.state, record.staff, record.agent) == ("executed", "Grace", CLERK.agent)
