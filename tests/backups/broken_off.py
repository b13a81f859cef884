"""Backups and restores that are killed just before the n-th thing that they do to files."""

import os
import signal
import sys
from functools import partial
from pathlib import Path

from anyio import to_thread

from shopfloor.backups.making import make_backup
from shopfloor.backups.restoring import restore_backup
from shopfloor.config import Config
from shopfloor.kernel.clock import SystemClock

CHANGES = {"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.link", "os.truncate", "sqlite3.connect"}


def die_before_change(number: int) -> None:
    """Kill this process just before its n-th step on files from now on."""
    left = number

    def count(event: str, _args: tuple[object, ...]) -> None:
        nonlocal left
        if event in CHANGES:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


async def back_up(data: Path, to: Path, number: int) -> None:
    die_before_change(number)
    make = partial(make_backup, Config(data=data), to, SystemClock(), is_forced=True, tell=lambda _text: None)
    await to_thread.run_sync(make)


async def restore(data: Path, backup: Path, number: int) -> None:
    die_before_change(number)
    await to_thread.run_sync(restore_backup, Config(data=data), backup, SystemClock(), lambda _text: None)
