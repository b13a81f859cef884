"""What was restored takes the place of what was there: all of it or nothing, wherever the process is killed.

1. The new files are written into a folder of their own. Until they are complete, nothing else has changed.
2. The folder is renamed: from here on the new files hold. The old ones are moved aside.
3. The folder is renamed again, and the new ones are moved into their place.

Each step can be done again, so whoever opens the data directory next ends what was broken off.
"""

import os
import shutil
from pathlib import Path

from shopfloor.backups.archive import DATABASE, KEPT
from shopfloor.kernel.errors import StorageError

PART = "restore.part"
READY = "restore.ready"
MOVING = "restore.moving"
ASIDE = "aside"
"""The file that names the folder of what was there before."""
MOVED = (*KEPT, *(f"{DATABASE}-{kind}" for kind in ("wal", "shm", "journal")))
"""The database's log goes with it: beside another database it would be taken for that one's."""


def begin(data: Path, aside: str) -> Path:
    """Return an empty folder for the new files; what was there before will go into the folder `aside`.

    Raises:
        StorageError: it cannot be made.
    """
    part = data / PART
    try:
        if part.exists():
            shutil.rmtree(part)
        part.mkdir(mode=0o700)
        (part / ASIDE).write_text(aside, "utf-8")
    except OSError as error:
        raise StorageError(f"{part} cannot be made: {error.strerror}; check the folder's permissions") from error
    return part


def give_up(data: Path) -> None:
    """Take away what `begin` made, if anything."""
    shutil.rmtree(data / PART, ignore_errors=True)


def is_pending(data: Path) -> bool:
    """Say whether new files are complete and not yet in their place."""
    return (data / READY).exists() or (data / MOVING).exists()


def commit(data: Path) -> None:
    """Let the new files hold, and put them into their place.

    Raises:
        StorageError: they cannot be moved.
    """
    try:
        _sync(data / PART)
        (data / PART).rename(data / READY)
        _sync(data)
    except OSError as error:
        raise _immovable(data, error) from error
    finish(data)


def finish(data: Path) -> None:
    """End what was broken off; where nothing was, do nothing. Nobody else may be using the data directory.

    Raises:
        StorageError: the files cannot be moved.
    """
    try:
        if (data / READY).exists():
            _move_aside(data)
        if (data / MOVING).exists():
            _move_in(data)
    except OSError as error:
        raise _immovable(data, error) from error


def _move_aside(data: Path) -> None:
    aside = data / (data / READY / ASIDE).read_text("utf-8")
    present = [name for name in MOVED if (data / name).exists()]
    if present:
        aside.mkdir(mode=0o700, exist_ok=True)
        for name in present:
            (data / name).replace(aside / name)
        _sync(aside)
        _sync(data)
    (data / READY).rename(data / MOVING)
    _sync(data)


def _move_in(data: Path) -> None:
    for name in MOVED:
        if (data / MOVING / name).exists():
            (data / MOVING / name).replace(data / name)
    _sync(data)
    shutil.rmtree(data / MOVING)


def _sync(folder: Path) -> None:
    """Bring the names in a folder down to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _immovable(data: Path, error: OSError) -> StorageError:
    return StorageError(
        f"what was restored cannot be put into its place in {data} ({error.strerror}): "
        "check the folder's permissions; the next start tries again"
    )
