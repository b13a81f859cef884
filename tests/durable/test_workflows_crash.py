"""What only workflows show: another process ends what one that crashed had begun, and all keep one pace together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from anyio import create_task_group, fail_after, sleep, to_thread
from durable.crashing_effect import begin
from dying import outcome
from pydantic import JsonValue
from sqlalchemy import text

from shopfloor.database.engine import Database
from shopfloor.durable.contract import Effect, Pace
from shopfloor.durable.workflows import DbosDurable
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.errors import Conflict, StorageError

pytestmark = pytest.mark.anyio

ADDRESS = "15 Market Street"
PATIENCE_S = 30


class World:
    """What is outside, and what of it a process knows that adopts."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, JsonValue]] = []
        self.begun: list[float] = []
        self.known: dict[str, dict[str, JsonValue]] = {}

    async def run(self, key: str, args: dict[str, JsonValue]) -> JsonValue:
        self.runs.append((key, args["amount"]))
        self.begun.append(SystemClock().now().timestamp())
        return {"amount": args["amount"], "to": ADDRESS}

    async def look_up(self, key: str) -> JsonValue:
        return next(({"amount": amount} for one, amount in self.runs if one == key), None)

    async def arguments(self, key: str) -> dict[str, JsonValue] | None:
        return self.known.get(key)


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest) -> World:
    """Return the world; its parameter says which database the test gets."""
    del request
    return World()


@pytest.fixture
def locks(tmp_path: Path) -> Path:
    return tmp_path / "locks"


@asynccontextmanager
async def opened(world: World, database: Database, locks: Path, pace: Pace | None = None) -> AsyncIterator[DbosDurable]:
    held = MachineLocks(locks)
    durable = DbosDurable(
        {"refund": Effect(run=world.run, look_up=world.look_up, pace=pace)},
        database=database,
        arguments=world.arguments,
        hold=lambda name: held.hold(name, wait=False),
        clock=SystemClock(),
    )
    async with durable.running():
        yield durable
    held.close()


async def crash(database: Database, locks: Path, key: str, amount: int) -> None:
    """Begin an effect in another process, which is killed in its midst."""
    url = database.engine.url.render_as_string(hide_password=False)
    assert await to_thread.run_sync(outcome, begin, url, str(locks), key, amount) == -9


async def pending(database: Database) -> int:
    table = "workflow_status" if database.is_sqlite else "dbos.workflow_status"
    counted = text(f"SELECT count(*) FROM {table} WHERE status NOT IN ('SUCCESS')")  # noqa: S608
    return await database.read(lambda session: session.execute(counted).scalar_one())


async def until_none_is_pending(database: Database) -> None:
    with fail_after(PATIENCE_S):
        while await pending(database):  # noqa: ASYNC110  (another thread settles them)
            await sleep(0.05)


async def test_after_a_crash_the_worker_carries_out_what_was_begun(
    world: World, database: Database, locks: Path
) -> None:
    await crash(database, locks, "k", 5)
    assert await pending(database) == 1
    world.known["k"] = {"amount": 5}
    async with opened(world, database, locks) as durable, create_task_group() as group:
        group.start_soon(durable.run)
        await until_none_is_pending(database)
        group.cancel_scope.cancel()
    assert world.runs == [("k", 5)]


async def test_after_a_crash_whoever_waits_for_a_key_has_it_carried_out(
    world: World, database: Database, locks: Path
) -> None:
    await crash(database, locks, "k", 5)
    world.known["k"] = {"amount": 5}
    async with opened(world, database, locks) as durable:
        with fail_after(PATIENCE_S):
            assert await durable.run_once("k", "refund", {"amount": 5}) == {"amount": 5, "to": ADDRESS}
        with pytest.raises(Conflict):
            await durable.run_once("k", "refund", {"amount": 6})
    assert world.runs == [("k", 5)]


@pytest.mark.parametrize("is_waited_for", [True, False])
async def test_after_a_crash_what_the_world_has_done_already_is_not_asked_of_it_again(
    world: World, database: Database, locks: Path, is_waited_for: bool
) -> None:
    await crash(database, locks, "k", 5)
    world.known["k"] = {"amount": 5}
    world.runs.append(("k", 5))  # just before it died
    async with opened(world, database, locks) as durable, create_task_group() as group:
        if is_waited_for:
            with fail_after(PATIENCE_S):
                assert await durable.run_once("k", "refund", {"amount": 5}) == {"amount": 5}
        else:
            group.start_soon(durable.run)
        await until_none_is_pending(database)
        group.cancel_scope.cancel()
    assert world.runs == [("k", 5)]


async def test_after_a_crash_what_is_no_longer_wanted_is_not_carried_out(
    world: World, database: Database, locks: Path
) -> None:
    await crash(database, locks, "k", 5)
    async with opened(world, database, locks) as durable, create_task_group() as group:
        group.start_soon(durable.run)
        await until_none_is_pending(database)
        group.cancel_scope.cancel()
    assert world.runs == []


async def test_what_lives_is_not_taken_over(world: World, database: Database, locks: Path) -> None:
    async with opened(world, database, locks) as durable, create_task_group() as group:
        await durable.run_once("k", "refund", {"amount": 5})
        group.start_soon(durable.run)
        await durable.run_once("l", "refund", {"amount": 6})
        group.cancel_scope.cancel()
    assert world.runs == [("k", 5), ("l", 6)]


async def test_what_was_done_before_a_restart_is_told_and_not_done_again(
    world: World, database: Database, locks: Path
) -> None:
    async with opened(world, database, locks) as durable:
        await durable.run_once("k", "refund", {"amount": 5})
    async with opened(world, database, locks) as durable:
        assert await durable.run_once("k", "refund", {"amount": 5}) == {"amount": 5}
        world.runs.clear()
        with pytest.raises(StorageError, match="nothing is known any more"):
            await durable.run_once("k", "refund", {"amount": 5})
    assert world.runs == []


async def test_a_workflow_holds_no_argument_and_no_result(world: World, database: Database, locks: Path) -> None:
    async with opened(world, database, locks) as durable:
        await durable.run_once("k", "refund", {"amount": 5, "to": ADDRESS})
    where = (
        "sqlite_master WHERE type = 'table'"
        if database.is_sqlite
        else "information_schema.tables WHERE table_schema = 'dbos'"
    )
    named = "name" if database.is_sqlite else "'dbos.' || table_name"

    def read(connection: object) -> list[str]:
        tables = connection.execute(text(f"SELECT {named} FROM {where}")).scalars().all()  # type: ignore[attr-defined]  # noqa: S608
        kept = [t for t in tables if t.removeprefix("dbos.").startswith(("workflow_", "operation_"))]
        return [str(tuple(row)) for t in kept for row in connection.execute(text(f"SELECT * FROM {t}"))]  # type: ignore[attr-defined]  # noqa: S608

    rows = await database.read_core(read)
    assert any("refund" in row for row in rows)
    assert not any("Market" in row or "amount" in row for row in rows)


async def test_what_may_not_be_done_as_often_as_it_comes_waits_its_turn(
    world: World, database: Database, locks: Path
) -> None:
    pace = Pace(times=2, per_s=1.0)
    async with opened(world, database, locks, pace) as durable:
        with fail_after(PATIENCE_S):
            async with create_task_group() as group:
                for number in range(5):
                    group.start_soon(durable.run_once, f"k{number}", "refund", {"amount": number})
    assert sorted(world.runs) == [(f"k{number}", number) for number in range(5)]
    begun = sorted(world.begun)
    assert all(third - first > pace.per_s / 2 for first, third in zip(begun, begun[pace.times :], strict=False))
