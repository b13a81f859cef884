"""A client of Anthropic's Messages.

The tools and the stable part of the system prompt are marked for its cache where the request names them by a key. An
answer that must follow a schema is asked for with `output_config`, the documented way since structured outputs left
their beta.
"""

from collections.abc import Sequence
from types import MappingProxyType

from shopfloor.models.anthropic_stream import MessageFold
from shopfloor.models.contract import ModelMessage, ModelRequest, ToolSpec
from shopfloor.models.endpoint import Dialect, Endpoint
from shopfloor.models.history import with_notes_as_user
from shopfloor.models.wire import Json, WireModel

VERSION = "2023-06-01"
DEFAULT_MAX_TOKENS = 4_096
"""The API takes no request without a limit."""
CACHED = {"type": "ephemeral"}
OPENING = "[System Note] The conversation begins with a message of ours."
"""The API takes no history that begins with the assistant."""


class AnthropicMessages(WireModel):
    """A model behind Messages."""

    PATH = "/v1/messages"
    FOLD = MessageFold
    HEADERS = MappingProxyType({"anthropic-version": VERSION})
    OPTIONAL_FIELDS = ("temperature",)

    def _body(self, request: ModelRequest, where: Endpoint, dialect: Dialect) -> Json:
        is_cached = request.cache_key is not None
        body: Json = {
            "model": where.model,
            "max_tokens": request.max_output_tokens or DEFAULT_MAX_TOKENS,
            "messages": _messages(request.messages),
            "stream": True,
        }
        if system := _system(request, is_cached=is_cached):
            body["system"] = system
        if request.tools:
            tools = [_tool(tool) for tool in request.tools]
            if is_cached and not request.system:
                # Else the system prompt's mark covers them, as they stand before it.
                tools[-1]["cache_control"] = CACHED
            body["tools"] = tools
        if request.output is not None:
            body["output_config"] = {"format": {"type": "json_schema", "schema": request.output.schema}}
        if request.temperature is not None:
            body["temperature"] = request.temperature
        return body


def _system(request: ModelRequest, *, is_cached: bool) -> list[Json]:
    """Return the system prompt in blocks; an empty one would be refused."""
    blocks: list[Json] = []
    if request.system:
        blocks.append({"type": "text", "text": request.system} | ({"cache_control": CACHED} if is_cached else {}))
    if request.situation:
        blocks.append({"type": "text", "text": request.situation})
    return blocks


def _messages(history: Sequence[ModelMessage]) -> list[Json]:
    """Return the history as turns of user and assistant; results of tools are the user's, and come first in them."""
    turns: list[Json] = []
    for message in with_notes_as_user(history):
        role = "assistant" if message.role == "assistant" else "user"
        blocks = _blocks(message)
        if not blocks:
            continue
        if turns and turns[-1]["role"] == role:
            blocks = turns.pop()["content"] + blocks
        if role == "user":
            blocks.sort(key=_is_other)  # anything before the results would be refused
        turns.append({"role": role, "content": blocks})
    if turns and turns[0]["role"] == "assistant":
        turns.insert(0, {"role": "user", "content": [{"type": "text", "text": OPENING}]})
    return turns


def _is_other(block: Json) -> bool:
    return block["type"] != "tool_result"


def _blocks(message: ModelMessage) -> list[Json]:
    if message.role == "tool":
        return [{"type": "tool_result", "tool_use_id": message.tool_request_id, "content": message.content}]
    text = [{"type": "text", "text": message.content}] if message.content.strip() else []
    calls = [
        {"type": "tool_use", "id": request.id, "name": request.name, "input": request.arguments}
        for request in message.tool_requests
    ]
    return [*text, *calls]


def _tool(tool: ToolSpec) -> Json:
    return {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
