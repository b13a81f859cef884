"""Both records of actions: they follow the journal, find, count, and hold what an admitted action touches."""

import re
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from actions.conftest import Kept
from actions.till import NOW, in_memory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from shopfloor.actions.naming import action_id, beginning
from shopfloor.actions.projection import listing
from shopfloor.actions.sql_store import LIVE_COUNTS, SqlActions
from shopfloor.actions.store import LIVE, ActionFilter, Counted, Listing, Usage, UsageQuery
from shopfloor.database.engine import Database
from shopfloor.journal.events import ActionMoved, ActionState
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Refused
from shopfloor.kernel.ids import AgentId, CustomerId, OrderNumber, StreamId, TurnId
from shopfloor.kernel.money import Money

pytestmark = pytest.mark.anyio

STREAM = StreamId("conversation/c1")
SECOND = timedelta(seconds=1)


def step(key: str = "a", state: ActionState = "executed", **changes: Any) -> ActionMoved:
    values: dict[str, Any] = {
        "turn_id": TurnId("turn_1"),
        "task_id": "t1",
        "agent": AgentId("clerk"),
        "agent_name": "Clerk",
        "customer_id": CustomerId("ada"),
        "order_numbers": (OrderNumber("7"),),
        "kind": "pay",
        "digest": "d",
        "args": {"minor": 5},
        "summary": "Pay 5.",
        "resources": ("order:1",),
        "amount_minor": 5,
        "currency": "USD",
        "inputs": {"amount": 5},
        "policy": 3,
        "result": {"paid": 5},
        "before": [1],
        "after": {"x": None},
        "reason": "because",
        "rule": "r",
        **changes,
    }
    return ActionMoved(key=key, state=state, **values)


async def put(kept: Kept, *events: ActionMoved, stream: StreamId = STREAM) -> None:
    journal, _, clock = kept
    for event in events:
        await journal.append(stream, [event])
        clock.at += SECOND


async def keys(kept: Kept, wanted: ActionFilter, **page: Any) -> list[str]:
    return [record.key for record in await kept[1].find(wanted, **page)]


async def test_an_action_is_listed_as_it_stands(kept: Kept) -> None:
    actions, own = kept[1], action_id("a")
    for event, live, held in (
        (step(state="proposed"), (), ()),
        (step(state="needs_approval", resources=("x", "b:new", "a", "a")), ("a", "b:new", "x"), ()),
        (step(state="confirmed", resources=()), ("a", "b:new", "x"), ("a", "x")),
        (step(state="outcome_unknown", resources=("a", "y")), ("a", "y"), ("a", "y")),
        (step(state="executed"), (), ()),
    ):
        await put(kept, event)
        assert await actions.listed(["a", "b"]) == {"a": Listing(id=own, live=live, held=held)}
        record = await actions.get("a")
        assert record
        assert listing(record) == Listing(id=own, live=live, held=held)
    await put(kept, step("b", "confirmed", resources=("x",)))
    assert list(await actions.listed(["b"])) == ["b"]
    assert await actions.listed([]) == {}


async def test_an_action_stands_as_its_events_tell(kept: Kept) -> None:
    await put(kept, step(state="proposed", result=None, before=None, after=None), step(undo_until=NOW))
    record = await kept[1].get("a")
    assert record
    assert (record.stream, record.kind, record.state, record.agent_name) == (STREAM, "pay", "executed", "Clerk")
    assert (record.proposed_at, record.moved_at, record.executed_at) == (NOW, NOW + SECOND, NOW + SECOND)
    assert (record.args, record.result, record.before, record.after) == ({"minor": 5}, {"paid": 5}, [1], {"x": None})
    assert (record.amount, record.resources, record.order_numbers) == (Money("USD", 5), ("order:1",), ("7",))
    assert (record.inputs, record.policy, record.undo_until, record.rule) == ({"amount": 5}, 3, NOW, "r")
    assert await kept[1].get("b") is None


