"""Taking the text out of pages beside the event loop, within limits."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from anyio import (
    BrokenResourceError,
    CancelScope,
    ClosedResourceError,
    EndOfStream,
    IncompleteRead,
    Lock,
    fail_after,
    open_process,
)
from anyio.abc import ByteReceiveStream, ByteSendStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream
from pydantic import BaseModel, ConfigDict

from shopfloor.kernel.errors import InvalidInput
from shopfloor.knowledge.extraction.contract import Extracted, Raw

MOST_S = 30.0
"""How long a page may take."""
MOST_DIGITS = 20
WORKER = Path(__file__).with_name("worker.py")
BROKEN = (BrokenResourceError, ClosedResourceError, EndOfStream, IncompleteRead, ValueError)
"""What is seen of a process that ended, or told nonsense."""


class _Answer(BaseModel):
    """What the process that reads pages says of one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    found: Extracted | None = None
    refused: str = ""
    is_spent: bool = False
    """Whether the process has no memory left."""


class Extractor:
    """Takes the text out of pages in a process of its own: a broken or hostile one may take all time and memory.

    The process is begun for the first page, and ends with the `async with` that this is used in.
    """

    def __init__(self, *, most_s: float = MOST_S) -> None:
        """Take how many seconds a page may take."""
        self._most_s = most_s
        self._one = Lock()
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        await self._end()

    async def extract(self, raw: Raw) -> Extracted:
        """Take the text out of a page.

        Raises:
            InvalidInput: there is none that can be read; why.
        """
        async with self._one:
            try:
                with fail_after(self._most_s):
                    answer = await self._asked(raw)
            except TimeoutError as error:
                raise InvalidInput(f"it takes longer than {self._most_s:g} seconds to read") from error
            except BROKEN as error:
                raise InvalidInput("it breaks the reader") from error
        if answer.found is None:
            raise InvalidInput(answer.refused or "it takes too much memory to read")
        return answer.found

    async def _asked(self, raw: Raw) -> _Answer:
        """Return what the process says of a page; it is ended where it does not say it, or has no memory left."""
        is_usable = False
        try:
            if self._process is None or self._process.returncode is not None:
                await self._end()
                self._process = await open_process([sys.executable, "-P", str(WORKER)], stderr=subprocess.DEVNULL)
            stdin, stdout = cast(ByteSendStream, self._process.stdin), cast(ByteReceiveStream, self._process.stdout)
            head = json.dumps({"name": raw.name, "declared": raw.declared, "size": len(raw.content)})
            await stdin.send(head.encode() + b"\n")
            await stdin.send(raw.content)
            told = BufferedByteReceiveStream(stdout)
            size = int(await told.receive_until(b"\n", MOST_DIGITS))
            answer = _Answer.model_validate_json(await told.receive_exactly(size))
            is_usable = not answer.is_spent
            return answer
        finally:
            if not is_usable:
                await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with CancelScope(shield=True):
            if process.returncode is None:
                process.kill()
            await process.aclose()
