"""`POST /v1/ag-ui`: one run for any AG-UI client, over a conversation that its thread stands for."""

import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, cast

from ag_ui.core import (
    AssistantMessage,
    BaseEvent,
    ResumeEntry,
    RunAgentInput,
    RunFinishedEvent,
    RunStartedEvent,
    UserMessage,
)
from fastapi import APIRouter, Body, Request

from shopfloor.conversation.live import Piece, Released
from shopfloor.conversation.state import fold
from shopfloor.http.access import CustomerToken, signed_in
from shopfloor.http.ag_ui import AgUi
from shopfloor.http.conversations import address_of, count_message
from shopfloor.http.running import Here, Running
from shopfloor.http.stream import HEARTBEAT, EventStream, Frames, frames, open_stream
from shopfloor.identity.identity import GUEST, Identity
from shopfloor.journal.events import Event, MessageWritten, ReplyComposed, TaskStatus, TurnStarted
from shopfloor.kernel.errors import Conflict, FieldProblem, InvalidFields, NotFound
from shopfloor.kernel.ids import ConversationId, MessageId, TurnId, base32, stream_of
from shopfloor.language.answers import is_yes

router = APIRouter(prefix="/v1", tags=["ag-ui"])

MIN_GUEST_THREAD = 20
MAX_ID = 200
MAX_MESSAGES = 20
"""That may be posted by one run."""
Said = tuple[str, str]
"""The client's id of a message, and its text."""


@router.post("/ag-ui", status_code=200, response_class=EventStream)
async def run_agent(
    here: Here, request: Request, token: CustomerToken, given: Annotated[RunAgentInput, Body()]
) -> EventStream:
    """Say what the thread's newest messages say, and stream the answer as one run.

    A thread belongs to the customer that the token names. A guest's is kept by its id alone: that must be at least 20
    characters that nobody guesses. The same run may be sent again: it streams what there is.
    """
    said = _said(given)
    identity = await signed_in(here, token) if token else GUEST
    conversation = _conversation(here.services.secret, given.thread_id, identity)
    await _open(here, conversation, identity, address_of(request))
    for _ in said:
        await count_message(here, conversation)
    if given.resume:
        await _check_questions(here, conversation, dict(said), given.resume)
    events = [await here.services.chat.post(conversation, text, client_id) for client_id, text in said]
    here.answering.start(conversation)
    return open_stream(_run(here, conversation, given, events), here, conversation, address_of(request))


async def _run(here: Running, conversation: ConversationId, given: RunAgentInput, posted: Sequence[Event]) -> Frames:
    """Give the frames of the turns that answer the posted messages, as one run."""
    open_ids = {cast(MessageWritten, event.data).message_id for event in posted}
    yield frames([RunStartedEvent(thread_id=given.thread_id, run_id=given.run_id, protocol_version="1.0")])
    view = AgUi(conversation)
    ours: set[TurnId] = set()
    async with here.watch.follow(conversation, min(event.seq for event in posted) - 1) as (following, before):
        for event in before:
            view.hear(event)
        before.clear()
        while (piece := await following.next(here.limits.heartbeat_s)) != "lost":
            if piece == "silence":
                yield HEARTBEAT
                continue
            heard = view.hear(piece)
            if _is_ours(piece, view, ours, open_ids):
                shown = [_named(event, given) for event in heard if not isinstance(event, RunStartedEvent)]
                ended = isinstance(piece, Event) and _answers(piece, open_ids)
                if isinstance(piece, Event) and isinstance(piece.data, ReplyComposed) and not ended:
                    shown = [event for event in shown if not isinstance(event, RunFinishedEvent)]
                yield frames(shown)
                if ended:
                    return


def _is_ours(piece: Piece, view: AgUi, ours: set[TurnId], open_ids: set[MessageId]) -> bool:
    """Whether a piece is of a turn that answers one of our messages."""
    if isinstance(piece, Released):
        return view.turn in ours
    if isinstance(piece.data, TurnStarted) and open_ids.intersection(piece.data.message_ids):
        ours.add(piece.data.turn_id)
    return getattr(piece.data, "turn_id", None) in ours


def _answers(event: Event, open_ids: set[MessageId]) -> bool:
    """Take the messages that a reply answers off the open ones, and return whether none is left."""
    if isinstance(event.data, ReplyComposed):
        open_ids.difference_update(event.data.message_ids)
    return not open_ids


def _named(event: BaseEvent, given: RunAgentInput) -> BaseEvent:
    """Name a run as the client does."""
    if isinstance(event, RunFinishedEvent):
        return event.model_copy(update={"thread_id": given.thread_id, "run_id": given.run_id})
    return event


