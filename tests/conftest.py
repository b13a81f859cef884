"""What every test runs under: the asyncio backend, a loop that must not be blocked, a database if it asks for one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import settings

from shopfloor.database.engine import Database
from shopfloor.database.migrate import upgrade

# How long an example takes says more of the machine than of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _the_loop_is_never_blocked() -> Iterator[BlockBuster]:
    with blockbuster_ctx("shopfloor") as blocker:
        yield blocker


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database's file with all tables and no rows."""
    path = tmp_path_factory.mktemp("migrated") / "shop.db"
    database = Database.sqlite(path)
    upgrade(database)
    database.close()
    return path


@pytest.fixture
def database(migrated: Path, tmp_path: Path) -> Iterator[Database]:
    """A database of the test's own."""
    database = Database.sqlite(shutil.copy(migrated, tmp_path / "shop.db"))
    yield database
    database.close()
