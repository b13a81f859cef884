"""What is known of sources, their pages and corrections, and what keeping them promises."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from pydantic import JsonValue

from shopfloor.search.contract import Document

SourceKind = Literal["site", "file", "folder", "demo"]
OpenKind = Literal["not_found", "no_product", "declined"]
"""Why a question had no answer: no page has one, the shop has no such product, or it was taken to be none of its
business."""
DEMO = "demo"
"""The source that brings the demo shop's own pages."""
STAFF = "staff"
"""In place of a source, of what the staff say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where pages come from."""

    name: str
    """Its address, its path, or `demo`."""
    kind: SourceKind
    added_at: datetime
    refreshed_at: datetime
    """When its pages were looked at last."""
    most_pages: int
    allows_private: bool = False
    """Whether its pages may lie at private addresses."""
    documents: int = 0
    """How many pages it has."""
    report: dict[str, JsonValue]
    """What the last look came to, as `Report.view` writes it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A page of a source, as it was taken."""

    document: Document
    place: str
    """Its address, or its path in the folder."""
    digest: str
    """Of the bytes that it was read from."""
    fetched_at: datetime
    etag: str | None = None
    """What its server calls this version; None where it does not say."""
    last_modified: str | None = None
    """Since when it is so, as its server writes it."""
    links: tuple[str, ...] = ()
    """Where it leads on its site."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """An answer that the staff gave to a question; it goes before all pages."""

    id: str
    question: str
    answer: str
    made_at: datetime
    made_by: str
    """A person of the staff, by name."""


class Versions(NamedTuple):
    """Counts what changed: whoever has made something of these makes it anew once they are others."""

    pages: int
    corrections: int


class Knowledge(Protocol):
    """Keeps sources with their pages, and corrections."""

    async def versions(self) -> Versions:
        """Return what counts the changes; cheap, for all who follow them."""
        ...

    async def sources(self) -> Sequence[Source]:
        """Return all sources, in the order of their names."""
        ...

    async def find(self, name: str) -> Source | None:
        """Return a source."""
        ...

    async def pages(self, name: str) -> Sequence[Page]:
        """Return a source's pages, in the order of their places."""
        ...

    async def documents(self) -> Sequence[Document]:
        """Return the documents of all pages, in the order of their ids."""
        ...

    async def put(self, source: Source, pages: Sequence[Page]) -> None:
        """Let a source have these pages in place of those that it has: all of it at once, or nothing."""
        ...

    async def note(self, source: Source) -> None:
        """Store what is known of a source whose pages stay as they are."""
        ...

    async def remove(self, name: str) -> None:
        """Remove a source with its pages.

        Raises:
            NotFound: there is no such source.
        """
        ...

    async def corrections(self) -> Sequence[Correction]:
        """Return the corrections that hold, the newest first."""
        ...

    async def correct(self, correction: Correction) -> None:
        """Store a correction."""
        ...

    async def withdraw(self, correction_id: str) -> None:
        """Remove a correction.

        Raises:
            NotFound: there is no such correction.
        """
        ...
