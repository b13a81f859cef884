"""The order that the AG-UI protocol asks of a stream, as its official client checks it, and what events add up to."""

from typing import Any

from ag_ui.core import Event as ProtocolEvent
from pydantic import TypeAdapter

PROTOCOL = TypeAdapter(ProtocolEvent)


class Checked:
    """Takes events one by one and fails at the first that may not come now."""

    def __init__(self) -> None:
        self.run: str | None = None
        self.open: set[str] = set()
        self.calls: set[str] = set()
        self.subagents: set[str] = set()
        self.activities: dict[str, dict[str, Any]] = {}
        self.interrupts: list[dict[str, Any]] = []

    def take(self, event: dict[str, Any]) -> None:
        parsed = PROTOCOL.validate_python(event)
        assert not parsed.model_extra, f"not in the protocol: {parsed.model_extra}"
        getattr(self, event["type"].lower())(event)

    def run_started(self, event: dict[str, Any]) -> None:
        assert self.run in {None, event["runId"]}
        self.run = event["runId"]

    def run_finished(self, event: dict[str, Any]) -> None:
        assert event["runId"] == self.run
        assert not self.open, f"messages without an end: {self.open}"
        assert not self.calls
        assert not self.subagents, f"subagents without an end: {self.subagents}"
        self.run = None
        self.interrupts = event["outcome"].get("interrupts", [])

    def text_message_start(self, event: dict[str, Any]) -> None:
        self.open.add(event["messageId"])

    def text_message_content(self, event: dict[str, Any]) -> None:
        assert event["messageId"] in self.open

    def text_message_end(self, event: dict[str, Any]) -> None:
        self.open.remove(event["messageId"])

    def tool_call_start(self, event: dict[str, Any]) -> None:
        self._in_subagent(event)
        self.calls.add(event["toolCallId"])

    def tool_call_args(self, event: dict[str, Any]) -> None:
        assert event["toolCallId"] in self.calls

    def tool_call_end(self, event: dict[str, Any]) -> None:
        self.calls.remove(event["toolCallId"])

    def tool_call_result(self, event: dict[str, Any]) -> None:
        assert event["toolCallId"] not in self.calls

    def activity_snapshot(self, event: dict[str, Any]) -> None:
        assert self.run
        self.activities[event["messageId"]] = event["content"]

    def activity_delta(self, event: dict[str, Any]) -> None:
        for patch in event["patch"]:
            _, name, place, field = patch["path"].split("/")
            assert patch["op"] == "replace"
            assert field in self.activities[event["messageId"]][name][int(place)]
            self.activities[event["messageId"]][name][int(place)][field] = patch["value"]

    def subagent_started(self, event: dict[str, Any]) -> None:
        assert self.run
        assert event["subagentRunId"] not in self.subagents
        self.subagents.add(event["subagentRunId"])

    def subagent_finished(self, event: dict[str, Any]) -> None:
        self.subagents.remove(event["subagentRunId"])

    def subagent_error(self, event: dict[str, Any]) -> None:
        self.subagents.remove(event["subagentRunId"])

    def custom(self, event: dict[str, Any]) -> None:
        assert event["name"] in {"signed_in", "handoff"}

    def _in_subagent(self, event: dict[str, Any]) -> None:
        assert event.get("subagentRunId") in self.subagents
