"""Which products changed, as the database's triggers note it in the transaction of the change.

On SQLite one transaction follows the other, so a number says how far one has read. On PostgreSQL many run at once, and
one that took its number early may be committed late, even after hours; so a mark there is a snapshot, and what changed
behind it is what that snapshot did not see. Where a page of it does not hold all, the mark says up to which snapshot
is read and how far one is.

A mark holds for one course of events. Where a backup was put back, numbers are given out anew.
"""

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import ProductId
from shopfloor.shop.contract import Changes

HISTORY = "SELECT value FROM installation WHERE name = 'history'"
SQLITE_NOW = text(f"SELECT ({HISTORY}), (SELECT coalesce(max(number), 0) FROM shop_changes)")  # noqa: S608
SQLITE_PAGE = text("SELECT product_id, number FROM shop_changes WHERE number > :number ORDER BY number LIMIT :limit")

POSTGRESQL_NOW = text("""
SELECT
    concat_ws('/',
        (SELECT system_identifier FROM pg_control_system()),
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        left(pg_walfile_name(pg_current_wal_lsn()), 8)),
    pg_current_snapshot()::text
""")
"""The server, the database and the timeline, which a restore, a recovery or a replica's promotion begins; and now."""
POSTGRESQL_PAGE = text("""
SELECT product_id, number FROM shop_changes
WHERE (number, product_id) > (:number, :product_id)
    AND NOT pg_visible_in_snapshot(number::text::xid8, CAST(:base AS pg_snapshot))
    AND pg_visible_in_snapshot(number::text::xid8, CAST(:target AS pg_snapshot))
ORDER BY number, product_id LIMIT :limit
""")


class _Mark(NamedTuple):
    """How far one has read."""

    history: str
    number: int = 0
    product_id: str = ""
    base: str = ""
    """On PostgreSQL, the snapshot behind which changes are told."""
    target: str = ""
    """The snapshot up to which they are told page by page; empty where all is told that `base` did not see."""

    def written(self) -> str:
        return MARK.dump_json(self).decode()


MARK = TypeAdapter(_Mark)


def changes(session: Session, after: str | None, limit: int) -> Changes:
    """Return which products changed behind a mark, the earliest first.

    Raises:
        NotFound: the mark is of another course of events, or none.
    """
    mark = None if after is None else _read(after)
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return _on_sqlite(session, mark, limit) if is_sqlite else _on_postgresql(session, mark, limit)


def _on_sqlite(session: Session, mark: _Mark | None, limit: int) -> Changes:
    history, number = session.execute(SQLITE_NOW).one()
    now = _Mark(history=history or "", number=number)
    if mark is None or mark == now:
        return Changes(product_ids=(), mark=now.written())
    if mark.history != now.history or mark.number > now.number:
        raise _unknown()
    found = session.execute(SQLITE_PAGE, {"number": mark.number, "limit": limit}).all()
    return Changes(product_ids=_ids(found), mark=mark._replace(number=found[-1].number if found else number).written())


def _on_postgresql(session: Session, mark: _Mark | None, limit: int) -> Changes:
    history, snapshot = session.execute(POSTGRESQL_NOW).one()
    now = _begun(history, snapshot)
    if mark is None or mark == now:
        return Changes(product_ids=(), mark=now.written())
    target = mark.target or snapshot
    if mark.history != history or _end(target) > _end(snapshot) or _end(mark.base) > _end(snapshot):
        raise _unknown()
    wanted = {**mark._asdict(), "target": target, "limit": limit}
    found = session.execute(POSTGRESQL_PAGE, wanted).all()
    if len(found) < limit:
        return Changes(product_ids=_ids(found), mark=_begun(history, target).written())
    last = found[-1]
    rest = mark._replace(target=target, number=last.number, product_id=last.product_id)
    return Changes(product_ids=_ids(found), mark=rest.written())


def _begun(history: str, snapshot: str) -> _Mark:
    """Return the mark of a snapshot, which may lack what was written under the numbers from its first one on."""
    return _Mark(history=history, number=int(snapshot.split(":")[0]), base=snapshot)


def _ids(rows: Sequence[Row[tuple[str, int]]]) -> Sequence[ProductId]:
    return tuple(ProductId(row.product_id) for row in rows)


def _end(snapshot: str) -> int:
    """Return the first number that a snapshot has nothing of: of `xmin:xmax:running` the second."""
    return int(snapshot.split(":")[1])


def _read(mark: str) -> _Mark:
    try:
        return MARK.validate_json(mark)
    except ValidationError as error:
        raise _unknown() from error


def _unknown() -> NotFound:
    return NotFound("the catalogue does not know this mark any more: take a new one, then read all products anew")
