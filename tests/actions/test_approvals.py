"""The merchant's decisions: the first one holds, and time decides where nobody does."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from actions.conftest import Kept
from actions.till import CLERK, NOW, STREAM, Desk, Pay, Till, other_policy
from anyio import Event, create_task_group, fail_after

from shopfloor.actions.approvals import GIVE_UP_AFTER
from shopfloor.actions.kind import Preview
from shopfloor.actions.memory_store import MemoryActions
from shopfloor.actions.news import SETTLE_AFTER
from shopfloor.actions.store import ERASED, ActionRecord
from shopfloor.actions.verification import check_stream
from shopfloor.identity.identity import Staff
from shopfloor.journal.events import ActionMoved, EventData
from shopfloor.journal.events import Event as Journaled
from shopfloor.journal.memory import MemoryJournal
from shopfloor.journal.verification import Findings
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Conflict, InvalidInput, NotFound, Refused, StorageError, Unavailable
from shopfloor.kernel.ids import StreamId
from shopfloor.kernel.money import Money

pytestmark = pytest.mark.anyio

DEADLINE_S = 20
GRACE, ALAN = Staff(name="Grace"), Staff(name="Alan")
LARGE = {"order": "1", "minor": 900}


async def waiting_desk(kept: Kept | None = None, *, confirmation: str = "none", till: Till | None = None) -> Desk:
    """Return a desk at which a payment waits for the merchant, under the key `k`."""
    till = till or Till()
    desk = Desk(till.kind(confirmation=confirmation), till=till, limit=Money("USD", 500), kept=kept)
    verdict = await (desk.submit(LARGE) if confirmation == "none" else desk.paid(LARGE))
    assert verdict.state == "needs_approval"
    return desk


async def test_what_waits_is_listed_with_all_that_a_merchant_decides_by(kept: Kept) -> None:
    desk = await waiting_desk(kept)
    [record] = await desk.approvals.waiting()
    assert (record.key, record.kind, record.args["minor"]) == ("k", "pay", 900)
    assert (record.amount, record.customer_id, record.agent_name) == (Money("USD", 900), "ada", "Clerk")
    assert (record.rule, record.summary) == ("approval.irreversible", "Pay 900 for 1.")
    assert record.expires_at == desk.clock.now() + timedelta(hours=24)


async def test_an_approved_action_is_carried_out_and_the_customer_told(kept: Kept) -> None:
    desk = await waiting_desk(kept)
    record = await desk.approvals.approve("k", GRACE)
    assert (record.state, record.staff, record.result) == ("executed", "Grace", {"paid": 900})
    assert desk.till.paid == {"k": 900}
    assert await desk.states() == ["needs_approval", "approved", "confirmed", "executed"]
    assert [told.state for told in desk.told] == ["executed"]
    assert await desk.approvals.waiting() == []


async def test_a_rejected_action_is_not_carried_out_and_the_customer_reads_why(kept: Kept) -> None:
    desk = await waiting_desk(kept)
    record = await desk.approvals.reject("k", GRACE, reason=" It was paid before. ")
    assert (record.state, record.reason, desk.till.paid) == ("rejected", "It was paid before.", {})
    assert [told.reason for told in desk.told] == ["It was paid before."]
    again = await desk.submit(LARGE)
    assert (again.state, again.is_known) == ("refused", True)


async def test_a_rejection_says_why() -> None:
    desk = await waiting_desk()
    with pytest.raises(InvalidInput, match="say why"):
        await desk.approvals.reject("k", GRACE, reason=" ")
    assert (await desk.get()).state == "needs_approval"


async def test_of_two_people_who_decide_at_once_one_wins_and_the_other_is_told(kept: Kept) -> None:
    desk = await waiting_desk(kept)
    won: list[ActionRecord] = []
    lost: list[str] = []

    async def decide(staff: Staff, *, approves: bool) -> None:
        try:
            if approves:
                won.append(await desk.approvals.approve("k", staff))
            else:
                won.append(await desk.approvals.reject("k", staff, reason="No."))
        except Conflict as conflict:
            lost.append(str(conflict))

    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(lambda n=number: decide(Staff(name=f"P{n}"), approves=n % 2 == 0))
    assert (len(won), len(lost)) == (1, 9)
    assert all(f"{won[0].staff} has " in told for told in lost)
    assert len(desk.till.paid) == (won[0].state == "executed")


async def test_who_comes_too_late_is_told_who_decided_and_how(kept: Kept) -> None:
    desk = await waiting_desk(kept)
    desk.till.go_on = Event()
    async with create_task_group() as tasks:
        tasks.start_soon(desk.approvals.approve, "k", GRACE)
        await desk.till.begun.wait()
        with pytest.raises(Conflict, match="Grace has approved this action already"):  # and is still at it
            await desk.approvals.reject("k", ALAN, reason="No.")
        desk.till.go_on.set()
    other = await waiting_desk()
    other.till.shut = Refused("order.shipped", "It has left.")
    await other.approvals.approve("k", GRACE)
    with pytest.raises(Conflict, match="Grace has approved this action already"):  # though a rule refused it
        await other.approvals.approve("k", ALAN)


async def test_a_decision_on_nothing_or_on_what_does_not_wait_is_an_error() -> None:
    desk = await waiting_desk()
    with pytest.raises(NotFound):
        await desk.approvals.approve("other", GRACE)
    await desk.submit({"order": "2", "minor": 1}, key="small")
    with pytest.raises(Conflict, match="it is executed"):
        await desk.approvals.approve("small", GRACE)


async def test_the_world_may_move_before_an_approval_and_then_the_rule_says_no(kept: Kept) -> None:
    desk = await waiting_desk(kept)
    desk.till.shut = Refused("order.shipped", "It has left.")
    record = await desk.approvals.approve("k", GRACE)
    assert (record.state, record.rule, desk.till.paid) == ("refused", "order.shipped", {})
    assert [told.rule for told in desk.told] == ["order.shipped"]


async def test_what_reads_otherwise_than_what_was_approved_is_not_done() -> None:
    desk = await waiting_desk()
    desk.till.currency = "EUR"
    desk.till.wording = "Pay {minor} euros for {order}."
    record = await desk.approvals.approve("k", GRACE)
    assert (record.state, record.rule, desk.till.paid) == ("refused", "approval.changed", {})


async def test_a_limit_that_was_reached_meanwhile_holds_for_what_was_approved_too() -> None:
    desk = await waiting_desk()
    other_policy(desk, hourly=0)
    assert (await desk.approvals.approve("k", GRACE)).rule == "pay.too_often"


async def test_an_action_that_waits_once_more_is_decided_on_once_more(kept: Kept) -> None:
    desk = await waiting_desk(kept)
    desk.till.shut = Refused("order.shipped", "It has left.")
    assert (await desk.approvals.approve("k", GRACE)).state == "refused"
    desk.till.shut = None
    desk.clock.at += timedelta(seconds=1)
    assert (await desk.submit(LARGE)).state == "needs_approval"
    stale = await desk.get()
    record = await desk.approvals.approve("k", GRACE)
    assert (record.state, desk.till.paid) == ("executed", {"k": 900})
    late = _again(stale, "rejected", staff="Alan").model_copy(update={"waits_since": stale.moved_at})
    [first] = await desk.journal.append(STREAM, [late])
    assert (first.data.state, first.data.staff) == ("approved", "Grace")  # type: ignore[attr-defined]
    await desk.journal.verify(STREAM)


# -- approving something else ----------------------------------------------------------------------------------------


async def test_an_action_may_be_edited_and_approved_in_one_go(kept: Kept) -> None:
    desk = await waiting_desk(kept)
    record = await desk.approvals.approve("k", GRACE, args={"minor": 700})
    assert (record.state, record.args["minor"], record.summary) == ("executed", 700, "Pay 700 for 1.")
    assert desk.till.paid == {"k": 700}


async def test_what_the_customer_said_yes_to_cannot_be_edited_into_something_else() -> None:
    desk = await waiting_desk(confirmation="yes")
    with pytest.raises(InvalidInput, match=r"said yes to 'Pay 900 for 1\.'"):
        await desk.approvals.approve("k", GRACE, args={"minor": 700})
    assert (await desk.get()).state == "needs_approval"
    assert (await desk.approvals.approve("k", GRACE, args={"note": "VIP"})).args["note"] == "VIP"


@pytest.mark.parametrize("args", [{"order": "2"}, {"minor": "much"}, {"whom": "me"}])
async def test_an_edit_that_does_not_fit_leaves_the_action_waiting(args: dict[str, str]) -> None:
    desk = await waiting_desk()
    with pytest.raises(InvalidInput):
        await desk.approvals.approve("k", GRACE, args=args)
    assert await desk.states() == ["needs_approval"]


# -- time ------------------------------------------------------------------------------------------------------------


async def test_nobody_approves_so_it_expires_and_the_customer_is_told(kept: Kept) -> None:
    desk = await waiting_desk(kept)
    assert await desk.approvals.settle() == 0
    desk.clock.at += timedelta(hours=24)
    assert await desk.approvals.settle() == 1
    assert await desk.approvals.settle() == 0
    record = await desk.get()
    assert (record.state, record.rule, desk.till.paid) == ("expired", "approval.expired", {})
    assert [told.state for told in desk.told] == ["expired"]


async def test_what_has_expired_cannot_be_approved_even_before_that_is_written_down() -> None:
    desk = await waiting_desk()
    desk.clock.at += timedelta(hours=24)
    with pytest.raises(Conflict, match="expired"):
        await desk.approvals.approve("k", GRACE)
    assert desk.till.paid == {}


async def test_an_approval_that_a_crash_broke_off_is_carried_out_later(kept: Kept) -> None:
    desk = await waiting_desk(kept)
    record = await desk.get()
    approved = _again(record, "approved", staff="Grace")
    await desk.journal.append(STREAM, [approved])  # and then the process died
    assert await desk.approvals.settle() == 0, "somebody may still be at it"
    desk.clock.at += SETTLE_AFTER + timedelta(seconds=1)
    assert await desk.approvals.settle() == 1
    assert ((await desk.get()).state, desk.till.paid) == ("executed", {"k": 900})


async def test_an_admitted_action_that_a_crash_broke_off_is_carried_out_once(kept: Kept) -> None:
    desk = Desk(kept=kept)
    desk.till.broken = Unavailable("the line is dead")
    await desk.paid()
    desk.till.broken = None
    record = await desk.get()
    await desk.journal.append(STREAM, [_again(record, "confirmed")])
    desk.clock.at += SETTLE_AFTER + timedelta(seconds=1)
    assert await desk.approvals.settle() == 1
    assert ((await desk.get()).state, desk.till.paid) == ("executed", {"k": 500})


class FullDisk(MemoryJournal):
    """A journal that can store no end of an action while its disk is full."""

    is_full = True

    async def append(self, stream: StreamId, events: Sequence[EventData]) -> Sequence[Journaled]:
        if self.is_full and any(isinstance(data, ActionMoved) and data.state == "executed" for data in events):
            raise StorageError("the disk is full")
        return await super().append(stream, events)


def on_full_disk() -> tuple[FullDisk, MemoryActions, FixedClock]:
    clock, actions = FixedClock(NOW), MemoryActions()
    return FullDisk(clock, [actions.project]), actions, clock


async def test_nobody_is_told_that_it_failed_what_was_done_and_could_not_be_stored() -> None:
    journal, actions, clock = on_full_disk()
    desk = Desk(kept=(journal, actions, clock))
    verdict = await desk.paid()
    assert (verdict.state, verdict.rule, desk.till.paid) == ("outcome_unknown", "outcome.unknown", {"k": 500})
    assert await desk.states() == ["proposed", "confirmed"]
    journal.is_full = False
    clock.at += SETTLE_AFTER + timedelta(seconds=1)
    assert await desk.approvals.settle() == 1
    assert ((await desk.get()).state, desk.till.paid) == ("executed", {"k": 500})
    assert [told.state for told in desk.told] == ["executed"]


async def test_who_approves_hears_that_the_end_could_not_be_stored() -> None:
    journal, actions, clock = on_full_disk()
    desk = await waiting_desk((journal, actions, clock))
    with pytest.raises(StorageError, match="looked at again by itself"):
        await desk.approvals.approve("k", GRACE)
    assert ((await desk.get()).state, desk.told) == ("confirmed", [])


# -- outcomes that nobody knows --------------------------------------------------------------------------------------


async def test_an_unknown_outcome_is_looked_up_by_its_key(kept: Kept) -> None:
    desk = Desk(kept=kept)
    desk.till.broken = Unavailable("no answer")
    await desk.paid()
    desk.till.paid["k"], desk.till.broken = 500, None  # it had arrived all the same
    desk.clock.at += SETTLE_AFTER + timedelta(seconds=1)
    assert await desk.approvals.settle() == 1
    assert (await desk.get()).state == "executed"
    assert [told.state for told in desk.told] == ["executed"]


async def test_what_never_arrived_is_not_tried_again_and_given_up_in_the_end(kept: Kept) -> None:
    desk = Desk(kept=kept)
    desk.till.broken = Unavailable("no answer")
    await desk.paid()
    desk.till.broken = None
    desk.clock.at += SETTLE_AFTER + timedelta(seconds=1)
    assert await desk.approvals.settle() == 0
    desk.clock.at += GIVE_UP_AFTER
    assert await desk.approvals.settle() == 1
    record = await desk.get()
    assert (record.state, record.rule, desk.till.asked) == ("refused", "outcome.not_done", ["k"])
    assert (await desk.submit(key="next")).state == "needs_yes", "the order is free again"


async def test_one_whose_kind_is_gone_keeps_nobody_waiting_for_ever(kept: Kept) -> None:
    desk = Desk(kept=kept)
    desk.till.broken = Unavailable("no answer")
    await desk.paid()
    other = Desk(desk.till.kind("tip", confirmation="none"), till=desk.till, kept=kept)
    desk.till.broken = None
    desk.clock.at += SETTLE_AFTER + timedelta(seconds=1)
    assert await other.approvals.settle() == 0
    assert (await other.submit(kind="tip", key="next")).rule == "conflict.unsettled"
    desk.clock.at += GIVE_UP_AFTER
    assert await other.approvals.settle() == 1
    record = await desk.get()
    assert (record.state, record.rule) == ("refused", "action.impossible")
    assert "Nobody can tell" in record.reason
    assert (await other.submit(kind="tip", key="last")).state == "executed"


# -- what was erased meanwhile ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["outcome_unknown", "confirmed"])
async def test_what_was_erased_meanwhile_is_settled_by_its_key_alone(kept: Kept, state: str) -> None:
    desk = await erased_desk(kept, state)
    desk.till.paid["k"] = 500  # it had arrived
    desk.clock.at += SETTLE_AFTER + timedelta(seconds=1)
    assert await desk.approvals.settle() == 1
    record = await desk.get()
    assert (record.state, record.args, record.result, record.rule) == ("executed", {}, None, None)
    assert desk.till.asked == ["k"], "what is not known any more is not sent again"
    assert (await desk.submit(key="next")).state == "needs_yes", "the order is free again"


@pytest.mark.parametrize("state", ["outcome_unknown", "confirmed"])
async def test_what_was_erased_and_never_arrived_is_given_up(kept: Kept, state: str) -> None:
    desk = await erased_desk(kept, state)
    desk.clock.at += SETTLE_AFTER + timedelta(seconds=1)
    assert await desk.approvals.settle() == 0
    desk.clock.at += GIVE_UP_AFTER
    assert await desk.approvals.settle() == 1
    assert ((await desk.get()).state, (await desk.get()).rule) == ("refused", "outcome.not_done")


async def test_what_waits_and_was_erased_is_not_approved_and_can_be_rejected(kept: Kept) -> None:
    desk = await waiting_desk(kept)
    await desk.journal.erase(STREAM)
    with pytest.raises(Conflict, match="reject it"):
        await desk.approvals.approve("k", GRACE)
    assert (await desk.approvals.reject("k", GRACE, reason="Gone.")).state == "rejected"
    assert (await desk.submit(key="next")).rule != "conflict.waiting", "the order is free again"


async def test_what_was_approved_and_erased_is_not_done(kept: Kept) -> None:
    desk = await waiting_desk(kept)
    await desk.journal.append(STREAM, [_again(await desk.get(), "approved", staff="Grace")])
    await desk.journal.erase(STREAM)
    desk.clock.at += SETTLE_AFTER + timedelta(seconds=1)
    assert await desk.approvals.settle() == 1
    assert ((await desk.get()).state, desk.till.paid) == ("refused", {})


@pytest.mark.parametrize(
    ("fault", "state"),
    [(None, "executed"), (Refused("till.shut", "Closed."), "refused"), (Unavailable("no answer"), "outcome_unknown")],
)
async def test_what_is_erased_while_it_is_carried_out_stays_erased(
    kept: Kept, fault: Exception | None, state: str
) -> None:
    till = Till()
    till.broken, till.go_on = fault, Event()
    desk = Desk(till.undoable(), till=till, kept=kept)
    async with create_task_group() as tasks:
        tasks.start_soon(desk.submit, {"order": "1", "note": "12 Elm Street"})
        await till.begun.wait()
        await desk.journal.erase(STREAM, actions=["k"])
        till.go_on.set()
    record = await desk.get()
    assert (record.state, record.is_erased, record.resources) == (state, True, ("order:1",))
    for step in await desk.steps():
        words = (step.args, step.summary, step.digest, step.reason, step.inputs, step.result, step.before, step.after)
        assert words == ({}, "", "", "", {}, None, None, None)
    findings = Findings()
    await check_stream(desk.journal, desk.actions, STREAM, findings)
    assert (findings.broken, findings.differing) == ([], [])


class ErasingTill(Till):
    """Has what waits erased while it is looked at."""

    desk: Desk | None = None

    async def preview(self, args: Pay) -> Preview:
        if self.desk:
            await self.desk.journal.erase(STREAM)
        return await super().preview(args)


async def test_what_is_erased_while_it_is_decided_on_is_not_done(kept: Kept) -> None:
    till = ErasingTill()
    desk = await waiting_desk(kept, till=till)
    till.desk = desk
    with pytest.raises(Conflict, match="erased"):
        await desk.approvals.approve("k", GRACE, args={"minor": 901})
    assert ((await desk.get()).state, (await desk.get()).is_erased, till.paid) == ("needs_approval", True, {})


async def test_what_is_erased_before_it_is_admitted_is_not_done(kept: Kept) -> None:
    till = ErasingTill()
    desk = await waiting_desk(kept, till=till)
    till.desk = desk
    record = await desk.approvals.approve("k", GRACE)
    assert (record.state, record.rule, record.args, record.reason, till.paid) == ("refused", ERASED, {}, "", {})


async def test_arguments_that_do_not_fit_any_more_keep_no_outcome_unknown(kept: Kept) -> None:
    desk = Desk(kept=kept)
    desk.till.broken = Unavailable("no answer")
    await desk.paid()
    desk.till.broken = None
    named_so_once = {"args": {"was": "named so"}, "digest": "d"}
    again = _again(await desk.get(), "outcome_unknown")
    await desk.journal.append(STREAM, [again.model_copy(update=named_so_once)])
    desk.till.paid["k"] = 500
    desk.clock.at += SETTLE_AFTER + timedelta(seconds=1)
    assert await desk.approvals.settle() == 1
    assert ((await desk.get()).state, (await desk.get()).result) == ("executed", {"paid": 500})


async def erased_desk(kept: Kept, state: str) -> Desk:
    """Return a desk at which nobody knows what came of a payment, whose conversation was erased."""
    desk = Desk(kept=kept)
    desk.till.broken = Unavailable("no answer")
    await desk.paid()
    desk.till.broken = None
    await desk.journal.append(STREAM, [_again(await desk.get(), state)])
    await desk.journal.erase(STREAM)
    assert (await desk.get()).is_erased
    return desk


# -- mistakes in the program -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("arrived", [True, False])
async def test_an_effect_that_breaks_off_is_looked_up_and_settled(kept: Kept, arrived: bool) -> None:
    desk = Desk(kept=kept)
    desk.till.broken = KeyError("a mistake")
    verdict = await desk.paid()
    assert (verdict.state, verdict.rule) == ("outcome_unknown", "outcome.unknown")
    if arrived:
        desk.till.paid["k"] = 500  # and it breaks off however often it runs
    desk.clock.at += GIVE_UP_AFTER
    assert await desk.approvals.settle() == 1
    record = await desk.get()
    assert (record.state, record.result) == (("executed", {"paid": 500}) if arrived else ("refused", None))
    assert (await desk.submit(key="next")).state == "needs_yes"


async def test_what_was_left_admitted_and_breaks_off_ends_too(kept: Kept) -> None:
    desk = Desk(kept=kept)
    desk.till.broken = KeyError("a mistake")
    await desk.paid()
    await desk.journal.append(STREAM, [_again(await desk.get(), "confirmed")])
    desk.clock.at += SETTLE_AFTER + timedelta(seconds=1)
    assert await desk.approvals.settle() == 1
    assert (await desk.get()).state == "outcome_unknown"
    desk.clock.at += GIVE_UP_AFTER
    assert await desk.approvals.settle() == 1
    assert (await desk.get()).state == "refused"


async def test_a_look_that_breaks_off_ends_what_was_approved(kept: Kept) -> None:
    desk = await waiting_desk(kept)
    desk.till.wording = "Pay {nobody}."
    record = await desk.approvals.approve("k", GRACE)
    assert (record.state, record.rule, desk.till.paid) == ("refused", "action.impossible", {})


async def test_one_that_cannot_be_settled_does_not_keep_the_others() -> None:
    desk = await waiting_desk()
    stray = _again(await desk.get(), "approved", staff="Grace").model_copy(update={"key": "stray", "kind": "gone"})
    await desk.journal.append(StreamId("conversation/c0"), [stray])
    desk.clock.at += timedelta(hours=24)
    await desk.approvals.settle()
    assert (await desk.get()).state == "expired"


async def test_many_that_cannot_be_settled_do_not_keep_a_newer_one_waiting(kept: Kept) -> None:
    desk = await waiting_desk(kept)
    record = await desk.get()
    await desk.approvals.reject("k", GRACE, reason="No.")
    stray = _again(record, "outcome_unknown").model_copy(update={"kind": "gone"})
    strays = [stray.model_copy(update={"key": f"stray{number}"}) for number in range(250)]
    await desk.journal.append(StreamId("conversation/c0"), strays)
    desk.clock.at += timedelta(seconds=1)
    await desk.submit(LARGE, key="late")
    desk.clock.at += timedelta(hours=24)
    await desk.approvals.settle()
    assert (await desk.get("late")).state == "expired"


def _again(record: ActionRecord, state: str, staff: str | None = None) -> ActionMoved:
    return ActionMoved(
        turn_id=CLERK.turn_id,
        task_id=CLERK.task_id,
        agent=record.agent,
        agent_name=record.agent_name,
        customer_id=record.customer_id,
        staff=staff,
        key=record.key,
        kind=record.kind,
        digest=record.digest,
        state=state,  # type: ignore[arg-type]
        args=record.args,
        summary=record.summary,
    )
