"""Which rows of a table changed, by a number that each change gives its row.

On SQLite one transaction follows the other, so the number is the next one, and says how far one has read. On
PostgreSQL many run at once, and one that took its number early may be committed late, even after hours; so the number
is the transaction's, a mark is a snapshot, and what changed behind it is what that snapshot did not see. Where a page
of it does not hold all, the mark says up to which snapshot is read and how far one is.

A mark holds for one course of events. Where a backup was put back, numbers are given out anew.
"""

from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from shopfloor.kernel.changes import Changed, unknown

HISTORY = "SELECT value FROM installation WHERE name = 'history'"
SQLITE_NOW = f"SELECT ({HISTORY}), (SELECT coalesce(max(number), 0) FROM {{table}})"  # noqa: S608
SQLITE_PAGE = "SELECT {key} AS key, number FROM {table} WHERE number > :number ORDER BY number LIMIT :limit"

POSTGRESQL_NOW = text("""
SELECT
    concat_ws('/',
        (SELECT system_identifier FROM pg_control_system()),
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        left(pg_walfile_name(pg_current_wal_lsn()), 8)),
    pg_current_snapshot()::text
""")
"""The server, the database and the timeline, which a restore, a recovery or a replica's promotion begins; and now."""
POSTGRESQL_PAGE = """
SELECT {key} AS key, number FROM {table}
WHERE (number, {key}) > (:number, :key)
    AND NOT pg_visible_in_snapshot(number::text::xid8, CAST(:base AS pg_snapshot))
    AND pg_visible_in_snapshot(number::text::xid8, CAST(:target AS pg_snapshot))
ORDER BY number, {key} LIMIT :limit
"""


class _Mark(NamedTuple):
    """How far one has read."""

    history: str
    number: int = 0
    key: str = ""
    base: str = ""
    """On PostgreSQL, the snapshot behind which changes are told."""
    target: str = ""
    """The snapshot up to which they are told page by page; empty where all is told that `base` did not see."""

    def written(self) -> str:
        return MARK.dump_json(self).decode()


MARK = TypeAdapter(_Mark)


class ChangeLog:
    """The changes of one table."""

    def __init__(self, table: str, key: str) -> None:
        """Take the table's name and that of the column that tells its rows apart; both are written in code."""
        self._sqlite_now = text(SQLITE_NOW.format(table=table))
        self._sqlite_page = text(SQLITE_PAGE.format(table=table, key=key))
        self._postgresql_page = text(POSTGRESQL_PAGE.format(table=table, key=key))

    def behind(self, session: Session | Connection, mark: str | None, limit: int) -> Changed:
        """Return which rows changed behind a mark, the earliest first.

        Raises:
            NotFound: the mark is of another course of events, or none.
        """
        read = None if mark is None else _read(mark)
        bind = session if isinstance(session, Connection) else session.get_bind()
        own = self._on_sqlite if bind.dialect.name == "sqlite" else self._on_postgresql
        return own(session, read, limit)

    def _on_sqlite(self, session: Session | Connection, mark: _Mark | None, limit: int) -> Changed:
        history, number = session.execute(self._sqlite_now).one()
        now = _Mark(history=history or "", number=number)
        if mark is None or mark == now:
            return Changed(keys=(), mark=now.written())
        if mark.history != now.history or mark.number > now.number:
            raise unknown()
        found = session.execute(self._sqlite_page, {"number": mark.number, "limit": limit}).all()
        read = mark._replace(number=found[-1].number if found else number)
        return Changed(keys=tuple(row.key for row in found), mark=read.written())

    def _on_postgresql(self, session: Session | Connection, mark: _Mark | None, limit: int) -> Changed:
        history, snapshot = session.execute(POSTGRESQL_NOW).one()
        now = _begun(history, snapshot)
        if mark is None or mark == now:
            return Changed(keys=(), mark=now.written())
        target = mark.target or snapshot
        if mark.history != history or _end(target) > _end(snapshot) or _end(mark.base) > _end(snapshot):
            raise unknown()
        wanted = {**mark._asdict(), "target": target, "limit": limit}
        found = session.execute(self._postgresql_page, wanted).all()
        keys = tuple(row.key for row in found)
        if len(found) < limit:
            return Changed(keys=keys, mark=_begun(history, target).written())
        rest = mark._replace(target=target, number=found[-1].number, key=found[-1].key)
        return Changed(keys=keys, mark=rest.written())


def _begun(history: str, snapshot: str) -> _Mark:
    """Return the mark of a snapshot, which may lack what was written under the numbers from its first one on."""
    return _Mark(history=history, number=int(snapshot.split(":")[0]), base=snapshot)


def _end(snapshot: str) -> int:
    """Return the first number that a snapshot has nothing of: of `xmin:xmax:running` the second."""
    return int(snapshot.split(":")[1])


def _read(mark: str) -> _Mark:
    try:
        return MARK.validate_json(mark)
    except ValidationError as error:
        raise unknown() from error
