"""All journals, on a clock that the test moves."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shopfloor.database.engine import Database
from shopfloor.journal.contract import Journal
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.journal.memory import MemoryJournal
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.clock import FixedClock
from shopfloor.telemetry.metrics import Metrics
from shopfloor.telemetry.telemetry import Telemetry


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 5, 4, 9, 30, tzinfo=UTC))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def sql_journal(database: Database, path: Path, clock: FixedClock) -> Iterator[SqlJournal]:
    journal = SqlJournal(database, clock, MachineLocks(path.parent / "locks"))
    yield journal
    journal.close()


@pytest.fixture(params=["memory", "sqlite", "postgresql", "heard"])
def journal(request: pytest.FixtureRequest, clock: FixedClock) -> Journal:
    if request.param == "heard":
        return Telemetry(clock, Metrics("1"), []).journal(MemoryJournal(clock))
    return request.getfixturevalue("sql_journal") if request.param != "memory" else MemoryJournal(clock)
