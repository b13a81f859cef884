"""Writing a backup: the database of one moment and the secret in one file, while the team works.

It is written beside its place and moved there once it is whole and checked. What a killed one left beside it, the next
one of the same name takes over.
"""

import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO

from shopfloor.backups.archive import (
    DATABASE,
    FORMAT,
    KEPT,
    MODELS,
    SECRET,
    Manifest,
    held_in,
    opened_archive,
    write_archive,
)
from shopfloor.backups.in_use import used
from shopfloor.backups.snapshot import check_database, copy_database
from shopfloor.config import Config
from shopfloor.database.migrate import newest_revision
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import InvalidInput, StorageError

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A backup that was written."""

    size: int
    """Of the file, in bytes."""
    revision: str
    """Of the database's schema."""


def make_backup(config: Config, to: Path, clock: Clock, *, is_forced: bool, tell: Tell) -> Made:
    """Write a backup to a file that only its owner can read; `tell` hears how far it has come.

    Where it breaks, or is killed, what was at its place stays. It needs free space of twice the database.

    Raises:
        InvalidInput: the file is there already and not `is_forced`, or it cannot be a backup; or there is nothing to
            back up.
        StorageError: something cannot be read or written, or is damaged.
    """
    _check_place(config, to, is_forced=is_forced)
    try:
        with used(config.data), _beside(to) as beside:
            manifest, sources = _gathered(config, beside.snapshot, clock, tell)
            write_archive(beside.file, manifest, sources, lambda part: tell(f"Writing {to.name}... {part:.0%}"))
            beside.file.flush()
            os.fsync(beside.file.fileno())
            tell(f"Checking {to.name}...")
            with opened_archive(beside.part) as archive:
                archive.check()
            _put(beside.part, to, is_forced=is_forced)
    except OSError as error:
        raise StorageError(f"{to} cannot be written: {error.strerror}; see that the disk has space") from error
    return Made(size=to.stat().st_size, revision=manifest.revision)


def _check_place(config: Config, to: Path, *, is_forced: bool) -> None:
    if not config.database.exists():
        raise InvalidInput(f"there is no installation in {config.data}: name its folder with --data")
    if to.is_dir():
        raise InvalidInput(f"{to} is a folder: name a file in it")
    if not to.parent.is_dir():
        raise InvalidInput(f"there is no folder {to.parent}: make it, or name another place")
    if to.exists():
        if any((config.data / name).exists() and to.samefile(config.data / name) for name in KEPT):
            raise InvalidInput(f"{to} belongs to the installation itself: name another file")
        if not is_forced:
            raise InvalidInput(_is_there(to))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Beside:
    """What lies beside the place of a backup while it is written."""

    file: IO[bytes]
    part: Path
    """What `file` writes to."""
    snapshot: Path
    """The database's copy."""


@contextmanager
def _beside(to: Path) -> Generator[_Beside]:
    """Hand out where to write; where that breaks, nothing of it is left."""
    part, snapshot = to.with_name(f"{to.name}.part"), to.with_name(f"{to.name}.part.sqlite3")
    with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_ours = part.exists() and os.path.samestat(os.fstat(file.fileno()), part.stat())
        except BlockingIOError:
            is_ours = False
        if not is_ours:  # it may have been finished between opening it and asking for the lock
            raise InvalidInput(f"another process writes {to} just now: wait for it, or name another file")
        try:
            os.fchmod(file.fileno(), 0o600)
            file.truncate()
            snapshot.unlink(missing_ok=True)
            os.close(os.open(snapshot, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            yield _Beside(file=file, part=part, snapshot=snapshot)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        finally:
            snapshot.unlink(missing_ok=True)
            snapshot.with_name(f"{snapshot.name}-journal").unlink(missing_ok=True)


def _gathered(config: Config, snapshot: Path, clock: Clock, tell: Tell) -> tuple[Manifest, dict[str, Path]]:
    """Copy the database, check the copy, and return what the backup is to hold."""
    config.secret()  # there from now on, if it was not
    made_at = clock.now()
    copy_database(config.database, snapshot, lambda part: tell(f"Copying the database... {part:.0%}"))
    tell("Checking the copy...")
    revision = check_database(snapshot)
    check_revision(revision)
    sources = {DATABASE: snapshot, SECRET: config.data / SECRET, MODELS: config.data / MODELS}
    held = {name: held_in(path) for name, path in sources.items() if path.exists()}
    return Manifest(
        format=FORMAT, version=version("shopfloor"), revision=revision, made_at=made_at, files=held
    ), sources


def check_revision(revision: str) -> None:
    """Look whether this program knows a schema.

    Raises:
        StorageError: it is newer.
    """
    if revision > newest_revision():
        raise StorageError(
            f"the database's schema {revision} is of a newer version of shopfloor: install that version or a later one"
        )


def _put(part: Path, to: Path, *, is_forced: bool) -> None:
    """Move a whole file to its place; what came there meanwhile stays, unless `is_forced`."""
    if is_forced:
        part.replace(to)
    else:
        try:
            os.link(part, to)
        except FileExistsError:
            raise InvalidInput(_is_there(to)) from None
        part.unlink()
    folder = os.open(to.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _is_there(to: Path) -> str:
    return f"{to} is there already: name another file, or say --force to write over it"
