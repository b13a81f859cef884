"""Versions on the database: the same for all processes, read anew when they have changed.

What a process changes itself holds at once; what another changes, a moment later, since all that goes by settings or by
the policy would otherwise begin with a look at the database.
"""

import logging
from collections.abc import Sequence
from time import monotonic
from typing import Generic

from pydantic import ValidationError
from sqlalchemy import Connection, Select, bindparam, func, select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.database.rows import VersionRow
from shopfloor.database.versioned import Kind, T, Version, check_version, version_of
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import StorageError

logger = logging.getLogger(__name__)

FRESH_S = 0.5
"""How long a value is gone by before it is asked whether another process has changed it."""

NEWEST = select(func.max(VersionRow.version)).where(VersionRow.kind == bindparam("of"))
"""Built once: it is asked for with everything that goes by settings."""


class SqlVersioned(Generic[T]):
    """Versions kept in the database."""

    def __init__(self, kind: Kind[T], database: Database, clock: Clock, *, fresh_s: float = FRESH_S) -> None:
        """Take what is kept, the installation's database, the clock that changes are dated by, and how fresh it is."""
        self.kind = kind
        self._database = database
        self._clock = clock
        self._current: Version[T] | None = None
        self._newest = 0
        self._fresh_s = fresh_s
        self._stale_at = 0.0

    async def in_force(self) -> T:
        """Return the value in force."""
        return (await self.current()).value

    async def current(self) -> Version[T]:
        """Return the value in force; it is parsed again only when it has changed.

        Where this program cannot read the newest, the one before it holds.

        Raises:
            StorageError: there is none that can be read.
        """
        now = monotonic()
        if self._current is None or now >= self._stale_at:
            self._stale_at = now + self._fresh_s  # before the look: what is put meanwhile is looked for again
            if self._current is None or await self._database.read_core(self._count) != self._newest:
                self._newest, self._current = await self._database.read(self._read)
        if self._current is None:
            raise StorageError(f"there are no {self.kind.plural} that can be read: restore a backup")
        return self._current

    def _read(self, session: Session) -> tuple[int, Version[T] | None]:
        readable = (one for row in session.scalars(self._rows()) if (one := self._readable(row)))
        return self._count(session.connection()), next(readable, None)

    async def put(self, value: T, *, if_version: int | None = None) -> Version[T]:
        """Replace the value."""

        def work(session: Session) -> Version[T]:
            checked = self.kind.read(self.kind.data(value), self.kind.plural)
            row = session.scalar(self._rows().limit(1))
            check_version(self.kind, row.version if row else 0, if_version)
            current = self._readable(row) if row else None
            return current if current and current.value == checked else self._write(session, checked, is_shipped=False)

        written = await self._database.write(work)
        self._stale_at = 0.0
        return written

    async def ship(self, value: T) -> None:
        """Bring the product's own value."""

        def work(session: Session) -> None:
            row = session.scalar(self._rows().limit(1))
            if row is None or (row.is_shipped and row.data != self.kind.data(value)):
                self._write(session, value, is_shipped=True)

        await self._database.write(work)
        self._stale_at = 0.0

    async def versions(self) -> Sequence[Version[T]]:
        """Return all values there were, the newest first."""

        def read(session: Session) -> list[Version[T]]:
            return [one for row in session.scalars(self._rows()) if (one := self._readable(row))]

        return await self._database.read(read)

    async def restore(self, version: int) -> Version[T]:
        """Bring an earlier value back."""
        return await self.put(version_of(self.kind, await self.versions(), version).value)

    def _rows(self) -> Select[VersionRow]:
        return select(VersionRow).where(VersionRow.kind == self.kind.name).order_by(VersionRow.version.desc())

    def _count(self, connection: Connection) -> int:
        return connection.scalar(NEWEST, {"of": self.kind.name}) or 0

    def _write(self, session: Session, value: T, *, is_shipped: bool) -> Version[T]:
        row = VersionRow(
            kind=self.kind.name,
            version=self._count(session.connection()) + 1,
            data=self.kind.data(value),
            is_shipped=is_shipped,
            made_at=self._clock.now(),
        )
        session.add(row)
        session.flush()
        return Version(version=row.version, value=value, is_shipped=is_shipped, made_at=row.made_at)

    def _readable(self, row: VersionRow) -> Version[T] | None:
        """Return a stored value, or None where it is wrong: a bad one must not silence the team."""
        try:
            value = self.kind.type.model_validate(row.data)
        except ValidationError as error:
            logger.warning("version %s of the %s is passed over: %s", row.version, self.kind.plural, error)
            return None
        return Version(version=row.version, value=value, is_shipped=row.is_shipped, made_at=row.made_at)
