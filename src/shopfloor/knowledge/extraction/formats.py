"""Telling what a page comes as."""

import re
from pathlib import PurePosixPath

from shopfloor.kernel.errors import InvalidInput
from shopfloor.knowledge.extraction.contract import Format, Raw

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
MARKED: frozenset[Format] = frozenset({"pdf", "docx"})
"""What its first bytes tell, whatever it is called."""
LOOKS_LIKE_HTML = re.compile(
    rb"\s*(?:<!--(?:[^-]|-(?!->))*+-->\s*)*+<(?:!doctype html|html|head|body)\b", re.IGNORECASE
)
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
    if found in MARKED or found is None:
        if found is None and LOOKS_LIKE_HTML.match(head) and declared in VAGUE:
            return "html"
        what = f"a {found.upper()} by its name, but not by what is in it" if found else declared or "of no known kind"
        raise InvalidInput(f"it is {what}: give HTML, Markdown, plain text, CSV, PDF or DOCX")
    return "html" if found == "text" and LOOKS_LIKE_HTML.match(head) else found
