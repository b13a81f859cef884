"""Answers a conversation in a process of its own, and kills it just before its n-th commit; run by `test_crash.py`."""

import os
import signal
import sys
from pathlib import Path

import anyio
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from shopfloor.app import open_app
from shopfloor.config import Config
from shopfloor.kernel.ids import ConversationId


async def main(data: str, conversation: str, text: str, kill_at: int) -> None:
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
        await app.chat.post(ConversationId(conversation), text)
        await app.chat.answer(ConversationId(conversation))


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
