"""Single values that hold for an installation as a whole, each under a name."""

from typing import Protocol

from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.database.rows import InstallationRow


class Marks(Protocol):
    """Keeps values by name."""

    async def get(self, name: str) -> str | None:
        """Return a value; None where there is none."""
        ...

    async def put(self, name: str, value: str) -> None:
        """Keep a value, in place of an earlier one."""
        ...


class MemoryMarks:
    """Values kept for the life of the process."""

    def __init__(self) -> None:
        """Start without any."""
        self._values: dict[str, str] = {}

    async def get(self, name: str) -> str | None:
        """Return a value."""
        return self._values.get(name)

    async def put(self, name: str, value: str) -> None:
        """Keep a value."""
        self._values[name] = value


class SqlMarks:
    """Values kept in the database."""

    def __init__(self, database: Database) -> None:
        """Take the installation's database."""
        self._database = database

    async def get(self, name: str) -> str | None:
        """Return a value."""

        def read(session: Session) -> str | None:
            row = session.get(InstallationRow, name)
            return row.value if row else None

        return await self._database.read(read)

    async def put(self, name: str, value: str) -> None:
        """Keep a value."""
        await self._database.write(lambda session: session.merge(InstallationRow(name=name, value=value)))
