"""Where profiles are kept: in memory, or in the database."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.clock import Clock, SystemClock
from shopfloor.kernel.ids import ConversationId, CustomerId
from shopfloor.profiles import writes
from shopfloor.profiles.contract import ALL, Kept, Remembered
from shopfloor.profiles.keeping import as_before, in_order, with_remembered, without, without_things
from shopfloor.profiles.rows import ForgottenRow, ProfileEffectRow, RememberedRow
from shopfloor.profiles.writes import Things
from shopfloor.shop.effects import Effect, Write, once
from shopfloor.shop.sql.effects import SqlEffects, effect_of

NOTHING = Kept()


class MemoryProfiles:
    """Profiles kept for the life of the process."""

    def __init__(self) -> None:
        """Start knowing nobody."""
        self._kept: dict[CustomerId, Kept] = {}
        self._effects: dict[CustomerId, dict[str, Effect]] = {}

    async def recall(self, customer_id: CustomerId) -> Kept:
        """Return what is stored of a customer."""
        return self._kept.get(customer_id, NOTHING)

    async def remember(
        self, customer_id: CustomerId, entries: Sequence[Remembered], *, key: str | None = None
    ) -> Sequence[Remembered]:
        """Store entries."""
        write = writes.remember(customer_id, entries, key) if key else None
        self._change(customer_id, write, lambda kept: with_remembered(kept, entries))
        return self._kept[customer_id].entries

    async def forget(self, customer_id: CustomerId, key: str, value: str | None = None, *, at: datetime) -> int:
        """Remove a key's values, or one of them."""
        return self._change(customer_id, None, lambda kept: without(kept, key, value, at))

    async def forget_things(self, customer_id: CustomerId, things: Things, *, at: datetime, key: str) -> int:
        """Forget values of keys."""
        write = writes.forget(customer_id, things, key)
        return self._change(customer_id, write, lambda kept: without_things(kept, things, at))

    async def restore(self, customer_id: CustomerId, keys: Collection[str], kept: Kept, *, key: str) -> None:
        """Let some keys hold what they held."""
        write = writes.restore(customer_id, keys, kept, key)
        self._change(customer_id, write, lambda now: as_before(now, keys, kept))

    async def find_effect(self, key: str) -> Effect | None:
        """Return what was carried out under a key, or None."""
        return next((effects[key] for effects in self._effects.values() if key in effects), None)

    async def erase(self, customer_id: CustomerId, *, at: datetime, key: str | None = None) -> int:
        """Remove all."""

        def erased(_kept: Kept) -> Kept:
            theirs = self._effects.get(customer_id, {})
            theirs.update({key: replace(effect, digest=writes.ERASED) for key, effect in theirs.items()})
            return Kept(forgotten={ALL: at})

        return self._change(customer_id, writes.erase(customer_id, key) if key else None, erased)

    def _change(self, customer_id: CustomerId, write: Write[int] | None, change: Callable[[Kept], Kept]) -> int:
        """Change what is stored, once where the write has a key, and return how many entries went."""

        def do() -> int:
            kept = self._kept.get(customer_id, NOTHING)
            self._kept[customer_id] = change(kept)
            return max(len(kept.entries) - len(self._kept[customer_id].entries), 0)

        if write is None:
            return do()
        self._kept.setdefault(customer_id, NOTHING)
        return once(_MemoryEffects(self._effects, customer_id), write, do)


class _MemoryEffects:
    """The effects, seen by a write to one customer's profile."""

    def __init__(self, effects: dict[CustomerId, dict[str, Effect]], customer_id: CustomerId) -> None:
        self._all = effects
        self._customer_id = customer_id

    def claim(self, key: str, kind: str, asked: str) -> Effect | None:
        earlier = next((effects[key] for effects in self._all.values() if key in effects), None)
        return writes.as_asked(earlier, kind, asked)

    def settle(self, key: str, effect: Effect) -> None:
        self._all.setdefault(self._customer_id, {})[key] = effect


