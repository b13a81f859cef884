"""The journal in the installation's database, SQLite or PostgreSQL."""

from collections.abc import AsyncGenerator, Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import datetime
from functools import partial
from types import ModuleType
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, CursorResult, Table, and_, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from shopfloor.database.engine import Database
from shopfloor.database.notices import Hear, NoNotices, Notices
from shopfloor.journal import sql_overview
from shopfloor.journal.chain import Entry, Payload, action_of, erasure_of, extend, rebuild, split
from shopfloor.journal.checking import check
from shopfloor.journal.contract import StreamEnd
from shopfloor.journal.events import ActionMoved, Event, EventData
from shopfloor.journal.locks import Locks
from shopfloor.journal.rows import EventRow, StreamRow
from shopfloor.journal.waiting import Waiting
from shopfloor.journal.wanted import Mark, Place, Wanted
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import StreamId
from shopfloor.kernel.keyed_locks import KeyedLocks

STREAMS = cast("Table", StreamRow.__table__)
EVENTS = cast("Table", EventRow.__table__)
EVENT_COLUMNS = EVENTS.columns.keys()
# Built once: to build a statement takes longer than to run it.
ADD = insert(EVENTS)
AFTER = (
    select(EVENTS).where(EVENTS.c.stream == bindparam("of"), EVENTS.c.seq > bindparam("after")).order_by(EVENTS.c.seq)
)
MOVE_END = (
    update(STREAMS)
    .where(STREAMS.c.stream == bindparam("of"))
    .values({name: bindparam(name) for name in ("last_seq", "head", "unanswered", "waiting_since")})
)
Projection = Callable[[Connection, Sequence[Event]], None]
"""Keeps rows up to the events of a stream; it changes nothing but the database."""
GROWN = "grown"
"""The topic of notices that name a stream which was appended to."""
MAX_NAMED = 1_000
"""Streams named in one query."""
NEWEST_PAGE = 50
"""Rows read at a time where the end of a stream is looked through."""


