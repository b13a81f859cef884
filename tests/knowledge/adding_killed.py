"""Adds a folder in a process that is killed just before its n-th commit; run by `test_knowledge_processes.py`."""

import os
import signal
import sys
from pathlib import Path

import anyio
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from shopfloor.app import open_app
from shopfloor.config import Config


async def main(data: str, folder: str, kill_at: int) -> None:
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
        await app.knowledge.sources.add(folder, staff="Ada")


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2], int(sys.argv[3]))
