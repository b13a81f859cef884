"""Recorded conversations: what a customer wrote, what models answered, and what was replied, in one file.

A recording is a file of JSON lines: how the conversation began, then its turns. It holds words of people, so only its
owner may read it. Models' answers are found by the digest of their requests; neither requests nor keys are in it.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from shopfloor.agents.prompt_texts import Prompts
from shopfloor.kernel.errors import InvalidInput, StorageError
from shopfloor.models.recorded import Line

FORM = 1
"""Of the file; another is not read."""


class Part(BaseModel):
    """A line of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Beginning(Part):
    """The first line: how the conversation began."""

    recording: Literal[1] = FORM
    at: AwareDatetime
    """At which instant it is had, whenever that is done again."""
    shopfloor: str
    """The version of the program."""
    customer: Annotated[str, Field(min_length=3)] | None
    """The e-mail address of who is signed in; None for a guest."""
    prompts: Prompts
    """What the models were told."""
    team: str
    """The digest of the agents and the settings."""


class Failure(Part):
    """A call to a model that failed."""

    request: str
    failed: str
    """The name of the error."""


Answer = Line | Failure


class RecordedTurn(Part):
    """One turn: what was said at once, the models' answers, and the reply."""

    said: Annotated[list[str], Field(min_length=1)]
    answers: list[Answer]
    reply: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """A conversation that was had."""

    path: Path
    beginning: Beginning
    turns: Sequence[RecordedTurn]

    @property
    def answers(self) -> Sequence[Answer]:
        """Return all answers of models, the first leading."""
        return [answer for turn in self.turns for answer in turn.answers]


def read_recording(path: Path) -> Recording:
    """Read a recording.

    Raises:
        InvalidInput: it cannot be read, is none, or one of another form.
    """
    lines = _lines(path)
    if not lines:
        raise InvalidInput(f"{path} is no recording, it is empty: make one with `shopfloor chat --record`")
    place = 1
    try:
        beginning = Beginning.model_validate_json(lines[0])
        turns: list[RecordedTurn] = []
        for line in lines[1:]:
            place += 1
            turns.append(RecordedTurn.model_validate_json(line))
    except ValidationError as error:
        raise InvalidInput(_wrong(path, place, lines[0], error)) from None
    if not turns:
        raise InvalidInput(f"{path} holds no messages: record a conversation with at least one")
    return Recording(path=path, beginning=beginning, turns=turns)


def _wrong(path: Path, place: int, first: str, error: ValidationError) -> str:
    field = ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"])
    if place == 1 and '"recording"' in first and field.startswith(("recording", "prompts")):
        return f"{path} is a recording of another version of shopfloor: record it anew with `shopfloor chat --record`"
    where = f", {field}" if field else ""
    return f"{path} is no recording, line {place}{where}: make one with `shopfloor chat --record`"


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is no recording: it is no text in UTF-8") from error


def begin_file(path: Path, part: Part) -> None:
    """Make a new file, which only its owner may read, with its first line.

    Raises:
        InvalidInput: there is such a file already.
        StorageError: it cannot be written.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(part.model_dump_json() + "\n")
    except FileExistsError as error:
        raise InvalidInput(f"{path} is there already: name a new file, or remove it") from error
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error


def add_lines(path: Path, parts: Sequence[BaseModel]) -> None:
    """Add lines to a file; one that is not there is made, for its owner only.

    Raises:
        StorageError: it cannot be written.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
            file.writelines(part.model_dump_json() + "\n" for part in parts)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error


def read_answers(path: Path) -> Sequence[Answer]:
    """Read answers that were kept by themselves; none where there is no such file yet.

    Raises:
        InvalidInput: it cannot be read, or holds something else.
    """
    if not path.exists():
        return ()
    found: list[Answer] = []
    for place, line in enumerate(_lines(path), 1):
        try:
            found.append(Failure.model_validate_json(line) if '"failed"' in line else Line.model_validate_json(line))
        except ValidationError:
            raise InvalidInput(f"{path}, line {place}: it holds no answers of models, so name another file") from None
    return found
