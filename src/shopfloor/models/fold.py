"""What is known of an answer while its events arrive: the part that both wire formats share."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from shopfloor.kernel.errors import BadAnswer, Unavailable
from shopfloor.models.contract import Finished, FinishReason, ToolRequest, Usage
from shopfloor.models.payload import MAX_TOOL_REQUESTS, Measure, ToolRequestParts, object_of
from shopfloor.models.sse import ServerSentEvent

DONE = b"[DONE]"
"""Data of the last event of OpenAI's streams."""


class Fold(ABC):
    """Takes the events of one answer, of a stream or of one that came whole."""

    REASONS: ClassVar[Mapping[str, FinishReason]]
    """Why an answer ended, by the format's words; an unknown reason is a stop."""

    def __init__(self, who: str) -> None:
        """Take who answers."""
        self._who = who
        self._measure = Measure(who)
        self._calls: list[ToolRequestParts] = []
        self._reason: str | None = None
        self._refusal = ""
        self._usage: Usage | None = None
        self._model = ""
        self._has_text = False
        self.is_done = False
        """Whether the stream said that it has ended."""

    def text_of(self, events: Sequence[ServerSentEvent]) -> str:
        """Take events and return their text.

        Raises:
            WorldError: they tell of an error.
            BadAnswer: they are no JSON, or the answer is too long.
        """
        text = ""
        for event in events:
            if event.data == DONE:
                self.is_done = True
                break
            text += self._take(object_of(event.data, self._who))
        return text

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
        reason = self.REASONS.get(self._reason or "", "stop")
        if reason != "length" and self._refusal:
            reason = "refusal"
        requests: tuple[ToolRequest, ...] = ()
        if reason not in {"length", "refusal"}:  # else its requests may be cut
            requests = tuple(call.request(place, self._who) for place, call in enumerate(self._calls))
            reason = "tool_calls" if requests else "stop"  # some say "stop" where they ask for tools
            if not self._has_text and not requests:
                raise BadAnswer(f"{self._who}: its answer is empty")
        return Finished(
            reason=reason, tool_requests=requests, usage=self._usage, model=self._model, refusal=self._refusal
        )

    @abstractmethod
    def _take(self, event: dict[str, Any]) -> str:
        """Take an event and return its text; kinds that are not known have none."""

    def _text(self, text: str) -> str:
        if text:
            self._has_text = True
            self._measure.add(text)
        return text

    def _call(self, request_id: str, name: str) -> ToolRequestParts:
        """Begin a tool request."""
        if len(self._calls) >= MAX_TOOL_REQUESTS:
            raise BadAnswer(f"{self._who}: it asked for more than {MAX_TOOL_REQUESTS} tools at once")
        call = ToolRequestParts(request_id, name)
        self._calls.append(call)
        return call
