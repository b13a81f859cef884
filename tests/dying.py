"""Processes that are killed in the midst of their work.

They are forked off one that has imported the product and answered a message in memory: to get ready takes longer than
what they do.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import ForkServerProcess
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
    return _ended(_started(work, *args))


def killed(work: Callable[..., Awaitable[None]], *args: object, told: int, after_s: float) -> int:
    """Do something in a process of its own, kill that at a moment of its work, and return how it ended.

    `work` gets a pipe as its last argument, into which it tells of every step of its work, the first as it begins. It
    is killed so long after it has told of so many: that is the same moment on a machine that is slow just now.
    """
    heard, process = _heard(work, *args)
    with heard:
        with suppress(EOFError):  # it has ended before
            for _ in range(told):
                assert heard.poll(PATIENCE_S), f"it did not go on for {PATIENCE_S} s"
                heard.recv()
            process.join(after_s)
        process.kill()
        return _ended(process)


def times_of(work: Callable[..., Awaitable[None]], *args: object) -> list[float]:
    """Do something in a process of its own, as for `killed`, and return when it told, in seconds since it first did."""
    heard, process = _heard(work, *args)
    times: list[float] = []
    with heard, suppress(EOFError):
        while heard.poll(PATIENCE_S):
            heard.recv()
            times.append(time.monotonic())
    assert _ended(process) == 0
    return [moment - times[0] for moment in times]


def _heard(work: Callable[..., Awaitable[None]], *args: object) -> tuple[Pipe, ForkServerProcess]:
    receiving, sending = _processes.Pipe(duplex=False)
    with sending:
        return receiving, _started(work, *args, sending)


def _started(work: Callable[..., Awaitable[None]], *args: object) -> ForkServerProcess:
    process = _processes.Process(target=anyio.run, args=(work, *args))
    with patch.dict(os.environ, PYTHONPATH=str(Path(__file__).parent)):  # which the first of them is forked off needs
        process.start()
    return process


def _ended(process: ForkServerProcess) -> int:
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
