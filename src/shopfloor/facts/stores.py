"""Where facts are kept: in memory, or in the installation's database, each a projection of the journal."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, cast

from sqlalchemy import Connection, RowMapping, Table, func, insert, select, text, update

from shopfloor.database.changes import ChangeLog
from shopfloor.database.engine import Database
from shopfloor.facts.contract import Fact, FactName, kind_in
from shopfloor.facts.rows import FactRow, FactVersionRow
from shopfloor.journal.events import Event
from shopfloor.journal.fact_events import FactSaid, FactsSaid
from shopfloor.kernel.changes import Changed, MemoryChanges
from shopfloor.kernel.errors import Conflict

FACTS = cast("Table", FactRow.__table__)
VERSIONS = cast("Table", FactVersionRow.__table__)
FIELDS = ("name", "version", "value", "source", "confidence", "at", "expires_at")
CHANGES = ChangeLog("facts", key="name")
TRANSACTION = text("SELECT pg_current_xact_id()::text::bigint")


class MemoryFacts:
    """All facts that a `MemoryJournal` with this as one of its projections was told of."""

    def __init__(self) -> None:
        """Start with none."""
        self._facts: dict[FactName, Fact] = {}
        self._versions: dict[FactName, list[Fact]] = {}
        self._changes = MemoryChanges()

    def project(self, events: Sequence[Event]) -> None:
        """Follow events of one stream."""
        said: dict[FactName, Fact] = {}
        new: list[Fact] = []
        for fact in _said(events):
            before = said.get(fact.name, self._facts.get(fact.name))
            new += [fact] if _is_new(before, fact) else []
            said[fact.name] = fact
        for name in said:
            self._changes.note(name)
        self._facts.update(said)
        for fact in new:
            self._versions.setdefault(fact.name, []).append(fact)

    async def get(self, names: Collection[FactName]) -> Mapping[FactName, Fact]:
        """Return facts by their names."""
        return {name: self._facts[name] for name in names if name in self._facts}

    async def of_kinds(self, kinds: Collection[str]) -> Sequence[Fact]:
        """Return all facts of some kinds."""
        return [self._facts[name] for name in sorted(self._facts) if kind_in(name) in kinds]

    async def history(self, name: FactName, *, before: int | None = None, limit: int = 50) -> Sequence[Fact]:
        """Return the versions of a fact, the newest first."""
        found = [fact for fact in self._versions.get(name, ()) if before is None or fact.version < before]
        return found[::-1][:limit]

    async def changes(self, after: str | None = None, *, limit: int = 1_000) -> Changed:
        """Return the names of the facts that were said behind a mark."""
        return self._changes.behind(after, limit)


class SqlFacts:
    """All facts that a `SqlJournal` with this as one of its projections was told of."""

    def __init__(self, database: Database) -> None:
        """Take the installation's database."""
        self._database = database

    def project(self, connection: Connection, events: Sequence[Event]) -> None:
        """Follow events of one stream, in the transaction that stores them."""
        for fact in _said(events):
            row = connection.execute(select(FACTS).where(FACTS.c.name == fact.name)).mappings().first()
            if _is_new(_fact(row) if row else None, fact):
                connection.execute(insert(VERSIONS), asdict(fact))
            values = asdict(fact) | {"kind": kind_in(fact.name), "number": _number(connection)}
            if row:
                connection.execute(update(FACTS).where(FACTS.c.name == fact.name).values(values))
            else:
                connection.execute(insert(FACTS), values)

    async def get(self, names: Collection[FactName]) -> Mapping[FactName, Fact]:
        """Return facts by their names."""
        found = await self._read(select(FACTS).where(FACTS.c.name.in_(names)))
        return {fact.name: fact for fact in found}

    async def of_kinds(self, kinds: Collection[str]) -> Sequence[Fact]:
        """Return all facts of some kinds."""
        return await self._read(select(FACTS).where(FACTS.c.kind.in_(kinds)).order_by(FACTS.c.name))

    async def history(self, name: FactName, *, before: int | None = None, limit: int = 50) -> Sequence[Fact]:
        """Return the versions of a fact, the newest first."""
        wanted = select(VERSIONS).where(VERSIONS.c.name == name)
        if before is not None:
            wanted = wanted.where(VERSIONS.c.version < before)
        return await self._read(wanted.order_by(VERSIONS.c.version.desc()).limit(limit))

    async def changes(self, after: str | None = None, *, limit: int = 1_000) -> Changed:
        """Return the names of the facts that were said behind a mark."""
        return await self._database.read_core(lambda connection: CHANGES.behind(connection, after, limit))

    async def _read(self, wanted: Any) -> list[Fact]:
        return await self._database.read_core(
            lambda connection: [_fact(row) for row in connection.execute(wanted).mappings()]
        )


def _said(events: Sequence[Event]) -> Iterator[Fact]:
    """Yield each fact that events say, in their order."""
    for event in events:
        if isinstance(event.data, FactsSaid):
            yield from (_as_said(fact, event.data.source, event) for fact in event.data.facts)


def _as_said(said: FactSaid, source: str, event: Event) -> Fact:
    return Fact(
        name=FactName(said.name),
        version=said.version,
        value=said.value,
        source=source,
        confidence=said.confidence,
        at=event.at,
        expires_at=said.expires_at,
    )


def _is_new(before: Fact | None, fact: Fact) -> bool:
    """Tell whether a fact says something else than before.

    Raises:
        Conflict: it was made of another version than the one that stands.
    """
    version = before.version if before else 0
    is_same = before is not None and fact == replace(
        before, source=fact.source, confidence=fact.confidence, at=fact.at, expires_at=fact.expires_at
    )
    if not is_same and fact.version != version + 1:
        raise Conflict(f"the fact {fact.name} has changed meanwhile, it is at version {version}: read it again")
    return not is_same


def _number(connection: Connection) -> int:
    """Return the number of a change that is made now."""
    if connection.dialect.name == "sqlite":
        return int(connection.scalar(select(func.coalesce(func.max(FACTS.c.number), 0) + 1)) or 1)
    return int(connection.scalar(TRANSACTION) or 0)


def _fact(row: RowMapping) -> Fact:
    return Fact(**{name: row[name] for name in FIELDS})
