"""The shop's settings on the database: the same for all processes, read anew when they have changed."""

import logging
from collections.abc import Sequence

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shopfloor.agents.brand import Brand
from shopfloor.agents.rows import SettingsVersionRow
from shopfloor.agents.settings import SettingsVersion, brand_json, brand_of, check_version, version_of
from shopfloor.database.engine import Database
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import StorageError

logger = logging.getLogger(__name__)

NEWEST = select(SettingsVersionRow).order_by(SettingsVersionRow.version.desc())


class SqlSettings:
    """Settings kept in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Take the installation's database and the clock that changes are dated by."""
        self._database = database
        self._clock = clock
        self._current: SettingsVersion | None = None
        self._newest = 0

    async def brand(self) -> Brand:
        """Return the settings in force."""
        return (await self.current()).brand

    async def current(self) -> SettingsVersion:
        """Return the settings in force; they are parsed again only when they have changed.

        Where this program cannot read the newest, those before them hold.

        Raises:
            StorageError: there are none that can be read.
        """
        newest, current = await self._database.read(self._changed)
        self._newest, self._current = newest, current
        if self._current is None:
            raise StorageError("there are no settings that can be read: restore a backup")
        return self._current

    def _changed(self, session: Session) -> tuple[int, SettingsVersion | None]:
        newest = session.scalar(select(func.max(SettingsVersionRow.version))) or 0
        if newest == self._newest:
            return newest, self._current
        return newest, next((version for row in session.scalars(NEWEST) if (version := _readable(row))), None)

    async def put(self, brand: Brand, *, if_version: int | None = None) -> SettingsVersion:
        """Replace the settings."""

        def work(session: Session) -> SettingsVersion:
            checked = brand_of(brand_json(brand), "settings")
            row = session.scalar(NEWEST.limit(1))
            check_version(row.version if row else 0, if_version)
            current = _readable(row) if row else None
            return current if current and current.brand == checked else self._write(session, checked, is_shipped=False)

        return await self._database.write(work)

    async def ship(self, brand: Brand) -> None:
        """Bring the product's own settings."""

        def work(session: Session) -> None:
            row = session.scalar(NEWEST.limit(1))
            if row is None or (row.is_shipped and row.brand != brand_json(brand)):
                self._write(session, brand, is_shipped=True)

        await self._database.write(work)

    async def versions(self) -> Sequence[SettingsVersion]:
        """Return all settings there were, the newest first."""

        def read(session: Session) -> list[SettingsVersion]:
            return [version for row in session.scalars(NEWEST) if (version := _readable(row))]

        return await self._database.read(read)

    async def restore(self, version: int) -> SettingsVersion:
        """Bring earlier settings back."""
        return await self.put(version_of(await self.versions(), version).brand)

    def _write(self, session: Session, brand: Brand, *, is_shipped: bool) -> SettingsVersion:
        newest = session.scalar(select(func.max(SettingsVersionRow.version))) or 0
        row = SettingsVersionRow(
            version=newest + 1, brand=brand_json(brand), is_shipped=is_shipped, made_at=self._clock.now()
        )
        session.add(row)
        session.flush()
        return SettingsVersion(version=row.version, brand=brand, is_shipped=is_shipped, made_at=row.made_at)


def _readable(row: SettingsVersionRow) -> SettingsVersion | None:
    """Return stored settings, or None where they are wrong: bad ones must not silence the team."""
    try:
        brand = Brand.model_validate(row.brand)
    except ValidationError as error:
        logger.warning("version %s of the settings is passed over, since it cannot be read: %s", row.version, error)
        return None
    return SettingsVersion(version=row.version, brand=brand, is_shipped=row.is_shipped, made_at=row.made_at)
