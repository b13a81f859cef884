"""A conversation as events of the AG-UI protocol 1.0.

`AgUi` folds a conversation's pieces, one after the other, into the protocol's events. Each has ids that stem from the
journal, so the same piece always gives the same event. What is not named here (knowledge, withheld sentences, context,
identity, the arguments and results of tools) stays inside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Any, cast

from ag_ui.core import (
    ActivityDeltaEvent,
    ActivitySnapshotEvent,
    BaseEvent,
    CustomEvent,
    Interrupt,
    RunFinishedCancelledOutcome,
    RunFinishedEvent,
    RunFinishedInterruptOutcome,
    RunFinishedSuccessOutcome,
    RunStartedEvent,
    SubagentErrorEvent,
    SubagentFinishedEvent,
    SubagentFinishedSuccessOutcome,
    SubagentFinishedSuspendedOutcome,
    SubagentStartedEvent,
    TextMessageContentEvent,
    TextMessageEndEvent,
    TextMessageStartEvent,
    ToolCallArgsEvent,
    ToolCallEndEvent,
    ToolCallResultEvent,
    ToolCallStartEvent,
)
from pydantic import JsonValue

from shopfloor.conversation.live import Released
from shopfloor.http.cards import cards
from shopfloor.journal.events import (
    ContextLoaded,
    Event,
    EventData,
    HandedOff,
    IdentityVerified,
    MessageWritten,
    PlanMade,
    ReplyComposed,
    TaskStatus,
    ToolCalled,
    TurnStarted,
)
from shopfloor.kernel.canonical import digest
from shopfloor.kernel.ids import AgentId, ConversationId, MessageId, TurnId

PROTOCOL = "1.0"
PLAN = "PLAN"


@dataclass(slots=True, kw_only=True)
class _Run:
    """The turn under way."""

    id: TurnId
    tasks: list[dict[str, JsonValue]] = field(default_factory=list[dict[str, JsonValue]])
    """As the plan's activity shows them."""
    begun: set[str] = field(default_factory=set[str])
    """Tasks whose subagent has started."""
    ended: set[str] = field(default_factory=set[str])
    interrupts: dict[str, Interrupt] = field(default_factory=dict[str, Interrupt])
    """What tasks of this turn wait for."""
    shown: dict[str, int] = field(default_factory=dict[str, int])
    """Cards, by their digest, with their place in the turn."""
    calls: int = 0
    early: list[ToolCalled] = field(default_factory=list[ToolCalled])
    """Calls of tasks that are still to start: what a write stems from is journaled at once, and shown in plan order."""


