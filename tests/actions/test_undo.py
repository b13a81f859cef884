"""Undoing: the last action first, as far as the world allows, with a look at it before."""

from datetime import timedelta
from typing import Any

import pytest
from actions.conftest import Kept
from actions.till import CLERK, STREAM, Desk, Till
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopfloor.actions.kind import Inverse
from shopfloor.actions.proposal import Origin
from shopfloor.actions.store import ActionFilter
from shopfloor.actions.undo import MOST, STAFF, Scope, Step, steps_digest
from shopfloor.identity.identity import Staff
from shopfloor.kernel.errors import Conflict, InvalidInput, NotFound, Refused, Unavailable
from shopfloor.kernel.ids import AgentId, StreamId, TurnId

pytestmark = pytest.mark.anyio

GRACE = Staff(name="Grace")
ALL = Scope(stream=STREAM)


def undoable_desk(kept: Kept | None = None, **changes: object) -> Desk:
    till = Till()
    return Desk(till.undoable(**changes), till=till, kept=kept)


def told(steps: "list[Step] | tuple[Step, ...]") -> list[tuple[str, str | None]]:
    return [(step.record.key, step.rule) for step in steps]


async def pay(desk: Desk, order: str, minor: int, key: str, origin: Origin = CLERK) -> None:
    assert (await desk.submit({"order": order, "minor": minor}, key=key, origin=origin)).state == "executed"
    desk.clock.at += timedelta(seconds=1)


async def test_an_action_is_undone_by_the_one_its_kind_names(kept: Kept) -> None:
    desk = undoable_desk(kept)
    await pay(desk, "1", 500, "a")
    [step] = await desk.undoing.run(Scope(key="a"), GRACE)
    assert step.is_undone
    assert desk.till.out == {"1": 0}
    undone, undoing = await desk.get("a"), await desk.get("undo/a")
    assert (undone.state, undone.undone_by) == ("executed", "undo/a")
    assert (undoing.undoes, undoing.agent, undoing.staff, undoing.is_for_shop) == ("a", STAFF, "Grace", True)


async def test_what_was_undone_is_not_undone_again(kept: Kept) -> None:
    desk = undoable_desk(kept)
    await pay(desk, "1", 500, "a")
    await desk.undoing.run(Scope(key="a"), GRACE)
    assert told(list(await desk.undoing.run(Scope(key="a"), GRACE))) == [("a", "undo.already")]
    assert desk.till.out == {"1": 0}


async def test_a_preview_says_what_will_be_undone_and_why_the_rest_will_not(kept: Kept) -> None:
    till = Till()
    final = till.kind("close", confirmation="none")
    desk = Desk(till.undoable(), final, till=till, kept=kept)
    await pay(desk, "1", 500, "a")
    await desk.submit({"order": "2"}, kind="close", key="b")
    before = dict(till.out)
    first, second = await desk.undoing.preview(ALL)
    assert (first.record.key, first.rule, first.reason) == ("b", "undo.irreversible", "Nothing undoes this.")
    assert (second.record.key, second.rule, second.summary) == ("a", None, "Pay -500 for 1.")
    assert till.out == before


async def test_several_actions_on_one_thing_are_undone_in_reverse(kept: Kept) -> None:
    desk = undoable_desk(kept)
    for number, minor in enumerate([500, 70, 3]):
        await pay(desk, "1", minor, f"k{number}")
    preview = await desk.undoing.preview(ALL)
    assert told(list(preview)) == [("k2", None), ("k1", None), ("k0", None)]
    steps = await desk.undoing.run(ALL, GRACE)
    assert told(list(steps)) == [("k2", None), ("k1", None), ("k0", None)]
    assert desk.till.out == {"1": 0}


async def test_what_was_changed_since_stays_and_nothing_is_changed(kept: Kept) -> None:
    desk = undoable_desk(kept)
    await pay(desk, "1", 500, "a")
    desk.till.out["1"] += 1  # by somebody who passed no gate
    assert told(list(await desk.undoing.preview(Scope(key="a")))) == [("a", "undo.changed")]
    [step] = await desk.undoing.run(Scope(key="a"), GRACE)
    assert (step.rule, desk.till.out) == ("undo.changed", {"1": 501})
    assert (await desk.get("a")).undone_by is None


async def test_the_shops_rules_may_forbid_an_undo() -> None:
    desk = undoable_desk()
    await pay(desk, "1", 500, "a")
    desk.till.shut = Refused("stock.resold", "It was sold to somebody else.")
    [step] = await desk.undoing.run(Scope(key="a"), GRACE)
    assert (step.rule, step.reason, desk.till.out) == ("stock.resold", "It was sold to somebody else.", {"1": 500})


