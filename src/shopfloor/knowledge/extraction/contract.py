"""What is taken out of a page."""

from dataclasses import dataclass
from typing import Literal

Format = Literal["html", "markdown", "text", "csv", "pdf", "docx"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Raw:
    """A page as it was fetched or read."""

    content: bytes
    name: str
    """Its address or path: its ending tells the format where nothing else does, and titles what has no title."""
    declared: str = ""
    """The content type that its server calls it; empty where there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Extracted:
    """The text of a page."""

    title: str
    text: str
    """Markdown."""
    topic: str = ""
    language: str | None = None
    """As the page says; None where it does not."""
    updated: str | None = None
    """The day on which it was changed last, as 2026-11-30; None where the page does not say."""
    canonical: str | None = None
    """The address that it gives itself."""
    links: tuple[str, ...] = ()
    """Where it leads, as it is written there."""
    base: str | None = None
    """What its links are relative to; None for its own address."""
    is_hidden: bool = False
    """Whether it asks not to be found."""
