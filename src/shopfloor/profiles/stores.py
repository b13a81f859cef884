"""Where profiles are kept: in memory, or in the database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Delete, delete, select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.ids import ConversationId, CustomerId
from shopfloor.profiles.contract import ALL, Kept, Remembered
from shopfloor.profiles.keeping import added, in_order, is_unwanted, valid
from shopfloor.profiles.rows import ForgottenRow, RememberedRow


class MemoryProfiles:
    """Profiles kept for the life of the process."""

    def __init__(self) -> None:
        """Start knowing nobody."""
        self._entries: dict[CustomerId, list[Remembered]] = {}
        self._forgotten: dict[CustomerId, dict[str, datetime]] = {}

    async def recall(self, customer_id: CustomerId) -> Kept:
        """Return what is stored of a customer."""
        entries = in_order(self._entries.get(customer_id, ()))
        return Kept(entries=entries, forgotten=frozenset(self._forgotten.get(customer_id, {})))

    async def remember(self, customer_id: CustomerId, entries: Sequence[Remembered]) -> Sequence[Remembered]:
        """Store entries."""
        held = self._entries.get(customer_id, [])
        forgotten = self._forgotten.setdefault(customer_id, {})
        for entry in valid(entries):
            if not is_unwanted(entry, forgotten):
                held = added(held, entry)
                forgotten.pop(entry.key, None)
        self._entries[customer_id] = held
        return in_order(held)

    async def forget(self, customer_id: CustomerId, key: str, value: str | None = None, *, at: datetime) -> int:
        """Remove a key's values, or one of them."""
        held = self._entries.get(customer_id, [])
        kept = [entry for entry in held if entry.key != key or value not in {None, entry.value}]
        self._entries[customer_id] = kept
        if value is None:
            self._forgotten.setdefault(customer_id, {})[key] = at
        return len(held) - len(kept)

    async def erase(self, customer_id: CustomerId, *, at: datetime) -> int:
        """Remove all."""
        self._forgotten[customer_id] = {ALL: at}
        return len(self._entries.pop(customer_id, ()))


class SqlProfiles:
    """Profiles kept in the database."""

    def __init__(self, database: Database) -> None:
        """Take the installation's database."""
        self._database = database

    async def recall(self, customer_id: CustomerId) -> Kept:
        """Return what is stored of a customer."""

        def work(session: Session) -> Kept:
            return Kept(entries=in_order(_held(session, customer_id)), forgotten=_forgotten(session, customer_id))

        return await self._database.read(work)

    async def remember(self, customer_id: CustomerId, entries: Sequence[Remembered]) -> Sequence[Remembered]:
        """Store entries."""
        new = valid(entries)

        def work(session: Session) -> Sequence[Remembered]:
            held = before = _held(session, customer_id)
            forgotten = _forgotten(session, customer_id)
            for entry in new:
                if not is_unwanted(entry, forgotten):
                    held = added(held, entry)
                    session.execute(_mark(customer_id, entry.key))
            for entry in before:
                if entry not in held:
                    session.execute(_one(customer_id, entry.key, entry.value))
            session.add_all(_row(customer_id, entry) for entry in held if entry not in before)
            return in_order(held)

        return await self._database.write(work)

    async def forget(self, customer_id: CustomerId, key: str, value: str | None = None, *, at: datetime) -> int:
        """Remove a key's values, or one of them."""

        def work(session: Session) -> int:
            gone = [entry for entry in _held(session, customer_id) if entry.key == key]
            gone = [entry for entry in gone if value in {None, entry.value}]
            for entry in gone:
                session.execute(_one(customer_id, entry.key, entry.value))
            if value is None:
                session.merge(ForgottenRow(customer_id=customer_id, key=key, at=at))
            return len(gone)

        return await self._database.write(work)

    async def erase(self, customer_id: CustomerId, *, at: datetime) -> int:
        """Remove all, from the disk too."""

        def work(session: Session) -> int:
            count = len(_held(session, customer_id))
            session.execute(delete(RememberedRow).where(RememberedRow.customer_id == customer_id))
            session.execute(delete(ForgottenRow).where(ForgottenRow.customer_id == customer_id))
            session.add(ForgottenRow(customer_id=customer_id, key=ALL, at=at))
            return count

        count = await self._database.write(work)
        await self._database.forget_deleted()
        return count


def _held(session: Session, customer_id: CustomerId) -> list[Remembered]:
    rows = session.scalars(select(RememberedRow).where(RememberedRow.customer_id == customer_id))
    return list(in_order(_remembered(row) for row in rows))


def _forgotten(session: Session, customer_id: CustomerId) -> frozenset[str]:
    return frozenset(session.scalars(select(ForgottenRow.key).where(ForgottenRow.customer_id == customer_id)))


def _mark(customer_id: CustomerId, key: str) -> Delete:
    return delete(ForgottenRow).where(ForgottenRow.customer_id == customer_id, ForgottenRow.key == key)


def _one(customer_id: CustomerId, key: str, value: str) -> Delete:
    return delete(RememberedRow).where(
        RememberedRow.customer_id == customer_id, RememberedRow.key == key, RememberedRow.value == value
    )


def _remembered(row: RememberedRow) -> Remembered:
    return Remembered(
        key=row.key,
        value=row.value,
        origin=row.origin,
        conversation_id=ConversationId(row.conversation_id) if row.conversation_id else None,
        at=row.at,
    )


def _row(customer_id: CustomerId, entry: Remembered) -> RememberedRow:
    return RememberedRow(
        customer_id=customer_id,
        key=entry.key,
        value=entry.value,
        origin=entry.origin,
        conversation_id=entry.conversation_id,
        at=entry.at,
    )
