"""Folds the events of Anthropic's Messages into an answer."""

from typing import Any

from shopfloor.models.contract import FinishReason, Usage
from shopfloor.models.fold import Fold
from shopfloor.models.payload import MAX_NAME, ToolRequestParts, count_in, object_in, text_in
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


class MessageFold(Fold):
    """An answer of Messages."""

    REASONS = REASONS

    def __init__(self, who: str) -> None:
        """Take who answers."""
        super().__init__(who)
        self._places: dict[object, ToolRequestParts] = {}
        self._counts: dict[str, int] = {}

    def _take(self, event: dict[str, Any]) -> str:
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
                self.is_done = self._reason is not None
            case "error":
                raise error_in_stream(event.get("error"), self._who)
            case _:
                pass
        return ""

    def _delta(self, index: object, delta: dict[str, Any]) -> str:
        kind = delta.get("type")
        if kind == "text_delta":
            return self._text(text_in(delta.get("text")))
        if kind == "input_json_delta" and index in self._places:
            self._places[index].arguments.append(self._measure.add(text_in(delta.get("partial_json"))))
        return ""

    def _start(self, index: object, block: dict[str, Any]) -> str:
        if block.get("type") == "tool_use":
            self._places[index] = self._call(text_in(block.get("id")), text_in(block.get("name")))
        return self._text(text_in(block.get("text"))) if block.get("type") == "text" else ""

    def _end(self, delta: dict[str, Any]) -> None:
        self._reason = text_in(delta.get("stop_reason")) or self._reason
        self._refusal = text_in(object_in(delta.get("stop_details")).get("explanation")) or self._refusal

    def _count(self, usage: dict[str, Any]) -> None:
        """Take counts, which are of the whole answer so far."""
        self._counts |= {name: count_in(usage[name]) for name in COUNTS if usage.get(name) is not None}
        if not self._counts:
            return
        read, said, cached, written = (self._counts.get(name, 0) for name in COUNTS)
        self._usage = Usage(
            input_tokens=read + cached + written,
            output_tokens=said,
            cached_tokens=cached,
            cache_write_tokens=written,
        )
