"""Records what a model answers, so that a conversation that was had once with a key can be had again without one.

A recording is a file of JSON lines: the digest of a request and the pieces of its answer. Neither the request nor a key
is in it. The same request asked again gives its next answer, and the last one after that.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

from anyio import Lock, to_thread
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from shopfloor.kernel.canonical import digest
from shopfloor.kernel.errors import InvalidInput, NotFound, StorageError
from shopfloor.models.contract import Finished, Model, ModelRequest, Piece, TextDelta

REQUEST = TypeAdapter(ModelRequest)


class Line(BaseModel):
    """One answer of a recording."""

    model_config = ConfigDict(extra="forbid")

    request: str
    """The digest of the request."""
    text: list[str]
    finished: Finished

    @property
    def pieces(self) -> Sequence[Piece]:
        """Return the answer as it came."""
        return (*map(TextDelta, self.text), self.finished)


def digest_of(request: ModelRequest) -> str:
    """Return what a request is found by: the SHA-256 of all of it, in hex."""
    return digest(REQUEST.dump_python(request, mode="json"))


class Recorded:
    """A model whose whole answers are written down; those that failed are not."""

    def __init__(self, model: Model, path: Path) -> None:
        """Take the model and the file, which is added to."""
        self._model = model
        self._path = path
        self._lock = Lock()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Ask once.

        Raises:
            StorageError: the file cannot be written.
        """
        text: list[str] = []
        async with aclosing(self._model.stream(request)) as pieces:
            async for piece in pieces:
                match piece:
                    case TextDelta(part):
                        text.append(part)
                    case Finished():
                        await self._write(Line(request=digest_of(request), text=text, finished=piece))
                yield piece

    async def _write(self, line: Line) -> None:
        async with self._lock:
            await to_thread.run_sync(self._append, line.model_dump_json() + "\n")

    def _append(self, line: str) -> None:
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            raise StorageError(f"{self._path} cannot be written: {error.strerror}") from error


class Replayed:
    """Answers as a recording has it, and asks nobody."""

    def __init__(self, path: Path) -> None:
        """Read a recording.

        Raises:
            InvalidInput: it cannot be read, or is none.
        """
        self._path = path
        self._answers: dict[str, list[Line]] = {}
        try:
            lines = path.read_text("utf-8").splitlines()
            for line in map(Line.model_validate_json, lines):
                self._answers.setdefault(line.request, []).append(line)
        except OSError as error:
            raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
        except (ValidationError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{path} is no recording of a model: record it anew") from error

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Answer as before.

        Raises:
            NotFound: it was not asked this before.
        """
        key = digest_of(request)
        answers = self._answers.get(key)
        if answers is None:
            raise NotFound(
                f"{self._path} has no answer to the request {key[:12]}: something changed, so record it anew"
            )
        line = answers.pop(0) if len(answers) > 1 else answers[0]
        for piece in line.pieces:
            yield piece
