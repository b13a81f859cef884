"""The journal as an audit log: looked at, written out, and checked."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, JsonValue

from shopfloor.actions.verification import check_page, check_stream
from shopfloor.http.access import Operator, Owner, Support
from shopfloor.http.problems import rejection
from shopfloor.http.running import Here, Running
from shopfloor.journal.chain import KNOWN_TYPES, Entry
from shopfloor.journal.export import ExportFormat, heading_of, is_erased, pages, text_of
from shopfloor.journal.verification import HEADS_FORMAT, Findings, ends, heads_text
from shopfloor.journal.wanted import Place, Wanted, header_of, personal_of, place_of
from shopfloor.kernel.errors import FieldProblem, InvalidFields, NotFound
from shopfloor.kernel.ids import AgentId, ConversationId, StreamId, stream_of

router = APIRouter(prefix="/v1/audit", tags=["audit"])

MAX_NAME = 300
Name = Annotated[str | None, Query(max_length=MAX_NAME)]
MEDIA_TYPES: Mapping[ExportFormat, str] = {"jsonl": "application/x-ndjson", "csv": "text/csv"}
STREAMED: dict[int | str, dict[str, object]] = {
    200: {
        "description": "All of it, as it is read.",
        "content": {kind: {"schema": {"type": "string"}} for kind in (*MEDIA_TYPES.values(), "application/json")},
    }
}
"""What a route that streams adds to its description."""


class EventShown(BaseModel):
    """One thing that happened."""

    stream: str
    seq: int
    at: datetime
    type: str
    header: dict[str, JsonValue]
    """The fields that stay."""
    is_erased: bool
    """Whether it had a personal part that was erased."""
    personal: dict[str, JsonValue] | None
    """The fields that can be erased; null where there are none, where they were erased, or were not asked for."""
    chain: str


class Events(BaseModel):
    """The newest events first."""

    events: list[EventShown]
    next: str | None
    """What `before` takes for the page of those before; null where there are none."""


class Broken(BaseModel):
    """A stream of which an event is not as it was written."""

    stream: str
    seq: int
    """The number of the first such event."""
    problem: str


class Differing(BaseModel):
    """An action of which the record says something else than the events."""

    action: str
    """Its id."""
    stream: str
    problem: str


class Verified(BaseModel):
    """What a check found."""

    streams: int
    events: int
    """Of the streams that are whole."""
    broken: list[Broken]
    actions: int
    """Of which the record says what the events say."""
    differing: list[Differing]
    next: str | None
    """What `after` takes for the next streams; null where there are none."""


@router.get("/events")
async def list_events(
    key: Support,
    here: Here,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    stream: Name = None,
    conversation_id: Name = None,
    customer_id: Name = None,
    agent: Name = None,
    types: Annotated[list[str] | None, Query(alias="type", max_length=40)] = None,
    kind: Name = None,
    rule: Name = None,
    personal: Annotated[bool, Query(description="With what is personal; this takes an operator's key.")] = False,
    before: Annotated[str | None, Query(description="`next` of the page before.", max_length=MAX_NAME + 60)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Events:
    """List events of all streams."""
    if personal and not key.may("operator"):
        raise rejection(403, "What is personal takes a key of the role operator.")
    wanted = Wanted(
        since=since,
        until=until,
        stream=_stream(stream, conversation_id),
        whose=await here.services.customers.belonging.whose(customer_id) if customer_id else None,
        types=_types(types or ()),
        agent=AgentId(agent) if agent else None,
        kind=kind,
        rule=rule,
    )
    found = await here.services.journal.newest(wanted, before=_place(before) if before else None, limit=limit + 1)
    page = found[:limit]
    return Events(
        events=[_shown(entry, with_personal=personal) for entry in page],
        next=_mark(page[-1]) if len(found) > limit else None,
    )


@router.get("/export", response_class=Response, responses=STREAMED)
async def export_events(
    _owner: Owner,
    here: Here,
    form: Annotated[ExportFormat, Query(alias="format", description="JSON lines can be checked.")] = "jsonl",
    stream: Name = None,
    conversation_id: Name = None,
    customer_id: Name = None,
    personal: bool = False,
) -> StreamingResponse:
    """Write out whole streams, event by event."""
    named = _stream(stream, conversation_id)
    streams = None if named is None else frozenset({named})
    if customer_id:
        theirs = (await here.services.customers.belonging.whose(customer_id)).streams
        streams = theirs if streams is None else theirs & streams

    async def text() -> AsyncGenerator[str]:
        yield heading_of(form)
        async for page in pages(here.services.journal, streams):
            yield text_of(page, form, with_personal=personal)

    return await download(text(), f"audit.{form}", MEDIA_TYPES[form])


@router.get("/verify")
async def verify_streams(
    _operator: Operator,
    here: Here,
    stream: Name = None,
    conversation_id: Name = None,
    after: Annotated[str | None, Query(description="`next` of the streams before.", max_length=MAX_NAME)] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> Verified:
    """Check that nothing was changed, removed or slipped in, in one stream or in some of all."""
    findings, following = Findings(), None
    if named := _stream(stream, conversation_id):
        await _check_is_there(here, named)
        await check_stream(here.services.journal, here.services.actions, named, findings)
    else:
        page_after = StreamId(after) if after else None
        following = await check_page(
            here.services.journal, here.services.actions, findings, after=page_after, limit=limit
        )
    return Verified(
        streams=findings.streams,
        events=findings.events,
        broken=[Broken(stream=one.stream, seq=one.seq, problem=one.problem) for one in findings.broken],
        actions=findings.actions,
        differing=[Differing(action=one.id, stream=one.stream, problem=one.problem) for one in findings.differing],
        next=following,
    )


@router.get("/heads", response_class=Response, responses=STREAMED)
async def show_heads(_operator: Operator, here: Here) -> StreamingResponse:
    """Write where every stream ends: kept elsewhere, it shows later what chains cannot (`audit verify --against`)."""

    async def text() -> AsyncGenerator[str]:
        yield f'{{"format": "{HEADS_FORMAT}", "at": "{here.services.clock.now().isoformat()}", "heads": {{\n'
        is_first = True
        async for page in ends(here.services.journal):
            if told := heads_text(page):
                yield told if is_first else f",\n{told}"
                is_first = False
        yield "\n}}\n"

    return await download(text(), "heads.json", "application/json")


async def download(pieces: AsyncGenerator[str], name: str, media_type: str) -> StreamingResponse:
    """Return a file that is sent as it is made; what breaks before its first piece is a problem like any other."""
    first = await anext(pieces)

    async def text() -> AsyncGenerator[str]:
        yield first
        async for piece in pieces:
            yield piece

    return StreamingResponse(
        text(), media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'}
    )


async def _check_is_there(here: Running, stream: StreamId) -> None:
    if not await here.services.journal.entries(stream, limit=1):
        raise NotFound("there is no such stream: list events to see which there are")


def _stream(stream: str | None, conversation_id: str | None) -> StreamId | None:
    if stream and conversation_id:
        problem = FieldProblem("stream", "it and conversation_id name the same thing: give one of them")
        raise InvalidFields("the request", [problem])
    if conversation_id:
        return stream_of(ConversationId(conversation_id))
    return StreamId(stream) if stream else None


def _types(given: Sequence[str]) -> frozenset[str]:
    unknown = sorted(set(given) - set(KNOWN_TYPES))
    if unknown:
        names = ", ".join(sorted(KNOWN_TYPES))
        raise InvalidFields("the request", [FieldProblem("type", f"there is none of this name: there are {names}")])
    return frozenset(given)


def _mark(entry: Entry) -> str:
    at, stream, seq = place_of(entry)
    return f"{at.isoformat()}~{seq}~{stream}"


def _place(mark: str) -> Place:
    at, _, rest = mark.partition("~")
    seq, _, stream = rest.partition("~")
    try:
        when = datetime.fromisoformat(at)
        if when.tzinfo is None or not seq.isascii():
            raise ValueError(mark)
        return Place(when, StreamId(stream), int(seq))
    except (ValueError, OverflowError) as error:
        told = FieldProblem("before", "this is no `next` of a page: send what the page before told")
        raise InvalidFields("the request", [told]) from error


def _shown(entry: Entry, *, with_personal: bool) -> EventShown:
    return EventShown(
        stream=entry.stream,
        seq=entry.seq,
        at=entry.at,
        type=entry.type,
        header={**header_of(entry)},
        is_erased=is_erased(entry),
        personal=personal_of(entry) if with_personal else None,
        chain=entry.chain,
    )
