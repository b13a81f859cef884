"""Reads a provider's JSON: nothing of its shape is relied on."""

import json
from typing import Any, cast

from pydantic_core import from_json

from shopfloor.kernel.errors import BadAnswer
from shopfloor.models.contract import ToolRequest

MAX_ANSWER = 1_000_000
"""Letters of text and tool arguments that one answer may hold."""
MAX_TOOL_REQUESTS = 128
MAX_NAME = 200
"""Letters of a model's name as its provider tells it."""
MOST_TOKENS = 1_000_000_000
"""More than this is no count of one answer's tokens."""


def object_of(data: bytes, who: str) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        BadAnswer: it is none.
    """
    try:
        value = from_json(data)
    except ValueError:
        value = _leniently(data, who)
    if not isinstance(value, dict):
        raise BadAnswer(f"{who}: its answer is no JSON object")
    return cast("dict[str, Any]", value)


def object_in(value: object) -> dict[str, Any]:
    """Return a value that should be an object; an empty one where it is not."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def objects_in(value: object) -> list[dict[str, Any]]:
    """Return the objects of a value that should be a list of them."""
    if not isinstance(value, list):
        return []
    return [cast("dict[str, Any]", one) for one in cast("list[object]", value) if isinstance(one, dict)]


def text_in(value: object) -> str:
    """Return a value that should be a text; an empty one where it is not."""
    return value if isinstance(value, str) else ""


def count_in(value: object) -> int:
    """Return a value that should be a number of model tokens; 0 where it is not."""
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return value if 0 < value <= MOST_TOKENS else 0


class ToolRequestParts:
    """A tool request that arrives in parts."""

    def __init__(self, request_id: str, name: str) -> None:
        """Take its id and the tool's name, each empty where it is not known yet."""
        self.id = request_id
        self.name = name
        self.arguments: list[str] = []
        self.note: dict[str, Any] | None = None

    def request(self, place: int, who: str) -> ToolRequest:
        """Return the whole request; `place` names one that came without an id.

        Raises:
            BadAnswer: its arguments are no JSON object, such as when they were cut, or it names no tool.
        """
        said = "".join(self.arguments).strip()
        if not self.name:
            raise BadAnswer(f"{who}: it asked for a tool without a name")
        try:
            arguments = object_of(said.encode("utf-8", "replace"), who) if said else {}
        except BadAnswer as error:
            raise BadAnswer(f"{who}: the arguments for {self.name} are no JSON object") from error
        return ToolRequest(
            id=self.id or f"call_{place + 1}", name=self.name, arguments=arguments, provider_note=self.note
        )


class Measure:
    """Counts what an answer holds, and ends it where that is more than can be meant."""

    def __init__(self, who: str, limit: int = MAX_ANSWER) -> None:
        """Take who answers, and how many letters they may use."""
        self._who = who
        self._limit = limit
        self._left = limit

    def add(self, text: str) -> str:
        """Count a text and return it.

        Raises:
            BadAnswer: the answer is too long.
        """
        self._left -= len(text)
        if self._left < 0:
            raise BadAnswer(f"{self._who}: its answer is longer than {self._limit:,} letters")
        return text


def _leniently(data: bytes, who: str) -> object:
    """Read JSON that holds half of a character, as some servers send when they cut a text between its halves."""
    try:
        value = json.loads(data)
        return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        pass
    raise BadAnswer(f"{who}: it sent what is no JSON")
