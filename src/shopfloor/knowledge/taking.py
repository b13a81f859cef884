"""Making a page of what was fetched or read: its text, its language, and nothing that tries to steer the team."""

import re
import unicodedata
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from anyio import to_thread

from shopfloor.kernel.errors import InvalidInput
from shopfloor.knowledge.contract import Page
from shopfloor.knowledge.extraction.contract import Extracted, Raw
from shopfloor.knowledge.extraction.extracting import Extractor
from shopfloor.language.detection import detect
from shopfloor.language.languages import DEFAULT
from shopfloor.language.safety import screen
from shopfloor.search.contract import Document

BLOCK = re.compile(r"\n[ \t]*\n")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What no text needs, and a terminal or a database may stumble over."""
LANGUAGE = re.compile(r"[a-z]{2}")
LOOKED_AT = 3_000
SCRIPTS = {"HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CJK": "zh"}
"""Languages by letters that only they have, the surest first."""
LONGEST_TITLE = 200


class Hidden(InvalidInput):
    """A page that asks not to be found."""

    def __init__(self, links: tuple[str, ...], base: str | None) -> None:
        """Take where it leads."""
        super().__init__("it asks not to be found (noindex)")
        self.links = links
        self.base = base


def digest_of(content: bytes) -> str:
    """Return what tells whether the bytes of a page are the same."""
    return sha256(content).hexdigest()


async def taken(extractor: Extractor, raw: Raw, *, document_id: str, place: str, at: datetime) -> tuple[Page, int]:
    """Make a page, and return how many parts of it were left out since they try to steer the team.

    Raises:
        InvalidInput: there is no text in it that can be read; why.
        Hidden: it asks not to be found.
    """
    found = await extractor.extract(raw)
    if found.is_hidden:
        raise Hidden(found.links, found.base)
    return await to_thread.run_sync(_made, found, raw, document_id, place, at)


def _made(found: Extracted, raw: Raw, document_id: str, place: str, at: datetime) -> tuple[Page, int]:
    text, withheld = screened(CONTROL.sub("", found.text))
    if not text.strip():
        raise InvalidInput("it holds no text" if not withheld else "it holds only words that try to steer the team")
    title = CONTROL.sub("", " ".join(found.title.split()))[:LONGEST_TITLE]
    document = Document(
        id=document_id,
        title=document_id if screen(title).injection else title,
        topic=found.topic,
        text=text,
        source=document_id,
        language=language_of(found.language, text),
        updated=found.updated,
    )
    page = Page(document=document, place=place, digest=digest_of(raw.content), fetched_at=at, links=found.links)
    return page, withheld


def screened(text: str) -> tuple[str, int]:
    """Return a text without the paragraphs that try to steer the team, and how many those were."""
    parts = BLOCK.split(text)
    kept = [part for part in parts if not screen(part).injection]
    return "\n\n".join(kept), len(parts) - len(kept)


def steering(withheld: int) -> str:
    """Say how many parts of a page were left out."""
    return "1 paragraph tries to steer the team" if withheld == 1 else f"{withheld} paragraphs try to steer the team"


def language_of(said: str | None, text: str) -> str:
    """Return the language of a text: what it is said to be, or what it looks like; empty where that is not known."""
    head = text[:LOOKED_AT]
    if script := _script(head):
        return said if said in {"ja", "ko", "zh"} else script
    if said and LANGUAGE.fullmatch(said[:2].lower()):
        return said[:2].lower()
    return detect(head, DEFAULT) or ""


def _script(text: str) -> str | None:
    letters = [unicodedata.name(letter, "") for letter in text if letter.isalpha()]
    found = {script: sum(1 for name in letters if name.startswith(script)) for script in SCRIPTS}
    if sum(found.values()) < 0.3 * len(letters) or not letters:
        return None
    return next(SCRIPTS[script] for script in SCRIPTS if found[script] > 0.05 * len(letters) or script == "CJK")


def same(page: Page, at: datetime, *, etag: str | None = None, last_modified: str | None = None) -> Page:
    """Return a page that was found unchanged."""
    return replace(page, fetched_at=at, etag=etag or page.etag, last_modified=last_modified or page.last_modified)
