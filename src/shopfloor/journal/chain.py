"""How an event is stored: split into what stays and what can be erased, and chained to the event before it.

The chain covers the place, the time, the type, the header and the digest of the personal part. The digest is keyed with
a random salt that is erased together with the text, so an erased text can be neither read nor guessed, while the chain
over the rest stays valid. Header and personal part are kept as the very text that was digested: a JSON column may write
a number another way.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast, get_origin

from pydantic import JsonValue
from pydantic_core import from_json

from shopfloor.journal.events import EVENT_TYPES, ActionMoved, Event, EventData, PersonalErased, UnknownEvent
from shopfloor.journal.record_events import RECORD_TYPES
from shopfloor.kernel.canonical import digest
from shopfloor.kernel.errors import BrokenStream, InvalidInput
from shopfloor.kernel.ids import StreamId

EMPTY: Mapping[object, JsonValue] = {str: "", dict: {}, tuple: []}
"""What an erased field holds, by its type; None for all others."""
KNOWN_TYPES: Mapping[str, type[EventData]] = {**EVENT_TYPES, **RECORD_TYPES}
"""All payloads that a stream may hold, by the name they are stored under."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Payload:
    """An event's data in the form it is stored in."""

    data: EventData
    header: str
    """The fields that stay, as JSON."""
    personal: str | None
    """The fields that can be erased, as JSON; None where the type has none."""
    salt: bytes | None
    """16 random bytes; None where there is nothing personal."""
    personal_digest: str | None
    """HMAC-SHA-256 of the personal part under the salt, in hex; None where the type has none."""
    idempotency_key: str | None
    """SHA-256 of the key in hex, so that a sender's long key has a short index entry; None where there is no key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One stored event; `personal` and `salt` are None once they are erased."""

    stream: StreamId
    seq: int
    at: datetime
    type: str
    header: str
    personal: str | None
    salt: bytes | None
    personal_digest: str | None
    idempotency_key: str | None
    chain: str
    """SHA-256 over the chain of the event before (empty for the first) and this event, in hex."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Extension:
    """What an append adds to a stream, and what it returns."""

    entries: Sequence[Entry]
    """What is to be stored."""
    new: Sequence[Event]
    """The same as events."""
    events: Sequence[Event]
    """One for each payload, in order: new, or the one that the stream already held."""


def split(data: EventData) -> Payload:
    """Split an event's data into what stays and what can be erased.

    Raises:
        InvalidInput: it would not read back as it is: half a surrogate pair, infinity, a number of thousands of digits.
    """
    has_personal = bool(data.PERSONAL)
    try:
        header = data.model_dump_json(exclude=set(data.PERSONAL))
        personal = data.model_dump_json(include=set(data.PERSONAL)) if has_personal else None
        if _data(type(data), header, personal) != data:
            raise ValueError("it reads back as something else")
    except ValueError as error:
        raise InvalidInput(f"the {data.TYPE} event holds a text or number that cannot be stored") from error
    salt = secrets.token_bytes(16) if has_personal else None
    return Payload(
        data=data,
        header=header,
        personal=personal,
        salt=salt,
        personal_digest=_personal_digest(salt, personal) if salt and personal else None,
        idempotency_key=_key_digest(data),
    )


def extend(
    stream: StreamId,
    payloads: Iterable[Payload],
    *,
    last_seq: int,
    head: str,
    at: datetime,
    known: Mapping[str | None, Event],
) -> Extension:
    """Place payloads behind a stream's last event, except those whose idempotency key is known."""
    by_key = dict(known)
    entries: list[Entry] = []
    new: list[Event] = []
    events: list[Event] = []
    for payload in payloads:
        key = payload.idempotency_key
        event = by_key.get(key) if key else None
        if event is None:
            entry = _entry(payload, stream=stream, seq=last_seq + len(entries) + 1, at=at, previous=head)
            head = entry.chain
            entries.append(entry)
            event = Event(stream=stream, seq=entry.seq, at=at, data=payload.data)
            new.append(event)
            if key:
                by_key[key] = event
        events.append(event)
    return Extension(entries=entries, new=new, events=events)


