"""One database, used from the event loop.

Each unit of work is a plain function that runs in a thread, in one transaction.
A unit of work costs one hop to a thread, however many statements it has; an async driver pays that per statement.
SQLite has one writer at a time, so writes queue here instead of fighting for the file's lock; those that have queued
meanwhile are committed together, for one wait for the disk.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar, cast

from anyio import CapacityLimiter, Lock, to_thread
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from shopfloor.kernel.errors import InvalidInput, StorageError
from shopfloor.kernel.finishing import to_the_end

T = TypeVar("T")

READERS = 4
"""Reads that may run side by side."""
MOST_TOGETHER = 32
"""Units of work that are committed together."""
BUSY_TIMEOUT_MS = 5_000
"""How long another process's write is waited for."""
WAL_RETRY_S = 0.01
"""How often the switch to the write-ahead log is tried while another process opens the same new file."""

REMEDIES = {
    "malformed": "the database file is damaged: restore a backup, or choose another data directory with --data",
    "not a database": "the file is not a database: restore a backup, or choose another data directory with --data",
    "disk is full": "the disk is full: free some space and try again; nothing that was confirmed is lost",
    "disk i/o error": "the disk failed to read or write: check it and its free space, then try again",
    "readonly": "the data directory cannot be written to: check its permissions",
    "unable to open": "the database cannot be opened: check that the data directory exists and can be written to",
    "locked": "another process has kept the database locked: try again in a moment",
}
"""What SQLite says, and what the operator can do."""


def storage_error(error: DBAPIError) -> StorageError:
    """Say what went wrong in the database and what can be done."""
    said = str(error.orig).lower()
    remedy = next((remedy for sign, remedy in REMEDIES.items() if sign in said), f"the database failed: {error.orig}")
    return StorageError(remedy)


@contextmanager
def translated_errors() -> Generator[None]:
    """Raise `InvalidInput` for values that the database cannot take, `StorageError` for its own failures."""
    try:
        yield
    except (DataError, UnicodeEncodeError, OverflowError) as error:
        raise InvalidInput(
            "a text or number cannot be stored: leave out half characters, NUL and huge numbers"
        ) from error
    except DBAPIError as error:
        raise storage_error(error) from error


class _Unit:
    """A unit of work that is to be committed, and what came of it."""

    def __init__(self, work: Callable[[Connection], Any]) -> None:
        self.work = work
        self.result: Any = None
        self.error: Exception | None = None
        self.is_done = False

    def outcome(self) -> Any:
        if not self.is_done:
            raise StorageError("the process broke off while it wrote: look whether it is stored before you try again")
        if self.error:
            raise self.error
        return self.result


def _mapped(work: Callable[[Session], T]) -> Callable[[Connection], T]:
    """Return a unit of work with mapped objects as one that runs on a connection, in the transaction begun there."""

    def run(connection: Connection) -> T:
        with Session(connection, expire_on_commit=False) as session, session.begin():
            return work(session)

    return run