async def test_the_deadline_of_an_undo_is_kept() -> None:
    till = Till()
    inverse = Inverse(kind="pay", args=till.undoable().inverse.args, within=timedelta(hours=1))  # type: ignore[union-attr]
    desk = Desk(till.undoable(inverse=inverse), till=till)
    assert (await desk.submit(key="a")).undo_until == desk.clock.now() + timedelta(hours=1)
    await desk.submit({"order": "2"}, key="b")
    desk.clock.at += timedelta(hours=1)
    assert (await desk.undoing.run(Scope(key="a"), GRACE))[0].is_undone, "the last instant still counts"
    desk.clock.at += timedelta(microseconds=1)
    assert told(list(await desk.undoing.run(Scope(key="b"), GRACE))) == [("b", "undo.too_late")]


async def test_all_of_a_plan_or_of_an_agent_since_a_time_is_undone(kept: Kept) -> None:
    desk = undoable_desk(kept)
    other = Origin(agent=AgentId("boy"), agent_name="Boy", turn_id=TurnId("turn_2"), task_id="t1")
    await pay(desk, "1", 500, "a")
    await pay(desk, "2", 30, "b", other)
    await pay(desk, "1", 7, "c")
    since = desk.clock.now() - timedelta(seconds=1)
    assert told(list(await desk.undoing.run(Scope(turn_id=TurnId("turn_2")), GRACE))) == [("b", None)]
    assert told(list(await desk.undoing.run(Scope(agent=AgentId("clerk"), since=since), GRACE))) == [("c", None)]
    assert desk.till.out == {"1": 500, "2": 0}


async def test_what_was_not_done_is_not_undone() -> None:
    desk = undoable_desk()
    desk.till.broken = Unavailable("no answer")
    await desk.submit(key="a")
    assert told(list(await desk.undoing.run(Scope(key="a"), GRACE))) == [("a", "undo.not_done")]
    assert list(await desk.undoing.run(ALL, GRACE)) == []


async def test_an_undo_without_an_answer_is_looked_up_and_then_known(kept: Kept) -> None:
    desk = undoable_desk(kept)
    await pay(desk, "1", 500, "a")
    desk.till.broken = Unavailable("no answer")
    [step] = await desk.undoing.run(Scope(key="a"), GRACE)
    assert step.rule == "outcome.unknown"
    desk.till.broken = None
    desk.till.paid["undo/a"], desk.till.out["1"] = -500, 0  # it had arrived
    desk.clock.at += timedelta(minutes=2)
    assert await desk.approvals.settle() == 1
    assert (await desk.get("a")).undone_by == "undo/a"
    assert desk.told == [], "the shop's own actions are told to no customer"


async def test_after_an_erasure_nothing_is_left_to_undo_by(kept: Kept) -> None:
    desk = undoable_desk(kept)
    await pay(desk, "1", 500, "a")
    await desk.journal.erase(STREAM)
    record = await desk.get("a")
    assert (record.args, record.summary, record.before, record.after, record.result) == ({}, "", None, None, None)
    assert told(list(await desk.undoing.run(Scope(key="a"), GRACE))) == [("a", "undo.erased")]


@pytest.mark.parametrize("scope", [Scope(), Scope(agent=AgentId("clerk"))])
async def test_a_scope_names_something(scope: Scope) -> None:
    with pytest.raises(InvalidInput, match="say what to undo"):
        await undoable_desk().undoing.preview(scope)
    with pytest.raises(NotFound):
        await undoable_desk().undoing.preview(Scope(key="x"))
    assert MOST == 500


async def test_a_conversation_that_is_not_there_is_not_undone() -> None:
    with pytest.raises(NotFound, match="there is no conversation c9"):
        await undoable_desk().undoing.preview(Scope(stream=StreamId("conversation/c9")))


async def test_one_whose_kind_is_gone_does_not_keep_the_others(kept: Kept) -> None:
    desk = undoable_desk(kept)
    await pay(desk, "1", 500, "a")
    [event] = [step for step in await desk.steps() if step.state == "executed"]
    await desk.journal.append(STREAM, [event.model_copy(update={"key": "stray", "kind": "gone"})])
    assert told(list(await desk.undoing.preview(ALL))) == [("stray", "undo.impossible"), ("a", None)]
    first, second = await desk.undoing.run(ALL, GRACE)
    assert (first.rule, first.reason, second.rule) == ("undo.impossible", "there is no action called gone", None)
    assert desk.till.out == {"1": 0}


async def test_what_is_undone_is_what_was_shown(kept: Kept) -> None:
    desk = undoable_desk(kept)
    await pay(desk, "1", 500, "a")
    shown = steps_digest(await desk.undoing.preview(ALL))
    await pay(desk, "2", 30, "b")
    with pytest.raises(Conflict, match="look at it again"):
        await desk.undoing.run(ALL, GRACE, shown=shown)
    assert desk.till.out == {"1": 500, "2": 30}
    shown = steps_digest(await desk.undoing.preview(ALL))
    assert all(step.is_undone for step in await desk.undoing.run(ALL, GRACE, shown=shown))
    assert desk.till.out == {"1": 0, "2": 0}


