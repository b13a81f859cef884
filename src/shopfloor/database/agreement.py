"""What all processes of an installation must agree on, since each is set up by itself."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.database.rows import InstallationRow
from shopfloor.kernel.errors import Conflict


async def agree(database: Database, name: str, value: str, remedy: str) -> None:
    """Say what this process goes by; the first one to do so is right.

    Raises:
        Conflict: with the remedy, where the others go by something else.
    """

    def work(session: Session) -> str:
        known = session.scalar(select(InstallationRow).where(InstallationRow.name == name))
        if known is None:
            session.add(InstallationRow(name=name, value=value))
        return known.value if known else value

    if await database.write(work) != value:
        raise Conflict(remedy)
