"""Approves what waits in a process of its own, lets its customer know, and is killed just before its n-th commit."""

import os
import signal
import sys
from pathlib import Path

import anyio
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from shopfloor.app import open_app
from shopfloor.config import Config
from shopfloor.identity.identity import Staff


async def main(data: str, kill_at: int) -> None:
    async with open_app(Config(data=Path(data))) as app:
        left = kill_at

        def count(connection: Connection) -> None:
            nonlocal left
            if connection.get_execution_options().get("sqlite_begin") != "BEGIN IMMEDIATE":
                return
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        [waiting] = await app.approvals.waiting()
        event.listen(Engine, "commit", count)
        await app.approvals.approve(waiting.key, Staff(name="Grace"))
        await app.outreach.work()
        sys.stdout.write(str(kill_at - left))


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], int(sys.argv[2]))
