"""Checking a whole journal, or what was exported of one; and heads, to check it against when it may be another.

Heads are where all streams end at one moment. Kept elsewhere, they show later what no chain can show by itself: that an
end was cut off, that a stream is gone, or that one was written anew.
"""

import json
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from shopfloor.journal.chain import Entry
from shopfloor.journal.checking import CHANGED, ChainCheck
from shopfloor.journal.contract import Journal, StreamEnd
from shopfloor.journal.wanted import Mark
from shopfloor.kernel.errors import BrokenStream, InvalidInput
from shopfloor.kernel.fields import fields_of
from shopfloor.kernel.ids import StreamId

HEADS_FORMAT = "shopfloor-heads/1"
GONE = "is gone, and so is its whole stream"
CUT = "is gone, and so is all behind it"
ANEW = "is not the one that was there, so the stream was written anew"


@dataclass(frozen=True, kw_only=True, slots=True)
class DifferingAction:
    """An action of which the record says something else than the events."""

    id: str
    stream: StreamId
    problem: str


@dataclass(kw_only=True, slots=True)
class Findings:
    """What a check has found so far."""

    streams: int = 0
    events: int = 0
    """Of the streams that are whole."""
    broken: list[BrokenStream] = field(default_factory=list[BrokenStream])
    actions: int = 0
    """Of which the record says what the events say."""
    differing: list[DifferingAction] = field(default_factory=list[DifferingAction])


class Head(BaseModel):
    """Where a stream ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: int
    chain: str


class Heads(BaseModel):
    """Where all streams ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["shopfloor-heads/1"]
    at: AwareDatetime
    heads: dict[StreamId, Head]


class ExportedEvent(BaseModel):
    """A row of an export in JSON lines."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    stream: StreamId
    seq: int
    at: str
    type: str
    header: str
    erased: bool
    personal_digest: str | None
    chain: str
    personal: str | None = None
    salt: str | None = None

    def entry(self) -> Entry:
        """Return the entry that it was made of, as far as it is told.

        Raises:
            ValueError: the time or the salt cannot be read.
        """
        return Entry(
            stream=self.stream,
            seq=self.seq,
            at=datetime.fromisoformat(self.at),
            type=self.type,
            header=self.header,
            personal=self.personal,
            salt=bytes.fromhex(self.salt) if self.salt else None,
            personal_digest=self.personal_digest,
            idempotency_key=None,
            chain=self.chain,
        )


async def verify_stream(journal: Journal, stream: StreamId, findings: Findings) -> None:
    """Check one stream, and add what was found."""
    try:
        findings.events += await journal.verify(stream)
    except BrokenStream as error:
        findings.broken.append(error.with_traceback(None))
    findings.streams += 1


async def verify_page(journal: Journal, findings: Findings, *, after: StreamId | None, limit: int) -> StreamId | None:
    """Check a page of streams, add what was found, and return the last one; None where there is none behind it."""
    page = await journal.streams(after=after, limit=limit)
    for end in page:
        await verify_stream(journal, end.stream, findings)
    return page[-1].stream if len(page) == limit else None


async def ends(journal: Journal, *, limit: int = 1_000) -> AsyncGenerator[Sequence[StreamEnd]]:
    """Yield where all streams end, page by page."""
    after: StreamId | None = None
    while page := await journal.streams(after=after, limit=limit):
        yield page
        after = page[-1].stream


async def compare(journal: Journal, heads: Mapping[StreamId, Head], findings: Findings) -> None:
    """Add each stream that does not hold any more what it ended with."""
    for stream, head in heads.items():
        last = await journal.entries(stream, after=Mark(stream, head.seq - 1), limit=1)
        if last and last[0].seq == head.seq:
            problem = None if last[0].chain == head.chain else ANEW
        else:
            is_there = bool(await journal.entries(stream, limit=1))
            findings.streams += not is_there
            problem = CUT if is_there else GONE
        if problem:
            findings.broken.append(BrokenStream(stream, head.seq, problem))


def read_heads(text: str, where: str) -> Heads:
    """Read heads as they were written.

    Raises:
        InvalidInput: they are none.
    """
    try:
        return Heads.model_validate_json(text)
    except ValidationError as error:
        first = fields_of(error, Heads)[0]
        message = f"{where} holds no heads as `shopfloor audit heads` writes them: {first.field} {first.message}"
        raise InvalidInput(message) from error


def heads_text(stream_ends: Sequence[StreamEnd]) -> str:
    """Write some heads as they stand within the JSON object of all; a stream that nothing names has none."""
    return ",\n".join(
        f"{json.dumps(end.stream, ensure_ascii=False)}: {json.dumps({'seq': end.last_seq, 'chain': end.head})}"
        for end in stream_ends
        if end.last_seq
    )


def check_export(lines: Iterable[str], where: str, heads: Mapping[StreamId, Head] | None = None) -> Findings:
    """Check the JSON lines of an export by themselves, and against heads if there are some.

    Raises:
        InvalidInput: a line is no row of an export.
    """
    findings = Findings()
    checking = _ExportCheck(findings, heads or {})
    for number, line in enumerate(lines, start=1):
        try:
            checking.take(ExportedEvent.model_validate_json(line))
        except ValueError as error:  # a row, a time or a salt that is none
            message = f"{where}, line {number}, is no row that `shopfloor audit export --format jsonl` writes"
            raise InvalidInput(message) from error
    checking.end()
    return findings


class _ExportCheck:
    """Takes rows of all streams, each stream's together."""

    def __init__(self, findings: Findings, heads: Mapping[StreamId, Head]) -> None:
        self._findings = findings
        self._heads = heads
        self._seen: set[StreamId] = set()
        self._check: ChainCheck | None = None
        self._is_broken = False

    def take(self, row: ExportedEvent) -> None:
        entry = row.entry()
        if self._check is None or self._check.stream != entry.stream:
            self._end_stream()
            self._check, self._is_broken = ChainCheck(entry.stream, is_export=True), False
            self._findings.streams += 1
            if entry.stream in self._seen:
                self._break(BrokenStream(entry.stream, entry.seq, "stands apart from the others of its stream"))
            self._seen.add(entry.stream)
        if self._is_broken:
            return
        try:
            if entry.at.isoformat() != row.at:
                raise BrokenStream(entry.stream, self._check.seq + 1, CHANGED)
            self._check.take(entry, is_erased=row.erased)
            head = self._heads.get(entry.stream)
            if head and head.seq == entry.seq and head.chain != entry.chain:
                raise BrokenStream(entry.stream, entry.seq, ANEW)
        except BrokenStream as error:
            self._break(error)

    def end(self) -> None:
        self._end_stream()
        for stream, head in self._heads.items():
            if stream not in self._seen:
                self._findings.streams += 1
                self._break(BrokenStream(stream, head.seq, GONE))

    def _end_stream(self) -> None:
        if self._check is None or self._is_broken:
            return
        check = self._check
        head = self._heads.get(check.stream)
        try:
            check.end(check.seq, check.chain)
            if head and check.seq < head.seq:
                raise BrokenStream(check.stream, check.seq + 1, CUT)
        except BrokenStream as error:
            self._break(error)
        else:
            self._findings.events += check.seq

    def _break(self, error: BrokenStream) -> None:
        self._is_broken = True
        self._findings.broken.append(error.with_traceback(None))
