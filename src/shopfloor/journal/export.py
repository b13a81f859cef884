"""The journal as rows for elsewhere: JSON lines, which can be checked by themselves, or CSV, for tables.

A JSON line carries header and personal part as the very texts that were digested, so its chain can be worked out again.
"""

import csv
import io
import json
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Literal

from pydantic import JsonValue

from shopfloor.journal.chain import Entry
from shopfloor.journal.contract import Journal
from shopfloor.journal.wanted import Mark, header_of
from shopfloor.kernel.ids import StreamId

ExportFormat = Literal["jsonl", "csv"]
FORMATS: tuple[ExportFormat, ...] = ("jsonl", "csv")
SHOWN = ("customer_id", "kind", "state", "rule", "staff")
"""Fields of headers that have a column of their own in CSV."""
COLUMNS = (
    "at",
    "stream",
    "seq",
    "type",
    "agent",
    *SHOWN,
    "header",
    "personal",
    "erased",
    "personal_digest",
    "chain",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell begins with that a program for tables would work out."""


def is_erased(entry: Entry) -> bool:
    """Whether an entry had a personal part that is gone."""
    return entry.personal is None and entry.personal_digest is not None


def row_of(entry: Entry, *, with_personal: bool) -> dict[str, JsonValue]:
    """Write an entry as a row; its personal part, and the salt that it was digested with, only where they are wanted.

    `{"stream", "seq", "at", "type", "header", "erased", "personal_digest", "chain"}`, and `{"personal", "salt"}`.
    """
    row: dict[str, JsonValue] = {
        "stream": entry.stream,
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "type": entry.type,
        "header": entry.header,
        "erased": is_erased(entry),
        "personal_digest": entry.personal_digest,
        "chain": entry.chain,
    }
    if with_personal:
        row |= {"personal": entry.personal, "salt": entry.salt.hex() if entry.salt else None}
    return row


def json_line(entry: Entry, *, with_personal: bool) -> str:
    """Write an entry as a JSON line."""
    return json.dumps(row_of(entry, with_personal=with_personal), ensure_ascii=False) + "\n"


def csv_row(entry: Entry, *, with_personal: bool) -> Sequence[str]:
    """Write an entry as cells in the order of `COLUMNS`, none of which is worked out as a formula."""
    header = header_of(entry)
    cells: Mapping[str, object] = {
        **row_of(entry, with_personal=False),
        **{name: header.get(name) for name in SHOWN},
        "agent": header.get("agent") or header.get("from_agent"),
        "personal": entry.personal if with_personal else None,
        "erased": "yes" if is_erased(entry) else "no",
    }
    return [_cell(cells[name]) for name in COLUMNS]


def text_of(entries: Sequence[Entry], form: ExportFormat, *, with_personal: bool) -> str:
    """Write some entries in a format."""
    if form == "jsonl":
        return "".join(json_line(entry, with_personal=with_personal) for entry in entries)
    return _csv([csv_row(entry, with_personal=with_personal) for entry in entries])


def heading_of(form: ExportFormat) -> str:
    """Return what an export begins with."""
    return _csv([COLUMNS]) if form == "csv" else ""


async def pages(
    journal: Journal, streams: Collection[StreamId] | None = None, *, limit: int = 500
) -> AsyncGenerator[Sequence[Entry]]:
    """Yield all entries, or those of some streams, page by page in the order of streams and numbers."""
    for stream in [None] if streams is None else sorted(streams):
        after: Mark | None = None
        while page := await journal.entries(stream, after=after, limit=limit):
            yield page
            after = Mark(page[-1].stream, page[-1].seq)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def _csv(rows: Sequence[Sequence[str]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()
