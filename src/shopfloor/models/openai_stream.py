"""Folds the chunks of Chat Completions into an answer, whoever sends them."""

import json
from typing import Any

from shopfloor.kernel.errors import BadAnswer, Unavailable
from shopfloor.models.contract import Finished, FinishReason, Usage
from shopfloor.models.payload import (
    MAX_NAME,
    MAX_TOOL_REQUESTS,
    Measure,
    ToolRequestParts,
    count_in,
    object_in,
    objects_in,
    text_in,
)
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


class ChatFold:
    """What is known of an answer so far."""

    def __init__(self, who: str) -> None:
        """Take who answers."""
        self._who = who
        self._measure = Measure(who)
        self._calls: list[ToolRequestParts] = []
        self._places: dict[int, ToolRequestParts] = {}
        self._reason: str | None = None
        self._refusal = ""
        self._usage: Usage | None = None
        self._model = ""
        self._has_text = False
        self.is_done = False
        """Whether the stream said that it has ended."""

    def take(self, chunk: dict[str, Any]) -> str:
        """Take a chunk, or an answer that came whole, and return its text.

        Raises:
            WorldError: it tells of an error.
            BadAnswer: the answer is too long.
        """
        if chunk.get("error"):
            raise error_in_stream(chunk["error"], self._who)
        if not self._model:
            self._model = text_in(chunk.get("model"))[:MAX_NAME]
        if usage := chunk.get("usage") or object_in(chunk.get("x_groq")).get("usage"):
            self._usage = _usage(object_in(usage))
        choices = objects_in(chunk.get("choices"))
        if not choices:
            return ""
        choice = choices[0]
        if reason := choice.get("finish_reason"):
            self._reason = text_in(reason)
        return self._delta(object_in(choice.get("delta") or choice.get("message")))

    def finished(self) -> Finished:
        """Return the end of the answer.

        Raises:
            Unavailable: it was cut off, or failed on the way.
            BadAnswer: it holds nothing, or a tool request that cannot be read.
        """
        if self._reason is None and not self.is_done:
            raise Unavailable(f"{self._who}: its answer was cut off")
        if self._reason == "error":
            raise Unavailable(f"{self._who}: it failed in the middle of its answer")
        reason = self._meaning()
        is_cut = reason in {"length", "refusal"}
        requests = () if is_cut else tuple(call.request(place, self._who) for place, call in enumerate(self._calls))
        if not self._has_text and not requests and not is_cut:
            raise BadAnswer(f"{self._who}: its answer is empty")
        return Finished(
            reason=reason, tool_requests=requests, usage=self._usage, model=self._model, refusal=self._refusal
        )

    def _meaning(self) -> FinishReason:
        """Say why the answer ended. An unknown reason is a stop; some say "stop" where they ask for tools."""
        known = REASONS.get(self._reason or "", "stop")
        if known == "length":
            return known
        if known == "refusal" or self._refusal:
            return "refusal"
        return "tool_calls" if self._calls else "stop"

    def _delta(self, delta: dict[str, Any]) -> str:
        content: object = delta.get("content")
        if isinstance(content, str) and len(delta) == 1:  # nearly every chunk
            self._has_text = self._has_text or bool(content)
            return self._measure.add(content)
        if refusal := text_in(delta.get("refusal")):
            self._refusal += self._measure.add(refusal)
        for call in objects_in(delta.get("tool_calls")):
            self._call(call)
        text = self._measure.add(_text(content))
        self._has_text = self._has_text or bool(text)
        return text

    def _call(self, delta: dict[str, Any]) -> None:
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
            if len(self._calls) >= MAX_TOOL_REQUESTS:
                raise BadAnswer(f"{self._who}: it asked for more than {MAX_TOOL_REQUESTS} tools at once")
            known = ToolRequestParts(request_id, name)
            self._calls.append(known)
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