async def test_both_twins_keep_the_same_of_any_events(database: Database, tmp_path: Any) -> None:
    clock = FixedClock(NOW)
    sql = SqlActions(database)
    on_sql = (SqlJournal(database, clock, MachineLocks(tmp_path / "locks"), [sql.project]), sql, clock)
    in_mem = in_memory()
    states: list[ActionState] = ["proposed", "declined", "needs_approval", "refused", "outcome_unknown", "executed"]
    for number, state in enumerate(states):
        event = step(f"k{number}", state, amount_minor=None, resources=(f"order:{number}", "ticket:new"))
        await put(on_sql, event)
        await put(in_mem, event)
        assert await sql.get(f"k{number}") == await in_mem[1].get(f"k{number}")
    await on_sql[0].erase(STREAM)
    await in_mem[0].erase(STREAM)
    assert await sql.find(ActionFilter()) == await in_mem[1].find(ActionFilter())
    on_sql[0].close()


async def test_of_one_stream_some_actions_can_be_erased(kept: Kept) -> None:
    other = StreamId("conversation/c2")
    await put(kept, step("a"), step("b"))
    await put(kept, step("c"), stream=other)
    await kept[0].erase(STREAM, actions=["a", "c", "nobody's"])
    texts = {key: record.summary for key in "abc" if (record := await kept[1].get(key))}
    assert texts == {"a": "", "b": "Pay 5.", "c": "Pay 5."}
    assert await keys(kept, ActionFilter(resource="order:1")) == ["c", "b", "a"], "what it touches stays"


async def test_what_is_found_comes_last_proposed_first_and_in_pages(kept: Kept) -> None:
    await put(kept, *(step(f"k{number}", resources=()) for number in range(5)))
    assert await keys(kept, ActionFilter()) == ["k4", "k3", "k2", "k1", "k0"]
    assert await keys(kept, ActionFilter(), limit=2) == ["k4", "k3"]
    assert await keys(kept, ActionFilter(), limit=2, after="k3") == ["k2", "k1"]
    assert await keys(kept, ActionFilter(), after="k0") == []


@given(key=st.text())
def test_an_id_is_short_stable_and_can_be_typed(key: str) -> None:
    name = action_id(key)
    assert name == action_id(key)
    assert re.fullmatch("act_[0-9a-z]{12}", name)
    assert beginning(name) == beginning(f" {name[4:].upper()} ") == name
    assert beginning(name[:8]) == beginning(name[4:8]) == name[:8]


@pytest.mark.parametrize("typed", ["", "act_", "abc", "act_abc", "act_0123456789abc", "conv_1/turn_1/t1/pay", "ilou"])
def test_what_no_id_begins_with_is_none(typed: str) -> None:
    assert beginning(typed) is None


async def test_actions_are_found_by_the_beginning_of_their_ids(kept: Kept) -> None:
    await put(kept, *(step(f"k{number}", resources=()) for number in range(40)))
    ids = sorted(action_id(f"k{number}") for number in range(40))
    assert [record.id for record in await kept[1].named("act_", limit=99)] == ids
    assert len(await kept[1].named("act_", limit=3)) == 3
    for start in ("act_5", "act_z", ids[7], ids[7][:9]):
        found = [record.id for record in await kept[1].named(start, limit=99)]
        assert found == [name for name in ids if name.startswith(start)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (ActionFilter(states=frozenset({"refused"})), ["b"]),
        (ActionFilter(stream=StreamId("conversation/c2")), ["c"]),
        (ActionFilter(turn_id=TurnId("turn_2")), ["b"]),
        (ActionFilter(agent=AgentId("boy")), ["c"]),
        (ActionFilter(customer_id=CustomerId("bob")), ["b"]),
        (ActionFilter(kind="move"), ["c"]),
        (ActionFilter(resource="order:2"), ["b"]),
        (ActionFilter(since=NOW + SECOND), ["c", "b"]),
        (ActionFilter(until=NOW + SECOND), ["a"]),
        (ActionFilter(executed_since=NOW + SECOND), ["c"]),
        (ActionFilter(agent=AgentId("clerk"), kind="pay"), ["b", "a"]),
    ],
)
async def test_actions_are_found_by_what_they_are(kept: Kept, wanted: ActionFilter, found: list[str]) -> None:
    refused = step("b", "refused", turn_id=TurnId("turn_2"), customer_id=CustomerId("bob"), resources=("order:2",))
    await put(kept, step("a"), refused)
    await put(kept, step("c", agent=AgentId("boy"), kind="move"), stream=StreamId("conversation/c2"))
    assert await keys(kept, wanted) == found


