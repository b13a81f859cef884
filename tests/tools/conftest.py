"""The tools of the demo shop, made once for all tests that only read."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from demo_app import contents, demo_app
from postgres import Postgres
from tools.shop_floor import Floor, index

from shopfloor.database.engine import Database
from shopfloor.database.migrate import upgrade
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.sql import load, sql_shop
from shopfloor.tools.contract import Toolset


@pytest.fixture(scope="session")
async def demo_tools() -> Toolset:
    held: list[Toolset] = []

    def hold(tools: Toolset) -> Toolset:
        held.append(tools)
        return tools

    await demo_app(wrap=hold)
    return held[0]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database that holds the demo shop, filled once for all tests."""
    path = tmp_path_factory.mktemp("filled") / "shop.db"
    database = Database.sqlite(path)
    upgrade(database)
    anyio.run(load, database, contents())
    database.close()
    return path


@pytest.fixture(scope="session")
def filled_postgresql(postgres: Postgres, migrated_postgresql: str) -> str:
    """Return the name of a PostgreSQL database that holds the demo shop, filled once for all tests."""
    name = postgres.create(migrated_postgresql)
    with postgres.opened(name) as database:
        anyio.run(load, database, contents())
    return name


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def shop_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database | None]:
    """Return a database of the test's own that holds the demo shop; None where it is to be kept in memory."""
    if request.param == "memory":
        yield None
    elif request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        with server.copied(request.getfixturevalue("filled_postgresql")) as database:
            yield database
    else:
        database = Database.sqlite(shutil.copy(request.getfixturevalue("filled"), tmp_path / "shop.db"))
        yield database
        database.close()


@pytest.fixture
async def floor(shop_database: Database | None) -> Floor:
    search = await to_thread.run_sync(index)
    return Floor(sql_shop(shop_database) if shop_database else memory_shop(contents()), search)
