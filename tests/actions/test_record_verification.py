"""The record of actions is held against the journal: whatever the events make verifies, and any other row is named."""

from datetime import timedelta
from typing import Any, cast

import pytest
from actions.conftest import Kept
from actions.till import NOW
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, delete, insert, literal, literal_column, select, update

from shopfloor.actions import verification
from shopfloor.actions.naming import action_id
from shopfloor.actions.rows import ActionHoldRow, ActionResourceRow, ActionRow
from shopfloor.actions.sql_store import SqlActions
from shopfloor.actions.store import ERASED, Actions
from shopfloor.actions.verification import (
    CHANGED,
    LISTED,
    MISNAMED,
    MISSING,
    UNREADABLE,
    UNTOLD,
    check_page,
    check_stream,
)
from shopfloor.database.engine import Database
from shopfloor.journal.contract import Journal
from shopfloor.journal.events import ActionMoved, ActionState
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.journal.rows import EventRow, StreamRow
from shopfloor.journal.sql import SqlJournal
from shopfloor.journal.verification import Findings
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Refused
from shopfloor.kernel.ids import AgentId, CustomerId, StreamId

pytestmark = pytest.mark.anyio

ONE, OTHER = StreamId("conversation/c1"), StreamId("staff")
ACTIONS = cast("Table", ActionRow.__table__)
EVENTS = cast("Table", EventRow.__table__)
HOLDS = cast("Table", ActionHoldRow.__table__)
RESOURCES = cast("Table", ActionResourceRow.__table__)
TABLES = [cast("Table", row.__table__) for row in (ActionHoldRow, ActionResourceRow, ActionRow, EventRow, StreamRow)]
KEYS = st.sampled_from(["a", "b", "c", "d", "e"])
STATES: list[ActionState] = ["proposed", "needs_approval", "confirmed", "executed", "refused"]


def moves(key: str, state: ActionState = "executed", **changes: Any) -> ActionMoved:
    values: dict[str, Any] = {
        "agent": AgentId("clerk"),
        "agent_name": "Clerk",
        "customer_id": CustomerId("ada"),
        "kind": "pay",
        "digest": "d",
        "args": {"minor": 5, "rate": 1.0, "of": [None, "é"]},
        "summary": "Pay 5.",
        "resources": ("sku:b", "order:1:new", "order:1:new"),
        "amount_minor": 5,
        "currency": "USD",
        **changes,
    }
    return ActionMoved(key=key, state=state, **values)


async def checked(journal: Journal, actions: Actions, *, limit: int = 1) -> Findings:
    """Check everything, in pages of so many streams."""
    findings = Findings()
    after = await check_page(journal, actions, findings, after=None, limit=limit)
    while after:
        after = await check_page(journal, actions, findings, after=after, limit=limit)
    assert findings.broken == []
    return findings


def named(findings: Findings) -> dict[str, tuple[str, str]]:
    return {one.id: (one.stream, one.problem) for one in findings.differing}


