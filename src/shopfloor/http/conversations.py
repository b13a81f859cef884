"""Conversations, as a customer's page uses them."""

from datetime import datetime
from typing import Annotated, Literal, cast

import anyio
from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from shopfloor.http.access import (
    Conversation,
    ReadableConversation,
    conversation_secret,
    signed_in,
)
from shopfloor.http.limits import address_group
from shopfloor.http.problems import rejection
from shopfloor.http.running import Here, Running
from shopfloor.http.stream import EventStream, conversation_frames, open_stream
from shopfloor.identity.identity import GUEST
from shopfloor.journal.events import Event, MessageWritten, ReplyComposed
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import ConversationId, MessageId, stream_of

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])

ClientId = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x20-\x7e]+$")]
Token = Annotated[str, Field(min_length=1, max_length=4_000)]
MAX_DIGITS = 15


class Body(BaseModel):
    """Base of what is sent to us."""

    model_config = ConfigDict(extra="forbid")


class NewConversation(Body):
    """Who begins a conversation, and where."""

    customer_token: Token | None = None
    """What the shop signed for its customer; none for a guest."""
    channel: Literal["web"] = "web"


class Opened(BaseModel):
    """A new conversation."""

    conversation_id: str
    secret: str
    """Opens the conversation: keep it where only this customer's page can read it."""


class SignIn(Body):
    """Who the customer of a conversation is."""

    customer_token: Token


class NewMessage(Body):
    """Something that the customer says."""

    client_id: ClientId
    """The sender's own id: sent again, the message is the same one."""
    text: str


class Taken(BaseModel):
    """A message that was taken, and is being answered."""

    message_id: str
    seq: int
    """Its number in the conversation."""


class ReplySource(BaseModel):
    """What a reply rests on."""

    kind: str
    id: str


class TurnReply(BaseModel):
    """What was said in one turn."""

    turn_id: str
    content: str
    outcome: Literal["answered", "stopped", "failed"]
    sources: list[ReplySource]


class Answered(BaseModel):
    """A message with its replies."""

    message_id: str
    replies: list[TurnReply]


class Stopped(BaseModel):
    """Whether a turn was stopped."""

    is_stopped: bool


class Said(BaseModel):
    """One message of a transcript."""

    message_id: str
    role: Literal["user", "assistant"]
    content: str
    agent: str | None
    agent_name: str | None
    at: datetime


class Transcript(BaseModel):
    """What was said in a conversation."""

    conversation_id: str
    messages: list[Said]


@router.post("", status_code=201)
async def open_conversation(request: Request, here: Here, new: NewConversation | None = None) -> Opened:
    """Begin a conversation, as a guest or as a signed-in customer."""
    here.count(address_of(request), "opening")
    new = new or NewConversation()
    identity = await signed_in(here, new.customer_token) if new.customer_token else GUEST
    conversation, _ = await here.services.chat.open(new.channel, identity)
    return Opened(conversation_id=conversation, secret=conversation_secret(here.services.secret, conversation))


@router.post("/{conversation_id}/sign-in", status_code=204)
async def sign_in(conversation: Conversation, here: Here, given: SignIn) -> None:
    """Tell who the customer is; a conversation that is another customer's stays theirs."""
    await here.services.chat.sign_in(conversation, await signed_in(here, given.customer_token))


@router.post("/{conversation_id}/messages", status_code=202, responses={200: {"model": Answered}})
async def post_message(
    conversation: Conversation,
    here: Here,
    new: NewMessage,
    response: Response,
    accept: Annotated[str | None, Header()] = None,
) -> Taken | Answered:
    """Say something. The answer comes over the stream, or right here where `Accept` names `application/json`."""
    await count_message(here, conversation)
    event = await here.services.chat.post(conversation, new.text, new.client_id)
    message = cast(MessageWritten, event.data).message_id
    here.answering.start(conversation)
    if "application/json" in (accept or ""):
        with anyio.move_on_after(here.limits.wait_s):
            reply = await reply_to(here, conversation, message, event.seq)
            response.status_code = 200
            return Answered(message_id=message, replies=[reply])
    return Taken(message_id=message, seq=event.seq)


@router.get("/{conversation_id}/events", status_code=200, response_class=EventStream)
async def follow(
    conversation: Conversation,
    here: Here,
    request: Request,
    last_event_id: Annotated[str | None, Header()] = None,
    after: Annotated[str | None, Query(alias="last_event_id")] = None,
) -> EventStream:
    """Follow the conversation as AG-UI events: those after `Last-Event-ID`, the text so far, then live."""
    here.count(conversation, "listening")
    seq = _seq(last_event_id if last_event_id is not None else after)
    return open_stream(conversation_frames(here, conversation, seq), here, conversation, address_of(request))


@router.post("/{conversation_id}/stop", status_code=202)
async def stop(conversation: Conversation, here: Here) -> Stopped:
    """Stop the turn under way; an action that has begun is carried to its end."""
    return Stopped(is_stopped=here.services.chat.stop(conversation))


@router.get("/{conversation_id}/transcript")
async def transcript(conversation: ReadableConversation, here: Here) -> Transcript:
    """Read what was said."""
    events = await here.services.journal.read(stream_of(conversation))
    if not events:
        raise NotFound(f"There is no conversation {conversation}.")
    messages = [
        Said(
            message_id=event.data.message_id,
            role=event.data.role,
            content=event.data.content,
            agent=event.data.agent,
            agent_name=event.data.agent_name,
            at=event.at,
        )
        for event in events
        if isinstance(event.data, MessageWritten)
    ]
    return Transcript(conversation_id=conversation, messages=messages)


async def count_message(here: Running, conversation: ConversationId) -> None:
    """Count a message against its conversation and its customer."""
    here.count(conversation, "conversation")
    state = await here.services.chat.state(conversation)
    if state.identity.customer_id:
        here.count(state.identity.customer_id, "customer")


async def reply_to(here: Running, conversation: ConversationId, message: MessageId, seq: int) -> TurnReply:
    """Wait for the reply to a message, whoever gives it."""
    while True:
        async with here.watch.follow(conversation, seq) as (following, _):
            while (piece := await following.next(here.limits.heartbeat_s)) != "lost":
                match piece:
                    case Event(data=ReplyComposed() as reply) if message in reply.message_ids:
                        return _reply(reply)
                    case _:
                        continue


def _reply(reply: ReplyComposed) -> TurnReply:
    return TurnReply(
        turn_id=reply.turn_id,
        content=reply.content,
        outcome=reply.outcome,
        sources=[ReplySource(kind=source.kind, id=source.id) for source in reply.sources],
    )


def address_of(request: Request) -> str:
    """Return what a request is counted by."""
    return address_group(request.client.host if request.client else None)


def _seq(last_event_id: str | None) -> int:
    if not last_event_id:
        return 0
    if not (last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) <= MAX_DIGITS):
        raise rejection(400, "Last-Event-ID is the id of a frame of this stream, which is a number.")
    return int(last_event_id)
