"""API keys, as an owner keeps them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from shopfloor.http.access import Owner
from shopfloor.http.running import Here
from shopfloor.identity.keys import MAX_NAME, ApiKey, StaffRole

router = APIRouter(prefix="/v1/keys", tags=["keys"])


class NewKey(BaseModel):
    """Whose or what a key is for, and what it may do."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    role: StaffRole


class MadeKey(BaseModel):
    """A new key: its secret is shown only here."""

    id: str
    key: str


class KeyShown(BaseModel):
    """A key without its secret."""

    id: str
    name: str
    role: StaffRole
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class Keys(BaseModel):
    """All keys, the oldest first."""

    keys: list[KeyShown]


@router.get("")
async def list_keys(_owner: Owner, here: Here) -> Keys:
    """List the keys, revoked ones too."""
    return Keys(keys=[_shown(key) for key in await here.services.keys.list()])


@router.post("", status_code=201)
async def create_key(_owner: Owner, here: Here, new: NewKey) -> MadeKey:
    """Make a key."""
    key, secret = await here.services.keys.create(new.name, new.role)
    return MadeKey(id=key.id, key=secret)


@router.delete("/{key_id}", status_code=204)
async def revoke_key(key_id: str, _owner: Owner, here: Here) -> None:
    """Let a key hold no longer."""
    await here.services.keys.revoke(key_id)


def _shown(key: ApiKey) -> KeyShown:
    return KeyShown(
        id=key.id,
        name=key.name,
        role=key.role,
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )
