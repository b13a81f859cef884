"""One request to a language model, and what streams back.

What every `Model` promises, clients and wrappers alike:

- Text is given out as it is made and stands: nothing that was given out is taken back or said again. So trying again,
  with the same model or with another, ends with the first text. A failure after it is raised, and whoever asked goes on
  from what was said.
- An answer that must follow a schema is of no use in parts. Wrappers that try again hold it back until it is whole, so
  that they may try to its end; it then comes as one piece.
- `Finished` is the last piece, and comes exactly once unless an error is raised. A refusal is an answer, not an error,
  and so is one that was cut at its limit.
- Whoever stops early closes the stream (`contextlib.aclosing`), which ends the call.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import JsonValue

FinishReason = Literal["stop", "tool_calls", "length", "refusal"]


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
    provider_note: dict[str, JsonValue] | None = None
    """What its provider wants to see again with it in the history, such as a thought signature; None for most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelMessage:
    """One entry of the history that a model reads."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_requests: tuple[ToolRequest, ...] = ()
    tool_request_id: str | None = None
    """The request that a `tool` message answers; None otherwise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputSchema:
    """The form that an answer must have, kept to by the provider; `output_schema` makes one of a type."""

    name: str
    schema: dict[str, JsonValue]
    """JSON Schema of an object, in the part of the language that providers can promise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRequest:
    """Everything that one call to a model takes."""

    system: str
    """The stable part first, so that a provider's prompt cache can hold it."""
    messages: tuple[ModelMessage, ...]
    tools: tuple[ToolSpec, ...] = ()
    situation: str = ""
    """What changes from call to call, told after `system`, so that it does not spoil the stable part."""
    output: OutputSchema | None = None
    """None where the answer is text."""
    max_output_tokens: int | None = None
    """None for the model's own limit."""
    temperature: float | None = None
    """None for the model's own; left out for models that do not take one."""
    cache_key: str | None = None
    """Names the stable part, tools and `system`, for the provider to keep; None where it is not asked for again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What a call used, in model tokens."""

    input_tokens: int
    """All that was read, from the cache or not."""
    output_tokens: int
    cached_tokens: int = 0
    """Of the input, what was read from the provider's cache."""
    cache_write_tokens: int = 0
    """Of the input, what was written to it."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """The end of an answer."""

    reason: FinishReason
    tool_requests: tuple[ToolRequest, ...] = ()
    usage: Usage | None = None
    """None where the provider does not say."""
    model: str = ""
    """The model that answered, as its provider calls it."""
    refusal: str = ""
    """What was said on refusing; often nothing."""
    rung: int = 0
    """How many models were asked in vain before this one."""


Piece = TextDelta | Finished


class Model(Protocol):
    """A language model behind one wire format, or a wrapper around others."""

    def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Ask once; text arrives as it is made, `Finished` is the last piece.

        Raises:
            Unavailable: no answer, or a cut one; worth trying again or elsewhere.
            Rejected: the provider will not take this request, or no request at all; worth trying elsewhere.
            Refused: a budget is used up.
        """
        ...