class AgUi:
    """One reader's view of a conversation."""

    def __init__(self, conversation: ConversationId) -> None:
        """Begin before the conversation's first event."""
        self._conversation = conversation
        self._names: dict[AgentId, str] = {}
        self._run: _Run | None = None
        self._open: dict[MessageId, str] = {}
        """Messages that are being written, with the text sent up to now."""

    @property
    def turn(self) -> TurnId | None:
        """Return the turn under way."""
        return self._run.id if self._run else None

    def greeting(self) -> list[BaseEvent]:
        """Return what a reader who comes back hears first: that a turn is under way, where one is."""
        return [self._started(self._run.id)] if self._run else []

    def hear(self, piece: Event | Released) -> list[BaseEvent]:
        """Return the protocol's events for a piece; none for what customers do not see."""
        if isinstance(piece, Released):
            return self._released(piece)
        events = self._events(piece.data)
        at = int(piece.at.timestamp() * 1000)
        for event in events:
            event.timestamp = at
        return events

    @singledispatchmethod
    def _events(self, data: EventData) -> list[BaseEvent]:
        return []

    @_events.register
    def _(self, data: ContextLoaded) -> list[BaseEvent]:
        for card in data.cards:
            words = str(card.get("name", "")).split()
            self._names[AgentId(str(card.get("id")))] = "".join(word[:1].upper() + word[1:] for word in words) + "Agent"
        return []

    @_events.register
    def _(self, data: IdentityVerified) -> list[BaseEvent]:
        return [CustomEvent(name="signed_in", value={"name": data.name})] if data.method == "token" else []

    @_events.register
    def _(self, data: TurnStarted) -> list[BaseEvent]:
        self._run = _Run(id=data.turn_id)
        return [self._started(data.turn_id)]

    @_events.register
    def _(self, data: MessageWritten) -> list[BaseEvent]:
        said = self._open.pop(data.message_id, None)
        end = TextMessageEndEvent(message_id=data.message_id)
        if said == data.content:
            return [end]
        start = TextMessageStartEvent(
            message_id=data.message_id,
            role=data.role,
            name=data.agent_name,
            subagent_run_id=self._subagent(data.task_id) if data.task_id else None,
            metadata={"clientId": data.client_id} if data.client_id else None,
        )
        words = [TextMessageContentEvent(message_id=data.message_id, delta=data.content)] if data.content else []
        return [start, *words, end]

    @_events.register
    def _(self, data: PlanMade) -> list[BaseEvent]:
        if self._run is None:
            return []
        known = {task["id"]: task["status"] for task in self._run.tasks}
        planned = cast("Sequence[Mapping[str, JsonValue]]", data.plan.get("tasks", ()))
        self._run.tasks = [
            {
                "id": task["id"],
                "agent": task["agent"],
                "agentName": self._names.get(AgentId(str(task["agent"])), str(task["agent"])),
                "statusLine": task["status_line"],
                "status": known.get(task["id"], "pending"),
            }
            for task in planned
        ]
        content: dict[str, Any] = {"tasks": [dict(task) for task in self._run.tasks]}
        return [ActivitySnapshotEvent(message_id=f"plan/{data.turn_id}", activity_type=PLAN, content=content)]

    @_events.register
    def _(self, data: TaskStatus) -> list[BaseEvent]:
        if self._run is None:
            return []
        subagent = f"{data.turn_id}/{data.task_id}"
        events = self._moved(self._run, data)
        if data.status == "started":
            if data.task_id not in self._run.begun:
                self._run.begun.add(data.task_id)
                events.insert(
                    0,
                    SubagentStartedEvent(subagent_run_id=subagent, name=data.agent_name, description=data.text or None),
                )
                early, self._run.early = self._run.early, []
                return [*events, *(event for call in early for event in self._events(call))]
            return events
        if data.status == "needs_input":
            self._run.interrupts[subagent] = _interrupt(subagent, data)
        if data.task_id in self._run.begun - self._run.ended:
            self._run.ended.add(data.task_id)
            events.append(_ended(subagent, data))
        return events

    @_events.register
    def _(self, data: ToolCalled) -> list[BaseEvent]:
        if self._run is None:
            return []
        if data.task_id not in self._run.begun:
            self._run.early.append(data)
            return []
        self._run.calls += 1
        call = f"call/{data.turn_id}/{data.task_id}/{self._run.calls}"
        subagent = self._subagent(data.task_id)
        output = data.tool_output
        outcome = output.get("outcome") if isinstance(output, dict) else None
        content = f'{{"outcome": "{outcome if isinstance(outcome, str) else "failed" if data.error else "done"}"}}'
        return [
            ToolCallStartEvent(tool_call_id=call, tool_call_name=data.tool_name, subagent_run_id=subagent),
            ToolCallArgsEvent(tool_call_id=call, delta="{}", subagent_run_id=subagent),
            ToolCallEndEvent(tool_call_id=call, subagent_run_id=subagent),
            ToolCallResultEvent(
                message_id=f"result/{call}", tool_call_id=call, content=content, role="tool", subagent_run_id=subagent
            ),
            *self._cards(self._run, data),
        ]

    @_events.register
    def _(self, data: HandedOff) -> list[BaseEvent]:
        value = {"fromAgent": data.from_agent, "toAgent": data.to_agent, "agentName": data.agent_name}
        return [CustomEvent(name="handoff", value=value, subagent_run_id=self._subagent(data.task_id))]

    @_events.register
    def _(self, data: ReplyComposed) -> list[BaseEvent]:
        run = self._run
        self._run = None
        events = [*self._taken_back(), *_cut_short(run)]
        interrupts = list(run.interrupts.values()) if run else []
        outcome = RunFinishedSuccessOutcome()
        if data.outcome == "stopped":
            outcome = RunFinishedCancelledOutcome()
        elif interrupts:
            outcome = RunFinishedInterruptOutcome(interrupts=interrupts)
        sources = [{"kind": source.kind, "id": source.id} for source in data.sources]
        result = {"outcome": data.outcome, "sources": sources}
        finished = RunFinishedEvent(thread_id=self._conversation, run_id=data.turn_id, outcome=outcome, result=result)
        return [*events, finished]

    # -- parts -------------------------------------------------------------------------------------------------------

    def _started(self, turn: TurnId) -> RunStartedEvent:
        return RunStartedEvent(thread_id=self._conversation, run_id=turn, protocol_version=PROTOCOL)

    def _released(self, piece: Released) -> list[BaseEvent]:
        said = self._open.get(piece.message_id)
        self._open[piece.message_id] = (said or "") + piece.text
        words = TextMessageContentEvent(message_id=piece.message_id, delta=piece.text)
        if said is not None:
            return [words]
        start = TextMessageStartEvent(
            message_id=piece.message_id,
            role="assistant",
            name=piece.agent_name or None,
            subagent_run_id=self._subagent(piece.task_id),
        )
        return [start, words]

    def _subagent(self, task_id: str) -> str | None:
        return f"{self._run.id}/{task_id}" if self._run and task_id in self._run.begun else None

    def _moved(self, run: _Run, data: TaskStatus) -> list[BaseEvent]:
        place = next((place for place, task in enumerate(run.tasks) if task["id"] == data.task_id), None)
        if place is None:  # a reminder is no task of the plan
            return []
        run.tasks[place]["status"] = data.status
        patch: Any = [{"op": "replace", "path": f"/tasks/{place}/status", "value": data.status}]
        return [ActivityDeltaEvent(message_id=f"plan/{data.turn_id}", activity_type=PLAN, patch=patch)]

    def _cards(self, run: _Run, data: ToolCalled) -> list[BaseEvent]:
        events: list[BaseEvent] = []
        for kind, content in cards(data.tool_output):
            name = f"{kind.lower()}/{data.turn_id}/{data.task_id}"
            seen = digest([kind, cast(JsonValue, content)])
            if seen in run.shown:
                continue
            run.shown[seen] = len(run.shown) + 1
            card = f"{name}/{run.shown[seen]}"
            events.append(ActivitySnapshotEvent(message_id=card, activity_type=kind, content=cast(Any, content)))
        return events

    def _taken_back(self) -> list[BaseEvent]:
        """End messages that were begun and will never be journaled, since the turn had to be begun again: empty."""
        left, self._open = list(self._open), {}
        return [
            event
            for message in left
            for event in (
                TextMessageStartEvent(message_id=message, role="assistant"),
                TextMessageEndEvent(message_id=message),
            )
        ]


