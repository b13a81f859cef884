"""API keys: how the merchant's systems and staff show who they are, and what a role may do."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from shopfloor.kernel.errors import InvalidInput

StaffRole = Literal["viewer", "support", "operator", "owner"]
ROLES: tuple[StaffRole, ...] = ("viewer", "support", "operator", "owner")
"""In rising order: a higher one may do all that a lower one may."""
PREFIX = "sf_"
KEY_BYTES = 32
MAX_NAME = 80
NOTED_EVERY = timedelta(minutes=1)
"""How exactly the last use of a key is kept: a write for each request would cost more than the request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiKey:
    """A key without its secret, which nobody keeps."""

    id: str
    name: str
    """Whose or what it is, as staff call it."""
    role: StaffRole
    created_at: datetime
    last_used_at: datetime | None = None
    """To the minute; None before the first use."""
    revoked_at: datetime | None = None
    """None while it holds."""

    def may(self, role: StaffRole) -> bool:
        """Whether it may do what a role may."""
        return ROLES.index(self.role) >= ROLES.index(role)


class ApiKeys(Protocol):
    """Keeps API keys. All methods may raise `StorageError`."""

    async def create(self, name: str, role: StaffRole) -> tuple[ApiKey, str]:
        """Make a key, and return it with its secret, which is not kept and cannot be shown again.

        Raises:
            InvalidInput: the name is empty or too long.
        """
        ...

    async def create_first(self, name: str) -> str | None:
        """Make an owner's key where there has never been a key, and return its secret; None where there was one."""
        ...

    async def find(self, secret: str) -> ApiKey | None:
        """Return the key of a secret and note that it was used; None for an unknown or revoked one."""
        ...

    async def list(self) -> Sequence[ApiKey]:
        """Return all keys, the oldest first, revoked ones too."""
        ...

    async def revoke(self, key_id: str) -> None:
        """Let a key hold no longer; one that was revoked stays as it is.

        Raises:
            NotFound: no such key.
            Conflict: it is the last owner's, and nobody could make keys any more.
        """
        ...


def new_secret() -> str:
    """Return the secret of a new key."""
    return f"{PREFIX}{secrets.token_urlsafe(KEY_BYTES)}"


def fingerprint(secret: str) -> str:
    """Return what is kept of a secret: its SHA-256 in hex.

    Nobody can try out 256 random bits, so a slow hash would protect nothing. Looking a digest up tells a guesser by its
    duration at most how digests compare, and they cannot choose those.
    """
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def checked_name(name: str) -> str:
    """Return a key's name without blanks at its ends.

    Raises:
        InvalidInput: it is empty, too long, or cannot be printed.
    """
    stripped = name.strip()
    if not stripped or len(stripped) > MAX_NAME or not stripped.isprintable():
        raise InvalidInput(f"the name of a key is a line of 1 to {MAX_NAME} characters that says whose it is")
    return stripped


def is_due(key: ApiKey, now: datetime) -> bool:
    """Whether the use of a key is to be noted."""
    return key.last_used_at is None or now - key.last_used_at >= NOTED_EVERY


def is_last_owner(key: ApiKey, keys: Sequence[ApiKey]) -> bool:
    """Whether no other owner's key holds."""
    owners = [other for other in keys if other.role == "owner" and other.revoked_at is None]
    return [owner.id for owner in owners] == [key.id]


LAST_OWNER = "this is the last owner's key: make another one first, or nobody could make keys any more"
