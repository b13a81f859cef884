"""Begins an effect in a process of its own and dies in its midst; run by `test_workflows_crash.py`."""

import os
import signal
from pathlib import Path

from pydantic import JsonValue

from shopfloor.database.engine import Database
from shopfloor.durable.contract import Effect
from shopfloor.durable.workflows import DbosDurable
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.kernel.clock import SystemClock


async def begin(url: str, locks: str, key: str, amount: int) -> None:
    async def refund(_key: str, _args: dict[str, JsonValue]) -> JsonValue:
        os.kill(os.getpid(), signal.SIGKILL)

    async def nothing(_key: str) -> None:
        """Know nothing of any key."""

    held = MachineLocks(Path(locks))
    durable = DbosDurable(
        {"refund": Effect(run=refund, look_up=nothing)},
        database=Database(url),
        arguments=nothing,
        hold=lambda name: held.hold(name, wait=False),
        clock=SystemClock(),
    )
    async with durable.running():
        await durable.run_once(key, "refund", {"amount": amount})
