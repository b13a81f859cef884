"""Folds the chunks of Chat Completions into an answer, whoever sends them."""

import json
from typing import Any

from shopfloor.models.contract import FinishReason, Usage
from shopfloor.models.fold import Fold
from shopfloor.models.payload import MAX_NAME, ToolRequestParts, count_in, object_in, objects_in, text_in
from shopfloor.models.provider_errors import error_in_stream

REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "length": "length",
    "max_tokens": "length",
    "content_filter": "refusal",
    "refusal": "refusal",
}


class ChatFold(Fold):
    """An answer of Chat Completions."""

    REASONS = REASONS

    def __init__(self, who: str) -> None:
        """Take who answers."""
        super().__init__(who)
        self._places: dict[int, ToolRequestParts] = {}

    def _take(self, event: dict[str, Any]) -> str:
        if event.get("error"):
            raise error_in_stream(event["error"], self._who)
        if not self._model:
            self._model = text_in(event.get("model"))[:MAX_NAME]
        if usage := event.get("usage") or object_in(event.get("x_groq")).get("usage"):
            self._usage = _usage(object_in(usage))
        choices = objects_in(event.get("choices"))
        if not choices:
            return ""
        choice = choices[0]
        if reason := choice.get("finish_reason"):
            self._reason = text_in(reason)
        return self._delta(object_in(choice.get("delta") or choice.get("message")))

    def _delta(self, delta: dict[str, Any]) -> str:
        content: object = delta.get("content")
        if isinstance(content, str) and len(delta) == 1:  # nearly every chunk
            return self._text(content)
        if refusal := text_in(delta.get("refusal")):
            self._refusal += self._measure.add(refusal)
        for call in objects_in(delta.get("tool_calls")):
            self._asked(call)
        return self._text(_text(content))

    def _asked(self, delta: dict[str, Any]) -> None:
        function = object_in(delta.get("function"))
        call = self._part_of(delta.get("index"), text_in(delta.get("id")), text_in(function.get("name")))
        arguments = function.get("arguments")
        if isinstance(arguments, dict):  # some give it whole, and not as a text
            arguments = json.dumps(arguments)
        call.arguments.append(self._measure.add(text_in(arguments)))
        if note := object_in(delta.get("extra_content")):
            call.note = note

    def _part_of(self, index: object, request_id: str, name: str) -> ToolRequestParts:
        """Return the request that a part belongs to, by its place or its id; a new id at a known place is a new one."""
        if isinstance(index, int) and index in self._places:
            known = self._places[index]
        elif request_id:
            known = next((call for call in self._calls if call.id == request_id), None)
        else:
            known = self._calls[-1] if self._calls and not (name and self._calls[-1].name) else None
        if known is None or (request_id and known.id and known.id != request_id):
            known = self._call(request_id, name)
        known.id = known.id or request_id
        known.name = known.name or name
        if isinstance(index, int):
            self._places[index] = known
        return known


def _text(content: object) -> str:
    """Return the text of a content, which some send as a list of parts, thoughts among them."""
    parts = objects_in(content)
    return text_in(content) or "".join(text_in(part.get("text")) for part in parts if part.get("type") == "text")


def _usage(usage: dict[str, Any]) -> Usage:
    details = object_in(usage.get("prompt_tokens_details"))
    return Usage(
        input_tokens=count_in(usage.get("prompt_tokens")),
        output_tokens=count_in(usage.get("completion_tokens")),
        cached_tokens=count_in(details.get("cached_tokens")),
        cache_write_tokens=count_in(details.get("cache_write_tokens")),
    )
