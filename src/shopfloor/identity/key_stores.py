"""Where API keys are kept: in memory, or in the installation's database."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.identity.keys import (
    LAST_OWNER,
    ApiKey,
    StaffRole,
    checked_name,
    fingerprint,
    is_due,
    is_last_owner,
    new_secret,
)
from shopfloor.identity.rows import ApiKeyRow
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import Conflict, NotFound
from shopfloor.kernel.ids import IdSource


class MemoryKeys:
    """Keys kept for the life of the process."""

    def __init__(self, clock: Clock, ids: IdSource) -> None:
        """Take the clock that keys are dated by, and where their ids come from."""
        self._clock = clock
        self._ids = ids
        self._keys: dict[str, ApiKey] = {}
        """By fingerprint, the oldest first."""

    async def create(self, name: str, role: StaffRole) -> tuple[ApiKey, str]:
        """Make a key."""
        key = ApiKey(id=self._ids.new("key"), name=checked_name(name), role=role, created_at=self._clock.now())
        secret = new_secret()
        self._keys[fingerprint(secret)] = key
        return key, secret

    async def create_first(self, name: str) -> str | None:
        """Make an owner's key where there has never been a key."""
        return None if self._keys else (await self.create(name, "owner"))[1]

    async def find(self, secret: str) -> ApiKey | None:
        """Return the key of a secret, and note that it was used."""
        digest = fingerprint(secret)
        key = self._keys.get(digest)
        if key is None or key.revoked_at:
            return None
        if is_due(key, self._clock.now()):
            key = self._keys[digest] = replace(key, last_used_at=self._clock.now())
        return key

    async def list(self) -> Sequence[ApiKey]:
        """Return all keys."""
        return list(self._keys.values())

    async def revoke(self, key_id: str) -> None:
        """Let a key hold no longer."""
        digest = next((digest for digest, key in self._keys.items() if key.id == key_id), None)
        if digest is None:
            raise NotFound(f"there is no key {key_id}: the list of keys shows their ids")
        key = self._keys[digest]
        if is_last_owner(key, list(self._keys.values())):
            raise Conflict(LAST_OWNER)
        if key.revoked_at is None:
            self._keys[digest] = replace(key, revoked_at=self._clock.now())


class SqlKeys:
    """Keys kept in the database, over all processes."""

    def __init__(self, database: Database, clock: Clock, ids: IdSource) -> None:
        """Take the database, the clock that keys are dated by, and where their ids come from."""
        self._database = database
        self._clock = clock
        self._ids = ids

    async def create(self, name: str, role: StaffRole) -> tuple[ApiKey, str]:
        """Make a key."""
        key = ApiKey(id=self._ids.new("key"), name=checked_name(name), role=role, created_at=self._clock.now())
        secret = new_secret()
        await self._database.write(lambda session: session.add(_row(key, secret)))
        return key, secret

    async def create_first(self, name: str) -> str | None:
        """Make an owner's key where there has never been a key."""
        key = ApiKey(id=self._ids.new("key"), name=checked_name(name), role="owner", created_at=self._clock.now())
        secret = new_secret()

        def work(session: Session) -> str | None:
            if session.scalar(select(ApiKeyRow.id).limit(1)) is not None:
                return None
            session.add(_row(key, secret))
            return secret

        return await self._database.write(work)

    async def find(self, secret: str) -> ApiKey | None:
        """Return the key of a secret, and note that it was used."""
        held = select(ApiKeyRow).where(ApiKeyRow.fingerprint == fingerprint(secret))
        row = await self._database.read(lambda session: session.scalar(held))
        if row is None or row.revoked_at:
            return None
        if is_due(_key(row), self._clock.now()):
            await self._database.write(lambda session: self._note(session, row.id))
        return _key(row)

    async def list(self) -> Sequence[ApiKey]:
        """Return all keys."""
        return await self._database.read(_all)

    async def revoke(self, key_id: str) -> None:
        """Let a key hold no longer."""

        def work(session: Session) -> None:
            row = session.get(ApiKeyRow, key_id)
            if row is None:
                raise NotFound(f"there is no key {key_id}: the list of keys shows their ids")
            if is_last_owner(_key(row), _all(session)):
                raise Conflict(LAST_OWNER)
            row.revoked_at = row.revoked_at or self._clock.now()

        await self._database.write(work)

    def _note(self, session: Session, key_id: str) -> None:
        row = session.get(ApiKeyRow, key_id)
        if row:
            row.last_used_at = self._clock.now()


def _all(session: Session) -> list[ApiKey]:
    return [_key(row) for row in session.scalars(select(ApiKeyRow).order_by(ApiKeyRow.created_at, ApiKeyRow.id))]


def _row(key: ApiKey, secret: str) -> ApiKeyRow:
    return ApiKeyRow(
        id=key.id, name=key.name, role=key.role, fingerprint=fingerprint(secret), created_at=key.created_at
    )


def _key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        role=row.role,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
