"""Writing to a file or to stdout piece by piece: nothing large is held whole, and no file is left half written."""

import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TextIO

from anyio import to_thread

from shopfloor.kernel.errors import StorageError

Write = Callable[[str], Awaitable[None]]


@asynccontextmanager
async def written_to(path: Path | None) -> AsyncGenerator[Write]:
    """Hand out what writes to a file that only its owner can read, or to stdout where none is named.

    The file is there once all of it is: before that, and where something breaks, what was there stays.

    Raises:
        StorageError: it cannot be written.
    """
    if path is None:
        yield _to_stdout
        sys.stdout.flush()
        return
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        file = await to_thread.run_sync(_opened, part)
        try:

            async def write(text: str) -> None:
                await to_thread.run_sync(file.write, text)

            yield write
        finally:
            await to_thread.run_sync(file.close)
        await to_thread.run_sync(part.replace, path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        await to_thread.run_sync(lambda: part.unlink(missing_ok=True))


async def _to_stdout(text: str) -> None:
    await to_thread.run_sync(sys.stdout.write, text)


def _opened(path: Path) -> TextIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline="")
