"""Brings the database's schema to the one that this program needs."""

from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from shopfloor.database.engine import Database, translated_errors
from shopfloor.kernel.errors import InvalidInput, StorageError

VERSIONS = Path(__file__).parent / "migrations" / "versions"
"""The revisions, one file each, in a line: `0001_first_schema.py` is followed by `0002_...`."""
LOCK = 7_316_214_955_103
"""Any number that nobody else uses: PostgreSQL's advisory lock for migrations."""

SORTED_OTHERWISE = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
JOIN pg_type t ON t.oid = a.atttypid AND t.typcategory = 'S'
JOIN pg_collation l ON l.oid = a.attcollation AND l.collname <> 'C'
WHERE a.attnum > 0 AND NOT a.attisdropped
"""
"""The columns of texts that PostgreSQL orders in a way of its own."""


def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision, in one transaction; where it is there already, only look.

    It runs in the calling thread. Where two processes start at once, one waits for the other.

    Raises:
        StorageError: the database cannot be used, or its schema is newer than this program.
        InvalidInput: it cannot hold all that people write.
    """
    newest = newest_revision()
    with translated_errors(), database.engine.connect() as connection:
        if not database.is_sqlite:
            _check_encoding(connection)
        revision = revision_of(connection)
        connection.rollback()
        if revision == newest:
            return
        if database.is_sqlite:
            _drop_foreign_keys(connection)
        with connection.begin():
            _upgrade(connection, database, newest)


def newest_revision() -> str:
    """Return the newest revision that this program knows, `0000` before the first."""
    return max((file.name[:4] for file in VERSIONS.glob("[0-9]*_*.py")), default="0000")


def revision_of(connection: Connection) -> str:
    """Return the revision that the database is at, `0000` for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return "0000"
    return connection.scalar(text("SELECT version_num FROM alembic_version")) or "0000"


def _upgrade(connection: Connection, database: Database, newest: str) -> None:
    if not database.is_sqlite:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    revision = revision_of(connection)  # again: another process may just have upgraded it
    if revision > newest:
        raise StorageError(
            "the database was written by a newer version of shopfloor: install that version or a later one, "
            "or restore a backup from before the update"
        )
    if revision < newest:
        # Imported here, since Alembic takes longer to import than an up-to-date database takes to open.
        import_module("shopfloor.database.alembic_run").upgrade(connection, newest)
        if not database.is_sqlite:
            _sort_by_code_point(connection)


def _check_encoding(connection: Connection) -> None:
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise InvalidInput(
            f"the database is encoded as {encoding}, in which not every text can be kept: make one with "
            "`createdb -E UTF8 -T template0 ...`"
        )


def _sort_by_code_point(connection: Connection) -> None:
    """Let PostgreSQL order texts as SQLite and Python do, in whatever language the server was set up."""
    for table, column, kind in connection.execute(text(SORTED_OTHERWISE)).all():
        connection.exec_driver_sql(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE {kind} COLLATE "C"')


def _drop_foreign_keys(connection: Connection) -> None:
    """Switch SQLite's foreign keys off, or a table that a migration copies would take its dependants with it."""
    connection.detach()  # so that nobody uses it again
    connection.execution_options(sqlite_begin=None).exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.rollback()
    connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