def _conversation(secret: bytes, thread_id: str, identity: Identity) -> ConversationId:
    """Return the conversation of a thread: another one for each customer, and one for guests."""
    if not identity.customer_id and len(thread_id) < MIN_GUEST_THREAD:
        message = (
            f"a guest's thread is protected by its id alone: at least {MIN_GUEST_THREAD} characters by chance, "
            "such as a random UUID"
        )
        raise InvalidFields("the run", [FieldProblem("threadId", message)])
    owner = ["customer", identity.customer_id] if identity.customer_id else ["guest"]
    subject = json.dumps(["thread", thread_id, *owner])
    return ConversationId(f"conv_{base32(int.from_bytes(hmac.digest(secret, subject.encode(), 'sha256')), 51)}")


async def _open(here: Running, conversation: ConversationId, identity: Identity, address: str) -> None:
    """Open a thread's conversation at its first use."""
    chat = here.services.chat
    try:
        await chat.state(conversation)
    except NotFound:
        here.count(address, "opening")
        async with here.services.journal.hold(stream_of(conversation)):  # two first runs at once open it once
            try:
                await chat.state(conversation)
            except NotFound:
                await chat.open("ag-ui", identity, conversation)


def _said(given: RunAgentInput) -> list[Said]:
    """Return what the customer says in this run: their messages after the last answer, or their answers to questions.

    Raises:
        InvalidFields: nothing, too much, something other than text, or ids that cannot be used.
    """
    problems: list[FieldProblem] = []
    for name, one in (("threadId", given.thread_id), ("runId", given.run_id)):
        if not _is_id(one):
            problems.append(FieldProblem(name, f"is no id: 1 to {MAX_ID} printable ASCII characters"))
    said = [(f"resume/{entry.interrupt_id}", _answer(entry, problems)) for entry in given.resume or ()]
    trailing: list[Said] = []
    for place, message in enumerate(given.messages):
        if isinstance(message, AssistantMessage):
            trailing = []
        elif isinstance(message, UserMessage):
            trailing.append((message.id, _text(message, f"messages.{place}", problems)))
    said += trailing
    if not said:
        problems.append(FieldProblem("messages", "the newest message must be the customer's"))
    if len(said) > MAX_MESSAGES:
        problems.append(FieldProblem("messages", f"at most {MAX_MESSAGES} new ones can be answered together"))
    problems += [FieldProblem("messages", f"{one[:40]!r} is no id") for one, _ in said if not _is_id(one)]
    if problems:
        raise InvalidFields("the run", problems)
    return said


async def _check_questions(
    here: Running, conversation: ConversationId, said: Mapping[str, str], given: Sequence[ResumeEntry]
) -> None:
    """Hold answers to the questions that they are for: one that comes late must not answer what was asked since.

    Raises:
        Conflict: a question is not open, or a yes for it would be taken for another's.
    """
    state = fold(await here.services.journal.read(stream_of(conversation)))
    posted = {message.client_id for message in state.messages}
    asked = {
        f"{event.data.turn_id}/{event.data.task_id}": event.data.waiting
        for event in state.events
        if isinstance(event.data, TaskStatus) and event.data.waiting
    }
    for entry in given:
        client_id = f"resume/{entry.interrupt_id}"
        if client_id in posted:
            continue
        question = asked.get(entry.interrupt_id, {})
        waiting = state.waiting.get(str(question.get("origin")))
        is_open = waiting and (waiting.digest, waiting.question) == (question.get("digest"), question.get("question"))
        is_for_another = any(other.digest for other in state.waiting.values()) and not question.get("digest")
        if not is_open or (is_for_another and is_yes(said[client_id])):
            raise Conflict(
                f"the question {entry.interrupt_id[:MAX_ID]} is not open: answer the newest run's interrupts, or send "
                "a message"
            )


def _is_id(text: str) -> bool:
    return 0 < len(text) <= MAX_ID and text.isascii() and text.isprintable()


def _text(message: UserMessage, where: str, problems: list[FieldProblem]) -> str:
    if isinstance(message.content, str):
        return message.content
    texts = [part.text for part in message.content if part.type == "text"]
    if len(texts) < len(message.content):
        problems.append(FieldProblem(f"{where}.content", "only text can be read"))
    return "\n".join(texts)


def _answer(entry: ResumeEntry, problems: list[FieldProblem]) -> str:
    """Return an answer to a question as the customer would write it; a yes is never guessed."""
    if entry.status == "cancelled":
        return "no"
    given: object = entry.payload
    if isinstance(given, dict):
        values = list(cast("dict[str, object]", given).values())
        given = values[0] if len(values) == 1 else None
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, str):
        return given
    problems.append(FieldProblem("resume", "the payload is a text, true or false, or an object with one of these"))
    return ""
