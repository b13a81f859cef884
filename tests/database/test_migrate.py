"""The schema: the same from migrations as from the rows, whoever brings it there."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from shopfloor.database import alembic_run
from shopfloor.database.base import Base
from shopfloor.database.engine import Database
from shopfloor.database.migrate import newest_revision, upgrade
from shopfloor.database.revise import import_rows
from shopfloor.kernel.errors import StorageError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database.sqlite(path)
    yield database
    database.close()


def differences(database: Database) -> list[object]:
    import_rows()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return list(compare_metadata(context, Base.metadata))


def revisions(database: Database) -> list[str]:
    return database.run(lambda session: list(session.scalars(text("SELECT version_num FROM alembic_version"))), False)


def test_migrations_make_the_very_schema_of_the_rows(database: Database) -> None:
    upgrade(database)
    assert differences(database) == []
    assert revisions(database) == [newest_revision()]


def test_an_upgraded_database_goes_down_to_nothing_and_up_again(database: Database) -> None:
    upgrade(database)
    with database.engine.begin() as connection:
        alembic_run.downgrade(connection, "base")
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    upgrade(database)
    assert differences(database) == []


def test_settings_stay_with_their_versions_when_they_are_kept_as_one_kind_of_many(database: Database) -> None:
    upgrade(database)
    with database.engine.begin() as connection:
        alembic_run.downgrade(connection, "0008")
        row = "INSERT INTO settings_versions (version, brand, is_shipped, made_at) VALUES (1, '{\"a\": 1}', 1, 7)"
        connection.exec_driver_sql(row)
    upgrade(database)
    kept = text("SELECT kind, version, data, is_shipped, made_at FROM versions")
    rows = database.run(lambda session: [tuple(row) for row in session.execute(kept)], False)
    assert rows == [("settings", 1, '{"a": 1}', 1, 7)]
    with database.engine.begin() as connection:
        alembic_run.downgrade(connection, "0008")
        assert connection.exec_driver_sql("SELECT brand FROM settings_versions").scalar_one() == '{"a": 1}'


def test_an_upgrade_with_nothing_to_do_keeps_what_is_there(database: Database) -> None:
    upgrade(database)
    streams = "INSERT INTO journal_streams (stream, last_seq, head, unanswered) VALUES ('c', 0, '', 0)"
    database.run(lambda session: session.execute(text(streams)), True)
    upgrade(database)
    counted = text("SELECT count(*) FROM journal_streams")
    assert database.run(lambda session: session.scalar(counted), False) == 1


def test_foreign_keys_hold_after_an_upgrade(database: Database) -> None:
    upgrade(database)
    switch = text("PRAGMA foreign_keys")
    assert database.run(lambda session: session.scalar(switch), False) == 1


def test_a_schema_newer_than_the_program_is_left_alone(database: Database) -> None:
    upgrade(database)
    database.run(lambda session: session.execute(text("UPDATE alembic_version SET version_num = '9999'")), True)
    with pytest.raises(StorageError, match="newer version of shopfloor"):
        upgrade(database)
    assert revisions(database) == ["9999"]


def test_a_file_that_is_no_database_is_not_upgraded(database: Database, path: Path) -> None:
    path.write_text("Dear diary, " * 1_000)
    with pytest.raises(StorageError, match="not a database: restore a backup"):
        upgrade(database)
    assert path.read_text() == "Dear diary, " * 1_000


def test_a_truncated_database_is_not_upgraded(database: Database, path: Path) -> None:
    upgrade(database)
    database.close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * 4096)
    with pytest.raises(StorageError, match="damaged: restore a backup"):
        upgrade(database)


def test_processes_that_start_at_once_upgrade_together(database: Database, path: Path) -> None:
    program = Path(__file__).parent / "upgrading.py"
    started = [
        subprocess.Popen([sys.executable, str(program), f"sqlite:///{path}"], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [process.communicate(timeout=60)[1] for process in started]
    assert [(process.returncode, words) for process, words in zip(started, said, strict=True)] == [(0, "")] * 4
    assert differences(database) == []
