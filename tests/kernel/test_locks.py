"""Locks by key: one holder at a time, in the order asked, and gone when nobody uses them."""

import asyncio

import pytest
from anyio import Event, create_task_group, fail_after

from shopfloor.kernel.keyed_locks import KeyedLocks

pytestmark = pytest.mark.anyio
DEADLINE_S = 10


async def test_who_asks_first_gets_a_key_first_and_alone() -> None:
    locks, order, holders = KeyedLocks(), list[int](), 0

    async def use(number: int) -> None:
        nonlocal holders
        async with locks.hold("k"):
            holders += 1
            await asyncio.sleep(0)
            assert holders == 1
            order.append(number)
            holders -= 1

    async with create_task_group() as tasks:
        for number in range(100):
            tasks.start_soon(use, number)
    assert order == list(range(100))
    assert len(locks) == 0


async def test_another_key_is_not_waited_for() -> None:
    locks = KeyedLocks()
    with fail_after(DEADLINE_S):
        async with locks.hold("a"), locks.hold("b"):
            assert "a" in locks
            assert "b" in locks


async def test_one_who_is_cancelled_while_waiting_leaves_the_key_to_the_others() -> None:
    locks, held, go_on = KeyedLocks(), Event(), Event()

    async def hold() -> None:
        async with locks.hold("k"):
            held.set()
            await go_on.wait()

    async def wait() -> None:
        async with locks.hold("k"):
            pytest.fail("was cancelled before")

    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            tasks.start_soon(hold)
            await held.wait()
            waiting = asyncio.ensure_future(wait())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait({waiting})
            assert "k" in locks
            go_on.set()
        async with locks.hold("k"):
            pass
    assert len(locks) == 0


async def test_an_error_gives_the_key_back() -> None:
    locks = KeyedLocks()
    with pytest.raises(RuntimeError):
        async with locks.hold("k"):
            raise RuntimeError("broken")
    assert "k" not in locks
