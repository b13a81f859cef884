"""What happens in the merchant's systems comes in, and what is to be sent to customers goes out."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from shopfloor.http.access import Operator, Support
from shopfloor.http.running import Here
from shopfloor.kernel.ids import ConversationId
from shopfloor.outreach.attempts import OutboxMessage
from shopfloor.outreach.signals import MAX_ID, Purpose, ReportedKind, parse_signal

router = APIRouter(prefix="/v1", tags=["outreach"])


class NewSignal(BaseModel):
    """Something that happened: agents that hear of it may speak to whom it concerns."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=MAX_ID)]
    """The sender's own: sent again, it is the same one."""
    kind: ReportedKind
    data: dict[str, JsonValue]
    """`{"cart_id", "sku"}` of `item_added`, `{"cart_id"}` of `cart_abandoned`, `{"sku"}` of `stock_returned`,
    `{"order_number"}` of `parcel_delayed`."""
    at: datetime | None = None
    """When it happened, with its offset from UTC; now where it is left out."""


class TakenSignal(BaseModel):
    """It is stored, and carried out by itself."""

    id: str
    is_new: bool


class MessageShown(BaseModel):
    """A message to a customer."""

    id: str
    email: str
    subject: str
    text: str
    conversation_id: ConversationId
    purpose: Purpose
    created_at: datetime
    not_before: datetime | None
    """When a channel may send it; null for at once."""
    sent_at: datetime | None
    """When a channel sent it; null while it waits for one."""


class Outbox(BaseModel):
    """The newest messages first."""

    messages: list[MessageShown]


@router.post("/events", status_code=202)
async def take_signal(_operator: Operator, here: Here, new: NewSignal) -> TakenSignal:
    """Take a signal."""
    signal = parse_signal(new.id, new.kind, new.data, at=new.at, now=here.services.clock.now())
    return TakenSignal(id=signal.id, is_new=await here.services.outreach.receive(signal))


@router.get("/outbox")
async def list_outbox(_support: Support, here: Here, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Outbox:
    """List what customers are to be sent."""
    messages = await here.services.outreach.outreaches.outbox(limit=limit)
    return Outbox(messages=[_shown(message) for message in messages])


def _shown(message: OutboxMessage) -> MessageShown:
    return MessageShown(
        id=message.id,
        email=message.email,
        subject=message.subject,
        text=message.text,
        conversation_id=message.conversation_id,
        purpose=message.purpose,
        created_at=message.created_at,
        not_before=message.not_before,
        sent_at=message.sent_at,
    )