steps = st.lists(
    st.tuples(
        st.sampled_from([ONE, OTHER]),
        st.builds(
            moves,
            KEYS,
            st.sampled_from(STATES),
            undoes=st.none() | KEYS,
            summary=st.sampled_from(["", "Pay 5.", "Pay 6."]),
            resources=st.sampled_from([(), ("x:new",), ("x:new", "y:new")]),
            amount_minor=st.none() | st.just(7),
        )
        | st.frozensets(KEYS, min_size=1)
        | st.integers(0, 9)
        | st.none(),
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(life=steps, at_once=st.integers(1, 3))
async def test_whatever_is_journaled_and_erased_the_record_stands_as_the_events_tell(
    database: Database, tmp_path_factory: pytest.TempPathFactory, life: list[Any], at_once: int
) -> None:
    for table in TABLES:
        await database.write_core(lambda connection, table=table: connection.execute(delete(table)))
    clock, actions = FixedClock(NOW), SqlActions(database)
    journal = SqlJournal(database, clock, MachineLocks(tmp_path_factory.mktemp("locks")), [actions.project])
    keys: set[str] = set()
    for stream, step in life:
        clock.at += timedelta(seconds=1)
        if isinstance(step, ActionMoved):
            of = f"{stream}/{step.key}"  # a key is of one stream
            # what an action undoes was there before it: there are chains of undoing, and no circles
            is_earlier = step.undoes and step.undoes < step.key and f"{stream}/{step.undoes}" in keys
            undoes = f"{stream}/{step.undoes}" if is_earlier else None
            keys.add(of)
            try:
                await journal.append(stream, [step.model_copy(update={"key": of, "undoes": undoes})])
            except Refused as refusal:  # what was erased of an open action is not told again
                if refusal.rule != ERASED:
                    raise
        elif isinstance(step, frozenset):
            await journal.erase(stream, actions=[f"{stream}/{key}" for key in step])
        else:
            await journal.erase(stream, up_to=step)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verification, "AT_ONCE", at_once)
        patch.setattr(verification, "PAGE", 2)
        findings = await checked(journal, actions)
    journal.close()
    assert (findings.actions, findings.differing) == (len(keys), [])


async def test_the_record_in_memory_verifies_as_well(kept: Kept) -> None:
    journal, actions, clock = kept
    await journal.append(ONE, [moves("a", "confirmed"), moves("a"), moves("b", undoes="a")])
    await journal.append(OTHER, [moves("c")])
    clock.at += timedelta(seconds=1)
    await journal.erase(ONE, actions=["a"])
    findings = await checked(journal, actions)
    assert (findings.streams, findings.actions, findings.differing) == (2, 3, [])


async def test_what_was_undone_and_taken_up_again_stands_as_the_events_tell(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, actions, _ = kept
    for key, undoes in (("a", None), ("b", "a"), ("c", "b"), ("d", "c")):
        await journal.append(ONE, [moves(key, undoes=undoes)])
        assert (await checked(journal, actions)).differing == []
    assert [record.undone_by for key in "abcd" if (record := await actions.get(key))] == ["b", None, "d", None]
    monkeypatch.setattr(verification, "AT_ONCE", 1)
    assert (await checked(journal, actions)).differing == []


@pytest.fixture
async def filled(on_sql: Kept) -> Kept:
    journal, _, _ = on_sql
    await journal.append(ONE, [moves("a", "confirmed", resources=("order:1",)), moves("a", resources=("order:1",))])
    await journal.append(ONE, [moves("b")])
    await journal.append(OTHER, [moves("c")])
    assert (await checked(on_sql[0], on_sql[1])).differing == []
    return on_sql


@pytest.mark.parametrize(
    "values",
    [
        {"amount_minor": 500},
        {"amount_minor": None},
        {"currency": "EUR"},
        {"state": "refused"},
        {"state": "never heard of"},
        {"kind": "give"},
        {"customer_id": None},
        {"customer_id": "eve"},
        {"staff": "Alan"},
        {"agent": "other"},
        {"is_for_shop": True},
        {"order_numbers": ["9"]},
        {"args": {"minor": 6, "rate": 1.0, "of": [None, "é"]}},
        {"summary": ""},
        {"reason": "none"},
        {"rule": "r"},
        {"policy": 4},
        {"result": 1},
        {"before": []},
        {"after": {}},
        {"inputs": {"x": 1}},
        {"digest": "e"},
        {"executed_at": None},
        {"proposed_at": NOW - timedelta(days=1)},
        {"moved_at": NOW + timedelta(days=1)},
        {"undo_until": NOW},
        {"expires_at": NOW},
        {"undone_by": "b"},
        {"undoes": "b"},
        {"turn_id": "t"},
    ],
)
async def test_a_row_that_was_changed_is_named(filled: Kept, database: Database, values: dict[str, Any]) -> None:
    changing = update(ACTIONS).where(ACTIONS.c.key == "a").values(values)
    await database.write_core(lambda connection: connection.execute(changing))
    found = await checked(filled[0], filled[1])
    assert named(found) == {action_id("a"): (ONE, CHANGED)}
    assert found.actions == 2


@pytest.mark.parametrize(
    ("name", "value"), [("args", "'{'"), ("order_numbers", "'null'"), ("moved_at", "'x'"), ("proposed_at", "9e18")]
)
async def test_a_row_that_cannot_be_read_is_named(filled: Kept, database: Database, name: str, value: str) -> None:
    changing = update(ACTIONS).where(ACTIONS.c.key == "a").values({name: literal_column(value)})
    await database.write_core(lambda connection: connection.execute(changing))
    found = await checked(filled[0], filled[1])
    assert named(found) == {action_id("a"): (ONE, UNREADABLE)}
    assert found.actions == 2


async def test_resources_that_were_changed_are_named(filled: Kept, database: Database) -> None:
    changing = update(RESOURCES).where(RESOURCES.c.key == "a").values(resource="order:2")
    await database.write_core(lambda connection: connection.execute(changing))
    assert named(await checked(filled[0], filled[1])) == {action_id("a"): (ONE, CHANGED)}


async def test_two_actions_that_exchanged_their_ids_are_named(filled: Kept, database: Database) -> None:
    for key, own in (("a", action_id("b")), ("b", action_id("a"))):
        changing = update(ACTIONS).where(ACTIONS.c.key == key).values(id=own)
        await database.write_core(lambda connection, said=changing: connection.execute(said))
    found = await checked(filled[0], filled[1])
    assert named(found) == {action_id(key): (ONE, MISNAMED) for key in "ab"}
    assert found.actions == 1


async def test_an_action_that_is_listed_otherwise_than_its_events_tell_is_named(
    filled: Kept, database: Database
) -> None:
    journal, actions, _ = filled
    await journal.append(ONE, [moves("w", "needs_approval", resources=("order:2",))])
    await journal.append(OTHER, [moves("u", "confirmed", resources=("order:3", "order:4"))])
    assert (await checked(journal, actions)).differing == []
    waits, goes, done = ((StreamId(of), action_id(key)) for of, key in ((ONE, "w"), (OTHER, "u"), (ONE, "a")))
    live, held = update(RESOURCES), HOLDS.c.resource == "order:3"
    for change, back, (stream, own) in (
        (live.where(RESOURCES.c.key == "w").values(is_live=False), {"is_live": True}, waits),
        (live.where(RESOURCES.c.resource == "order:4").values(is_live=False), {"is_live": True}, goes),
        (live.where(RESOURCES.c.key == "a").values(is_live=True), {"is_live": False}, done),
        (insert(HOLDS).values(resource="order:9", key="a"), delete(HOLDS).where(HOLDS.c.key == "a"), done),
        (insert(HOLDS).values(resource="order:2", key="w"), delete(HOLDS).where(HOLDS.c.key == "w"), waits),
        (delete(HOLDS).where(held), insert(HOLDS).values(resource="order:3", key="u"), goes),
        (update(HOLDS).where(held).values(resource="order:5"), None, goes),
    ):
        await database.write_core(lambda connection, said=change: connection.execute(said))
        assert named(await checked(journal, actions)) == {own: (stream, LISTED)}
        if isinstance(back, dict):
            back = change.values(**back)
        if back is not None:
            await database.write_core(lambda connection, said=back: connection.execute(said))
            assert (await checked(journal, actions)).differing == []


async def test_a_row_that_is_gone_and_one_that_nothing_tells_of_are_named(filled: Kept, database: Database) -> None:
    def change(connection: Any) -> None:
        connection.execute(delete(RESOURCES).where(RESOURCES.c.key == "b"))
        connection.execute(delete(ACTIONS).where(ACTIONS.c.key == "b"))
        for key, stream in (("x", ONE), ("y", "conversation/a"), ("z", "zoo")):
            own = {"key": literal(key), "id": literal("i"), "stream": literal(stream)}
            like = select(*(own.get(column.name, column) for column in ACTIONS.columns)).where(ACTIONS.c.key == "c")
            connection.execute(insert(ACTIONS).from_select(list(ACTIONS.columns), like))

    await database.write_core(change)
    for limit in (1, 2, 50):
        found = await checked(filled[0], filled[1], limit=limit)
        assert len(found.differing) == 4, "each is found once"
        assert named(found) == {
            action_id("b"): (ONE, MISSING),
            action_id("x"): (ONE, UNTOLD),
            action_id("y"): ("conversation/a", UNTOLD),
            action_id("z"): ("zoo", UNTOLD),
        }
        assert (found.streams, found.actions) == (2, 2)


async def test_a_row_that_was_given_to_another_stream_is_named_for_both(filled: Kept, database: Database) -> None:
    changing = update(ACTIONS).where(ACTIONS.c.key == "a").values(stream=OTHER)
    await database.write_core(lambda connection: connection.execute(changing))
    found = await checked(filled[0], filled[1])
    assert {(one.stream, one.problem) for one in found.differing} == {(ONE, MISSING), (OTHER, UNTOLD)}


async def test_of_a_broken_stream_only_that_is_said(filled: Kept, database: Database) -> None:
    first = update(EVENTS).where(EVENTS.c.stream == ONE, EVENTS.c.seq == 1).values(header="{}")
    for statement in (first, update(ACTIONS).values(state="refused")):
        await database.write_core(lambda connection, said=statement: connection.execute(said))
    findings = Findings()
    await check_stream(filled[0], filled[1], ONE, findings)
    assert ([one.seq for one in findings.broken], findings.differing) == ([1], [])


async def test_what_moves_while_it_is_looked_at_is_no_difference(filled: Kept) -> None:
    journal, actions, _ = filled
    growing = Growing(actions, journal)
    findings = Findings()
    await check_stream(journal, cast("Actions", growing), ONE, findings)
    assert growing.moved == 2
    assert (findings.actions, findings.differing) == (2, [])


class Growing:
    """A record of actions that one moves in whenever it is about to be looked through."""

    def __init__(self, inner: Actions, journal: Journal) -> None:
        self._inner, self._journal = inner, journal
        self.moved = 0

    async def find(self, *given: Any, after: str | None = None, **named: Any) -> Any:
        if self.moved < 2 and after is None:
            self.moved += 1
            await self._journal.append(ONE, [moves("b", "refused", reason=f"{self.moved}")])
        return await self._inner.find(*given, after=after, **named)

    async def listed(self, keys: Any) -> Any:
        return await self._inner.listed(keys)


async def test_an_append_that_was_refused_leaves_both_as_they_were(on_sql: Kept) -> None:
    journal, actions, _ = on_sql
    await journal.append(ONE, [moves("a", "confirmed", resources=("order:1",))])
    with pytest.raises(Refused):
        await journal.append(OTHER, [moves("b", "confirmed", resources=("order:1",))])
    findings = await checked(journal, actions)
    assert (findings.actions, findings.differing) == (1, [])