def rebuild(entry: Entry) -> Event:
    """Read an entry back; erased fields come back empty.

    What a newer version added is left out: fields, and whole types, of which an `UnknownEvent` comes back.

    Raises:
        BrokenStream: it is not what was stored.
    """
    kind = KNOWN_TYPES.get(entry.type)
    try:
        if kind is None:
            fields = {**from_json(entry.header), **from_json(entry.personal or "{}")}
            data: EventData = UnknownEvent(type=entry.type, fields=fields)
        else:
            data = _data(kind, entry.header, entry.personal)
    except (TypeError, ValueError) as error:
        raise BrokenStream(entry.stream, entry.seq, "cannot be read") from error
    return Event(stream=entry.stream, seq=entry.seq, at=entry.at, data=data)


def erased(entry: Entry) -> Entry:
    """Return an entry without its personal part."""
    return replace(entry, personal=None, salt=None)


def erasure_of(events: int, actions: Collection[str] | None, *, up_to: int, last_seq: int) -> PersonalErased:
    """Return what tells that events up to a number were erased, of a stream that had so many: all, or some actions'.

    Where only some were erased the number stands in it, so that nobody takes it for an erasure of all.
    """
    is_of_all = actions is None and up_to == last_seq
    return PersonalErased(events=events, up_to=None if is_of_all else up_to, actions=tuple(sorted(actions or ())))


def action_of(entry: Entry) -> str | None:
    """Return the key of the action that an entry moved; None where it moved none, or cannot be read."""
    if entry.type != ActionMoved.TYPE:
        return None
    try:
        header = cast(JsonValue, from_json(entry.header))
    except ValueError:
        return None
    key = header.get("key") if isinstance(header, dict) else None
    return key if isinstance(key, str) else None


def link(previous: str, entry: Entry) -> str:
    """Return the chain of an entry behind the chain of the event before it."""
    at = entry.at.isoformat()
    return digest([previous, entry.stream, entry.seq, at, entry.type, entry.header, entry.personal_digest])


def is_personal_untouched(entry: Entry) -> bool:
    """Whether the personal part is the one that was digested, or gone together with its salt."""
    if entry.personal is None or entry.salt is None:
        return entry.personal is None and entry.salt is None
    return entry.personal_digest == _personal_digest(entry.salt, entry.personal)


def is_key_untouched(entry: Entry) -> bool:
    """Whether the idempotency key is that of the header; of a type that is not known here, nobody can tell.

    Raises:
        BrokenStream: the header cannot be read.
    """
    data = rebuild(entry).data
    return isinstance(data, UnknownEvent) or entry.idempotency_key == _key_digest(data)


def _entry(payload: Payload, *, stream: StreamId, seq: int, at: datetime, previous: str) -> Entry:
    entry = Entry(
        stream=stream,
        seq=seq,
        at=at,
        type=payload.data.TYPE,
        header=payload.header,
        personal=payload.personal,
        salt=payload.salt,
        personal_digest=payload.personal_digest,
        idempotency_key=payload.idempotency_key,
        chain="",
    )
    return replace(entry, chain=link(previous, entry))


def _personal_digest(salt: bytes, personal: str) -> str:
    return hmac.digest(salt, personal.encode(), "sha256").hex()


def _key_digest(data: EventData) -> str | None:
    key = data.idempotency_key
    return None if key is None else hashlib.sha256(key.encode()).hexdigest()


def _data(kind: type[EventData], header: str, personal: str | None) -> EventData:
    rest = from_json(personal) if personal is not None else _empty(kind)
    return kind.model_validate(cast("dict[str, JsonValue]", from_json(header)) | rest, extra="ignore")


def _empty(kind: type[EventData]) -> dict[str, JsonValue]:
    annotations = {name: kind.model_fields[name].annotation for name in kind.PERSONAL}
    return {name: EMPTY.get(get_origin(annotation) or annotation) for name, annotation in annotations.items()}