async def test_the_live_actions_on_a_thing_are_known(kept: Kept) -> None:
    await put(kept, step("a", "needs_approval"), step("b", "outcome_unknown"), step("c", "executed"))
    await put(kept, step("d", "needs_approval", resources=("order:2", "ticket:new")))
    standing = await kept[1].standing("x", ["order:1", "ticket:new"], (), "USD")
    assert [record.key for record in standing.live] == ["a", "b"]
    assert standing.record is None
    own = await kept[1].standing("a", ["order:1", "order:2"], (), "USD")
    assert [record.key for record in own.live] == ["b", "d"]
    assert own.record
    assert own.record.state == "needs_approval"
    await put(kept, step("b", "refused"))
    assert [record.key for record in (await kept[1].standing("x", ["order:1"], (), "USD")).live] == ["a"]


async def test_what_was_carried_out_is_counted_with_its_money(kept: Kept) -> None:
    await put(kept, step("a"), step("b", amount_minor=20), step("c", currency="EUR"), step("d", "refused"))
    await put(kept, step("e", "outcome_unknown", kind="move", agent=AgentId("boy"), customer_id=CustomerId("bob")))
    queries = [
        UsageQuery(since=NOW),
        UsageQuery(since=NOW + SECOND),
        UsageQuery(since=NOW, kinds=frozenset({"move"})),
        UsageQuery(since=NOW, customer_id=CustomerId("ada")),
        UsageQuery(since=NOW, agent=AgentId("boy")),
        UsageQuery(since=NOW, resource="order:9"),
        UsageQuery(since=NOW, stream=STREAM),
        UsageQuery(since=NOW, stream=StreamId("conversation/c2")),
    ]
    usage = (await kept[1].standing("x", (), queries, "USD")).usage
    assert usage == (
        Usage(actions=4, amount_minor=30),
        Usage(actions=3, amount_minor=25),
        Usage(actions=1, amount_minor=5),
        Usage(actions=3, amount_minor=25),
        Usage(actions=1, amount_minor=5),
        Usage(actions=0, amount_minor=0),
        Usage(actions=4, amount_minor=30),
        Usage(actions=0, amount_minor=0),
    )


async def test_an_admitted_action_holds_its_resources_until_it_has_ended(kept: Kept) -> None:
    await put(kept, step("a", "confirmed", resources=("order:1", "ticket:new")))
    with pytest.raises(Refused) as refused:
        await put(kept, step("b", "confirmed", resources=("order:1",)))
    assert refused.value.rule == "conflict.busy"
    assert await kept[1].get("b") is None, "what was refused is not stored"
    assert [event.data.key for event in await kept[0].read(STREAM)] == ["a"]  # type: ignore[attr-defined]
    await put(kept, step("c", "confirmed", resources=("order:2", "ticket:new")))
    await put(kept, step("a", "executed", resources=("order:1", "ticket:new")))
    await put(kept, step("b", "confirmed", resources=("order:1",)))


@pytest.mark.parametrize(("fits", "state"), [(False, None), (True, "confirmed")])
async def test_what_was_counted_is_counted_anew_as_an_action_is_admitted(
    kept: Kept, fits: bool, state: str | None
) -> None:
    queries = (UsageQuery(since=NOW, customer_id=CustomerId("ada")),)
    standing = await kept[1].standing("a", (), queries, "USD")
    seen: list[tuple[Usage, ...]] = []

    def still_fits(usage: tuple[Usage, ...]) -> bool:
        seen.append(usage)
        return fits

    counted = Counted(queries=queries, usage=standing.usage, currency="USD", still_fits=still_fits)
    with kept[1].while_counted("a", counted):
        await put(kept, step("z", "confirmed", resources=()), step("a", "proposed"))
        with nullcontext() if fits else pytest.raises(Refused):
            await put(kept, step("a", "confirmed"))
    record = await kept[1].get("a")
    assert record
    assert record.state == (state or "proposed")
    assert seen[:1] == [(Usage(actions=1, amount_minor=5),)]
    await put(kept, step("b", "confirmed", resources=()))
    assert len(set(seen)) == 1, "others are not counted for"


