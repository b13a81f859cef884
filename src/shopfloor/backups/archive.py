"""The file that a backup is: a tar archive, whose first member says what is in it and by which digests.

Any tar program opens it. What it says of itself is checked when it is read, byte by byte, since SQLite alone would not
see that a letter within a row was changed.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from pydantic import AwareDatetime, BaseModel, ValidationError

from shopfloor.kernel.errors import InvalidInput, StorageError

DATABASE = "shopfloor.sqlite3"
SECRET = "secret"  # noqa: S105  (a file's name)
MODELS = "models.yaml"
KEPT = (DATABASE, SECRET, MODELS)
"""What a backup holds of a data directory; it need not have all of it."""
MANIFEST = "manifest.json"
MANIFEST_BYTES = 64_000
FORMAT = 1
PIECE_BYTES = 1 << 20


class FileHeld(BaseModel, frozen=True):
    """One file of a backup."""

    size: int
    """In bytes."""
    sha256: str


class Manifest(BaseModel, frozen=True):
    """What a backup says of itself."""

    format: int
    version: str
    """Of the program that wrote it."""
    revision: str
    """Of the database's schema."""
    made_at: AwareDatetime
    files: dict[str, FileHeld]

    @property
    def size(self) -> int:
        """Return how many bytes its files have."""
        return sum(held.size for held in self.files.values())


Tell = Callable[[float], None]
"""Hears which part is done, up to 1."""


def held_in(path: Path) -> FileHeld:
    """Return what a manifest says of a file.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return FileHeld(size=os.fstat(file.fileno()).st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def write_archive(target: IO[bytes], manifest: Manifest, sources: Mapping[str, Path], tell: Tell) -> None:
    """Write a backup; `sources` has the files that the manifest names.

    Raises:
        OSError: something cannot be read or written.
    """
    count = _Count(manifest.size, tell)
    with tarfile.open(fileobj=target, mode="w") as archive:
        text = manifest.model_dump_json(indent=1).encode()
        archive.addfile(_member(MANIFEST, len(text), manifest.made_at), io.BytesIO(text))
        for name, held in manifest.files.items():
            with sources[name].open("rb") as file:
                archive.addfile(_member(name, held.size, manifest.made_at), _Counted(file, count))


@contextmanager
def opened_archive(path: Path) -> "Generator[Archive]":
    """Open a backup to be read.

    Raises:
        InvalidInput: there is no such file, or it is no backup.
        StorageError: it is damaged, or a newer version of shopfloor wrote it.
    """
    try:
        with path.open("rb") as file:
            begins = file.read(16)
            file.seek(0)
            if begins == b"SQLite format 3\0":
                raise InvalidInput(
                    f"{path} is a database and no backup: name a file that `shopfloor backup` wrote, "
                    "or put it in place by hand as docs/operations.md says"
                )
            try:
                archive = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115
            except (tarfile.TarError, OSError) as error:
                raise InvalidInput(_no_backup(path)) from error
            with archive:
                yield Archive(path, archive)
    except FileNotFoundError as error:
        raise InvalidInput(f"there is no file {path}: name a file that `shopfloor backup` wrote") from error
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror or error}") from error


class Archive:
    """A backup that is open."""

    def __init__(self, path: Path, archive: tarfile.TarFile) -> None:
        """Read what it says of itself; raises as `opened_archive` does."""
        self._path = path
        self._archive = archive
        self.manifest = self._manifest()

    def check(self) -> None:
        """Read all of it.

        Raises:
            StorageError: it is damaged.
        """
        for held, source in self._members():
            if _digest(_pieces(source, self._path)) != held.sha256:
                raise _damaged(self._path)

    def unpack(self, folder: Path, tell: Tell) -> None:
        """Write its files into a folder, readable by their owner only, and down to the disk.

        Raises:
            StorageError: it is damaged, or the folder cannot be written to.
        """
        count = _Count(self.manifest.size, tell)
        for name, (held, source) in zip(self.manifest.files, self._members(), strict=True):
            if _digest(_written(_pieces(source, self._path), folder / name, count)) != held.sha256:
                raise _damaged(self._path)

    def _members(self) -> Iterator[tuple[FileHeld, IO[bytes]]]:
        for name, held in self.manifest.files.items():
            try:
                member = self._archive.next()
                source = member and self._archive.extractfile(member)
            except tarfile.TarError as error:
                raise _damaged(self._path) from error
            if member is None or source is None or member.name != name or member.size != held.size:
                raise _damaged(self._path)
            yield held, source

    def _manifest(self) -> Manifest:
        try:
            member = self._archive.next()
            if member is None or member.name != MANIFEST or member.size > MANIFEST_BYTES:
                raise InvalidInput(_no_backup(self._path))
            source = self._archive.extractfile(member)
            manifest = Manifest.model_validate_json(source.read() if source else b"")
        except (tarfile.TarError, ValidationError) as error:
            raise InvalidInput(_no_backup(self._path)) from error
        if manifest.format > FORMAT:
            raise StorageError(
                f"{self._path} was written by shopfloor {manifest.version}, which is newer: "
                "install that version or a later one"
            )
        if not {DATABASE, SECRET} <= manifest.files.keys() <= set(KEPT):
            raise InvalidInput(_no_backup(self._path))
        return manifest


class _Count:
    """Counts bytes towards a whole."""

    def __init__(self, whole: int, tell: Tell) -> None:
        self._whole = whole
        self._tell = tell
        self._done = 0

    def add(self, size: int) -> None:
        self._done += size
        self._tell(self._done / self._whole if self._whole else 1)


class _Counted(io.RawIOBase):
    """Reads a file, and counts what was read."""

    def __init__(self, file: IO[bytes], count: _Count) -> None:
        self._file = file
        self._count = count

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._count.add(len(piece))
        return piece


def _member(name: str, size: int, made_at: datetime) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(made_at.timestamp())
    return member


def _pieces(source: IO[bytes], archive: Path) -> Iterator[bytes]:
    """Read a member piece by piece."""
    while True:
        try:
            piece = source.read(PIECE_BYTES)
        except tarfile.TarError as error:
            raise _damaged(archive) from error
        if not piece:
            return
        yield piece


def _written(pieces: Iterable[bytes], target: Path, count: _Count) -> Iterator[bytes]:
    """Pass pieces on, and write them to a new file."""
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in pieces:
                file.write(piece)
                count.add(len(piece))
                yield piece
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageError(f"{target} cannot be written: {error.strerror}; see that the disk has space") from error


def _digest(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _damaged(path: Path) -> StorageError:
    return StorageError(f"{path} is damaged: what it holds is not what was written; take another backup")


def _no_backup(path: Path) -> str:
    return f"{path} is no backup, or its beginning is damaged: name a file that `shopfloor backup` wrote"