class SqlProfiles:
    """Profiles kept in the database."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Take the installation's database; the clock only dates the record of writes."""
        self._database = database
        self._clock = clock or SystemClock()

    async def recall(self, customer_id: CustomerId) -> Kept:
        """Return what is stored of a customer."""
        return await self._database.read(lambda session: _kept(session, customer_id))

    async def remember(
        self, customer_id: CustomerId, entries: Sequence[Remembered], *, key: str | None = None
    ) -> Sequence[Remembered]:
        """Store entries."""
        write = writes.remember(customer_id, entries, key) if key else None

        def work(session: Session) -> Sequence[Remembered]:
            self._change(session, customer_id, write, lambda kept: with_remembered(kept, entries))
            return _kept(session, customer_id).entries

        return await self._database.write(work)

    async def forget(self, customer_id: CustomerId, key: str, value: str | None = None, *, at: datetime) -> int:
        """Remove a key's values, or one of them."""
        forget = partial(without, key=key, value=value, at=at)
        return await self._database.write(lambda session: self._change(session, customer_id, None, forget))

    async def forget_things(self, customer_id: CustomerId, things: Things, *, at: datetime, key: str) -> int:
        """Forget values of keys."""
        write = writes.forget(customer_id, things, key)
        forget = partial(without_things, things=things, at=at)
        return await self._database.write(lambda session: self._change(session, customer_id, write, forget))

    async def restore(self, customer_id: CustomerId, keys: Collection[str], kept: Kept, *, key: str) -> None:
        """Let some keys hold what they held."""
        write = writes.restore(customer_id, keys, kept, key)
        restore = partial(as_before, keys=keys, earlier=kept)
        await self._database.write(lambda session: self._change(session, customer_id, write, restore))

    async def find_effect(self, key: str) -> Effect | None:
        """Return what was carried out under a key, or None."""

        def read(session: Session) -> Effect | None:
            row = session.get(ProfileEffectRow, key)
            return row and effect_of(row)

        return await self._database.read(read)

    async def erase(self, customer_id: CustomerId, *, at: datetime, key: str | None = None) -> int:
        """Remove all, from the disk too."""
        write = writes.erase(customer_id, key) if key else None

        def work(session: Session) -> int:
            def erased(_kept: Kept) -> Kept:
                theirs = ProfileEffectRow.customer_id == customer_id
                earlier = update(ProfileEffectRow).where(theirs, ProfileEffectRow.key != (key or ""))
                session.execute(earlier.values(digest=writes.ERASED))
                return Kept(forgotten={ALL: at})

            return self._change(session, customer_id, write, erased)

        count = await self._database.write(work)
        await self._database.forget_deleted()
        return count

    def _change(
        self, session: Session, customer_id: CustomerId, write: Write[int] | None, change: Callable[[Kept], Kept]
    ) -> int:
        """Change what is stored, once where the write has a key, and return how many entries went."""

        def do() -> int:
            before = _kept(session, customer_id)
            now = change(before)
            _store(session, customer_id, before, now)
            return max(len(before.entries) - len(now.entries), 0)

        if write is None:
            return do()
        new = partial(ProfileEffectRow, customer_id=customer_id, at=self._clock.now())
        return once(_SqlEffects(session, ProfileEffectRow, new), write, do)


class _SqlEffects(SqlEffects[ProfileEffectRow]):
    """The effects, seen by a write to a profile."""

    def claim(self, key: str, kind: str, asked: str) -> Effect | None:
        return writes.as_asked(super().claim(key, kind, asked), kind, asked)


def _store(session: Session, customer_id: CustomerId, before: Kept, now: Kept) -> None:
    for entry in before.entries:
        if entry not in now.entries:
            session.delete(session.get_one(RememberedRow, (customer_id, entry.key, entry.value)))
    for key in before.forgotten:
        if key not in now.forgotten:
            session.delete(session.get_one(ForgottenRow, (customer_id, key)))
    session.flush()  # an entry may come back with another time
    session.add_all(_row(customer_id, entry) for entry in now.entries if entry not in before.entries)
    for key, at in now.forgotten.items():
        session.merge(ForgottenRow(customer_id=customer_id, key=key, at=at))
    session.flush()


def _kept(session: Session, customer_id: CustomerId) -> Kept:
    rows = session.scalars(select(RememberedRow).where(RememberedRow.customer_id == customer_id))
    forgotten = session.scalars(select(ForgottenRow).where(ForgottenRow.customer_id == customer_id))
    return Kept(entries=in_order(_remembered(row) for row in rows), forgotten={row.key: row.at for row in forgotten})


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
