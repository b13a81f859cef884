"""What only PostgreSQL shows: its schema, transactions that collide, and a server that goes and comes back."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from anyio import to_thread
from postgres import Postgres
from sqlalchemy import Connection, text

from shopfloor.database import alembic_run
from shopfloor.database.base import Base
from shopfloor.database.engine import Database, database_url
from shopfloor.database.migrate import SORTED_OTHERWISE, newest_revision, upgrade
from shopfloor.database.postgresql import PostgresNode
from shopfloor.database.revise import import_rows
from shopfloor.kernel.errors import InvalidInput, StorageError

pytestmark = pytest.mark.anyio


@pytest.fixture
def empty(postgres: Postgres) -> Iterator[Database]:
    with postgres.opened(postgres.create()) as database:
        yield database


@pytest.fixture(scope="module")
def own_server() -> Iterator[Postgres]:
    """Return a server that the test may stop."""
    with Postgres(Path(tempfile.mkdtemp(prefix="shopfloor-postgres-"))) as server:
        yield server


def differences(database: Database) -> list[object]:
    import_rows()
    with database.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def add(connection: Connection, key: str) -> None:
    connection.execute(text("INSERT INTO notes VALUES (:key)"), {"key": key})


def count(connection: Connection) -> int:
    return connection.execute(text("SELECT count(*) FROM notes")).scalar_one()


async def notes(database: Database) -> None:
    await database.write_core(lambda connection: connection.exec_driver_sql("CREATE TABLE notes (key text)"))


def test_migrations_make_the_very_schema_of_the_rows_and_go_back(empty: Database) -> None:
    upgrade(empty)
    assert differences(empty) == []
    with empty.engine.begin() as connection:
        alembic_run.downgrade(connection, "base")
    upgrade(empty)
    assert differences(empty) == []


def test_texts_are_ordered_as_python_does_whatever_the_server_would_do(empty: Database) -> None:
    upgrade(empty)
    with empty.engine.connect() as connection:
        assert connection.execute(text(SORTED_OTHERWISE)).all() == []


def test_processes_that_start_at_once_upgrade_together(empty: Database) -> None:
    program = Path(__file__).parent / "upgrading.py"
    url = empty.engine.url.render_as_string(hide_password=False)
    started = [
        subprocess.Popen([sys.executable, str(program), url], stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    said = [process.communicate(timeout=60)[1] for process in started]
    assert [(process.returncode, words) for process, words in zip(started, said, strict=True)] == [(0, "")] * 4
    with empty.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == newest_revision()


async def test_units_of_work_that_collide_act_as_if_each_were_alone(postgresql: Database) -> None:
    await notes(postgresql)

    def work(connection: Connection) -> int:
        """Add a note that tells how many there were, as only one of two at once may find."""
        found = count(connection)
        add(connection, str(found))
        return found

    seen = await asyncio.gather(*(postgresql.write_core(work) for _ in range(24)))
    assert sorted(seen) == [*range(24)]


async def test_a_read_sees_one_moment(postgresql: Database) -> None:
    await notes(postgresql)

    def read(connection: Connection) -> tuple[int, int]:
        first = count(connection)
        with postgresql.engine.begin() as other:
            add(other, "meanwhile")
        return first, count(connection)

    assert await postgresql.read_core(read) == (0, 0)


async def test_a_read_cannot_write(postgresql: Database) -> None:
    await notes(postgresql)
    with pytest.raises(StorageError, match="takes no writes"):
        await postgresql.read_core(lambda connection: add(connection, "no"))


async def test_what_cannot_be_stored_is_refused(postgresql: Database) -> None:
    await notes(postgresql)
    for key in ("a\0b", "\ud800"):
        with pytest.raises(InvalidInput, match="cannot be stored"):
            await postgresql.write_core(lambda connection, key=key: add(connection, key))


async def test_an_error_of_the_database_tells_nothing_of_its_rows(postgresql: Database) -> None:
    await notes(postgresql)
    await postgresql.write_core(lambda connection: connection.exec_driver_sql("CREATE UNIQUE INDEX one ON notes (key)"))
    await postgresql.write_core(lambda connection: add(connection, "maya@example.com"))
    with pytest.raises(StorageError, match="duplicate key") as failed:
        await postgresql.write_core(lambda connection: add(connection, "maya@example.com"))
    assert "maya" not in str(failed.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"database": "nowhere"}, "there is no such database on the server"),
        ({"username": "nobody"}, "does not let this user in"),
        ({"query": {"host": "/nowhere"}}, "cannot be reached"),
    ],
)
async def test_who_is_not_let_in_is_told_why(postgres: Postgres, change: dict[str, Any], told: str) -> None:
    url = database_url(postgres.url()).set(**change)
    database = Database(url.render_as_string(hide_password=False))
    with pytest.raises(StorageError, match=told):
        await database.read_core(count)
    with pytest.raises(StorageError, match=told):
        async with PostgresNode(url).hold("a", wait=True):
            pass
    database.close()


def test_a_database_that_cannot_hold_every_text_is_refused(postgres: Postgres) -> None:
    name = postgres.create("template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
    with (
        postgres.opened(name) as database,
        pytest.raises(InvalidInput, match=r"encoded as SQL_ASCII.*createdb -E UTF8"),
    ):
        upgrade(database)
    postgres.drop(name)


async def test_a_server_that_is_stopped_is_named_and_used_again_once_it_is_back(own_server: Postgres) -> None:
    name = await to_thread.run_sync(own_server.create)
    database = Database(own_server.url(name))
    await notes(database)
    await database.write_core(lambda connection: add(connection, "before"))
    await to_thread.run_sync(own_server.stop)
    with pytest.raises(StorageError, match="cannot be reached"):
        await database.read_core(count)
    await to_thread.run_sync(own_server.start)
    await database.write_core(lambda connection: add(connection, "after"))
    assert await database.read_core(count) == 2
    await to_thread.run_sync(database.close)


@pytest.mark.parametrize(
    "url",
    ["", "shop", "mysql://shop@localhost/shop", "postgresql://shop@localhost:port/shop", "postgresql+asyncpg://x/y"],
)
def test_what_is_no_url_of_a_database_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="postgresql://user:password@host"):
        Database(url)


@pytest.mark.parametrize("begin", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_url_may_be_written_as_is_usual(begin: str) -> None:
    assert database_url(f"{begin}://shop@localhost/shop").drivername == "postgresql+psycopg"
