"""Locks between processes, by files of one machine or connections to PostgreSQL, and the notices between these."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from postgres import Postgres

from shopfloor.database.engine import database_url
from shopfloor.database.postgresql import PostgresNode
from shopfloor.journal.locks import Locks
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.kernel.errors import StorageError

pytestmark = pytest.mark.anyio
Make = Callable[[], Locks]


@pytest.fixture(scope="module")
def own_server() -> Iterator[Postgres]:
    """Return a server that the test may stop."""
    with Postgres(Path(tempfile.mkdtemp(prefix="shopfloor-postgres-"))) as server:
        yield server


@pytest.fixture(params=["files", "postgresql"])
async def made(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: Postgres
) -> AsyncIterator[Callable[[], Locks]]:
    """Return what makes the locks of one more process."""
    async with AsyncExitStack() as stack:

        def files() -> Locks:
            locks = MachineLocks(tmp_path)
            stack.callback(locks.close)
            return locks

        nodes = [PostgresNode(database_url(postgres.url())) for _ in range(2)]
        if request.param == "postgresql":
            for node in nodes:
                await stack.enter_async_context(node.running())
        yield files if request.param == "files" else nodes.pop


async def test_a_lock_is_held_by_one_process_at_a_time(made: Make) -> None:
    here, there = made(), made()
    async with here.hold("a", wait=True) as is_here:
        assert is_here
        async with there.hold("a", wait=False) as is_there, there.hold("b", wait=False) as is_other:
            assert (is_there, is_other) == (False, True)
    async with there.hold("a", wait=False) as is_there:
        assert is_there


async def test_who_waits_for_a_lock_gets_it_once_it_is_given_back(made: Make) -> None:
    here, there = made(), made()
    told: list[str] = []

    async def wait() -> None:
        async with there.hold("a", wait=True):
            told.append("there")

    async with anyio.create_task_group() as group, here.hold("a", wait=True):
        group.start_soon(wait)
        await anyio.sleep(0.05)
        told.append("here")
    assert told == ["here", "there"]


async def test_a_lock_is_given_back_when_what_is_done_under_it_fails_or_is_cancelled(made: Make) -> None:
    here, there = made(), made()
    with pytest.raises(ZeroDivisionError):
        async with here.hold("a", wait=True):
            raise ZeroDivisionError
    is_held = anyio.Event()

    async def hold() -> None:
        async with here.hold("a", wait=True):
            is_held.set()
            await anyio.sleep_forever()

    async with anyio.create_task_group() as group:
        group.start_soon(hold)
        await is_held.wait()
        group.cancel_scope.cancel()
    async with there.hold("a", wait=False) as is_there:
        assert is_there


async def test_who_gives_up_waiting_holds_nothing(made: Make) -> None:
    here, there = made(), made()
    async with here.hold("a", wait=True):
        with anyio.move_on_after(0.05):
            async with there.hold("a", wait=True):
                pytest.fail("it is held already")
    async with here.hold("a", wait=False) as is_here:
        assert is_here


async def test_who_is_cancelled_at_any_moment_of_asking_holds_nothing(made: Make) -> None:
    here, there = made(), made()

    async def hold() -> None:
        async with there.hold("a", wait=True):
            await asyncio.sleep(0)

    for turns in range(12):
        task = asyncio.ensure_future(hold())
        for _ in range(turns):
            await asyncio.sleep(0.0002)
        task.cancel()
        await asyncio.wait({task})
        async with here.hold("a", wait=False) as is_here:
            assert is_here


# -- PostgreSQL ------------------------------------------------------------------------------------------------------


async def test_what_is_done_under_a_lock_is_cancelled_when_the_server_stops_and_the_lock_can_be_had_again(
    own_server: Postgres,
) -> None:
    node = PostgresNode(database_url(own_server.url()))

    async def lose() -> None:
        async with node.hold("a", wait=True):
            await to_thread.run_sync(own_server.stop)
            await anyio.sleep(30)
            pytest.fail("it was not cancelled")

    async with node.running():
        with pytest.raises(StorageError, match="was lost"):
            await lose()
        with pytest.raises(StorageError, match="cannot be reached"):
            async with node.hold("a", wait=True):
                pytest.fail("nobody could give it")
        await to_thread.run_sync(own_server.start)
        async with node.hold("a", wait=True) as is_held:
            assert is_held


async def test_a_notice_that_cannot_be_taken_keeps_nobody_from_the_next(postgres: Postgres) -> None:
    here, there = (PostgresNode(database_url(postgres.url())) for _ in range(2))
    heard: list[str] = []
    there.hear("number", lambda text: heard.append(str(int(text))))
    async with here.running(), there.running():
        with anyio.fail_after(20):
            while "2" not in heard:
                for text in ("one", "2"):
                    here.send("number", text)
                await anyio.sleep(0.05)
    assert set(heard) == {"2"}


async def test_notices_are_heard_by_the_other_processes_in_order_also_after_the_server_was_away(
    own_server: Postgres,
) -> None:
    url = database_url(own_server.url())
    here, there = PostgresNode(url), PostgresNode(url)
    heard: list[str] = []
    came = anyio.Event()

    def hear(text: str) -> None:
        heard.append(text)
        came.set()

    here.hear("news", lambda text: pytest.fail(f"{text} is its own"))
    there.hear("news", hear)

    async def until_heard(text: str) -> None:
        nonlocal came
        with anyio.fail_after(20):
            while not heard or heard[-1] != text:
                came = anyio.Event()
                here.send("news", text)
                with anyio.move_on_after(0.3):
                    await came.wait()

    async with here.running(), there.running():
        await until_heard("are you there?")
        heard.clear()
        lines = [f"line {number % 10}\nwith \\ and 'quotes' and €" for number in range(300)]
        for line in lines:
            here.send("news", line)
            here.send("other", line)
        here.send("news", "x" * 9_000)  # too long: it gets lost, and nothing else with it
        here.send("news", "end")
        with anyio.fail_after(20):
            while not heard or heard[-1] != "end":
                came = anyio.Event()
                await came.wait()
        assert heard == [*lines, "end"]
        await to_thread.run_sync(own_server.stop)
        await to_thread.run_sync(own_server.start)
        await until_heard("are you there again?")
