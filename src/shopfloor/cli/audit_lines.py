"""How an event of the audit log reads: one line, whatever its type, and below it what is personal, where wanted."""

import json
from zoneinfo import ZoneInfo

from pydantic import JsonValue
from rich.markup import escape

from shopfloor.journal.chain import Entry
from shopfloor.journal.export import is_erased
from shopfloor.journal.wanted import header_of, personal_of

HIDDEN = frozenset(
    {
        "agent_name",
        "brand",
        "cards",
        "conversation_id",
        "digest",
        "key",
        "message_id",
        "message_ids",
        "passages",
        "sources",
        "task_id",
        "turn_id",
        "version",
    }
)
"""Fields that say nothing to a reader of one line, or too much."""
SHOWN = 60
"""Characters of a value that are shown."""


def audit_line(entry: Entry, zone: str, *, with_personal: bool) -> str:
    """Write an event for a reader, with rich's markup."""
    at = entry.at.astimezone(ZoneInfo(zone))
    told = ", ".join(f"{name} {_short(value)}" for name, value in header_of(entry).items() if _is_told(name, value))
    gone = " [dim](personal part erased)[/]" if is_erased(entry) else ""
    place = f"{escape(entry.stream)} {entry.seq:>4}"
    line = f"[dim]{at:%Y-%m-%d %H:%M:%S}[/]  {place}  [bold]{escape(entry.type):<12}[/] {escape(told)}{gone}".rstrip()
    if not with_personal or entry.personal is None:
        return line
    fields = [(name, value) for name, value in (personal_of(entry) or {}).items() if value]
    return "\n".join([line, *(f"      {escape(f'{name}: {_text(value)}')}" for name, value in fields)])


def audit_view(entry: Entry, *, with_personal: bool) -> dict[str, JsonValue]:
    """Write an event as JSON, its parts as objects: for programs that look, not for those that check chains."""
    view: dict[str, JsonValue] = {
        "stream": entry.stream,
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "type": entry.type,
        "header": {**header_of(entry)},
        "is_erased": is_erased(entry),
        "chain": entry.chain,
    }
    if with_personal:
        view["personal"] = personal_of(entry)
    return view


def _is_told(name: str, value: JsonValue) -> bool:
    return name not in HIDDEN and value not in (None, "", [], {})


def _short(value: JsonValue) -> str:
    text = " ".join(_text(value).split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
