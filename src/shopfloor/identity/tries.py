"""Where wrong tries of the guest check are kept."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.identity.guest_check import MAX_TRIES, WINDOW
from shopfloor.identity.rows import TryRow


class MemoryTries:
    """Tries kept for the life of the process."""

    def __init__(self) -> None:
        """Start without any."""
        self._at: dict[tuple[str, str], datetime] = {}

    async def claim(self, subjects: Sequence[str], fingerprint: str, at: datetime) -> int:
        """Count a try against each subject."""
        self._at = {key: then for key, then in self._at.items() if then > at - WINDOW}
        others = [sum(1 for s, f in self._at if s == subject and f != fingerprint) for subject in subjects]
        used = max(others) + 1
        if used <= MAX_TRIES:
            for subject in subjects:
                self._at[subject, fingerprint] = at
        return used

    async def forgive(self, subjects: Sequence[str], fingerprint: str) -> None:
        """Take a try back."""
        for subject in subjects:
            self._at.pop((subject, fingerprint), None)


class SqlTries:
    """Tries kept in the database, over all processes."""

    def __init__(self, database: Database) -> None:
        """Take the installation's database."""
        self._database = database

    async def claim(self, subjects: Sequence[str], fingerprint: str, at: datetime) -> int:
        """Count a try against each subject."""
        insert = sqlite_insert if self._database.engine.dialect.name == "sqlite" else postgresql_insert

        def work(session: Session) -> int:
            counts = session.execute(
                select(TryRow.subject, func.count())
                .where(TryRow.subject.in_(subjects), TryRow.fingerprint != fingerprint, TryRow.at > at - WINDOW)
                .group_by(TryRow.subject)
            )
            used = max((count for _, count in counts), default=0) + 1
            session.execute(delete(TryRow).where(TryRow.at <= at - WINDOW))
            if used <= MAX_TRIES:
                rows = [{"subject": subject, "fingerprint": fingerprint, "at": at} for subject in subjects]
                statement = insert(TryRow).values(rows)
                again = statement.on_conflict_do_update(
                    index_elements=[TryRow.subject, TryRow.fingerprint], set_={"at": at}
                )
                session.execute(again)
            return used

        return await self._database.write(work)

    async def forgive(self, subjects: Sequence[str], fingerprint: str) -> None:
        """Take a try back."""

        def work(session: Session) -> None:
            for subject in subjects:
                row = session.get(TryRow, (subject, fingerprint))
                if row:
                    session.delete(row)

        await self._database.write(work)