async def test_an_unknown_outcome_still_holds(kept: Kept) -> None:
    await put(kept, step("a", "confirmed"), step("a", "outcome_unknown"))
    with pytest.raises(Refused):
        await put(kept, step("b", "confirmed"))


async def test_time_moves_what_has_waited_long_enough(kept: Kept) -> None:
    await put(kept, step("a", "needs_approval", expires_at=NOW + timedelta(hours=1)))
    await put(kept, step("b", "needs_approval", expires_at=NOW + timedelta(hours=2)))
    await put(kept, step("c", "confirmed", resources=()), step("d", "executed"), step("e", "approved"))
    an_hour_on = NOW + timedelta(hours=1)

    async def due(unsettled: timedelta) -> list[str]:
        return [one.key for one in await kept[1].due(an_hour_on, unsettled_before=NOW + unsettled)]

    assert await due(timedelta(0)) == ["a"]
    assert await due(timedelta(seconds=3)) == ["a", "c"]
    assert await due(timedelta(seconds=9)) == ["a", "c", "e"]


async def test_what_time_moves_comes_in_pages(kept: Kept) -> None:
    await put(kept, *(step(f"k{number}", "approved", resources=()) for number in range(5)))
    await kept[0].append(STREAM, [step(f"z{number}", "approved", resources=()) for number in range(3)])
    later = NOW + timedelta(hours=1)
    found: list[str] = []
    last = None
    while page := await kept[1].due(later, unsettled_before=later, after=last, limit=3):
        found += [one.key for one in page]
        last = page[-1]
    assert found == ["k0", "k1", "k2", "k3", "k4", "z0", "z1", "z2"]


async def test_the_first_decision_holds(kept: Kept) -> None:
    await put(kept, step("a", "needs_approval"))
    approved, rejected = step("a", "approved", staff="Grace"), step("a", "rejected", staff="Alan")
    [first] = await kept[0].append(STREAM, [approved])
    [second] = await kept[0].append(STREAM, [rejected])
    assert first == second
    record = await kept[1].get("a")
    assert record
    assert (record.state, record.staff) == ("approved", "Grace")


async def test_live_actions_are_counted_by_state(kept: Kept) -> None:
    assert await kept[1].live_counts() == {}
    await put(kept, step("a", "proposed"), step("b", "needs_approval"), step("c", "needs_approval"))
    await put(kept, step("d", "confirmed", resources=("order:4",)), step("e", "outcome_unknown", resources=()))
    await put(kept, step("f", "executed"), step("g", "needs_approval"), step("g", "approved"))
    assert await kept[1].live_counts() == {"needs_approval": 2, "approved": 1, "confirmed": 1, "outcome_unknown": 1}


def test_what_a_scrape_counts_is_in_an_index(database: Database) -> None:
    plan = f"EXPLAIN QUERY PLAN {LIVE_COUNTS.compile(dialect=sqlite.dialect())}"
    told = database.run(lambda session: [row.detail for row in session.execute(text(plan))], is_write=False)
    assert "ix_actions_state" in told[0]


@given(st.lists(st.sampled_from(sorted(LIVE | {"executed", "refused"})), min_size=1, max_size=6))
async def test_an_action_is_live_just_as_long_as_its_state_is(states: list[ActionState]) -> None:
    kept = in_memory()
    for number, state in enumerate(states):
        await put(kept, step("a", state, staff=str(number)))
    standing = await kept[1].standing("x", ["order:1"], (), "USD")
    record = await kept[1].get("a")
    assert record
    assert bool(standing.live) == (record.state in LIVE)
