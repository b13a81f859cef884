"""Live and ready: what a load balancer is told while the database fails and comes back, and while the server ends."""

import shutil
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import anyio
import pytest
from anyio import to_thread
from demo_app import demo_app
from serving import FREE, Served, serving, until
from sqlalchemy import event, text

from shopfloor.app import App, services_of
from shopfloor.database.engine import Database
from shopfloor.database.health import checks_of
from shopfloor.http.limits import Limits, Rate

pytestmark = pytest.mark.anyio

READY = "/health/ready"


@pytest.fixture(scope="module")
async def app() -> App:
    return await demo_app()


@pytest.fixture
def path(migrated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(migrated, tmp_path / "shop.db"))


@pytest.fixture
def kept(path: Path) -> Iterator[Database]:
    """A database that waits for others for a moment only."""
    database = Database(f"sqlite:///{path}", busy_timeout_ms=50)
    yield database
    database.close()


@asynccontextmanager
async def checked(app: App, database: Database, path: Path, limits: Limits = FREE) -> AsyncGenerator[Served]:
    """Serve with what is checked of a database."""
    checks = await to_thread.run_sync(checks_of, database, path)
    async with serving(limits, services=replace(services_of(app), checks=checks), app=app) as served:
        yield served


async def failing(served: Served) -> dict[str, str]:
    """Return what fails, by the names of the checks."""
    answer = await served.client.get(READY)
    if answer.status_code == 200:
        assert answer.json() == {"status": "ready"}
        return {}
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    problem = answer.json()
    assert problem["status"] == 503
    assert (await served.client.get("/health/live")).json() == {"status": "live"}
    return {error["field"]: error["message"] for error in problem["errors"]}


async def until_failing(served: Served, names: set[str]) -> dict[str, str]:
    with anyio.fail_after(15):
        while True:
            found = await failing(served)
            if found.keys() == names:
                return found
            await anyio.sleep(0.1)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(database: Database) -> Iterator[None]:
    def limit(connection: sqlite3.Connection, _entry: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # as many as there are

    database.close()
    event.listen(database.engine, "connect", limit)
    yield
    event.remove(database.engine, "connect", limit)
    database.close()


@contextmanager
def at_revision(path: Path, revision: str) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        [(known,)] = other.execute("SELECT version_num FROM alembic_version").fetchall()
        other.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        yield
        other.execute("UPDATE alembic_version SET version_num = ?", (known,))


@contextmanager
def moved(path: Path) -> Iterator[None]:
    elsewhere = path.with_name("elsewhere.db")
    path.rename(elsewhere)
    yield
    elsewhere.rename(path)


def content(path: Path) -> bytes:
    return path.read_bytes()


def overwrite(path: Path, at: int, text: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(text)


ALL = {"database_reads", "database_writes", "schema"}
CASES: dict[str, tuple[Callable[[Database, Path], Any], set[str], str]] = {
    "locked": (lambda _, path: locked(path), {"database_writes"}, "another process has kept the database locked"),
    "full": (lambda database, _: full(database), {"database_writes"}, "the disk is full: free some space"),
    "older": (lambda _, path: at_revision(path, "0003"), {"schema"}, "start the server again"),
    "moved": (lambda _, path: moved(path), ALL, "moved or replaced while it was in use"),
}


@pytest.mark.parametrize("case", CASES)
async def test_ready_names_what_fails_and_comes_back_by_itself(app: App, kept: Database, path: Path, case: str) -> None:
    harm, names, words = CASES[case]
    async with checked(app, kept, path) as served:
        assert await failing(served) == {}
        with harm(kept, path):
            found = await until_failing(served, names)
            assert words in " ".join(found.values())
            assert str(path.parent) not in str(found)
            assert (await served.client.get("/healthz")).status_code == 200
        assert await until_failing(served, set()) == {}


async def test_damage_that_work_meets_makes_a_server_unready_until_the_file_is_whole(
    app: App, kept: Database, path: Path
) -> None:
    row = text("INSERT INTO versions (kind, version, data, is_shipped, made_at) VALUES ('x', :n, :data, 0, 0)")
    for number in range(40):
        await kept.write(lambda session, n=number: session.execute(row, {"n": n, "data": f'"{"x" * 20_000}"'}))
    await kept.forget_deleted()
    whole = content(path)
    async with checked(app, kept, path) as served:
        assert await failing(served) == {}
        overwrite(path, len(whole) // 2, b"\xff" * 4096 * 20)
        kept.close()  # or pages that are in memory would hide it
        with pytest.raises(Exception, match="damaged"):
            await kept.read(lambda session: session.execute(text("SELECT sum(length(data)) FROM versions")).all())
        found = await until_failing(served, {"database_reads"})
        assert "damaged: restore a backup" in found["database_reads"]
        overwrite(path, 0, whole)
        kept.close()
        assert await until_failing(served, set()) == {}


async def test_a_check_that_hangs_counts_as_failed_after_two_seconds(app: App, migrated: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(migrated, tmp_path / "slow.db"))
    database = await to_thread.run_sync(Database.sqlite, path)
    async with checked(app, database, path) as served:
        with locked(path):
            began = monotonic()
            answers = [await failing(served)]
            first = monotonic()
            answers += [await failing(served) for _ in range(2)]
            assert monotonic() - first < first - began, "those that ask later wait no longer"
        assert answers == [{"database_writes": "no answer within 2 seconds"}] * 3
        assert await until_failing(served, set()) == {}
    await to_thread.run_sync(database.close)


async def test_however_often_it_is_asked_the_database_is_asked_once_a_second(
    app: App, kept: Database, path: Path
) -> None:
    committed: list[float] = []
    event.listen(kept.engine, "commit", lambda _connection: committed.append(monotonic()))
    async with checked(app, kept, path) as served:
        began = monotonic()

        async def ask() -> None:
            for _ in range(20):
                assert await failing(served) == {}

        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(ask)
        seconds = monotonic() - began
    assert 3 <= len(committed) <= 3 * (seconds + 1)


async def test_a_load_balancer_is_not_turned_away_for_asking_often(app: App, kept: Database, path: Path) -> None:
    limits = replace(FREE, address=Rate(per_minute=1, burst=2))
    async with checked(app, kept, path, limits) as served:
        for _ in range(30):
            assert (await served.client.get(READY)).status_code == 200
            assert (await served.client.get("/health/live")).status_code == 200
        assert [(await served.client.get("/v1/shop")).status_code for _ in range(3)] == [200, 200, 429]


async def test_a_server_that_ends_is_unready_first_and_still_takes_requests(app: App) -> None:
    async with serving(app=app, drain_s=60) as served:
        talk = await served.open()
        assert await failing(served) == {}
        served.server.should_exit = True
        assert await until_failing(served, {"server"}) == {"server": "it is ending"}
        assert "hello" in (await talk.say("hello", "a")).lower()
        served.server.force_exit = True  # as a second Ctrl-C does
        await until(lambda: not served.server.servers[0].is_serving())


async def test_the_write_check_reaches_the_disk_and_changes_nothing(kept: Database, path: Path) -> None:
    checks = await to_thread.run_sync(checks_of, kept, path)
    await kept.forget_deleted()
    log = path.with_name("shop.db-wal")
    before = content(path)
    assert log.stat().st_size == 0
    assert await checks["database_writes"]() is None
    assert 0 < log.stat().st_size < 20_000
    await kept.forget_deleted()
    after = content(path)
    assert len(after) == len(before)
    assert [n for n in range(100, len(before)) if before[n] != after[n]] == []
