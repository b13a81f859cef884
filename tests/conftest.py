"""What every test runs under: the asyncio backend, a loop that must not be blocked, a database if it asks for one."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import settings
from kills import summary
from postgres import Postgres

from shopfloor.database.engine import Database
from shopfloor.database.migrate import upgrade

# How long an example takes says more of the machine than of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


NO_PARAMETERS = SimpleNamespace(params={})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell of the processes that were killed."""
    reports = (one for of_kind in terminalreporter.stats.values() for one in of_kind)
    ended = [one for one in reports if type(one) is pytest.TestReport and one.when == "call"]  # and no part of one
    for line in summary(found for one in ended for found in one.user_properties):
        terminalreporter.write_line(line)


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, which all processes of this run share."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or secrets.token_hex(8)
    # Not among pytest's own folders: it closes them to all but its user, and the server never runs as root.
    with Postgres(Path(tempfile.gettempdir()) / f"shopfloor-postgres-{run}") as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgresql(postgres: Postgres) -> str:
    """The name of a PostgreSQL database with all tables and no rows."""
    name = postgres.create()
    with postgres.opened(name) as database:
        upgrade(database)
    return name


@pytest.fixture
def postgresql(postgres: Postgres, migrated_postgresql: str) -> Iterator[Database]:
    """A database of the test's own on PostgreSQL."""
    with postgres.copied(migrated_postgresql) as database:
        yield database


@pytest.fixture
def database(request: pytest.FixtureRequest, migrated: Path, tmp_path: Path) -> Iterator[Database]:
    """A database of the test's own: SQLite, unless a parameter of the test or of a fixture of it is `postgresql`."""
    if "postgresql" in getattr(request.node, "callspec", NO_PARAMETERS).params.values():
        yield request.getfixturevalue("postgresql")
        return
    database = Database.sqlite(shutil.copy(migrated, tmp_path / "shop.db"))
    yield database
    database.close()
