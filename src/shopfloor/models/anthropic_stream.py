"""Folds the events of Anthropic's Messages into an answer."""

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
    text_in,
)
from shopfloor.models.provider_errors import error_in_stream

REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}
COUNTS = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


class MessageFold:
    """What is known of an answer so far."""

    def __init__(self, who: str) -> None:
        """Take who answers."""
        self._who = who
        self._measure = Measure(who)
        self._calls: dict[object, ToolRequestParts] = {}
        self._reason: str | None = None
        self._refusal = ""
        self._counts: dict[str, int] = {}
        self._model = ""
        self._has_text = False
        self.is_done = False
        """Whether the stream said that it has ended."""

    def take(self, event: dict[str, Any]) -> str:
        """Take an event and return its text; kinds that are not known, and pings, have none.

        Raises:
            WorldError: it tells of an error.
            BadAnswer: the answer is too long.
        """
        match event.get("type"):
            case "content_block_delta":
                return self._delta(event.get("index"), object_in(event.get("delta")))
            case "content_block_start":
                return self._start(event.get("index"), object_in(event.get("content_block")))
            case "message_start":
                message = object_in(event.get("message"))
                self._model = text_in(message.get("model"))[:MAX_NAME]
                self._count(object_in(message.get("usage")))
            case "message_delta":
                self._end(object_in(event.get("delta")))
                self._count(object_in(event.get("usage")))
            case "message_stop":
                self.is_done = True
            case "error":
                raise error_in_stream(event.get("error"), self._who)
            case _:
                pass
        return ""

    def finished(self) -> Finished:
        """Return the end of the answer.

        Raises:
            Unavailable: it was cut off.
            BadAnswer: it holds nothing, or a tool request that cannot be read.
        """
        if self._reason is None:
            raise Unavailable(f"{self._who}: its answer was cut off")
        reason = REASONS.get(self._reason, "stop")
        is_cut = reason in {"length", "refusal"}
        requests = () if is_cut else tuple(call.request(n, self._who) for n, call in enumerate(self._calls.values()))
        if not is_cut:
            reason = "tool_calls" if requests else "stop"
        if not self._has_text and not requests and not is_cut:
            raise BadAnswer(f"{self._who}: its answer is empty")
        return Finished(
            reason=reason, tool_requests=requests, usage=self._usage(), model=self._model, refusal=self._refusal
        )

    def _delta(self, index: object, delta: dict[str, Any]) -> str:
        kind = delta.get("type")
        if kind == "text_delta":
            return self._text(delta.get("text"))
        if kind == "input_json_delta" and index in self._calls:
            self._calls[index].arguments.append(self._measure.add(text_in(delta.get("partial_json"))))
        return ""

    def _start(self, index: object, block: dict[str, Any]) -> str:
        if block.get("type") == "tool_use":
            if len(self._calls) >= MAX_TOOL_REQUESTS:
                raise BadAnswer(f"{self._who}: it asked for more than {MAX_TOOL_REQUESTS} tools at once")
            self._calls[index] = ToolRequestParts(text_in(block.get("id")), text_in(block.get("name")))
        return self._text(block.get("text")) if block.get("type") == "text" else ""

    def _text(self, said: object) -> str:
        text = self._measure.add(text_in(said))
        self._has_text = self._has_text or bool(text)
        return text

    def _end(self, delta: dict[str, Any]) -> None:
        self._reason = text_in(delta.get("stop_reason")) or self._reason
        self._refusal = text_in(object_in(delta.get("stop_details")).get("explanation")) or self._refusal

    def _count(self, usage: dict[str, Any]) -> None:
        """Take counts, which are of the whole answer so far."""
        self._counts |= {name: count_in(usage[name]) for name in COUNTS if usage.get(name) is not None}

    def _usage(self) -> Usage | None:
        if not self._counts:
            return None
        cached, written = self._counts.get(COUNTS[2], 0), self._counts.get(COUNTS[3], 0)
        return Usage(
            input_tokens=self._counts.get("input_tokens", 0) + cached + written,
            output_tokens=self._counts.get("output_tokens", 0),
            cached_tokens=cached,
            cache_write_tokens=written,
        )
