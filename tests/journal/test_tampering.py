"""Whatever is appended and erased, a journal verifies; whatever else is changed in it, it tells which event.

The changes are made behind the journal's back, in the very rows or entries that it reads.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journal.samples import acts, any_event, asks, replies, written_events
from sqlalchemy import Table, delete, update

from shopfloor.database.engine import Database
from shopfloor.journal.chain import Entry, action_of
from shopfloor.journal.contract import Journal
from shopfloor.journal.events import EventData, MessageWritten
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.journal.memory import MemoryJournal
from shopfloor.journal.rows import EventRow, StreamRow
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import BrokenStream
from shopfloor.kernel.ids import StreamId

EVENTS, STREAM_ENDS = cast("Table", EventRow.__table__), cast("Table", StreamRow.__table__)
pytestmark = pytest.mark.anyio

STREAMS = (StreamId("conversation/a"), StreamId("conversation/b"))
LAWS = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))

KEYS = st.sampled_from(["k", "l", "m"])
steps = st.lists(
    st.tuples(
        st.sampled_from(STREAMS),
        st.lists(written_events | any_event(MessageWritten), min_size=1, max_size=3)
        | st.lists(KEYS.map(acts), min_size=1, max_size=3)
        | st.integers(min_value=0, max_value=9)
        | st.frozensets(KEYS, min_size=1)
        | st.none(),
    ),
    min_size=1,
    max_size=6,
)
"""What is done to which stream: events to append, the number up to which it is erased, the keys of the actions that are
erased, or None to erase all of it."""
Step = tuple[StreamId, Sequence[EventData] | int | frozenset[str] | None]


async def lead(journal: Journal, clock: FixedClock, life: Sequence[Step]) -> None:
    for stream, step in life:
        clock.at += timedelta(seconds=1)
        if isinstance(step, int) or step is None:
            await journal.erase(stream, up_to=step)
        elif isinstance(step, frozenset):
            await journal.erase(stream, actions=step)
        else:
            await journal.append(stream, step)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One column of one event, with how it is changed; None for one that cannot be changed so."""

    column: str
    alter: Callable[[Any, Entry], Any]


def other_text(value: str | None, _entry: Entry) -> str | None:
    """Change one character."""
    return None if not value else ("b" if value[0] == "a" else "a") + value[1:]


def shorter(value: str | bytes | None, _entry: Entry) -> str | bytes | None:
    return None if not value else value[:-1]


def gone(value: object, _entry: Entry) -> object:
    return GONE if value is not None else None


GONE = object()
CHANGES = (
    Change(column="header", alter=other_text),
    Change(column="header", alter=shorter),
    Change(column="header", alter=lambda value, _entry: value.replace(":", ": ", 1) if ":" in value else None),
    Change(column="personal", alter=other_text),
    Change(column="personal", alter=shorter),
    Change(column="personal", alter=gone),
    Change(column="salt", alter=lambda value, _entry: bytes([value[0] ^ 1]) + value[1:] if value else None),
    Change(column="salt", alter=gone),
    Change(column="personal_digest", alter=other_text),
    Change(column="personal_digest", alter=gone),
    Change(column="chain", alter=other_text),
    Change(column="type", alter=lambda value, _entry: "TURN" if value != "TURN" else "PLAN"),
    Change(column="type", alter=other_text),
    Change(column="at", alter=lambda value, _entry: value + timedelta(microseconds=1)),
    Change(column="seq", alter=lambda value, _entry: value + 100),
    Change(column="idempotency_key", alter=lambda value, _entry: other_text(value, _entry)),
    Change(column="idempotency_key", alter=gone),
    Change(column="idempotency_key", alter=lambda value, _entry: "a" * 64 if value is None else None),
)


class Kept:
    """A journal, and a way past it to what it keeps."""

    journal: Journal

    async def entries(self, stream: StreamId) -> list[Entry]:
        return [*await self.journal.entries(stream, limit=10_000)]

    async def put(self, before: Entry, after: Entry | None) -> None:
        """Put an entry in place of another; None takes it away."""
        raise NotImplementedError


