"""Locks between the processes of one machine; the kernel frees those of a process that dies.

All of them are in one file, a byte for each name, at a place so far from the others (2^62 of them) that two names never
meet. The file stays empty: a lock may lie beyond its end. A file for each name would leave files behind, and a file for
many names would let one stream wait for another.

On Linux the locks belong to the open file, so two journals of one process exclude each other too. Elsewhere they belong
to the process, and there one journal must have the file to itself.
"""

import asyncio
import fcntl
import hashlib
import os
import struct
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from anyio import to_thread

from shopfloor.kernel.errors import StorageError

FIRST_DELAY_S = 0.005
LONGEST_DELAY_S = 0.1
"""A lock of another process cannot be awaited without blocking a thread, so it is asked for again and again."""


class MachineLocks:
    """Locks by name, for `Locks`."""

    def __init__(self, directory: Path) -> None:
        """Take the directory of the lock file; it is made on first use."""
        self._directory = directory
        self._file: int | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def hold(self, name: str, *, wait: bool) -> AsyncGenerator[bool]:
        """Hold a lock; yields False at once where another process has it and `wait` is False.

        Raises:
            StorageError: the lock file cannot be made or locked.
        """
        file, place, delay = await self._opened(), _place(name), FIRST_DELAY_S
        while not _try_lock(file, place):
            if not wait:
                yield False
                return
            await asyncio.sleep(delay)
            delay = min(delay * 1.5, LONGEST_DELAY_S)
        try:
            yield True
        finally:
            if self._file is not None:  # else all were given back
                _set(self._file, fcntl.F_UNLCK, place)

    def close(self) -> None:
        """Give all locks back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    async def _opened(self) -> int:
        async with self._opening:
            if self._file is None:
                self._file = await to_thread.run_sync(_open, self._directory)
            return self._file


def _open(directory: Path) -> int:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return os.open(directory / "streams.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StorageError(f"the lock file in {directory} cannot be opened: check its permissions") from error


def _place(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 2


def _try_lock(file: int, place: int) -> bool:
    try:
        _set(file, fcntl.F_WRLCK, place)
    except (BlockingIOError, PermissionError):  # EAGAIN or EACCES, by system: somebody has it
        return False
    except OSError as error:
        raise StorageError("the file system refuses locks: keep the data directory on a local disk") from error
    return True


def _set(file: int, kind: int, place: int) -> None:
    if sys.platform == "linux":
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", kind, os.SEEK_SET, place, 1, 0))
    else:
        fcntl.lockf(file, fcntl.LOCK_UN if kind == fcntl.F_UNLCK else fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
