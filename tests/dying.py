"""Processes that are killed in the midst of their work.

They are forked off one that has imported the product and answered a message in memory: to get ready takes longer than
what they do.
"""

import multiprocessing
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from unittest.mock import patch

import anyio
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

PATIENCE_S = 120

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["warmed"])


def outcome(work: Callable[..., Awaitable[None]], *args: object) -> int:
    """Do something in a process of its own, and return how that ended: -9 is killed, 0 is by itself.

    `work` is a function of a module, since the process imports it.
    """
    process = _processes.Process(target=anyio.run, args=(work, *args))
    with patch.dict(os.environ, PYTHONPATH=str(Path(__file__).parent)):  # which the first of them is forked off needs
        process.start()
    process.join(PATIENCE_S)
    assert process.exitcode is not None, f"it did not end within {PATIENCE_S} s"
    return process.exitcode


def die_before_commit(number: int) -> None:
    """Kill this process just before its n-th commit from now on of something written; never with 0."""
    left = number

    def count(connection: Connection) -> None:
        nonlocal left
        if connection.get_execution_options().get("sqlite_begin") != "BEGIN IMMEDIATE":
            return
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "commit", count)
