"""The text of Word files."""

import io
import re
import zipfile
from collections.abc import Iterator

import docx
from docx.table import Table
from docx.text.paragraph import Paragraph

from shopfloor.kernel.errors import InvalidInput
from shopfloor.knowledge.extraction.contract import Extracted
from shopfloor.knowledge.extraction.markdown import titled

ITEM = re.compile(r"^(- .*)\n\n(?=- )", re.MULTILINE)
SPENT = "unknown error"
"""How what reads XML begins where memory runs out."""
MOST_BYTES = 200_000_000
"""What the parts of a file may come to when they are unpacked."""


def read_docx(content: bytes, name: str) -> Extracted:
    """Read a file with its headings, lists and tables.

    Raises:
        InvalidInput: it is broken, or unpacks to too much.
        MemoryError: it takes too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_BYTES:
                raise InvalidInput("it unpacks to more than it may: save it anew without pictures")
        document = docx.Document(io.BytesIO(content))
        blocks = [block for block in _blocks(document.iter_inner_content()) if block.strip()]
        properties = document.core_properties
        title, made = (properties.title or "").strip(), properties.modified
    except (InvalidInput, MemoryError):
        raise
    except Exception as error:  # of broken files the library raises anything
        if str(error).startswith(SPENT):
            raise MemoryError from error
        raise InvalidInput(f"the Word file is broken: {str(error)[:120] or type(error).__name__}") from error
    if not blocks:
        raise InvalidInput("it holds no text")
    text = ITEM.sub(r"\1\n", "\n\n".join(blocks))
    return Extracted(title=title or titled(name), text=text, updated=made.date().isoformat() if made else None)


def _blocks(parts: "Iterator[Paragraph | Table]") -> Iterator[str]:
    for part in parts:
        if isinstance(part, Table):
            rows = [[" ".join(cell.text.split()).replace("|", "/") for cell in row.cells] for row in part.rows]
            if rows:
                lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
                yield "\n".join(f"| {' | '.join(line)} |" for line in lines)
            continue
        text, style = part.text.strip(), (part.style.name if part.style else "") or ""
        kind, _, level = style.partition(" ")
        if kind == "Heading" and level.isdigit():
            yield f"{'#' * min(int(level), 6)} {text}" if text else ""
        elif style == "Title":
            yield f"# {text}" if text else ""
        elif style.startswith("List"):
            yield f"- {text}" if text else ""
        else:
            yield text
