"""Reading a page; it runs in a process of its own, which is ended when it takes too long."""

import sys
from importlib import import_module
from pathlib import Path

from shopfloor.kernel.errors import InvalidInput
from shopfloor.knowledge.extraction.contract import Extracted, Raw
from shopfloor.knowledge.extraction.docx import read_docx
from shopfloor.knowledge.extraction.encodings import decoded
from shopfloor.knowledge.extraction.formats import DECLARED, format_of
from shopfloor.knowledge.extraction.html import charset_of, read_html
from shopfloor.knowledge.extraction.markdown import read_markdown, titled
from shopfloor.knowledge.extraction.pdf import read_pdf
from shopfloor.knowledge.extraction.tables import read_csv

LONGEST = 5_000_000
"""Letters of a page's text."""
MORE_MEMORY = 1_000_000_000
"""Bytes that reading pages may take."""


def read_page(raw: Raw) -> Extracted:
    """Take the text out of a page.

    Raises:
        InvalidInput: there is none that can be read, or too much; why.
        MemoryError: it takes more than there is.
    """
    kind = format_of(raw)
    if kind == "pdf":
        found = read_pdf(raw.content, raw.name)
    elif kind == "docx":
        found = read_docx(raw.content, raw.name)
    else:
        declared = DECLARED.search(raw.declared)
        charset = (declared[1] if declared else None) or (charset_of(raw.content) if kind == "html" else None)
        text = decoded(raw.content, charset)
        if text is None:
            raise InvalidInput("it is no text: it holds bytes that are none in any encoding")
        if kind == "html":
            found = read_html(text, titled(raw.name))
        elif kind == "csv":
            found = read_csv(text, raw.name)
        elif kind == "text":
            found = Extracted(title=titled(raw.name), text=text.replace("\r\n", "\n").strip())
        else:
            found = read_markdown(text, raw.name)
    return _checked(found)


def limit_memory() -> None:
    """Let this process grow only so far from now on, where the system can hold it to that."""
    if sys.platform != "linux":
        return
    resource = import_module("resource")  # there is none elsewhere
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    most = pages * resource.getpagesize() + MORE_MEMORY
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _checked(found: Extracted) -> Extracted:
    if not found.text.strip() and not found.is_hidden and not found.links:
        raise InvalidInput("it holds no text")
    if len(found.text) > LONGEST:
        raise InvalidInput(f"its text has {len(found.text):,} letters, more than {LONGEST:,}: divide it")
    return found