class Database:
    """The installation's database.

    All methods raise `StorageError`, with the remedy, where the database or the disk fails, and `InvalidInput` for a
    value that it cannot take. Connections are kept and used again.
    """

    def __init__(self, url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> None:
        """Take a SQLAlchemy URL; nothing is opened before the first use."""
        self.engine = _engine(url, busy_timeout_ms)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writing = self.engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        self._write_slots = CapacityLimiter(1 if self.is_sqlite else READERS)
        self._queue: deque[_Unit] = deque()
        self._turn = Lock(fast_acquire=True)
        self._read_slots = CapacityLimiter(READERS)

    @classmethod
    def sqlite(cls, path: Path) -> "Database":
        """Return the database kept in one file."""
        return cls(f"sqlite:///{path}")

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run a unit of work that only reads, on one snapshot."""
        return await self.read_core(_mapped(work))

    async def read_core(self, work: Callable[[Connection], T]) -> T:
        """Run a unit of work that only reads, and needs no mapped objects."""
        return await to_thread.run_sync(self._run, work, self.engine, limiter=self._read_slots)

    async def write(self, work: Callable[[Session], T]) -> T:
        """Run a unit of work in one transaction, as `write_core` does."""
        return await self.write_core(_mapped(work))

    async def write_core(self, work: Callable[[Connection], T]) -> T:
        """Run a unit of work that needs no mapped objects in one transaction: all of it is stored, or nothing.

        Once it has begun, cancelling the caller does not interrupt it. It is begun anew, after a rollback, where
        another fails that it was to be committed with; so it changes nothing but the database.
        """
        if not self.is_sqlite:
            return await to_thread.run_sync(self._run, work, self._writing, limiter=self._write_slots)
        unit = _Unit(work)
        self._queue.append(unit)
        try:
            async with self._turn:
                while unit in self._queue:
                    units = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_TOGETHER))]
                    await to_the_end(to_thread.run_sync(self._run_together, units, limiter=self._write_slots))
        except BaseException:
            if unit in self._queue:
                self._queue.remove(unit)
            elif not unit.is_done:
                await to_the_end(self._idle())  # it has begun: stay until it has ended
            raise
        return cast(T, unit.outcome())

    async def _idle(self) -> None:
        async with self._turn:
            pass

    def run(self, work: Callable[[Session], T], is_write: bool) -> T:
        """Run a unit of work in the calling thread."""
        return self._run(_mapped(work), self._writing if is_write else self.engine)

    def _run(self, work: Callable[[Connection], T], engine: Engine) -> T:
        with translated_errors(), engine.begin() as connection:
            return work(connection)

    def _run_together(self, units: Sequence[_Unit]) -> None:
        """Run units of work in one transaction; where one of them fails, each in its own."""
        if len(units) > 1 and self._run_joined(units):
            return
        for unit in units:
            try:
                unit.result = self._run(unit.work, self._writing)
            except Exception as error:
                unit.error = error
            unit.is_done = True

    def _run_joined(self, units: Sequence[_Unit]) -> bool:
        """Run units of work in one transaction, and say whether that is settled: not where one of them fails."""
        at_work = False
        try:
            with translated_errors(), self._writing.begin() as connection:
                for unit in units:
                    at_work = True
                    unit.result = unit.work(connection)
                    at_work = False
        except Exception as error:
            if at_work:
                return False
            for unit in units:  # it could not begin or be committed, and no other would fare better
                unit.error = error
        for unit in units:
            unit.is_done = True
        return True

    async def forget_deleted(self) -> None:
        """Take what was deleted or overwritten off the disk: SQLite's log still holds it. PostgreSQL's vacuum does so.

        Raises:
            StorageError: a long read, or another process, still needs the log; try again.
        """
        if self.is_sqlite:
            await to_thread.run_sync(self._empty_log, limiter=self._write_slots)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def _empty_log(self) -> None:
        outside_transactions = self.engine.execution_options(sqlite_begin=None)
        with translated_errors(), outside_transactions.connect() as connection:
            is_busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()
        if is_busy:
            raise StorageError("erased data is still in the database's log, which is in use: try again in a moment")


def _engine(url: str, busy_timeout_ms: int) -> Engine:
    engine = create_engine(url, hide_parameters=True, pool_size=2 * READERS)

    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        try:
            _prepare_sqlite(connection, busy_timeout_ms)
        except Exception:
            connection.close()  # the pool would leave it open
            raise

    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", prepare)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, busy_timeout_ms: int) -> None:
    connection.isolation_level = None  # the driver would begin on its own, and too late
    with closing(connection.cursor()) as cursor:
        cursor.execute(f"PRAGMA busy_timeout={busy_timeout_ms}")
        _switch_to_wal(cursor, busy_timeout_ms)
        for pragma in (
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",  # erased text is overwritten, not only unlinked
        ):
            cursor.execute(f"PRAGMA {pragma}")


def _switch_to_wal(cursor: DBAPICursor, timeout_ms: int) -> None:
    """Let writers and readers go side by side. SQLite does not wait here where another process does the same."""
    deadline = monotonic() + timeout_ms / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or monotonic() > deadline:
                raise
            sleep(WAL_RETRY_S)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get("sqlite_begin", "BEGIN")
    if begin is not None:
        connection.exec_driver_sql(begin)
