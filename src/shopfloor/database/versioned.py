"""Data that is kept with all its earlier versions: the shop's settings, what models are told, which models there are.

One contract for every kind of it, one store in memory and one on the database (`sql_versioned`). A value is replaced as
a whole; what was in force before stays, and can be brought back as a new version.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from anyio import to_thread
from pydantic import BaseModel, JsonValue

from shopfloor.kernel.clock import Clock, SystemClock
from shopfloor.kernel.errors import Conflict, NotFound

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind(Generic[T]):
    """What is kept."""

    name: str
    """Under which its versions are stored."""
    plural: str
    """As an error calls it: `settings`."""
    history: str
    """The command that lists its versions."""
    type: type[T]
    """What stored values are read as."""
    read: Callable[[object, str], T]
    """Reads a new value from plain ones, or says for the place that is named what is wrong with which field."""
    is_sparse: bool = False
    """Whether a field is left out that is as it is by default."""

    def data(self, value: T) -> dict[str, JsonValue]:
        """Return a value as it is stored."""
        return value.model_dump(mode="json", exclude_defaults=self.is_sparse)


@dataclass(frozen=True, kw_only=True, slots=True)
class Version(Generic[T]):
    """A value from one change to the next."""

    version: int
    """Counted from 1."""
    value: T
    is_shipped: bool
    """Whether it is as the product brought it; such a value is renewed when the product is."""
    made_at: datetime


class Versioned(Protocol[T]):
    """A value with all its versions."""

    @property
    def kind(self) -> Kind[T]:
        """Return what is kept."""
        ...

    async def in_force(self) -> T:
        """Return the value in force."""
        ...

    async def current(self) -> Version[T]:
        """Return the value in force, with its version.

        Raises:
            StorageError: there is none that can be read.
        """
        ...

    async def put(self, value: T, *, if_version: int | None = None) -> Version[T]:
        """Replace the value; in force from the next look on. The same value again changes nothing.

        `if_version` is the version that the change was made from.

        Raises:
            InvalidFields: a value that cannot be used.
            Conflict: it was changed since that version.
        """
        ...

    async def ship(self, value: T) -> None:
        """Bring the product's own value: the first version, or in place of an older one that nobody changed."""
        ...

    async def versions(self) -> Sequence[Version[T]]:
        """Return all values there were, the newest first."""
        ...

    async def restore(self, version: int) -> Version[T]:
        """Bring an earlier value back, as a new version.

        Raises:
            NotFound: no such version.
        """
        ...


class MemoryVersioned(Generic[T]):
    """Versions kept for the life of the process."""

    def __init__(self, kind: Kind[T], shipped: T, clock: Clock | None = None) -> None:
        """Take what is kept, the product's own value, and the clock that changes are dated by."""
        self.kind = kind
        self._clock = clock or SystemClock()
        self._versions: list[Version[T]] = []
        self._write(shipped, is_shipped=True)

    async def in_force(self) -> T:
        """Return the value in force."""
        return self._versions[-1].value

    async def current(self) -> Version[T]:
        """Return the value in force, with its version."""
        return self._versions[-1]

    async def put(self, value: T, *, if_version: int | None = None) -> Version[T]:
        """Replace the value."""
        checked = await to_thread.run_sync(self.kind.read, self.kind.data(value), self.kind.plural)
        current = self._versions[-1]
        check_version(self.kind, current.version, if_version)
        return current if current.value == checked else self._write(checked, is_shipped=False)

    async def ship(self, value: T) -> None:
        """Bring the product's own value."""
        if self._versions[-1].is_shipped and self._versions[-1].value != value:
            self._write(value, is_shipped=True)

    async def versions(self) -> Sequence[Version[T]]:
        """Return all values there were, the newest first."""
        return self._versions[::-1]

    async def restore(self, version: int) -> Version[T]:
        """Bring an earlier value back."""
        return await self.put(version_of(self.kind, self._versions, version).value)

    def _write(self, value: T, *, is_shipped: bool) -> Version[T]:
        version = Version(
            version=len(self._versions) + 1, value=value, is_shipped=is_shipped, made_at=self._clock.now()
        )
        self._versions.append(version)
        return version


def version_of(kind: Kind[T], versions: Sequence[Version[T]], version: int) -> Version[T]:
    """Return one of the values there were.

    Raises:
        NotFound: no such version.
    """
    known = next((one for one in versions if one.version == version), None)
    if known is None:
        raise NotFound(f"there is no version {version} of the {kind.plural}: `{kind.history}` shows all")
    return known


def check_version(kind: Kind[T], current: int, wanted: int | None) -> None:
    """Check that a change was made from the value in force.

    Raises:
        Conflict: it was changed since.
    """
    if wanted is not None and wanted != current:
        raise Conflict(
            f"the {kind.plural} are at version {current} by now, not {wanted}: look at them and change them anew"
        )
