"""Locks by key, which exist only while they are used."""

import pytest
from anyio import create_task_group

from shopfloor.kernel.keyed_locks import KeyedLocks

pytestmark = pytest.mark.anyio


async def test_locks_are_dropped_once_nobody_uses_them() -> None:
    locks = KeyedLocks()

    async def use(key: str) -> None:
        async with locks.hold(key):
            assert key in locks

    async with create_task_group() as tasks:
        for number in range(10_000):
            tasks.start_soon(use, f"{number % 5_000}")
    assert len(locks) == 0
