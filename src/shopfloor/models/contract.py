"""One request to a language model, and what streams back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import JsonValue


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolSpec:
    """A tool as a model sees it."""

    name: str
    description: str
    parameters: dict[str, JsonValue]
    """JSON Schema of the arguments; identity is never among them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolRequest:
    """A model, or a plan, asks for a tool."""

    id: str
    name: str
    arguments: dict[str, JsonValue]


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelMessage:
    """One entry of the history that a model reads."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_requests: tuple[ToolRequest, ...] = ()
    tool_request_id: str | None = None
    """The request that a `tool` message answers; None otherwise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRequest:
    """Everything that one call to a model takes."""

    system: str
    """The stable part first, so that a provider's prompt cache can hold it."""
    messages: tuple[ModelMessage, ...]
    tools: tuple[ToolSpec, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TextDelta:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """The end of an answer."""

    reason: Literal["stop", "tool_calls", "length", "refusal"]
    tool_requests: tuple[ToolRequest, ...] = ()
    input_tokens: int
    output_tokens: int


class Model(Protocol):
    """A language model behind one wire format."""

    def stream(self, request: ModelRequest) -> AsyncIterator[TextDelta | Finished]:
        """Ask once; text arrives as it is made, `Finished` is the last piece.

        Raises:
            Unavailable: no answer, or a cut one; worth trying again or elsewhere.
        """
        ...
