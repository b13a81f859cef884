"""Labelled messages, as lines of JSON, and who a plan gave each of them to."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shopfloor.kernel.errors import InvalidInput, StorageError
from shopfloor.kernel.fields import fields_of

Kind = Literal["single", "multi", "oos", "escalation", "context"]
"""One wish, several, none of a shop's business, one for a person, one that only what was said before explains."""
Role = Literal["user", "assistant"]


class RowPart(BaseModel):
    """Base of what a row is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Said(RowPart):
    """A message of a row."""

    role: Role
    content: str


class Row(RowPart):
    """A message, or a conversation up to its last message, with the agents that it is for."""

    id: Annotated[str, Field(min_length=1)]
    source: str
    kind: Kind
    messages: Annotated[tuple[Said, ...], Field(min_length=1)]
    expected_agents: Annotated[tuple[str, ...], Field(min_length=1)]
    accept: tuple[tuple[str, ...], ...] = ()
    """Other sets of agents that count as right where it is judged leniently."""
    label: str = ""

    @model_validator(mode="after")
    def _ends_with_the_customer(self) -> "Row":
        if self.messages[-1].role != "user":
            raise ValueError("messages: the last one must be the customer's (role user)")
        return self

    @property
    def text(self) -> str:
        """Return the message that is to be routed."""
        return self.messages[-1].content

    @property
    def expected(self) -> frozenset[str]:
        """Return the agents that it is for."""
        return frozenset(self.expected_agents)

    @property
    def is_answered(self) -> bool:
        """Whether it holds what some team said; otherwise the customer's messages alone."""
        return any(said.role == "assistant" for said in self.messages)


def read_rows(text: str, where: str) -> list[Row]:
    """Read rows, one a line; empty lines are passed over.

    Raises:
        InvalidInput: naming the file, the line and the field.
    """
    rows: list[Row] = []
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        row = _row(line, f"{where}, line {number}")
        if row.id in lines:
            raise InvalidInput(f"{where}, line {number}: id: {row.id} stands in line {lines[row.id]} already")
        lines[row.id] = number
        rows.append(row)
    if not rows:
        raise InvalidInput(f"{where} holds no rows: each line is one, as JSON")
    return rows


def _row(line: str, where: str) -> Row:
    try:
        data = cast(object, json.loads(line))
    except ValueError as error:
        raise InvalidInput(f"{where} is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise InvalidInput(f"{where} is no JSON object: write {{...}}")
    try:
        return Row.model_validate(data)
    except ValidationError as error:
        first = fields_of(error)[0]
        raise InvalidInput(": ".join(part for part in (where, *first) if part)) from error


def write_predictions(path: Path, rows: Sequence[Row], found: Mapping[str, frozenset[str]]) -> None:
    """Write which agents each row was given to, one row a line.

    Raises:
        StorageError: the file cannot be written.
    """
    lines = [json.dumps({"id": row.id, "agents": sorted(found[row.id])}, ensure_ascii=False) for row in rows]
    try:
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error
