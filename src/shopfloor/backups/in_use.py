"""Who uses a data directory: many processes at once, or one alone that restores it.

It is a lock on an empty file; the kernel frees it when its process ends, however that ends.
"""

import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from shopfloor.backups import switch
from shopfloor.backups.archive import DATABASE
from shopfloor.kernel.errors import StorageError

FILE = "in_use.lock"
AGAIN_S = 0.05
PATIENCE_S = 2.0
"""How long another process is waited for: one that only looks into the directory is gone by then."""
SQLITE_READERS = (0x4000_0002, 510)
"""Where in a database's file SQLite holds a lock while it is open: the place, and how many bytes from there."""


@contextmanager
def used(data: Path) -> Generator[None]:
    """Use a data directory beside others, after ending a restore that was broken off.

    Raises:
        StorageError: it is being restored, or cannot be used.
    """
    with _opened(data) as file:

        def enter() -> bool:
            if switch.is_pending(data) and _locked(file, fcntl.LOCK_EX):
                switch.finish(data)
            return _locked(file, fcntl.LOCK_SH) and not switch.is_pending(data)

        if not _waited(enter):
            raise StorageError(f"{data} is being restored just now: try again in a moment")
        switch.give_up(data)  # nobody restores now, so what lies there is of one that was killed
        yield


@contextmanager
def alone(data: Path) -> Generator[None]:
    """Use a data directory alone, after ending a restore that was broken off.

    Raises:
        StorageError: a process uses it, or it cannot be used.
    """
    busy = StorageError(
        f"a process uses the folder {data}, such as `shopfloor serve`: end all of them and try again; nothing was "
        "changed"
    )
    with _opened(data) as file:
        if not _waited(lambda: _locked(file, fcntl.LOCK_EX)):
            raise busy
        switch.finish(data)
        with _untouched(data / DATABASE) as is_free:
            if not is_free:
                raise busy
            yield


@contextmanager
def _opened(data: Path) -> Generator[int]:
    path = data / "locks" / FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StorageError(f"{path} cannot be opened: {error.strerror}; check its permissions") from error
    try:
        yield file
    finally:
        os.close(file)


def _locked(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise StorageError("the file system refuses locks: keep the data directory on a local disk") from error
    return True


def _waited(is_done: Callable[[], bool]) -> bool:
    deadline = monotonic() + PATIENCE_S
    while not is_done():
        if monotonic() > deadline:
            return False
        sleep(AGAIN_S)
    return True


@contextmanager
def _untouched(database: Path) -> Generator[bool]:
    """Keep other programs, such as `sqlite3`, from opening a database; say whether none has it open.

    It works with a damaged file too, and changes nothing in it.
    """
    try:
        file = os.open(database, os.O_RDWR)
    except FileNotFoundError:
        yield True
        return
    except OSError as error:
        raise StorageError(f"{database} cannot be opened: {error.strerror}; check its permissions") from error
    begins, length = SQLITE_READERS
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, begins)
    except (BlockingIOError, PermissionError):
        yield False
    else:
        yield True
    finally:
        os.close(file)