class SqlJournal:
    """A `Journal` in tables of a database."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        locks: Locks,
        projections: Sequence[Projection] = (),
        notices: Notices | None = None,
    ) -> None:
        """Take the database, the clock that events are dated by, the locks of turns, and who tells other processes.

        Each of the `projections` gets what an append stores, in its transaction; what one raises undoes the append.
        """
        self._database = database
        self._notices = notices or NoNotices()
        self._projections = projections
        self._clock = clock
        self._held = KeyedLocks()
        self._locks = locks

    async def append(self, stream: StreamId, events: Sequence[EventData]) -> Sequence[Event]:
        """Store events at the end of a stream, in one transaction."""
        payloads = [split(data) for data in events]
        if not payloads:
            return ()
        stored = await self._database.write_core(partial(self._append, stream, payloads))
        self._notices.send(GROWN, stream)
        return stored

    def hear(self, listener: Hear) -> None:
        """Let a listener hear the names of streams that other processes append to, where that can be heard."""
        self._notices.hear(GROWN, listener)

    async def read(self, stream: StreamId, *, after: int = 0) -> Sequence[Event]:
        """Return a stream's events with numbers above `after`, in order."""
        return await self._database.read_core(partial(_read, stream, after))

    async def last_seqs(self, streams: Sequence[StreamId]) -> Mapping[StreamId, int]:
        """Return the number of the last event of each of these streams that there is."""
        return await self._database.read_core(partial(_last_seqs, streams))

    async def unanswered(self) -> Sequence[StreamId]:
        """Return the streams that hold a message without an answer, the longest waiting first."""
        waiting = (
            select(STREAMS.c.stream)
            .where(STREAMS.c.waiting_since.is_not(None))
            .order_by(STREAMS.c.waiting_since, STREAMS.c.stream)
        )
        return await self._database.read_core(
            lambda connection: [StreamId(stream) for stream in connection.scalars(waiting)]
        )

    @asynccontextmanager
    async def hold(self, stream: StreamId, *, wait: bool = True) -> AsyncGenerator[bool]:
        """Keep a stream's turn to oneself, over all processes."""
        if not wait and stream in self._held:
            yield False
            return
        async with self._held.hold(stream), self._locks.hold(stream, wait=wait) as is_held:
            yield is_held

    async def erase(self, stream: StreamId, *, up_to: int | None = None, actions: Collection[str] | None = None) -> int:
        """Erase all personal fields of a stream, or those of some of its actions, from the database's log too."""
        keys = None if actions is None else frozenset(actions)
        count = await self._database.write_core(partial(self._erase, stream, up_to, keys))
        self._notices.send(GROWN, stream)
        await self._database.forget_deleted()
        return count

    async def verify(self, stream: StreamId) -> int:
        """Check a stream's numbers, payloads, erasures and chain, and return how many events it has."""
        return await self._database.read_core(partial(_verify, stream))

    async def streams(self, *, after: StreamId | None = None, limit: int = 100) -> Sequence[StreamEnd]:
        """Return a page of streams in the order of their names."""
        return await self._database.read_core(partial(sql_overview.streams, after, limit))

    async def entries(
        self,
        stream: StreamId | None = None,
        *,
        after: Mark | None = None,
        types: frozenset[str] = frozenset(),
        limit: int = 500,
    ) -> Sequence[Entry]:
        """Return a page of events as they are stored."""
        return await self._database.read_core(partial(sql_overview.entries, stream, after, types, limit))

    async def newest(self, wanted: Wanted, *, before: Place | None = None, limit: int = 50) -> Sequence[Entry]:
        """Return a page of the events that are wanted, the newest first."""
        return await self._database.read_core(partial(sql_overview.newest, wanted, before, limit))

    async def identities(self, *, after: StreamId | None = None, limit: int = 1_000) -> Sequence[Event]:
        """Return the newest `IdentityVerified` of each stream that has one."""
        return await self._database.read_core(partial(sql_overview.identities, after, limit))

    async def idle(self, before: datetime, *, after: StreamId | None = None, limit: int = 100) -> Sequence[StreamId]:
        """Return a page of the streams that hold something personal and in which nothing has happened since."""
        return await self._database.read_core(partial(sql_overview.idle, before, after, limit))

    def close(self) -> None:
        """Give all held streams back."""
        self._locks.close()

    def _append(self, stream: StreamId, payloads: Sequence[Payload], connection: Connection) -> Sequence[Event]:
        last_seq, head, waiting = _locked_end(connection, stream)
        keys = {payload.idempotency_key for payload in payloads if payload.idempotency_key}
        added = extend(
            stream,
            payloads,
            last_seq=last_seq,
            head=head,
            at=self._clock.now(),
            known=_known(connection, stream, keys),
        )
        if added.entries:
            connection.execute(ADD, [{name: getattr(entry, name) for name in EVENT_COLUMNS} for entry in added.entries])
            with closing(_newest_first(connection, stream)) as newest:
                waiting = waiting.after(added.new, newest)
            end = added.entries[-1]
            values = {"last_seq": end.seq, "head": end.chain}
            values |= {"unanswered": waiting.count, "waiting_since": waiting.since}
            connection.execute(MOVE_END, {"of": stream, **values})
            for project in self._projections:
                project(connection, added.new)
        return added.events

    def _erase(
        self, stream: StreamId, up_to: int | None, actions: frozenset[str] | None, connection: Connection
    ) -> int:
        ended = select(STREAMS.c.last_seq).where(STREAMS.c.stream == stream).with_for_update()
        last_seq = connection.scalar(ended) or 0
        last = last_seq if up_to is None else min(up_to, last_seq)
        held = and_(EVENTS.c.stream == stream, EVENTS.c.seq <= last, EVENTS.c.personal.is_not(None))
        if actions is None:
            count = _emptied(connection, held)
        else:
            seqs = _moving(connection, held, actions)
            pages = (seqs[first : first + MAX_NAMED] for first in range(0, len(seqs), MAX_NAMED))
            count = sum(_emptied(connection, and_(held, EVENTS.c.seq.in_(page))) for page in pages)
        if count:
            self._append(stream, [split(erasure_of(count, actions, up_to=last, last_seq=last_seq))], connection)
        return count