Empty = Callable[[], Awaitable[Kept]]


class KeptInMemory(Kept):
    def __init__(self, clock: FixedClock) -> None:
        self.journal = MemoryJournal(clock)

    async def put(self, before: Entry, after: Entry | None) -> None:
        held = self.journal._streams[before.stream]
        at = held.index(before)
        held[at : at + 1] = [after] if after else []


class KeptInTables(Kept):
    def __init__(self, clock: FixedClock, database: Database, locks: Path) -> None:
        self.journal = SqlJournal(database, clock, MachineLocks(locks))
        self._database = database

    async def put(self, before: Entry, after: Entry | None) -> None:
        row = (EVENTS.c.stream == before.stream, EVENTS.c.seq == before.seq)
        statement = delete(EVENTS).where(*row)
        if after:
            names = [one.name for one in fields(Entry) if getattr(before, one.name) != getattr(after, one.name)]
            statement = update(EVENTS).where(*row).values({name: getattr(after, name) for name in names})
        await self._database.write_core(lambda connection: connection.execute(statement))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, clock: FixedClock) -> Empty:
    """Return what makes an empty journal, for each example anew."""
    if request.param == "memory":

        async def in_memory() -> Kept:
            return KeptInMemory(clock)

        return in_memory
    path: Path = request.getfixturevalue("path")
    database: Database = request.getfixturevalue("database")

    async def empty() -> Kept:
        for table in (EVENTS, STREAM_ENDS):
            await database.write_core(lambda connection, table=table: connection.execute(delete(table)))
        return KeptInTables(clock, database, path.parent / "locks")

    return empty


@LAWS
@given(life=steps)
async def test_after_any_appends_and_erasures_every_stream_verifies(
    kept: Empty, clock: FixedClock, life: list[Step]
) -> None:
    journal = (await kept()).journal
    await lead(journal, clock, life)
    for end in await journal.streams():
        assert await journal.verify(end.stream) == end.last_seq


@LAWS
@given(life=steps, which=st.integers(0, 999), how=st.integers(0, 999))
async def test_after_any_single_change_the_event_is_named(
    kept: Empty, clock: FixedClock, life: list[Step], which: int, how: int
) -> None:
    store = await kept()
    await lead(store.journal, clock, [*life, (STREAMS[0], [asks("a", client_id="x"), replies("a")])])
    every = await store.journal.entries(limit=1_000)
    entry = every[which % len(every)]
    stream = entry.stream
    possible = [(one, new) for one in CHANGES if (new := one.alter(getattr(entry, one.column), entry)) is not None]
    change, new = possible[how % len(possible)] if how % 4 else (None, None)
    value = None if new is GONE else new
    await store.put(entry, replace(entry, **{change.column: value}) if change else None)
    with pytest.raises(BrokenStream) as found:
        await store.journal.verify(stream)
    assert (found.value.stream, found.value.seq) == (stream, entry.seq)
    others = [end.stream for end in await store.journal.streams() if end.stream != stream]
    for other in others:
        await store.journal.verify(other)


@LAWS
@given(life=steps, which=st.integers(0, 999), how=st.integers(0, 999))
async def test_a_personal_part_that_is_gone_without_an_erasure_or_back_after_one_is_named(
    kept: Empty, clock: FixedClock, life: list[Step], which: int, how: int
) -> None:
    store = await kept()
    await lead(store.journal, clock, [*life, (STREAMS[0], [asks("a"), acts("k"), replies("a"), acts("l"), acts("k")])])
    personal = [entry for entry in await store.entries(STREAMS[0]) if entry.personal is not None]
    entry = personal[which % len(personal)]
    if how % 2:
        key = action_of(entry)
        await store.journal.erase(STREAMS[0], actions=None if key is None or how % 3 else [key])
        await store.put(replace(entry, personal=None, salt=None), entry)
    else:
        await store.put(entry, replace(entry, personal=None, salt=None))
    with pytest.raises(BrokenStream) as found:
        await store.journal.verify(STREAMS[0])
    assert found.value.seq == entry.seq
