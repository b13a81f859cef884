"""A client of Chat Completions as OpenAI defined it, and as many others speak it with deviations.

vLLM, Ollama, Groq, OpenRouter, Azure, Gemini's compatible address: they differ in what they leave out and in where they
put it. What is missing is made up for here (`openai_stream`); what a server does not take is left out, by its settings
or after it said so once.
"""

import json
from collections.abc import Mapping
from typing import Any

from shopfloor.kernel.canonical import canonical_json
from shopfloor.models.contract import ModelMessage, ModelRequest, ToolRequest, ToolSpec
from shopfloor.models.endpoint import Dialect, Endpoint
from shopfloor.models.history import with_notes_as_user
from shopfloor.models.openai_stream import ChatFold
from shopfloor.models.provider_errors import OPTIONAL_FIELDS
from shopfloor.models.wire import Json, WireModel

WITHOUT_SCHEMAS = "Answer with one JSON object and nothing else. It must follow this JSON schema:\n"


class OpenAiChat(WireModel):
    """A model behind Chat Completions."""

    PATH = "/chat/completions"
    FOLD = ChatFold
    OPTIONAL_FIELDS = OPTIONAL_FIELDS

    def _body(self, request: ModelRequest, where: Endpoint, dialect: Dialect) -> Json:
        body: Json = {
            "model": where.model,
            "messages": _messages(request, where),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.tools:
            body["tools"] = [_tool(tool) for tool in request.tools]
        if request.output is not None:
            schema = {"name": request.output.name, "schema": request.output.schema, "strict": True}
            json_schema = {"type": "json_schema", "json_schema": schema}
            body["response_format"] = json_schema if where.has_schemas else {"type": "json_object"}
        if request.max_output_tokens is not None:
            body[dialect.max_tokens_field] = request.max_output_tokens
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.cache_key is not None and where.takes_cache_key:
            body["prompt_cache_key"] = request.cache_key
        return body


def _messages(request: ModelRequest, where: Endpoint) -> list[Mapping[str, Any]]:
    system = [request.system, request.situation]
    if request.output is not None and not where.has_schemas:
        system.append(WITHOUT_SCHEMAS + canonical_json(request.output.schema))
    told = "\n\n".join(part for part in system if part)
    head: list[Mapping[str, Any]] = [{"role": "system", "content": told}] if told else []
    history = request.messages if where.has_system_notes else with_notes_as_user(request.messages)
    return head + [_message(message) for message in history]


def _message(message: ModelMessage) -> Mapping[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_request_id, "content": message.content}
    if message.tool_requests:
        calls = [_call(request) for request in message.tool_requests]
        return {"role": message.role, "content": message.content or None, "tool_calls": calls}
    return {"role": message.role, "content": message.content}


def _call(request: ToolRequest) -> dict[str, Any]:
    function = {"name": request.name, "arguments": json.dumps(request.arguments)}
    note = {"extra_content": request.provider_note} if request.provider_note else {}
    return {"id": request.id, "type": "function", "function": function, **note}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}
