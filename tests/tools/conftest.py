"""The tools of the demo shop, made once for all tests that only read."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from demo_app import contents, demo_app
from tools.shop_floor import Floor, index

from shopfloor.database.base import Base
from shopfloor.database.engine import Database
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
    database.run(lambda session: Base.metadata.create_all(session.connection()), is_write=True)
    anyio.run(load, database, contents())
    database.close()
    return path


@pytest.fixture(params=["memory", "sql"])
async def floor(request: pytest.FixtureRequest, tmp_path: Path, filled: Path) -> AsyncIterator[Floor]:
    search = await to_thread.run_sync(index)
    if request.param == "memory":
        yield Floor(memory_shop(contents()), search)
        return
    path = tmp_path / "shop.db"
    await to_thread.run_sync(shutil.copy, filled, path)
    database = await to_thread.run_sync(Database.sqlite, path)
    yield Floor(sql_shop(database), search)
    await to_thread.run_sync(database.close)