def _emptied(connection: Connection, which: ColumnElement[bool]) -> int:
    """Erase what is personal of some events, and return how many there are."""
    emptying = update(EVENTS).where(which).values(personal=None, salt=None)
    return cast("CursorResult[object]", connection.execute(emptying)).rowcount


def _moving(connection: Connection, which: ColumnElement[bool], actions: frozenset[str]) -> list[int]:
    """Return the numbers of those of some events that moved one of the actions."""
    moves = select(EVENTS).where(which, EVENTS.c.type == ActionMoved.TYPE).execution_options(yield_per=MAX_NAMED)
    with connection.execute(moves) as rows:
        return [entry.seq for row in rows.mappings() if action_of(entry := Entry(**row)) in actions]


def _read(stream: StreamId, after: int, connection: Connection) -> Sequence[Event]:
    with _entries(connection, stream, after=after) as entries:
        return [rebuild(entry) for entry in entries]


def _last_seqs(streams: Sequence[StreamId], connection: Connection) -> dict[StreamId, int]:
    ends: dict[StreamId, int] = {}
    for first in range(0, len(streams), MAX_NAMED):
        named = STREAMS.c.stream.in_(streams[first : first + MAX_NAMED])
        rows = connection.execute(select(STREAMS.c.stream, STREAMS.c.last_seq).where(named))
        ends.update((StreamId(row.stream), row.last_seq) for row in rows)
    return ends


def _locking(dialect: ModuleType) -> Any:
    """Return the statement that locks a stream's row, which is made where missing, and returns what is in it."""
    start = dialect.insert(STREAMS).values(stream=bindparam("of"), last_seq=0, head="", unanswered=0)
    end = (STREAMS.c.last_seq, STREAMS.c.head, STREAMS.c.unanswered, STREAMS.c.waiting_since)
    return start.on_conflict_do_update(index_elements=["stream"], set_={"last_seq": STREAMS.c.last_seq}).returning(*end)


LOCK_END = {"sqlite": _locking(sqlite), "postgresql": _locking(postgresql)}


def _locked_end(connection: Connection, stream: StreamId) -> tuple[int, str, Waiting]:
    """Return a stream's last number, chain and waiting messages, and lock its row."""
    row = connection.execute(LOCK_END[connection.dialect.name], {"of": stream}).one()
    return row.last_seq, row.head, Waiting(count=row.unanswered, since=row.waiting_since)


def _known(connection: Connection, stream: StreamId, keys: set[str]) -> dict[str | None, Event]:
    if not keys:
        return {}
    stored = select(EVENTS).where(EVENTS.c.stream == stream, EVENTS.c.idempotency_key.in_(keys))
    entries = [Entry(**row) for row in connection.execute(stored).mappings()]
    return {entry.idempotency_key: rebuild(entry) for entry in entries}


@contextmanager
def _entries(connection: Connection, stream: StreamId, *, after: int = 0) -> Generator[Iterator[Entry]]:
    """Hand out a stream's entries; one that cannot be read leaves no statement open behind its error."""
    with connection.execute(AFTER, {"of": stream, "after": after}) as stored:
        yield (Entry(**row) for row in stored.mappings())


def _newest_first(connection: Connection, stream: StreamId) -> Generator[Event]:
    stored = select(EVENTS).where(EVENTS.c.stream == stream).order_by(EVENTS.c.seq.desc())
    # A generator function: nothing is read unless somebody looks, and most appends do not.
    with connection.execute(stored.execution_options(yield_per=NEWEST_PAGE)) as rows:
        for row in rows.mappings():
            yield rebuild(Entry(**row))


def _verify(stream: StreamId, connection: Connection) -> int:
    end = connection.execute(select(STREAMS.c.last_seq, STREAMS.c.head).where(STREAMS.c.stream == stream)).one_or_none()
    last_seq, head = end or (0, "")
    with _entries(connection, stream) as entries:
        return check(stream, entries, last_seq=last_seq, head=head)
