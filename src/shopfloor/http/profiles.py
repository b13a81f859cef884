"""What is remembered of customers, as staff show, correct and erase it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from shopfloor.http.access import Owner, Support
from shopfloor.http.running import Here
from shopfloor.kernel.ids import ConversationId, CustomerId
from shopfloor.profiles.contract import MAX_VALUES, Origin
from shopfloor.profiles.profile import Profile

router = APIRouter(prefix="/v1/customers/{customer_id}/profile", tags=["profiles"])

Whose = Annotated[str, Path(description="The customer's id in the shop.", max_length=200)]


class EntryShown(BaseModel):
    """One thing that is remembered."""

    key: str
    value: str
    origin: Origin
    conversation_id: ConversationId | None
    at: datetime


class ProfileShown(BaseModel):
    """What is remembered of a customer."""

    customer_id: str
    entries: list[EntryShown]


class NewValues(BaseModel):
    """What a key is to hold, in place of what it holds."""

    model_config = ConfigDict(extra="forbid")

    values: Annotated[list[Annotated[str, Field(max_length=80)]], Field(min_length=1, max_length=MAX_VALUES)]


@router.get("")
async def show_profile(customer_id: Whose, _support: Support, here: Here) -> ProfileShown:
    """Show what is remembered, each with where it is known from."""
    return _shown(customer_id, await here.services.profiles.show(CustomerId(customer_id)))


@router.put("/{key}")
async def set_entry(customer_id: Whose, key: str, new: NewValues, _support: Support, here: Here) -> ProfileShown:
    """Correct a key."""
    return _shown(customer_id, await here.services.profiles.set(CustomerId(customer_id), key, new.values))


@router.delete("/{key}", status_code=204)
async def forget_entry(customer_id: Whose, key: str, _support: Support, here: Here) -> None:
    """Forget a key; orders and searches do not tell it again."""
    await here.services.profiles.forget(CustomerId(customer_id), key)


@router.delete("", status_code=204)
async def erase_profile(customer_id: Whose, _owner: Owner, here: Here) -> None:
    """Erase all that is remembered, for good."""
    await here.services.profiles.erase(CustomerId(customer_id))


def _shown(customer_id: str, profile: Profile) -> ProfileShown:
    entries = [
        EntryShown(
            key=entry.key,
            value=entry.value,
            origin=entry.origin,
            conversation_id=entry.conversation_id,
            at=entry.at,
        )
        for entry in profile.entries
    ]
    return ProfileShown(customer_id=customer_id, entries=entries)
