"""Telling what a page comes as, and reading it."""

import re
from pathlib import PurePosixPath

from shopfloor.kernel.errors import InvalidInput
from shopfloor.knowledge.extraction.contract import Extracted, Format, Raw
from shopfloor.knowledge.extraction.encodings import decoded
from shopfloor.knowledge.extraction.html import charset_of, read_html
from shopfloor.knowledge.extraction.markdown import read_markdown, titled
from shopfloor.knowledge.extraction.tables import read_csv

ENDINGS: dict[str, Format] = {
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".text": "text",
    ".csv": "csv",
    ".tsv": "csv",
    ".pdf": "pdf",
    ".docx": "docx",
}
TYPES: dict[str, Format] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
    "text/plain": "text",
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/csv": "csv",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}
VAGUE = frozenset({"", "application/octet-stream", "binary/octet-stream", "text/plain", "application/zip"})
"""Types that say little: an ending says more."""
PACKED: frozenset[Format] = frozenset({"pdf", "docx"})
"""What is read in a process of its own, since a broken or hostile one may take all time and memory."""
LONGEST = 5_000_000
"""Letters of a page's text."""
LOOKS_LIKE_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
DECLARED = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)


def format_of(raw: Raw) -> Format:
    """Return what a page comes as: by its first bytes, then by its type, then by its ending.

    Raises:
        InvalidInput: it is nothing that can be read.
    """
    head = raw.content[:1_024]
    if b"%PDF-" in head:
        return "pdf"
    if head.startswith(b"PK\x03\x04") and b"word/" in raw.content[:200_000] + raw.content[-200_000:]:
        return "docx"
    declared = raw.declared.partition(";")[0].strip().lower()
    by_ending = ENDINGS.get(PurePosixPath(raw.name.split("?")[0]).suffix.lower())
    if declared in VAGUE and by_ending:
        found = by_ending
    else:
        found = TYPES.get(declared) or (by_ending if declared in VAGUE else None)
    if found in PACKED or found is None:
        if found is None and LOOKS_LIKE_HTML.match(head) and declared in VAGUE:
            return "html"
        what = f"a {found.upper()} by its name, but not by what is in it" if found else declared or "of no known kind"
        raise InvalidInput(f"it is {what}: give HTML, Markdown, plain text, CSV, PDF or DOCX")
    return "html" if found == "text" and LOOKS_LIKE_HTML.match(head) else found


def extract_text(raw: Raw, kind: Format) -> Extracted:
    """Take the text out of a page that is one.

    Raises:
        InvalidInput: there is none.
    """
    declared = DECLARED.search(raw.declared)
    charset = (declared[1] if declared else None) or (charset_of(raw.content) if kind == "html" else None)
    text = decoded(raw.content, charset)
    if text is None:
        raise InvalidInput("it is no text: it holds bytes that are none in any encoding")
    if kind == "html":
        return checked(read_html(text, titled(raw.name)))
    if kind == "csv":
        return checked(read_csv(text, raw.name))
    if kind == "text":
        return checked(Extracted(title=titled(raw.name), text=text.replace("\r\n", "\n").strip()))
    return checked(read_markdown(text, raw.name))


def checked(found: Extracted) -> Extracted:
    """Return what was taken out of a page, if it is something.

    Raises:
        InvalidInput: it is nothing, or too much.
    """
    if not found.text.strip() and not found.is_hidden and not found.links:
        raise InvalidInput("it holds no text")
    if len(found.text) > LONGEST:
        raise InvalidInput(f"its text has {len(found.text):,} letters, more than {LONGEST:,}: divide it")
    return found
