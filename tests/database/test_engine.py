"""What the database promises when the disk, the file or another process does not play along."""

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Event as ThreadEvent

import anyio.lowlevel
import pytest
from anyio import CancelScope, create_task_group, run, sleep, to_thread
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.database.migrate import upgrade
from shopfloor.kernel.errors import InvalidInput, StorageError

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{path}", busy_timeout_ms=50)
    yield database
    database.close()


@pytest.fixture
def notes(database: Database) -> Database:
    database.run(lambda session: session.execute(text("CREATE TABLE notes (text)")), True)
    return database


def write(note: object, *, times: int = 1) -> Callable[[Session], None]:
    def work(session: Session) -> None:
        for _ in range(times):
            session.execute(text("INSERT INTO notes VALUES (:note)"), {"note": note})

    return work


def count(session: Session) -> int:
    return session.scalar(text("SELECT count(*) FROM notes")) or 0


def limit_pages(database: Database, pages: int) -> None:
    database.close()
    event.listen(database.engine, "connect", lambda connection, _: connection.execute(f"PRAGMA max_page_count={pages}"))


async def test_a_failed_unit_of_work_stores_nothing(notes: Database) -> None:
    def work(session: Session) -> None:
        session.execute(text("INSERT INTO notes VALUES ('half')"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await notes.write(work)
    assert await notes.read(count) == 0


async def test_a_cancelled_caller_does_not_interrupt_a_write(notes: Database) -> None:
    begun, go_on = ThreadEvent(), ThreadEvent()

    def work(session: Session) -> None:
        write("whole")(session)
        begun.set()
        go_on.wait(10)

    async with create_task_group() as tasks:
        scope = CancelScope()

        async def writing() -> None:
            with scope:
                await notes.write(work)

        tasks.start_soon(writing)
        await to_thread.run_sync(begun.wait, 10)
        scope.cancel()
        go_on.set()
    assert await notes.read(count) == 1


async def test_writes_that_queued_are_committed_together(notes: Database) -> None:
    commits: list[object] = []
    event.listen(notes.engine, "commit", commits.append)
    async with create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(notes.write, write("note"))
    assert await notes.read(count) == 20
    assert len(commits) < 10


async def test_one_that_fails_takes_none_of_those_down_that_it_was_to_be_committed_with(notes: Database) -> None:
    outcomes: list[object] = []

    def work(number: int, session: Session) -> int:
        write(number)(session)
        if number % 5 == 3:
            raise RuntimeError(number)
        return number

    async def writing(number: int) -> None:
        try:
            outcomes.append(await notes.write(partial(work, number)))
        except RuntimeError as error:
            outcomes.append(str(error))

    async with create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(writing, number)
    assert outcomes == [0, 1, 2, "3", 4, 5, 6, 7, "8", 9]
    assert await notes.read(count) == 8


async def test_one_that_was_cancelled_while_it_queued_is_not_run(notes: Database) -> None:
    begun, go_on = ThreadEvent(), ThreadEvent()

    def first(session: Session) -> None:
        begun.set()
        go_on.wait(10)
        write("first")(session)

    async with create_task_group() as tasks:
        scope = CancelScope()

        async def writing() -> None:
            with scope:
                await notes.write(write("second"))

        tasks.start_soon(notes.write, first)
        await to_thread.run_sync(begun.wait, 10)
        tasks.start_soon(writing)
        tasks.start_soon(notes.write, write("third"))
        await anyio.lowlevel.checkpoint()
        scope.cancel()
        await anyio.lowlevel.checkpoint()
        go_on.set()
    assert await notes.read(lambda session: session.scalars(text("SELECT * FROM notes")).all()) == ["first", "third"]


async def test_where_no_thread_can_start_nobody_believes_that_it_is_stored(
    notes: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes: list[BaseException | None] = []

    async def no_thread(*_args: object, **_options: object) -> None:
        await sleep(0.01)
        raise RuntimeError("no thread can start")

    async def writing() -> None:
        try:
            await notes.write(write("note"))
        except (RuntimeError, StorageError) as error:
            outcomes.append(error)
        else:
            outcomes.append(None)

    with monkeypatch.context() as patched:
        patched.setattr("shopfloor.database.engine.to_thread.run_sync", no_thread)
        async with create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(writing)
    assert len(outcomes) == 3
    assert all(outcomes)
    assert await notes.read(count) == 0


def test_event_loops_may_follow_one_another(notes: Database) -> None:
    async def write_three() -> None:
        async with create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(notes.write, write("note"))

    run(write_three)
    run(write_three)
    assert notes.run(count, False) == 6


async def test_connections_are_used_again(notes: Database) -> None:
    opened: list[object] = []
    event.listen(notes.engine, "connect", lambda connection, _: opened.append(connection))
    for _ in range(3):
        async with create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(notes.write, write("note"))
                tasks.start_soon(notes.read, count)
    assert len(opened) <= 5
    assert await notes.read(count) == 60


@pytest.mark.parametrize("value", ["half a pair: \ud83d", 2**64])
async def test_a_value_that_cannot_be_stored_is_the_callers_mistake(notes: Database, value: object) -> None:
    with pytest.raises(InvalidInput):
        await notes.write(write(value))
    assert await notes.read(count) == 0


@pytest.fixture
def _a_diary(path: Path) -> None:
    path.write_text("Dear diary, " * 1_000)


@pytest.mark.usefixtures("_a_diary")
async def test_a_file_that_is_no_database_is_named(database: Database) -> None:
    for _ in range(2):
        with pytest.raises(StorageError, match="not a database: restore a backup"):
            await database.read(count)
        with pytest.raises(StorageError, match="not a database: restore a backup"):
            await database.write(write("note"))


async def test_a_damaged_database_is_named(notes: Database, path: Path) -> None:
    await notes.write(write("note" * 100, times=500))
    await notes.forget_deleted()
    notes.close()
    with path.open("r+b") as file:
        file.seek(2 * 4096)
        file.write(b"\xff" * 20 * 4096)
    with pytest.raises(StorageError, match="damaged: restore a backup"):
        await notes.read(lambda session: session.execute(text("SELECT * FROM notes")).all())


async def test_a_full_disk_is_named_and_leaves_nothing_half_written(notes: Database) -> None:
    await notes.write(write("before"))
    limit_pages(notes, 10)
    with pytest.raises(StorageError, match="disk is full: free some space"):
        await notes.write(write("note" * 500, times=500))
    assert await notes.read(count) == 1
    await notes.write(write("after"))
    assert await notes.read(count) == 2


def test_a_file_that_may_not_grow_is_named_and_leaves_nothing_half_written(notes: Database, path: Path) -> None:
    program = Path(__file__).parent / "writing.py"
    limited = subprocess.run(
        [sys.executable, str(program), str(path)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    confirmed, said = limited.stdout.splitlines()
    assert "free space" in said
    assert notes.run(count, False) == int(confirmed)


async def test_a_directory_that_does_not_exist_is_named(tmp_path: Path) -> None:
    database = await to_thread.run_sync(Database.sqlite, tmp_path / "nowhere" / "shop.db")
    with pytest.raises(StorageError, match="cannot be opened: check that the data directory exists"):
        await database.read(count)
    database.close()


def test_no_empty_database_takes_the_place_of_one_that_was_moved_away(notes: Database, path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))
    notes.close()  # so that the next one is opened by its name
    with pytest.raises(StorageError, match="cannot be opened"):
        notes.run(count, False)
    assert not path.exists()
    path.with_name("elsewhere.db").rename(path)
    assert notes.run(count, False) == 0


async def test_a_database_that_may_only_be_read_is_named(notes: Database, path: Path) -> None:
    notes.close()
    database = await to_thread.run_sync(Database, f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(StorageError, match="cannot be written to: check its permissions"):
        await database.write(write("note"))
    database.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not hold root back")
async def test_a_read_only_directory_is_named(path: Path, database: Database) -> None:
    path.parent.chmod(0o500)
    try:
        with pytest.raises(StorageError, match="check"):
            await database.read(count)
    finally:
        path.parent.chmod(0o700)


async def test_a_locked_database_is_named_once_the_wait_is_over(notes: Database, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="kept the database locked"):
        await notes.write(write("note"))
    assert await notes.read(count) == 0
    other.execute("ROLLBACK")
    other.close()
    await notes.write(write("note"))


async def test_what_was_deleted_is_said_to_be_on_disk_while_a_reader_needs_it(notes: Database, path: Path) -> None:
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM notes").fetchall()
    await notes.write(write("note"))
    with pytest.raises(StorageError, match="still in the database's log"):
        await notes.forget_deleted()
    reader.close()
    await notes.forget_deleted()


def test_a_failed_upgrade_leaves_no_table_behind(database: Database) -> None:
    limit_pages(database, 5)
    with pytest.raises(StorageError, match="disk is full"):
        upgrade(database)
    tables = text("SELECT name FROM sqlite_master")
    assert database.run(lambda session: session.execute(tables).all(), False) == []