def _cut_short(run: _Run | None) -> list[BaseEvent]:
    """End the subagents of a turn that was stopped."""
    left = sorted(run.begun - run.ended) if run else []
    return [
        SubagentErrorEvent(subagent_run_id=f"{run.id}/{task}", message="This was stopped.", code="stopped")
        for task in left
        if run
    ]


def _interrupt(subagent: str, data: TaskStatus) -> Interrupt:
    waiting = data.waiting or {}
    is_yes_or_no = bool(waiting.get("digest"))
    question = waiting.get("question")
    return Interrupt(
        id=subagent,
        reason="confirmation" if is_yes_or_no else "input",
        message=question if isinstance(question, str) else None,
        response_schema={"type": "string", "enum": ["yes", "no"]} if is_yes_or_no else {"type": "string"},
    )


def _ended(subagent: str, data: TaskStatus) -> BaseEvent:
    match data.status:
        case "failed":
            return SubagentErrorEvent(subagent_run_id=subagent, message="This could not be done.")
        case "needs_input":
            outcome = SubagentFinishedSuspendedOutcome(interrupt_ids=[subagent])
            return SubagentFinishedEvent(subagent_run_id=subagent, outcome=outcome)
        case _:
            outcome = SubagentFinishedSuccessOutcome()
            return SubagentFinishedEvent(subagent_run_id=subagent, outcome=outcome)
