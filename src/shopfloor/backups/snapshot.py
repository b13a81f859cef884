"""A copy of a SQLite database of one moment, while others write to it.

SQLite's backup API copies page by page. Where another process writes in between, it begins anew, and under load it
would never end; so the copy is made inside one read transaction, which sees one moment whatever comes after it. It
takes half the time of `VACUUM INTO` (170 MB in 0.2 s), says how far it has come, and keeps every row's number.
"""

import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

from shopfloor.database.engine import BUSY_TIMEOUT_MS, REMEDIES
from shopfloor.kernel.errors import StorageError

PAGES = 1_000
"""How many pages are copied between two words on how far it has come: 4 MB."""


@contextmanager
def told_errors() -> Generator[None]:
    """Raise what SQLite says as a `StorageError` with its remedy."""
    try:
        yield
    except sqlite3.Error as error:
        said = str(error).lower()
        remedy = next((remedy for sign, remedy in REMEDIES.items() if sign in said), f"the database failed: {error}")
        raise StorageError(remedy) from error


def copy_database(source: Path, target: Path, tell: Callable[[float], None]) -> None:
    """Write what a database holds at this moment to a file that is empty; `tell` hears which part is done, up to 1.

    Nobody who writes waits for it. While it runs, the database's log grows, and what is erased cannot be taken out of
    the log.

    Raises:
        StorageError: the database cannot be read, or the copy cannot be written.
    """

    def progress(_status: int, remaining: int, total: int) -> None:
        tell(1 - remaining / total if total else 1)

    with told_errors(), closing(_connected(source, "mode=rw")) as live, closing(_connected(target, "mode=rw")) as copy:
        live.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        copy.execute("PRAGMA synchronous=OFF")  # whoever wants the copy to last sees to that
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the moment that the copy is of
        live.backup(copy, pages=PAGES, progress=progress, sleep=0)
        live.execute("ROLLBACK")


def check_database(path: Path) -> str:
    """Return the revision of a database's schema after reading all of it. Nobody may be writing to it.

    Raises:
        StorageError: it is damaged, or no database of shopfloor.
    """
    with told_errors(), closing(_connected(path, "immutable=1")) as database:
        found = [str(row[0]) for row in database.execute("PRAGMA integrity_check(1)")]
        if found != ["ok"]:
            raise StorageError(REMEDIES["malformed"])
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            raise StorageError(f"{path} is no database of shopfloor: choose another one")
        row = database.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else "0000"


def begin_history(path: Path) -> None:
    """Let what goes on from a database be told from what went on from it before, as numbers are given out again.

    Raises:
        StorageError: it cannot be written.
    """
    with told_errors(), closing(_connected(path, "mode=rw")) as database:
        if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'installation'").fetchone():
            database.execute("INSERT OR REPLACE INTO installation VALUES ('history', lower(hex(randomblob(8))))")


def _connected(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None)
