"""Figures that are read when somebody looks: in time or not at all."""

from collections.abc import Mapping

import anyio
import pytest
from anyio.lowlevel import checkpoint

from shopfloor.kernel.errors import StorageError
from shopfloor.telemetry.gauges import Gauges

pytestmark = pytest.mark.anyio


async def quick() -> Mapping[str, float]:
    return {"quick": 1}


async def broken() -> Mapping[str, float]:
    raise StorageError("the disk is gone")


class Slow:
    """A database that answers when it is let."""

    def __init__(self) -> None:
        self.lets = anyio.Event()
        self.begun = 0

    async def __call__(self) -> Mapping[str, float]:
        self.begun += 1
        with anyio.CancelScope(shield=True):  # as a read in a thread, which cannot be cancelled
            await self.lets.wait()
        return {"slow": 2}


async def test_what_is_too_slow_or_broken_is_left_out_and_the_rest_is_told() -> None:
    slow = Slow()
    gauges = Gauges({"quick": quick, "slow": slow, "broken": broken}, within_s=0.05)
    async with anyio.create_task_group() as group:
        gauges.open(group)
        with anyio.fail_after(5):
            assert await gauges.read() == ({"quick": 1}, ["slow", "broken"])
        slow.lets.set()


async def test_a_read_that_goes_on_is_not_begun_again_and_told_to_whoever_looks_next() -> None:
    slow = Slow()
    gauges = Gauges({"slow": slow}, within_s=0.02)
    async with anyio.create_task_group() as group:
        gauges.open(group)
        for _ in range(3):
            assert await gauges.read() == ({}, ["slow"])
        assert slow.begun == 1
        group.start_soon(gauges.read)
        await checkpoint()
        slow.lets.set()
        with anyio.fail_after(5):
            while (await gauges.read())[0] != {"slow": 2}:
                await checkpoint()


async def test_before_the_server_runs_nothing_is_read() -> None:
    assert await Gauges({"quick": quick}).read() == ({}, ["quick"])
