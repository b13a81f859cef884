"""A client of Anthropic's Messages.

The tools and the stable part of the system prompt are marked for its cache where the request names them by a key. An
answer that must follow a schema is asked for with `output_config`, the documented way since structured outputs left
their beta.
"""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from shopfloor.kernel.errors import Rejected
from shopfloor.models.anthropic_stream import MessageFold
from shopfloor.models.connections import Call, Connections
from shopfloor.models.contract import ModelMessage, ModelRequest, Piece, TextDelta, ToolSpec
from shopfloor.models.endpoint import Dialect, Endpoint
from shopfloor.models.history import with_notes_as_user
from shopfloor.models.payload import object_of

VERSION = "2023-06-01"
DEFAULT_MAX_TOKENS = 4_096
"""The API takes no request without a limit."""
OPTIONAL_FIELDS = ("temperature",)
CACHED = {"type": "ephemeral"}
OPENING = "[System Note] The conversation begins with a message of ours."
"""The API takes no history that begins with the assistant."""

Json = dict[str, Any]


class AnthropicMessages:
    """A model behind Messages."""

    def __init__(self, endpoint: Endpoint, connections: Connections) -> None:
        """Take where it is, and the process's connections."""
        self._endpoint = endpoint
        self._connections = connections
        self._dialect = Dialect(endpoint)
        self._url = f"{endpoint.base_url}/v1/messages"
        self._headers = {"Content-Type": "application/json", "anthropic-version": VERSION, **endpoint.headers}

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Ask once."""
        where = self._endpoint
        while True:
            sent = body_of(request, where, self._dialect)
            try:
                async with self._connections.post(
                    self._url,
                    headers=self._headers,
                    body=json.dumps(sent).encode(),
                    deadlines=where.deadlines,
                    who=where.name,
                ) as call:
                    fold = MessageFold(where.name)
                    async with aclosing(_pieces(call, fold, where.name)) as pieces:
                        async for piece in pieces:
                            yield piece
                yield fold.finished()
                return
            except Rejected as error:
                if not self._dialect.learn(error.field, OPTIONAL_FIELDS, sent):
                    raise


async def _pieces(call: Call, fold: MessageFold, who: str) -> AsyncGenerator[TextDelta]:
    async with aclosing(call.events()) as batches:
        async for events in batches:
            text = ""
            for event in events:  # what arrived together is given out together
                text += fold.take(object_of(event.data, who))
            if text:
                yield TextDelta(text)
            if fold.is_done:
                await call.drain()
                return


def body_of(request: ModelRequest, where: Endpoint, dialect: Dialect) -> Json:
    """Return the JSON of a request."""
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
            tools[-1]["cache_control"] = CACHED  # else the system prompt's mark covers them, as they stand before it
        body["tools"] = tools
    if request.output is not None:
        body["output_config"] = {"format": {"type": "json_schema", "schema": request.output.schema}}
    if request.temperature is not None:
        body["temperature"] = request.temperature
    return {name: value for name, value in body.items() if dialect.takes(name)} | dict(where.extra)


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
