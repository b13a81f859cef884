"""Which events are looked for, over all streams."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, cast

from pydantic import JsonValue
from pydantic_core import from_json

from shopfloor.journal.chain import Entry
from shopfloor.kernel.ids import AgentId, CustomerId, StreamId

AGENTS = ("agent", "from_agent", "to_agent")
"""Fields of headers that name an agent."""


class Place(NamedTuple):
    """Where an event stands among those of all streams, in the order of time."""

    at: datetime
    stream: StreamId
    seq: int


class Mark(NamedTuple):
    """Where an event stands in the order of streams and numbers."""

    stream: StreamId
    seq: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Whose:
    """A customer's events: all of some streams, and those elsewhere that name the customer."""

    customer_id: CustomerId | None
    """None for a guest."""
    streams: frozenset[StreamId]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What an event is to be like; what is None or empty does not count."""

    since: datetime | None = None
    """It happened at this instant or later."""
    until: datetime | None = None
    """It happened before."""
    stream: StreamId | None = None
    whose: Whose | None = None
    types: frozenset[str] = frozenset()
    agent: AgentId | None = None
    """Who did it, handed over or took over."""
    kind: str | None = None
    """Of an action or a signal."""
    rule: str | None = None
    """Which decided on an action."""

    def takes(self, entry: Entry) -> bool:
        """Whether an entry is wanted."""
        return self._is_at(entry.at) and self.stream in {None, entry.stream} and self._says(entry)

    def hints(self) -> Iterator[str]:
        """Yield texts that the header of every wanted entry holds, for a store that can look for them faster."""
        for name, value in (("agent", self.agent), ("kind", self.kind), ("rule", self.rule)):
            if value is not None:
                yield f'{name}":{json.dumps(value, ensure_ascii=False)}'

    def _is_at(self, at: datetime) -> bool:
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)

    def _says(self, entry: Entry) -> bool:
        if self.types and entry.type not in self.types:
            return False
        if self.agent is None and self.kind is None and self.rule is None and self.whose is None:
            return True
        header = header_of(entry)
        is_agents = self.agent is None or any(header.get(name) == self.agent for name in AGENTS)
        is_kind = self.kind is None or header.get("kind") == self.kind
        is_rule = self.rule is None or header.get("rule") == self.rule
        return is_agents and is_kind and is_rule and self._is_theirs(entry, header)

    def _is_theirs(self, entry: Entry, header: Mapping[str, JsonValue]) -> bool:
        whose = self.whose
        if whose is None or entry.stream in whose.streams:
            return True
        return whose.customer_id is not None and header.get("customer_id") == whose.customer_id


def header_of(entry: Entry) -> Mapping[str, JsonValue]:
    """Return the fields of an entry that stay; none where its header is not readable any more."""
    try:
        header = cast(JsonValue, from_json(entry.header))
    except ValueError:
        return {}
    return header if isinstance(header, dict) else {}


def personal_of(entry: Entry) -> dict[str, JsonValue] | None:
    """Return the fields of an entry that can be erased; None where there are none, or they were erased."""
    if entry.personal is None:
        return None
    try:
        fields = cast(JsonValue, from_json(entry.personal))
    except ValueError:  # somebody changed it: checking the chain names the event
        return {"unreadable": entry.personal}
    return fields if isinstance(fields, dict) else {"unreadable": fields}


def place_of(entry: Entry) -> Place:
    """Return where an entry stands."""
    return Place(entry.at, entry.stream, entry.seq)
