"""Whether a database can be used just now, asked cheaply and told in words that anybody may read."""

import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from anyio import to_thread
from sqlalchemy import Connection, event
from sqlalchemy.engine import ExceptionContext

from shopfloor.database.engine import CODES, REMEDIES, UNREACHABLE, Database
from shopfloor.database.migrate import newest_revision, revision_of
from shopfloor.kernel.errors import StorageError, WorldError

logger = logging.getLogger(__name__)

Check = Callable[[], Awaitable[str | None]]
"""Says what does not work, in words without paths, names or secrets; None where it works."""

GROWTH_BYTES = 65_536
"""How much a database must be able to grow by to count as writable: more than a turn writes at once."""
DAMAGES = ("malformed", "not a database")
"""What SQLite says of a file that is damaged."""


def checks_of(database: Database, path: Path | None) -> Mapping[str, Check]:
    """Return what is to be checked of a database, by name; `path` is its file where it has one. It reads the disk."""
    health = _Health(database, path)
    return {"database_reads": health.reads, "database_writes": health.writes, "schema": health.schema}


class _Health:
    def __init__(self, database: Database, path: Path | None) -> None:
        self._database = database
        self._path = path
        self._file = _identity(path)
        self._newest = newest_revision()
        self._is_suspect = False
        """Whether SQLite found damage since all of the file was read last."""
        if database.is_sqlite:
            event.listen(database.engine, "handle_error", self._note)

    def _note(self, context: ExceptionContext) -> None:
        said = str(context.original_exception).lower()
        self._is_suspect = self._is_suspect or any(sign in said for sign in DAMAGES)

    async def reads(self) -> str | None:
        """Read a row; where damage was met anywhere, read everything."""
        return await self._told(lambda: self._database.read_core(self._look))

    async def writes(self) -> str | None:
        """Store something: whether it is full, locked or may only be read shows only there."""
        work = _written if self._database.is_sqlite else _begun
        return await self._told(lambda: self._database.write_core(work))

    async def schema(self) -> str | None:
        """Look whether the schema has all that this program knows."""
        return await self._told(lambda: self._database.read_core(self._compare))

    def _look(self, connection: Connection) -> None:
        if self._is_suspect and connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
            raise StorageError(REMEDIES["malformed"])
        self._is_suspect = False
        revision_of(connection)

    def _compare(self, connection: Connection) -> None:
        # A newer one is no fault: while an installation is upgraded, programs of two versions run side by side.
        if revision_of(connection) < self._newest:
            raise StorageError(OLDER)

    async def _told(self, work: Callable[[], Awaitable[None]]) -> str | None:
        if self._file is not None and await to_thread.run_sync(_identity, self._path) != self._file:
            return MOVED
        try:
            await work()
        except StorageError as error:
            if str(error) not in SPOKEN:
                logger.warning("a check failed: %s", error)
            return spoken(error)
        return None


MOVED = "the database's file was moved or replaced while it was in use: put it back, or start the server again"
OLDER = "the schema is older than this version needs: start the server again, which brings it up to date"
SPOKEN = {*REMEDIES.values(), *CODES.values(), UNREACHABLE, MOVED, OLDER}
"""What may be told as it is."""


def spoken(error: WorldError) -> str:
    """Return an error in words that anybody may read: no path, no name, no secret."""
    return str(error) if str(error) in SPOKEN else "it cannot be used; the server's log says why"


def _identity(path: Path | None) -> tuple[int, int] | None:
    """Return which file it is that lies at a path; None where none does."""
    try:
        found = os.stat(path) if path else None  # noqa: PTH116
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found else None


def _written(connection: Connection) -> None:
    """Let the file grow, take that back, and commit one page that says what it said before."""
    connection.exec_driver_sql("SAVEPOINT growth")
    connection.exec_driver_sql("INSERT INTO alembic_version (version_num) VALUES (zeroblob(?))", (GROWTH_BYTES,))
    connection.exec_driver_sql("ROLLBACK TO growth")
    connection.exec_driver_sql("RELEASE growth")
    mark = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    connection.exec_driver_sql(f"PRAGMA user_version = {int(mark)}")


def _begun(connection: Connection) -> None:
    """Begin a transaction that writes: a standby that may only be read cannot."""
    connection.exec_driver_sql("SELECT txid_current()")
