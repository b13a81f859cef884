"""Putting a backup back, while nobody uses the installation: what was there before is kept aside."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shopfloor.backups import switch
from shopfloor.backups.archive import DATABASE, opened_archive
from shopfloor.backups.in_use import alone
from shopfloor.backups.making import check_revision
from shopfloor.backups.snapshot import begin_history, check_database
from shopfloor.config import Config
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import StorageError


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """What came of it."""

    made_at: datetime
    """Of which moment the installation is now."""
    aside: Path | None
    """Where lies what was there before: a data directory of its own; None where nothing was."""


def restore_backup(config: Config, backup: Path, clock: Clock, tell: Callable[[str], None]) -> Restored:
    """Put an installation back as it was when a backup was written; `tell` hears how far it has come.

    Where it breaks, or is killed, either all of it is restored or nothing has changed; the next start ends what was
    broken off.

    Raises:
        InvalidInput: the file is not there, or is no backup.
        StorageError: the backup is damaged or of a newer version; a process uses the installation; or the folder cannot
            be written to.
    """
    with opened_archive(backup) as archive:
        manifest = archive.manifest
        check_revision(manifest.revision)
        config.prepare()
        with alone(config.data):
            aside = _free_name(config.data, clock.now())
            part = switch.begin(config.data, aside.name)
            try:
                archive.unpack(part, lambda done: tell(f"Reading {backup.name}... {done:.0%}"))
                tell("Checking the database...")
                _check(part, manifest.revision, backup)
                begin_history(part / DATABASE)
            except BaseException:
                switch.give_up(config.data)
                raise
            switch.commit(config.data)
    return Restored(made_at=manifest.made_at, aside=aside if aside.exists() else None)


def _check(folder: Path, revision: str, backup: Path) -> None:
    try:
        found = check_database(folder / DATABASE)
    except StorageError as error:
        raise StorageError(f"the database in {backup} is damaged: take another backup") from error
    if found != revision:
        raise StorageError(f"the database in {backup} is not the one that it says it is: take another backup")


def _free_name(data: Path, now: datetime) -> Path:
    """Return a folder that is not there yet, for what was there before."""
    first = data / f"before-restore-{now:%Y%m%d-%H%M%S}"
    others = (first.with_name(f"{first.name}-{number}") for number in range(2, 1_000_000))
    return next(path for path in others if not path.exists()) if first.exists() else first
