"""What a fact is, and what keeping facts promises; the journal has what is kept as one of its projections."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol

from shopfloor.journal.event_data import JsonObject
from shopfloor.kernel.changes import Changed
from shopfloor.kernel.errors import InvalidInput

FactName = NewType("FactName", str)
"""A kind of fact and what it is about: `cover_days:SKU-1`."""


def fact_name(kind: str, subject: str) -> FactName:
    """Return the name of the fact of a kind about something."""
    return FactName(f"{kind}:{subject}")


def kind_in(name: FactName) -> str:
    """Return the kind of a fact.

    Raises:
        InvalidInput: it is no name of a fact.
    """
    kind, colon, subject = name.partition(":")
    if not (kind and colon and subject):
        raise InvalidInput(f"{name!r} names no fact: write its kind, a colon and what it is about")
    return kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """Something that all agents know, as it was said at one time."""

    name: FactName
    version: int
    """Counted from 1; only what says something else is a new one."""
    value: JsonObject | None
    """None where it was taken back."""
    source: str
    """Who says it: an agent's id, `shop`, `feed` or `staff`."""
    confidence: float
    """0 to 1."""
    at: datetime
    """When it was said last."""
    expires_at: datetime | None
    """When it holds no longer unless it is said again; None for never."""

    def holds(self, at: datetime) -> bool:
        """Tell whether it can be gone by at an instant."""
        return self.value is not None and (self.expires_at is None or at < self.expires_at)


class Facts(Protocol):
    """Keeps facts: how each stands, and each of its versions.

    All methods may raise `StorageError`.
    """

    async def get(self, names: Collection[FactName]) -> Mapping[FactName, Fact]:
        """Return facts of one moment by their names, those that were taken back or have expired too."""
        ...

    async def of_kinds(self, kinds: Collection[str]) -> Sequence[Fact]:
        """Return all facts of some kinds, of one moment, in the order of their names."""
        ...

    async def history(self, name: FactName, *, before: int | None = None, limit: int = 50) -> Sequence[Fact]:
        """Return the versions of a fact, those before a version, the newest first."""
        ...

    async def changes(self, after: str | None = None, *, limit: int = 1_000) -> Changed:
        """Return the names of the facts that were said behind a mark, the earliest first.

        Without a mark, none: only the mark of now.

        Raises:
            NotFound: the mark is of another course of events: take a new one, and read all facts anew.
        """
        ...
