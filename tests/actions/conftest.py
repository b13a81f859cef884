"""A journal with its actions, in memory and on a database, on a clock that the test moves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from actions.till import NOW, in_memory

from shopfloor.actions.sql_store import SqlActions
from shopfloor.actions.store import Actions
from shopfloor.database.engine import Database
from shopfloor.journal.contract import Journal
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.clock import FixedClock

Kept = tuple[Journal, Actions, FixedClock]


@pytest.fixture
def on_sql(database: Database, tmp_path: Path) -> Iterator[Kept]:
    clock, actions = FixedClock(NOW), SqlActions(database)
    journal = SqlJournal(database, clock, MachineLocks(tmp_path / "locks"), [actions.project])
    yield journal, actions, clock
    journal.close()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest) -> Kept:
    return request.getfixturevalue("on_sql") if request.param != "memory" else in_memory()
