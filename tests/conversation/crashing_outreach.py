"""Carries a signal out in a process of its own, and kills it just before its n-th commit; run by its test."""

import os
import signal
import sys
from pathlib import Path

import anyio
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from shopfloor.app import open_app
from shopfloor.config import Config
from shopfloor.outreach.signals import parse_signal


async def main(data: str, sku: str, kill_at: int) -> None:
    async with open_app(Config(data=Path(data))) as app:
        left = kill_at

        def count(connection: Connection) -> None:
            nonlocal left
            if connection.get_execution_options().get("sqlite_begin") != "BEGIN IMMEDIATE":
                return
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(Engine, "commit", count)
        await app.outreach.receive(parse_signal("s1", "stock_returned", {"sku": sku}, at=None, now=app.clock.now()))
        await app.outreach.work()
        sys.stdout.write(str(kill_at - left))


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2], int(sys.argv[3]))
