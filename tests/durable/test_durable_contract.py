"""What every way of running effects promises: inside a process, and as workflows on either database."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from anyio import CancelScope, Event, create_task_group, fail_after
from pydantic import JsonValue

from shopfloor.database.engine import Database
from shopfloor.durable.contract import Durable, Effect
from shopfloor.durable.inline import InlineDurable
from shopfloor.durable.workflows import DbosDurable
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.errors import Conflict, NotFound, Rejected, Unavailable

pytestmark = pytest.mark.anyio

DEADLINE_S = 10


class Till:
    """The outside world: it counts what was asked of it, and can be slow or broken."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, JsonValue]] = []
        self.is_broken = False
        self.begun = Event()
        self.go_on = Event()
        self.ended = 0
        self.fails = 0
        """How often it does not answer before it does."""
        self.may_be_done = False
        """Whether it may have done something all the same."""
        self.kept: dict[str, JsonValue] = {}

    @property
    def effects(self) -> dict[str, Effect]:
        return {
            "refund": Effect(run=self.refund, look_up=self.look_up),
            "slow_refund": Effect(run=self.slow_refund, look_up=self.look_up),
        }

    async def look_up(self, key: str) -> JsonValue:
        return self.kept.get(key)

    async def refund(self, key: str, args: dict[str, JsonValue]) -> JsonValue:
        self.runs.append((key, args["amount"]))
        if self.is_broken:
            raise Rejected("the till is broken")
        if len(self.runs) <= self.fails:
            raise Unavailable("the till does not answer", is_undone=not self.may_be_done)
        self.kept[key] = {"refund": len(self.runs), "amount": args["amount"]}
        return dict(self.kept[key])

    async def slow_refund(self, key: str, args: dict[str, JsonValue]) -> JsonValue:
        self.begun.set()
        await self.go_on.wait()
        self.ended += 1
        return await self.refund(key, args)


@pytest.fixture
def till() -> Till:
    return Till()


@pytest.fixture(params=["inline", "sqlite", "postgresql"])
async def durable(
    request: pytest.FixtureRequest, till: Till, database: Database, tmp_path: Path
) -> AsyncIterator[Durable]:
    if request.param == "inline":
        yield InlineDurable(till.effects)
        return
    async with opened(till, database, tmp_path) as made:
        yield made


@asynccontextmanager
async def opened(till: Till, database: Database, tmp_path: Path) -> AsyncGenerator[Durable]:
    locks = MachineLocks(tmp_path / "locks")
    made = DbosDurable(
        till.effects,
        database=database,
        arguments=nothing,
        hold=lambda name: locks.hold(name, wait=False),
        clock=SystemClock(),
    )
    async with made.running():
        yield made
    locks.close()


async def nothing(_key: str) -> None:
    """Know the arguments of no key."""


async def test_an_effect_runs_with_its_key_and_arguments(durable: Durable, till: Till) -> None:
    assert await durable.run_once("k", "refund", {"amount": 5}) == {"refund": 1, "amount": 5}
    assert till.runs == [("k", 5)]


async def test_the_same_key_again_returns_the_same_result_without_a_run(durable: Durable, till: Till) -> None:
    first = await durable.run_once("k", "refund", {"amount": 5})
    assert await durable.run_once("k", "refund", {"amount": 5}) == first
    assert len(till.runs) == 1


async def test_a_result_changed_by_its_caller_is_not_changed_for_others(durable: Durable) -> None:
    for _ in range(2):
        result = await durable.run_once("k", "refund", {"amount": 5})
        assert isinstance(result, dict)
        assert result.pop("amount") == 5


async def test_another_key_is_another_effect(durable: Durable) -> None:
    await durable.run_once("k", "refund", {"amount": 5})
    assert await durable.run_once("l", "refund", {"amount": 5}) == {"refund": 2, "amount": 5}


async def test_a_key_is_not_used_for_other_arguments_or_another_kind(durable: Durable, till: Till) -> None:
    await durable.run_once("k", "refund", {"amount": 5})
    with pytest.raises(Conflict):
        await durable.run_once("k", "refund", {"amount": 6})
    with pytest.raises(Conflict):
        await durable.run_once("k", "slow_refund", {"amount": 5})
    assert len(till.runs) == 1


async def test_a_kind_nobody_registered_is_not_found(durable: Durable) -> None:
    with pytest.raises(NotFound):
        await durable.run_once("k", "unheard_of", {})


async def test_an_effect_that_failed_runs_again_with_the_same_key(durable: Durable, till: Till) -> None:
    till.is_broken = True
    with pytest.raises(Rejected):
        await durable.run_once("k", "refund", {"amount": 5})
    with pytest.raises(Conflict):
        await durable.run_once("k", "refund", {"amount": 6})
    till.is_broken = False
    assert await durable.run_once("k", "refund", {"amount": 5}) == {"refund": 2, "amount": 5}
    assert till.runs == [("k", 5), ("k", 5)]


async def test_what_may_do_better_is_tried_again_with_the_same_key(durable: Durable, till: Till) -> None:
    till.fails = 2
    assert await durable.run_once("k", "refund", {"amount": 5}) == {"refund": 3, "amount": 5}
    assert till.runs == [("k", 5)] * 3


async def test_what_may_have_been_done_is_not_tried_again(durable: Durable, till: Till) -> None:
    till.fails, till.may_be_done = 1, True
    with pytest.raises(Unavailable):
        await durable.run_once("k", "refund", {"amount": 5})
    assert till.runs == [("k", 5)]


async def test_calls_of_one_key_at_once_run_it_once_and_share_the_result(durable: Durable, till: Till) -> None:
    results: list[JsonValue] = []

    async def call() -> None:
        results.append(await durable.run_once("k", "slow_refund", {"amount": 5}))

    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(call)
            await till.begun.wait()
            till.go_on.set()
    assert results == [{"refund": 1, "amount": 5}] * 10
    assert len(till.runs) == 1


async def test_effects_of_different_keys_run_side_by_side(durable: Durable, till: Till) -> None:
    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            tasks.start_soon(durable.run_once, "slow", "slow_refund", {"amount": 5})
            await till.begun.wait()
            await durable.run_once("quick", "refund", {"amount": 6})
            till.go_on.set()
    assert [key for key, _ in till.runs] == ["quick", "slow"]


async def test_a_cancelled_caller_does_not_interrupt_the_effect(durable: Durable, till: Till) -> None:
    scope = CancelScope()

    async def call() -> None:
        with scope:
            await durable.run_once("k", "slow_refund", {"amount": 5})

    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            tasks.start_soon(call)
            await till.begun.wait()
            scope.cancel()
            tasks.start_soon(durable.run_once, "k", "slow_refund", {"amount": 5})
            till.go_on.set()
        assert await durable.run_once("k", "slow_refund", {"amount": 5}) == {"refund": 1, "amount": 5}
    assert scope.cancelled_caught
    assert till.ended == 1


async def test_the_loop_keeps_its_threads_once_an_installation_is_closed(
    till: Till, database: Database, tmp_path: Path
) -> None:
    async with opened(till, database, tmp_path) as durable:
        await durable.run_once("k", "refund", {"amount": 5})
    assert await asyncio.to_thread(len, till.runs) == 1
