"""The journal in the database, looked at over all its streams."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby, islice
from typing import cast

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, literal_column, or_, select, tuple_

from shopfloor.journal.chain import Entry, rebuild
from shopfloor.journal.contract import StreamEnd
from shopfloor.journal.events import Event, PersonalErased
from shopfloor.journal.rows import IS_IDENTITY, EventRow, StreamRow
from shopfloor.journal.wanted import Mark, Place, Wanted
from shopfloor.kernel.ids import StreamId

STREAMS = cast("Table", StreamRow.__table__)
EVENTS = cast("Table", EventRow.__table__)
PAGE = 200
"""Rows fetched at a time where it is not known how many have to be looked at."""
OF_ALL = '"up_to":null'
"""What the header of an erasure of all holds."""
MAX_NAMED = 1_000
"""Streams named in one query."""


def streams(after: StreamId | None, limit: int, connection: Connection) -> Sequence[StreamEnd]:
    """Return a page of streams in the order of their names."""
    named = select(STREAMS).where(_behind(STREAMS.c.stream, after)).order_by(STREAMS.c.stream).limit(limit)
    page = [
        StreamEnd(stream=StreamId(row.stream), last_seq=row.last_seq, head=row.head)
        for row in connection.execute(named)
    ]
    beside = [_behind(EVENTS.c.stream, after), ~exists().where(STREAMS.c.stream == EVENTS.c.stream)]
    if len(page) == limit:
        beside.append(EVENTS.c.stream <= page[-1].stream)
    nameless = select(EVENTS.c.stream).where(*beside).distinct().order_by(EVENTS.c.stream).limit(limit)
    left = [StreamEnd(stream=StreamId(stream), last_seq=0, head="") for stream in connection.scalars(nameless)]
    return sorted([*page, *left], key=lambda end: end.stream)[:limit] if left else page


def entries(
    stream: StreamId | None, after: Mark | None, types: frozenset[str], limit: int, connection: Connection
) -> Sequence[Entry]:
    """Return a page of events as they are stored, in the order of streams and numbers."""
    page = select(EVENTS).order_by(EVENTS.c.stream, EVENTS.c.seq).limit(limit)
    if stream is not None:
        page = page.where(EVENTS.c.stream == stream)
    if types:
        page = page.where(EVENTS.c.type.in_(sorted(types)))
    if after is not None:
        page = page.where(tuple_(EVENTS.c.stream, EVENTS.c.seq) > tuple_(after.stream, after.seq))
    return [Entry(**row) for row in connection.execute(page).mappings()]


def newest(wanted: Wanted, before: Place | None, limit: int, connection: Connection) -> Sequence[Entry]:
    """Return a page of the events that are wanted, the newest first.

    The database leaves out what it can tell at once; the rest is looked at row by row, until the page is full.
    """
    looked_at = (
        select(EVENTS)
        .where(*_conditions(wanted, before))
        .order_by(EVENTS.c.at.desc(), EVENTS.c.stream.desc(), EVENTS.c.seq.desc())
        .execution_options(yield_per=PAGE)
    )
    with connection.execute(looked_at) as rows:
        found = (Entry(**row) for row in rows.mappings())
        return list(islice((entry for entry in found if wanted.takes(entry)), limit))


def identities(after: StreamId | None, limit: int, connection: Connection) -> Sequence[Event]:
    """Return the newest `IdentityVerified` of each stream that has one."""
    shown = (
        select(EVENTS)
        .where(literal_column(IS_IDENTITY), _behind(EVENTS.c.stream, after))
        .order_by(EVENTS.c.stream, EVENTS.c.seq)
        .execution_options(yield_per=PAGE)
    )
    with connection.execute(shown) as rows:
        found = (Entry(**row) for row in rows.mappings())
        last = (_last(group) for _, group in groupby(found, key=lambda entry: entry.stream))
        return [rebuild(entry) for entry in islice(last, limit)]


def idle(before: datetime, after: StreamId | None, limit: int, connection: Connection) -> Sequence[StreamId]:
    """Return a page of the streams that hold something personal and in which nothing has happened since."""
    last, any_of = EVENTS.alias("last"), EVENTS.alias("any_of")
    quiet = (
        select(STREAMS.c.stream)
        .join(last, and_(last.c.stream == STREAMS.c.stream, last.c.seq == STREAMS.c.last_seq))
        .where(
            _behind(STREAMS.c.stream, after),
            STREAMS.c.waiting_since.is_(None),
            last.c.at < before,
            # Behind an erasure of all nothing is left, so such a stream need not be read.
            or_(last.c.type != PersonalErased.TYPE, ~last.c.header.contains(OF_ALL)),
            exists().where(any_of.c.stream == STREAMS.c.stream, any_of.c.personal.is_not(None)),
        )
        .order_by(STREAMS.c.stream)
        .limit(limit)
    )
    return [StreamId(stream) for stream in connection.scalars(quiet)]


def _behind(column: ColumnElement[str], after: StreamId | None) -> ColumnElement[bool]:
    return column > (after or "")


def _last(group: Iterator[Entry]) -> Entry:
    *_, last = group
    return last


def _conditions(wanted: Wanted, before: Place | None) -> Iterator[ColumnElement[bool]]:
    if wanted.since is not None:
        yield EVENTS.c.at >= wanted.since
    if wanted.until is not None:
        yield EVENTS.c.at < wanted.until
    if wanted.stream is not None:
        yield EVENTS.c.stream == wanted.stream
    if wanted.types:
        yield EVENTS.c.type.in_(sorted(wanted.types))
    for hint in wanted.hints():
        yield EVENTS.c.header.contains(hint, autoescape=True)
    if wanted.whose is not None and len(wanted.whose.streams) <= MAX_NAMED:
        named = EVENTS.c.header.contains(f'"customer_id":"{wanted.whose.customer_id}"', autoescape=True)
        in_theirs = EVENTS.c.stream.in_(sorted(wanted.whose.streams))
        yield in_theirs if wanted.whose.customer_id is None else or_(in_theirs, named)
    if before is not None:
        yield EVENTS.c.at <= before.at
        yield or_(
            EVENTS.c.at < before.at,
            EVENTS.c.stream < before.stream,
            and_(EVENTS.c.stream == before.stream, EVENTS.c.seq < before.seq),
        )
