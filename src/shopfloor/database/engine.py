"""One database, used from the event loop.

Each unit of work is a plain function that runs in a thread, in one transaction.
A unit of work costs one hop to a thread, however many statements it has; an async driver pays that per statement.
SQLite has one writer at a time, so writes queue here instead of fighting for the file's lock; those that have queued
meanwhile are committed together, for one wait for the disk. PostgreSQL has many, and runs them `SERIALIZABLE`: where
two collide, one is begun anew. So on both a unit of work may be written as if it were alone.
"""

import random
import sqlite3
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar, cast

from anyio import CapacityLimiter, Lock, to_thread
from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from shopfloor.kernel.errors import InvalidInput, StorageError
from shopfloor.kernel.finishing import to_the_end

T = TypeVar("T")

READERS = 4
"""Reads that may run side by side."""
BESIDE = 5
"""Connections that a library may have for itself."""
MOST_TOGETHER = 32
"""Units of work that are committed together."""
BUSY_TIMEOUT_MS = 5_000
"""How long another process's write is waited for."""
WAL_RETRY_S = 0.01
"""How often the switch to the write-ahead log is tried while another process opens the same new file."""

COLLISIONS = frozenset({"40001", "40P01"})
"""PostgreSQL's codes for a transaction that another one got in the way of: it is begun anew."""
MOST_TRIES = 30
FIRST_PAUSE_S = 0.002
LONGEST_PAUSE_S = 0.2
POOL_S = 10
"""How long a connection of the pool is waited for."""
CONNECTING_S = 5
POSTGRESQL_CLIENT = {
    "connect_timeout": CONNECTING_S,
    "application_name": "shopfloor",
    "client_encoding": "utf8",
    # A server that is gone without a word is noticed within half a minute.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}

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
CODES = {
    "40": "others keep changing the same rows of the database: try again in a moment",
    "53100": "the database's disk is full: free some space and try again; nothing that was confirmed is lost",
    "53": "the database server has no connection or memory left: raise its limits, or run fewer processes",
    "55P03": "another transaction has kept rows of the database locked: try again in a moment",
    "57": "the database server is being stopped or started: try again in a moment",
    "28": "the database server does not let this user in: check the name and the password in the database's "
    "URL, where special characters are written like %40",
    "3D": "there is no such database on the server: create it, or check the name in the database's URL",
    "42501": "the database's user may not do this: let it own the database's schema",
    "25006": "the database server takes no writes: check whether the URL names a replica",
}
"""PostgreSQL's codes, or how they begin, and what the operator can do."""
TURNED_AWAY = {
    "password": "28",
    "no pg_hba.conf entry": "28",
    "role ": "28",
    "database ": "3D",
    "too many clients": "53",
    "connection slots": "53",
    "starting up": "57",
    "shutting down": "57",
}
"""What a server says that lets nobody in, in the order in which it is looked for."""
NO_URL = (
    "this is no URL of a database that shopfloor can use: write it like postgresql://user:password@host:5432/shop, "
    "or leave it out for a file in the data directory"
)
UNREACHABLE = "the database server cannot be reached: check that it runs and that the database's URL is right"


def storage_error(error: DBAPIError) -> StorageError:
    """Say what went wrong in the database and what can be done."""
    code = _code(error)
    if code is not None:
        remedy = next((CODES[code[:length]] for length in (5, 2) if code[:length] in CODES), None)
        return StorageError(remedy or f"the database failed: {_said(error)}")
    if not isinstance(error.orig, sqlite3.Error):  # PostgreSQL's driver, before or after there was a server to answer
        return unreachable(error.orig)
    said = str(error.orig).lower()
    remedy = next((remedy for sign, remedy in REMEDIES.items() if sign in said), f"the database failed: {error.orig}")
    return StorageError(remedy)


def unreachable(error: object) -> StorageError:
    """Say why there is no connection to PostgreSQL: the driver knows no code then, only what the server said."""
    said = str(error).lower()
    return StorageError(next((CODES[code] for sign, code in TURNED_AWAY.items() if sign in said), UNREACHABLE))


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
    except PoolTimeout as error:
        raise StorageError("all connections to the database are in use: try again in a moment") from error


def _code(error: DBAPIError) -> str | None:
    """Return PostgreSQL's code of an error; None for SQLite's, and where no server answered."""
    code: object = getattr(error.orig, "sqlstate", None)
    return code if isinstance(code, str) else None


def _said(error: DBAPIError) -> str:
    """Return what PostgreSQL says without its details: they hold what stands in the rows, such as an address."""
    said: object = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    return said if isinstance(said, str) else "it did not say why"


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
        """Take a URL as `database_url` reads it; nothing is opened before the first use.

        Raises:
            InvalidInput: it is no URL of a SQLite or PostgreSQL database.
        """
        self._busy_timeout_ms = busy_timeout_ms
        self.engine = _made(database_url(url), 2 * READERS, busy_timeout_ms)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        if self.is_sqlite:
            event.listen(self.engine, "begin", _begin_sqlite)
            self._reading = self.engine
            self._writing = self.engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        else:
            self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            # Said each time: a connection that has only read would otherwise write by another rule than a new one.
            self._writing = self.engine.execution_options(isolation_level="SERIALIZABLE", postgresql_readonly=False)
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
        return await to_thread.run_sync(self._run, work, self._reading, limiter=self._read_slots)

    async def write(self, work: Callable[[Session], T]) -> T:
        """Run a unit of work in one transaction, as `write_core` does."""
        return await self.write_core(_mapped(work))

    async def write_core(self, work: Callable[[Connection], T]) -> T:
        """Run a unit of work that needs no mapped objects in one transaction: all of it is stored, or nothing.

        Once it has begun, cancelling the caller does not interrupt it. It is begun anew, after a rollback, where
        another fails that it was to be committed with, or collides with it; so it changes nothing but the database.
        """
        if not self.is_sqlite:
            return await to_the_end(to_thread.run_sync(self._write, work, limiter=self._write_slots))
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
        return self._write(_mapped(work)) if is_write else self._run(_mapped(work), self._reading)

    def _write(self, work: Callable[[Connection], T]) -> T:
        """Run a unit of work in one transaction, anew as long as others get in its way."""
        pause_s = FIRST_PAUSE_S
        with translated_errors():
            for _ in range(MOST_TRIES):
                try:
                    with self._writing.begin() as connection:
                        return work(connection)
                except DBAPIError as error:
                    if _code(error) not in COLLISIONS:
                        raise
                sleep(random.uniform(0, pause_s))  # noqa: S311  (so that two that collide do not collide again)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        return self._run(work, self._writing)

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

    def engine_beside(self) -> Engine:
        """Return another engine on the same database, for a library that begins its transactions itself."""
        engine = _made(self.engine.url, BESIDE, self._busy_timeout_ms)
        if self.is_sqlite:
            event.listen(engine, "connect", _begin_before_writes)
        return engine

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def _empty_log(self) -> None:
        outside_transactions = self.engine.execution_options(sqlite_begin=None)
        with translated_errors(), outside_transactions.connect() as connection:
            is_busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()
        if is_busy:
            raise StorageError("erased data is still in the database's log, which is in use: try again in a moment")


def database_url(url: str) -> URL:
    """Return the URL of a SQLite or PostgreSQL database: `sqlite:///FILE` or `postgresql://USER@HOST/NAME`.

    Raises:
        InvalidInput: it is none.
    """
    try:
        made = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise InvalidInput(NO_URL) from error
    if made.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return made.set(drivername="postgresql+psycopg")
    if made.drivername == "sqlite":
        return made
    raise InvalidInput(NO_URL)


def _made(url: URL, connections: int, busy_timeout_ms: int) -> Engine:
    if url.drivername != "sqlite":
        timeouts = f"-c lock_timeout={busy_timeout_ms} -c idle_in_transaction_session_timeout=60000"
        client = {**POSTGRESQL_CLIENT, "options": timeouts}
        return create_engine(
            url,
            hide_parameters=True,
            pool_size=connections,
            pool_timeout=POOL_S,
            pool_pre_ping=True,
            connect_args={name: value for name, value in client.items() if name not in url.query},
        )
    engine = create_engine(url, hide_parameters=True, pool_size=connections)
    was_there = False

    def find(_dialect: Dialect, _entry: object, arguments: list[Any], options: dict[str, Any]) -> None:
        if was_there:  # once it was moved away, no empty one may take its place
            arguments[0] = f"{Path(arguments[0]).as_uri()}?mode=rw"
            options["uri"] = True

    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        nonlocal was_there
        try:
            _prepare_sqlite(connection, busy_timeout_ms)
        except Exception:
            connection.close()  # the pool would leave it open
            raise
        was_there = bool(url.database) and Path(url.database).is_file()

    event.listen(engine, "do_connect", find)
    event.listen(engine, "connect", prepare)
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


def _begin_before_writes(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Let the driver begin a transaction before the first statement that writes."""
    connection.isolation_level = "IMMEDIATE"


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get("sqlite_begin", "BEGIN")
    if begin is not None:
        connection.exec_driver_sql(begin)
