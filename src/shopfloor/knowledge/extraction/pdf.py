"""The text of PDF files."""

import io
import logging
import re

from pypdf import PdfReader

from shopfloor.kernel.errors import InvalidInput
from shopfloor.knowledge.extraction.contract import Extracted
from shopfloor.knowledge.extraction.markdown import titled

MOST_PAGES = 500
HYPHENATED = re.compile(r"(?<=[a-zäöüßéèàñ])-\n(?=[a-zäöüßéèàñ])")
WRAPPED = re.compile(r"(?<=[^.!?:\n])\n(?=[a-zäöüßéèàñ(])")


def read_pdf(content: bytes, name: str) -> Extracted:
    """Read a file; each of its pages is a section.

    Raises:
        InvalidInput: it is broken, locked, too long, or holds pictures only.
        MemoryError: it takes too much.
    """
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise InvalidInput("it is locked by a password: save it without one")
        if len(reader.pages) > MOST_PAGES:
            raise InvalidInput(f"it has {len(reader.pages):,} pages, more than {MOST_PAGES}: divide it")
        texts = [page.extract_text() for page in reader.pages]
        title = str((reader.metadata and reader.metadata.title) or "").strip()
        made = reader.metadata.modification_date if reader.metadata else None
    except (InvalidInput, MemoryError):
        raise
    except Exception as error:  # of broken files the library raises anything
        raise InvalidInput(f"the PDF is broken: {str(error)[:120] or type(error).__name__}") from error
    if not any(text.strip() for text in texts):
        raise InvalidInput("it holds no text, only pictures: give a PDF with text in it")
    parts = [f"## Page {number}\n\n{_flowing(text)}" for number, text in enumerate(texts, start=1) if text.strip()]
    text = "\n\n".join(parts) if len(parts) > 1 else _flowing(next(text for text in texts if text.strip()))
    return Extracted(title=title or titled(name), text=text, updated=made.date().isoformat() if made else None)


def _flowing(text: str) -> str:
    """Return a text without the ends of the lines that its columns gave it."""
    lines = "\n".join(line.strip() for line in text.replace("\0", "").splitlines())
    return WRAPPED.sub(" ", HYPHENATED.sub("", lines)).strip()
