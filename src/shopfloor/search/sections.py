"""The sections of pages, each with the stems in it."""

import re
from dataclasses import dataclass

from shopfloor.search.chunks import chunks
from shopfloor.search.contract import Document
from shopfloor.search.readings import Reading

DURATION = re.compile(r"\b\d+ (?:business |working )?(?:hours?|days?|weeks?|months?|years?)\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A part of a page under one heading, and the stems in it."""

    document: Document
    heading: str
    text: str
    place: int
    """In its page, from 0."""
    title: frozenset[str]
    headline: frozenset[str]
    """Of its page's title, its topic and its heading."""
    all: frozenset[str]


def sections_of(document: Document, read: Reading) -> list[Section]:
    """Divide a page; what stands before its first heading is a section under its title."""
    held = chunks(document.title, document.text)
    return [_section(document, place, chunk.heading, chunk.text, read) for place, chunk in enumerate(held)]


def _section(document: Document, place: int, heading: str, text: str, read: Reading) -> Section:
    headline = frozenset(read(f"{document.title} {document.topic} {heading}"))
    return Section(
        document=document,
        heading=heading,
        text=text,
        place=place,
        title=frozenset(read(document.title)),
        headline=headline,
        all=headline | frozenset(read(text)) | frozenset(read("how long") if DURATION.search(text) else ()),
    )
