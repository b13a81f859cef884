"""Taking the text out of pages beside the event loop, within limits."""

from importlib import import_module

from anyio import BrokenWorkerProcess, CapacityLimiter, fail_after, to_process, to_thread

from shopfloor.kernel.errors import InvalidInput
from shopfloor.knowledge.extraction.contract import Extracted, Format, Raw
from shopfloor.knowledge.extraction.formats import PACKED, extract_text, format_of

MOST_S = 30.0
"""How long a file may take."""


class Extractor:
    """Takes the text out of pages: of PDF and DOCX in a process of its own, of all others in a thread."""

    def __init__(self, *, most_s: float = MOST_S) -> None:
        """Take how many seconds a file may take."""
        self._most_s = most_s
        self._slots = CapacityLimiter(1)

    async def extract(self, raw: Raw) -> Extracted:
        """Take the text out of a page.

        Raises:
            InvalidInput: there is none that can be read; why.
        """
        kind = format_of(raw)
        if kind not in PACKED:
            return await to_thread.run_sync(extract_text, raw, kind)
        try:
            with fail_after(self._most_s):
                return await to_process.run_sync(_read_packed, raw, kind, cancellable=True, limiter=self._slots)
        except TimeoutError as error:
            raise InvalidInput(f"it takes longer than {self._most_s:g} seconds to read") from error
        except (BrokenWorkerProcess, MemoryError) as error:
            raise InvalidInput("it takes too much memory to read, or breaks the reader") from error


def _read_packed(raw: Raw, kind: Format) -> Extracted:
    # Imported here, in the process that reads: nothing else should wait for what reads PDF and DOCX.
    found: Extracted = import_module("shopfloor.knowledge.extraction.packed").read_packed(raw, kind)
    return found
