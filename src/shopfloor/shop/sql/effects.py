"""Writes on the database: one transaction each, which holds the change and the effect of its key."""

from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.clock import Clock
from shopfloor.shop.effects import Effect, Write, once
from shopfloor.shop.sql.rows import EffectColumns, EffectRow

T = TypeVar("T")
R = TypeVar("R", bound=EffectColumns)


class Writer:
    """Carries out writes once."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Take the database, and the clock that tells when a write was carried out."""
        self._database = database
        self._clock = clock

    async def once(self, write: Write[T], do: Callable[[Session], T]) -> T:
        """Carry out a write in a transaction, or return what it gave the first time."""

        def work(session: Session) -> T:
            effects = SqlEffects(session, EffectRow, partial(EffectRow, at=self._clock.now()))
            return once(effects, write, lambda: do(session))

        return await self._database.write(work)


class SqlEffectBook:
    """What was carried out, for those who only ask."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database

    async def find_effect(self, key: str) -> Effect | None:
        """Return what was carried out under a key, or None."""

        def read(session: Session) -> Effect | None:
            row = session.get(EffectRow, key)
            return row and effect_of(row)

        return await self._database.read(read)


class SqlEffects(Generic[R]):
    """Effects as rows of a table, seen from one transaction."""

    def __init__(self, session: Session, row: type[R], new: Callable[..., R]) -> None:
        """Take the transaction, the table, and what makes a row of `key`, `kind`, `digest` and `result`."""
        self._session = session
        self._row = row
        self._new = new

    def claim(self, key: str, kind: str, asked: str) -> Effect | None:
        """Store the key, or return the effect that it already had.

        Where another transaction is about to store the same key, this waits for its end.
        """
        earlier = self._session.get(self._row, key) or self._store(key, kind, asked)
        return earlier and effect_of(earlier)

    def settle(self, key: str, effect: Effect) -> None:
        """Keep the effect of a key that was claimed."""
        row = self._session.get_one(self._row, key)
        row.result = effect.result

    def _store(self, key: str, kind: str, asked: str) -> R | None:
        row = self._new(key=key, kind=kind, digest=asked, result=None)
        try:
            with self._session.begin_nested():
                self._session.add(row)
        except IntegrityError:
            return self._session.get_one(self._row, key)
        return None


def effect_of(row: EffectColumns) -> Effect:
    """Return the effect of a row."""
    return Effect(kind=row.kind, digest=row.digest, result=row.result)
