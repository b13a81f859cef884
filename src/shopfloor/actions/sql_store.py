"""The actions of a journal on the database, kept in the transactions of its appends."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cache, partial
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    RowMapping,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from shopfloor.actions.naming import ids_from
from shopfloor.actions.news import news_of
from shopfloor.actions.projection import check_words, disputed, erased, held, moved, undone
from shopfloor.actions.rows import IS_LIVE, ActionHoldRow, ActionResourceRow, ActionRow
from shopfloor.actions.store import (
    COUNTED,
    LIVE,
    UNSETTLED,
    ActionFilter,
    ActionRecord,
    Admitting,
    Counted,
    Listing,
    Standing,
    Usage,
    UsageQuery,
    busy,
)
from shopfloor.database.engine import Database
from shopfloor.journal.events import ActionMoved, ActionState, Event, PersonalErased
from shopfloor.kernel.ids import OrderNumber, StreamId
from shopfloor.kernel.money import Money
from shopfloor.outreach.signals import Signal

ACTIONS = cast("Table", ActionRow.__table__)
RESOURCES = cast("Table", ActionResourceRow.__table__)
HOLDS = cast("Table", ActionHoldRow.__table__)
# Built once: to build a statement takes longer than to run it.
BY_KEY = select(ACTIONS).where(ACTIONS.c.key == bindparam("of"))
RESOURCES_OF = select(RESOURCES.c.resource).where(RESOURCES.c.key == bindparam("of")).order_by(RESOURCES.c.resource)
ADD = insert(ACTIONS)
ADD_RESOURCE = insert(RESOURCES)
FORGET_RESOURCES = delete(RESOURCES).where(RESOURCES.c.key == bindparam("of"))
NAMES = tuple(column.name for column in ACTIONS.columns)
FIXED = {"key", "id", "proposed_at"}
MOVE = (
    update(ACTIONS)
    .where(ACTIONS.c.key == bindparam("of"))
    .values({name: bindparam(name) for name in NAMES if name not in FIXED})
)
SET_LIVE = update(RESOURCES).where(RESOURCES.c.key == bindparam("of")).values(is_live=bindparam("live"))
RELEASE = delete(HOLDS).where(HOLDS.c.key == bindparam("of"))
HOLDER = select(HOLDS.c.key).where(HOLDS.c.resource == bindparam("on"))
TOUCHING = select(RESOURCES.c.key).where(RESOURCES.c.is_live, RESOURCES.c.resource.in_(bindparam("on", expanding=True)))
THEIRS = bindparam("of", expanding=True, type_=Text())
IDS = select(ACTIONS.c.key, ACTIONS.c.id).where(ACTIONS.c.key.in_(THEIRS))
LIVE_OF = select(RESOURCES.c.key, RESOURCES.c.resource).where(RESOURCES.c.is_live, RESOURCES.c.key.in_(THEIRS))
HELD_BY = select(HOLDS.c.key, HOLDS.c.resource).where(HOLDS.c.key.in_(THEIRS))
LIVE_COUNTS = select(ACTIONS.c.state, func.count()).where(text(IS_LIVE)).group_by(ACTIONS.c.state)
UNDONE = update(ACTIONS).where(ACTIONS.c.key == bindparam("of")).values(undone_by=bindparam("by"))
HOLD = {
    name: dialect.insert(HOLDS).on_conflict_do_nothing(index_elements=["resource"])
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
SqlNote = Callable[[Connection, Signal], None]
"""Stores a signal in the transaction of the step that it tells of; one that is known changes nothing."""


def nowhere(_connection: Connection, _signal: Signal) -> None:
    """Store nothing: nobody is told."""


class SqlActions:
    """All actions that a `SqlJournal` with this as one of its projections was told of."""

    def __init__(self, database: Database, note: SqlNote = nowhere) -> None:
        """Take the database, and what stores the signals of what customers are to be told."""
        self._database = database
        self._note = note
        self._admitting = Admitting()

    def project(self, connection: Connection, events: Sequence[Event]) -> None:
        """Follow events of one stream, in the transaction that stores them.

        Raises:
            Refused: `conflict.busy`, where another action holds a resource that one was admitted to, or has used up
                its limits; `action.erased`, where one would bring back what was erased of an action that was open.
        """
        for event in events:
            if isinstance(event.data, ActionMoved):
                self._admitting.check(event.data.key, event.data.state, partial(_usage, connection))
                known = _get(connection, event.data.key)
                check_words(known, event.data)
                record = _move(connection, event, event.data, known)
                if news := news_of(known, record):
                    self._note(connection, news)
            elif isinstance(event.data, PersonalErased):
                _erase(connection, event.stream, event.data.actions)

    def while_counted(self, key: str, counted: Counted) -> AbstractContextManager[None]:
        """Let the action of a key be stored as `confirmed`, meanwhile, only as long as it fits its limits."""
        return self._admitting.while_counted(key, counted)

    async def get(self, key: str) -> ActionRecord | None:
        """Return an action, or None."""
        return await self._database.read_core(lambda connection: _get(connection, key))

    async def named(self, start: str, *, limit: int = 5) -> Sequence[ActionRecord]:
        """Return actions whose id begins so."""
        wanted = (
            select(ACTIONS)
            .where(ACTIONS.c.id.between(*ids_from(start)))
            .order_by(ACTIONS.c.id, ACTIONS.c.key)
            .limit(limit)
        )
        return await self._database.read_core(lambda connection: _records(connection, wanted))

    async def listed(self, keys: Sequence[str]) -> Mapping[str, Listing]:
        """Return by its key how each of some actions is listed."""

        def read(connection: Connection) -> Mapping[str, Listing]:
            of = {"of": list(keys)}
            live, holds = (_by_key(connection.execute(wanted, of)) for wanted in (LIVE_OF, HELD_BY))
            ids = connection.execute(IDS, of)
            return {key: Listing(id=own, live=live.get(key, ()), held=holds.get(key, ())) for key, own in ids}

        return await self._database.read_core(read)

    async def find(self, wanted: ActionFilter, *, after: str | None = None, limit: int = 50) -> Sequence[ActionRecord]:
        """Return a page of actions, the last proposed first."""
        newest = select(ACTIONS).where(*_conditions(wanted))
        newest = newest.order_by(ACTIONS.c.proposed_at.desc(), ACTIONS.c.key.desc()).limit(limit)

        def read(connection: Connection) -> Sequence[ActionRecord]:
            page = newest
            if after and (last := _get(connection, after)):
                older = and_(ACTIONS.c.proposed_at == last.proposed_at, ACTIONS.c.key < last.key)
                page = page.where(or_(ACTIONS.c.proposed_at < last.proposed_at, older))
            return _records(connection, page)

        return await self._database.read_core(read)

    async def live_counts(self) -> Mapping[ActionState, int]:
        """Return how many actions are in each `LIVE` state."""

        def read(connection: Connection) -> Mapping[ActionState, int]:
            return {cast("ActionState", state): count for state, count in connection.execute(LIVE_COUNTS)}

        return await self._database.read_core(read)

    async def streams(
        self, *, after: StreamId | None = None, up_to: StreamId | None = None, limit: int = 100
    ) -> Sequence[StreamId]:
        """Return a page of the streams that there are actions of, in the order of their names."""
        named = select(ACTIONS.c.stream).distinct().order_by(ACTIONS.c.stream).limit(limit)
        named = named.where(ACTIONS.c.stream > (after or ""))
        if up_to is not None:
            named = named.where(ACTIONS.c.stream <= up_to)
        return await self._database.read_core(lambda connection: list(map(StreamId, connection.scalars(named))))

    async def standing(
        self, key: str, resources: Sequence[str], queries: Sequence[UsageQuery], currency: str
    ) -> Standing:
        """Return all that a verdict on an action needs to know of actions."""
        wanted = disputed(tuple(resources))

        def read(connection: Connection) -> Standing:
            return Standing(
                record=_get(connection, key),
                live=tuple(_live(connection, key, wanted)),
                usage=tuple(_usage(connection, query, currency) for query in queries),
            )

        return await self._database.read_core(read)

    async def due(
        self, now: datetime, *, unsettled_before: datetime, after: ActionRecord | None = None, limit: int = 200
    ) -> Sequence[ActionRecord]:
        """Return a page of what time has to move, the first proposed first."""
        expired = and_(ACTIONS.c.state == "needs_approval", ACTIONS.c.expires_at <= now)
        left = and_(ACTIONS.c.state.in_(UNSETTLED | {"approved"}), ACTIONS.c.moved_at < unsettled_before)
        waits = ACTIONS.c.state.in_(LIVE)  # what the partial index is on
        oldest = select(ACTIONS).where(waits, or_(expired, left)).order_by(ACTIONS.c.proposed_at, ACTIONS.c.key)
        if after:
            next_one = and_(ACTIONS.c.proposed_at == after.proposed_at, ACTIONS.c.key > after.key)
            oldest = oldest.where(or_(ACTIONS.c.proposed_at > after.proposed_at, next_one))
        return await self._database.read_core(lambda connection: _records(connection, oldest.limit(limit)))


def _move(connection: Connection, event: Event, data: ActionMoved, known: ActionRecord | None) -> ActionRecord:
    record = moved(known, event, data)
    if known is None:
        fixed = {"key": record.key, "id": record.id, "proposed_at": record.proposed_at}
        connection.execute(ADD, {**fixed, **_values(record)})
    else:
        connection.execute(MOVE, {"of": record.key, **_values(record)})
    if known is None or set(record.resources) != set(known.resources):
        _note_resources(connection, record)
    elif (record.state in LIVE) != (known.state in LIVE):
        connection.execute(SET_LIVE, {"of": record.key, "live": record.state in LIVE})
    _hold(connection, known, record)
    if record.undoes and record.state == "executed":
        for key, by in [*undone(record, partial(_get, connection))]:
            connection.execute(UNDONE, {"of": key, "by": by})
    return record


def _note_resources(connection: Connection, record: ActionRecord) -> None:
    connection.execute(FORGET_RESOURCES, {"of": record.key})
    is_live = record.state in LIVE
    rows = [{"key": record.key, "resource": each, "is_live": is_live} for each in sorted(set(record.resources))]
    if rows:
        connection.execute(ADD_RESOURCE, rows)


def _hold(connection: Connection, known: ActionRecord | None, record: ActionRecord) -> None:
    wanted = held(record)
    if known and held(known) and held(known) != wanted:
        connection.execute(RELEASE, {"of": record.key})
    for resource in wanted:
        connection.execute(HOLD[connection.dialect.name], {"resource": resource, "key": record.key})
        if connection.execute(HOLDER, {"on": resource}).scalar_one() != record.key:
            raise busy()


def _erase(connection: Connection, stream: str, keys: Sequence[str]) -> None:
    """Empty the actions of a stream: those of some keys, or all where none are named."""
    if keys:
        named = (_get(connection, key) for key in keys)
        records = [record for record in named if record and record.stream == stream]
    else:
        records = _records(connection, select(ACTIONS).where(ACTIONS.c.stream == stream))
    for record in records:
        connection.execute(MOVE, {"of": record.key, **_values(erased(record))})


def _get(connection: Connection, key: str) -> ActionRecord | None:
    row = connection.execute(BY_KEY, {"of": key}).mappings().one_or_none()
    if row is None:
        return None
    return _record(row, connection.scalars(RESOURCES_OF, {"of": key}))


def _by_key(rows: Iterable[Row[Any, Any]]) -> dict[str, tuple[str, ...]]:
    """Return the second values of rows by the first, each in order."""
    found: dict[str, tuple[str, ...]] = {}
    for key, resource in sorted((key, resource) for key, resource in rows):
        found[key] = (*found.get(key, ()), resource)
    return found


def _records(connection: Connection, wanted: Select[Any]) -> list[ActionRecord]:
    rows = connection.execute(wanted).mappings().all()
    resources: dict[str, list[str]] = {row["key"]: [] for row in rows}
    theirs = select(RESOURCES.c.key, RESOURCES.c.resource).where(RESOURCES.c.key.in_(resources))
    for key, resource in connection.execute(theirs.order_by(RESOURCES.c.resource)):
        resources[key].append(resource)
    return [_record(row, resources[row["key"]]) for row in rows]


def _live(connection: Connection, key: str, resources: Sequence[str]) -> Iterator[ActionRecord]:
    if not resources:
        return
    # The keys by themselves, for one statement less where there is none, as mostly.
    keys = {other for other in connection.scalars(TOUCHING, {"on": list(resources)}) if other != key}
    if keys:
        live = select(ACTIONS).where(ACTIONS.c.key.in_(keys)).order_by(ACTIONS.c.proposed_at, ACTIONS.c.key)
        yield from _records(connection, live)


def _usage(connection: Connection, query: UsageQuery, currency: str) -> Usage:
    named = {"customer_id": query.customer_id, "agent": query.agent, "stream": query.stream, "resource": query.resource}
    given = {name: value for name, value in named.items() if value is not None}
    counting = _counting(frozenset(given), has_kinds=bool(query.kinds))
    values = {"since": query.since, "in": currency, **given} | ({"kinds": sorted(query.kinds)} if query.kinds else {})
    count, minor = connection.execute(counting, values).one()
    return Usage(actions=count, amount_minor=int(minor))


@cache
def _counting(named: frozenset[str], *, has_kinds: bool) -> Select[int, Any]:
    """Return the statement that counts by what is named; each is built once."""
    is_money = ACTIONS.c.currency == bindparam("in")
    amount = func.coalesce(func.sum(ACTIONS.c.amount_minor).filter(is_money), 0)
    counted = select(func.count(), amount).where(ACTIONS.c.state.in_(COUNTED), ACTIONS.c.moved_at >= bindparam("since"))
    if has_kinds:
        counted = counted.where(ACTIONS.c.kind.in_(bindparam("kinds", expanding=True)))
    if "resource" in named:
        touching = select(RESOURCES.c.key).where(RESOURCES.c.resource == bindparam("resource"))
        counted = counted.where(ACTIONS.c.key.in_(touching))
    return counted.where(*(ACTIONS.c[name] == bindparam(name) for name in sorted(named - {"resource"})))


def _conditions(wanted: ActionFilter) -> Iterable[ColumnElement[bool]]:
    if wanted.states:
        yield ACTIONS.c.state.in_(wanted.states)
    for column, value in (
        (ACTIONS.c.stream, wanted.stream),
        (ACTIONS.c.turn_id, wanted.turn_id),
        (ACTIONS.c.agent, wanted.agent),
        (ACTIONS.c.customer_id, wanted.customer_id),
        (ACTIONS.c.kind, wanted.kind),
    ):
        if value is not None:
            yield column == value
    if wanted.resource is not None:
        yield _touches(wanted.resource)
    if wanted.since is not None:
        yield ACTIONS.c.proposed_at >= wanted.since
    if wanted.until is not None:
        yield ACTIONS.c.proposed_at < wanted.until
    if wanted.executed_since is not None:
        yield ACTIONS.c.executed_at >= wanted.executed_since


def _touches(resource: str) -> ColumnElement[bool]:
    return ACTIONS.c.key.in_(select(RESOURCES.c.key).where(RESOURCES.c.resource == resource))


def _values(record: ActionRecord) -> dict[str, object]:
    """Return the columns that may change, by name."""
    amount = record.amount
    named = {name: getattr(record, name) for name in NAMES if hasattr(record, name)}
    values = named | {
        "order_numbers": list(record.order_numbers),
        "amount_minor": amount.minor if amount else None,
        "currency": amount.currency if amount else None,
    }
    return {name: value for name, value in values.items() if name not in FIXED}


def _record(row: RowMapping, resources: Iterable[str]) -> ActionRecord:
    columns: dict[str, Any] = {str(name): value for name, value in row.items()}
    del columns["id"]  # it is made of the key
    minor, currency = columns.pop("amount_minor"), columns.pop("currency")
    columns["amount"] = None if minor is None else Money(currency, minor)
    columns["order_numbers"] = tuple(OrderNumber(number) for number in columns["order_numbers"])
    return ActionRecord(**columns, resources=tuple(resources))
