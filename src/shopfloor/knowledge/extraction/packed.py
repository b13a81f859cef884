"""Reading a PDF or DOCX; it runs in a process of its own, which is ended when it takes too long."""

import sys
from importlib import import_module
from pathlib import Path

from shopfloor.knowledge.extraction.contract import Extracted, Format
from shopfloor.knowledge.extraction.docx import read_docx
from shopfloor.knowledge.extraction.formats import checked
from shopfloor.knowledge.extraction.pdf import read_pdf

MORE_MEMORY = 1_000_000_000
"""Bytes that reading files may take."""


def read_packed(content: bytes, name: str, kind: Format) -> Extracted:
    """Read a file.

    Raises:
        InvalidInput: it is broken, or holds too much.
        MemoryError: it takes more than there is.
    """
    return checked((read_pdf if kind == "pdf" else read_docx)(content, name))


def limit_memory() -> None:
    """Let this process grow only so far from now on, where the system can hold it to that."""
    if sys.platform != "linux":
        return
    resource = import_module("resource")  # there is none elsewhere
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    most = pages * resource.getpagesize() + MORE_MEMORY
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