async def test_what_joins_between_the_look_and_the_undo_is_not_undone_with_it(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = undoable_desk(kept)
    await pay(desk, "1", 500, "a")
    shown = steps_digest(await desk.undoing.preview(ALL))
    find = desk.actions.find
    looks = 0

    async def find_and_lose_the_race(*args: Any, **named: Any) -> Any:
        nonlocal looks
        looks += 1
        found = await find(*args, **named)
        if looks == 1:
            await pay(desk, "2", 30, "b")
        return found

    monkeypatch.setattr(desk.actions, "find", find_and_lose_the_race)
    steps = await desk.undoing.run(ALL, GRACE, shown=shown)
    assert told(list(steps)) == [("a", None)]
    assert desk.till.out == {"1": 0, "2": 30}


async def test_after_an_undo_was_undone_the_first_action_holds_and_can_be_undone_once_more(kept: Kept) -> None:
    desk = undoable_desk(kept)
    await pay(desk, "1", 500, "a")
    for undo in ("undo/a", "undo-2/a", "undo-3/a"):
        [step] = await desk.undoing.run(Scope(key="a"), GRACE)
        assert (step.rule, (await desk.get("a")).undone_by, desk.till.out) == (None, undo, {"1": 0})
        [step] = await desk.undoing.run(Scope(key="a"), GRACE)
        assert step.rule == "undo.already"
        desk.clock.at += timedelta(seconds=1)
        [step] = await desk.undoing.run(Scope(key=undo), GRACE)
        assert (step.rule, (await desk.get("a")).undone_by, desk.till.out) == (None, None, {"1": 500})
        assert (await desk.get(undo)).undone_by == f"undo/{undo}"
        desk.clock.at += timedelta(seconds=1)
    assert told(list(await desk.undoing.preview(ALL))) == [("a", None)]


async def test_an_undo_that_is_in_force_again_counts_again(kept: Kept) -> None:
    desk = undoable_desk(kept)
    await pay(desk, "1", 500, "a")
    for key in ("a", "undo/a", "undo/undo/a"):
        assert (await desk.undoing.run(Scope(key=key), GRACE))[0].is_undone
        desk.clock.at += timedelta(seconds=1)
    standing = [(await desk.get(key)).undone_by for key in ("a", "undo/a", "undo/undo/a", "undo/undo/undo/a")]
    assert standing == ["undo/a", None, "undo/undo/undo/a", None]
    assert desk.till.out == {"1": 0}


async def test_an_undo_of_an_undo_that_another_has_taken_the_place_of_is_not_undone(kept: Kept) -> None:
    desk = undoable_desk(kept, snapshot=None)
    await pay(desk, "1", 500, "a")
    for key in ("a", "undo/a", "undo/undo/a", "undo/a"):
        assert (await desk.undoing.run(Scope(key=key), GRACE))[0].is_undone
        desk.clock.at += timedelta(seconds=1)
    superseded = Scope(key="undo/undo/undo/a")
    for look in (desk.undoing.preview, lambda scope: desk.undoing.run(scope, GRACE)):
        assert told(list(await look(superseded))) == [("undo/undo/undo/a", "undo.superseded")]
    assert (desk.till.out, (await desk.get("a")).undone_by) == ({"1": 500}, None)
    assert (await desk.undoing.run(Scope(key="undo-2/undo/a"), GRACE))[0].is_undone, "the last link can be"
    assert (desk.till.out, (await desk.get("a")).undone_by) == ({"1": 0}, "undo/a")


@given(choices=st.lists(st.integers(0, 20), max_size=14), has_snapshot=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_undone_and_taken_up_again_an_action_holds_where_its_effect_does(
    choices: list[int], has_snapshot: bool
) -> None:
    desk = undoable_desk() if has_snapshot else undoable_desk(snapshot=None)
    await pay(desk, "1", 500, "a")
    keys = ["a"]
    for choice in choices:
        before = desk.till.out["1"]
        [step] = await desk.undoing.run(Scope(key=keys[choice % len(keys)]), GRACE)
        desk.clock.at += timedelta(seconds=1)
        is_held = (await desk.get("a")).undone_by is None
        assert desk.till.out["1"] == (500 if is_held else 0)
        assert step.is_undone == (desk.till.out["1"] != before)
        keys = sorted(record.key for record in await desk.actions.find(ActionFilter(), limit=100))


PAYMENTS = st.lists(st.tuples(st.sampled_from("12"), st.integers(-50, 50)), min_size=1, max_size=8)


@given(payments=PAYMENTS, kept_back=st.integers(0, 8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_undoing_leaves_the_world_as_it_was(payments: list[tuple[str, int]], kept_back: int) -> None:
    desk = undoable_desk()
    for number, (order, minor) in enumerate(payments[:kept_back]):
        await pay(desk, order, minor, f"earlier{number}")
    before = {order: paid for order, paid in desk.till.out.items() if paid}
    since = desk.clock.now()
    for number, (order, minor) in enumerate(payments[kept_back:]):
        await pay(desk, order, minor, f"later{number}")
    steps = await desk.undoing.run(Scope(agent=AgentId("clerk"), since=since), GRACE)
    assert all(step.is_undone for step in steps)
    assert {order: paid for order, paid in desk.till.out.items() if paid} == before
