"""A turn as a tree of spans, under the names of OpenTelemetry's conventions for generative AI.

It is made of the events of the turn when the turn has ended, with the instants and durations that they bear. An event
bears the instant at which it was journaled, so a call seems to end when it was written down; its duration is exact.
What people wrote, and what tools were given and answered, is in no span unless `with_content` says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from pydantic_core import to_json

from shopfloor.journal.events import (
    ActionMoved,
    Event,
    FellBack,
    HandedOff,
    MessageScreened,
    ModelCalled,
    PlanMade,
    ReplyComposed,
    SentenceWithheld,
    TaskStatus,
    ToolCalled,
)
from shopfloor.kernel.ids import ConversationId
from shopfloor.telemetry.talks import Talk, Turn

CONVENTIONS = "1.41.1"
"""The version of OpenTelemetry's semantic conventions that names are taken from."""
SCHEMA_URL = f"https://opentelemetry.io/schemas/{CONVENTIONS}"
WORKFLOW = "conversation"
"""What the team's work on a turn is called."""
NO_MODEL = "shopfloor"
"""Who provides an agent that asked no model."""
ANSWERED = frozenset({"stop", "tool_calls", "length", "refusal"})
SETTLED = frozenset({"executed", "refused", "outcome_unknown"})
Value = str | int | float | bool | list[str]
Call = ToolCalled | ModelCalled


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened in a span."""

    name: str
    at: datetime
    attributes: Mapping[str, Value]


@dataclass(slots=True)
class Span:
    """Something that took time."""

    name: str
    began_at: datetime
    ended_at: datetime
    attributes: dict[str, Value]
    is_outside: bool = False
    """Whether it was done by another process, such as a model's server."""
    error: str = ""
    """The kind of error; empty where there was none."""
    notes: list[Note] = field(default_factory=list[Note])
    children: list["Span"] = field(default_factory=list["Span"])


def model_span(call: ModelCalled, ended_at: datetime) -> Span:
    """Return the span of a call to a model."""
    known: dict[str, Value | None] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": call.provider,
        "gen_ai.request.model": call.model,
        "gen_ai.response.finish_reasons": [call.outcome] if call.outcome in ANSWERED else None,
        "gen_ai.usage.input_tokens": call.input_tokens,
        "gen_ai.usage.output_tokens": call.output_tokens,
        "shopfloor.model.tier": call.tier,
        "shopfloor.model.task_class": call.task_class,
        "shopfloor.model.rung": call.rung,
        "shopfloor.model.cost_nanos": call.nanos,
    }
    return Span(
        name=f"chat {call.model}",
        began_at=ended_at - timedelta(milliseconds=call.duration_ms),
        ended_at=ended_at,
        attributes={name: value for name, value in known.items() if value is not None},
        is_outside=True,
        error=call.error or ("" if call.outcome in ANSWERED else call.outcome),
    )


def tool_span(call: ToolCalled, ended_at: datetime, *, with_content: bool) -> Span:
    """Return the span of a call of a tool."""
    attributes: dict[str, Value] = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": call.tool_name,
        "gen_ai.tool.type": "function",
        "gen_ai.agent.name": call.agent_name,
        "shopfloor.tool.prefetched": call.prefetched,
    }
    if with_content:
        attributes["gen_ai.tool.call.arguments"] = to_json(call.tool_args).decode()
        attributes["gen_ai.tool.call.result"] = to_json(call.tool_output).decode()
    return Span(
        name=f"execute_tool {call.tool_name}",
        began_at=ended_at - timedelta(milliseconds=call.duration_ms),
        ended_at=ended_at,
        attributes=attributes,
        error="" if call.error is None else "tool_error",
    )


def action_span(data: ActionMoved, began_at: datetime, ended_at: datetime) -> Span:
    """Return the span of an action's execution, from its admission to its outcome."""
    attributes: dict[str, Value] = {
        "shopfloor.action.kind": data.kind,
        "shopfloor.action.state": data.state,
        "gen_ai.agent.name": data.agent_name,
    }
    if data.rule:
        attributes["shopfloor.action.rule"] = data.rule
    error = "" if data.state == "executed" else data.state
    return Span(f"execute_action {data.kind}", began_at, ended_at, attributes, error=error)


def turn_span(
    turn: Turn, talk: Talk, conversation: ConversationId, events: Sequence[Event], with_content: bool
) -> Span:
    """Return the span of a turn that has ended, with all that was done in it; its last event is the reply."""
    return _TurnTree(turn, talk, with_content=with_content).grown(conversation, events)


class _TurnTree:
    """A turn's span as it grows."""

    def __init__(self, turn: Turn, talk: Talk, *, with_content: bool) -> None:
        self._with_content = with_content
        self._turn = turn
        self._root = Span(f"invoke_workflow {WORKFLOW}", turn.began_at, turn.began_at, _of_turn(turn, talk))
        self._plan: Span | None = None
        self._tasks: dict[str, Span] = {}
        self._free_from: dict[str, datetime] = {}
        """From when on a task made no call that is placed already."""
        self._admitted: dict[str, datetime] = {}

    def grown(self, conversation: ConversationId, events: Sequence[Event]) -> Span:
        for at, together in groupby(events, key=lambda event: event.at):
            batch = [*together]
            calls: dict[str, list[Call]] = {}
            for event in batch:
                if isinstance(event.data, ToolCalled | ModelCalled):
                    calls.setdefault(event.data.task_id, []).append(event.data)
                else:
                    self._take(event, at)
            for task, made in calls.items():
                self._place(task, made, at)
        for task in self._tasks.values():
            task.attributes.setdefault("gen_ai.provider.name", NO_MODEL)
        _mark(self._root, conversation)
        return self._root

    def _take(self, event: Event, at: datetime) -> None:
        match event.data:
            case PlanMade(revision=0) as data:
                self._plan = self._planned(at)
                self._plan.attributes["shopfloor.plan.planner"] = data.planner
            case TaskStatus() as data:
                self._move(data, at)
            case ActionMoved() as data:
                self._act(data, at)
            case HandedOff() as data:
                self._note(data.task_id, "shopfloor.handed_off", at, {"shopfloor.handoff.to_agent": data.to_agent})
            case FellBack() as data:
                self._note(data.task_id, "shopfloor.fell_back", at, {})
            case SentenceWithheld() as data:
                self._note(data.task_id, "shopfloor.sentence_withheld", at, {})
            case MessageScreened():
                self._note("", "shopfloor.message_screened", at, {})
            case ReplyComposed() as data:
                self._end(data, at)
            case _:
                pass

    def _planned(self, at: datetime) -> Span:
        if self._plan is None:
            attributes: dict[str, Value] = {"gen_ai.operation.name": "plan"}
            self._plan = Span("plan", self._turn.began_at, at, attributes)
            self._root.children.append(self._plan)
        self._plan.ended_at = at
        return self._plan

    def _move(self, data: TaskStatus, at: datetime) -> None:
        span = self._tasks.get(data.task_id)
        if span is None:
            attributes: dict[str, Value] = {
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.agent.id": data.agent,
                "gen_ai.agent.name": data.agent_name,
                "shopfloor.task.id": data.task_id,
            }
            span = Span(f"invoke_agent {data.agent_name}", at, at, attributes)
            self._tasks[data.task_id] = span
            self._free_from[data.task_id] = at
            self._root.children.append(span)
        span.ended_at = at
        if data.status != "started":
            span.attributes["shopfloor.task.status"] = data.status
            span.error = "task_failed" if data.status == "failed" else ""

    def _act(self, data: ActionMoved, at: datetime) -> None:
        if data.state == "confirmed":
            self._admitted[data.key] = at
        elif data.state in SETTLED and (began_at := self._admitted.pop(data.key, None)):
            self._parent(data.task_id or "").children.append(action_span(data, began_at, at))

    def _end(self, data: ReplyComposed, at: datetime) -> None:
        self._root.ended_at = at
        self._root.attributes["shopfloor.turn.outcome"] = data.outcome
        self._root.error = "turn_failed" if data.outcome == "failed" else ""
        for span in self._tasks.values():
            if "shopfloor.task.status" not in span.attributes:  # it broke off
                span.ended_at = at
        if self._with_content:
            said = [("user", one.content) for one in self._turn.asked if one.content]
            self._root.attributes["gen_ai.input.messages"] = _messages(said)
            self._root.attributes["gen_ai.output.messages"] = _messages([("assistant", data.content)])

    def _note(self, task: str, name: str, at: datetime, attributes: Mapping[str, Value]) -> None:
        self._parent(task).notes.append(Note(name, at, attributes))

    def _parent(self, task: str) -> Span:
        return self._tasks.get(task, self._root)

    def _place(self, task: str, calls: Sequence[Call], at: datetime) -> None:
        """Place calls of one task that were journaled together: one behind the other, where there was time for it."""
        parent = self._tasks.get(task) or (self._plan or self._root)
        made = _in_order([one for one in calls if isinstance(one, ModelCalled) or not one.prefetched])
        took = timedelta(milliseconds=sum(one.duration_ms for one in made))
        is_in_turn = at - took >= self._free_from.get(task, self._turn.began_at)
        ended_at = at
        for call in reversed(made):
            span = self._span(call, ended_at)
            parent.children.append(span)
            if is_in_turn:
                ended_at = span.began_at
            if isinstance(call, ModelCalled) and task in self._tasks:
                parent.attributes["gen_ai.provider.name"] = call.provider
        self._free_from[task] = at
        for call in calls:
            if isinstance(call, ToolCalled) and call.prefetched:  # it was made before its task began
                parent.children.append(self._span(call, min(parent.began_at, at)))

    def _span(self, call: Call, ended_at: datetime) -> Span:
        if isinstance(call, ModelCalled):
            return model_span(call, ended_at)
        return tool_span(call, ended_at, with_content=self._with_content)


def _in_order(calls: Sequence[Call]) -> list[Call]:
    """Return calls in the order in which they were made: who asked for tools had their answers before the next call.

    What a tool answered is journaled with the words that stem from it, which may be after the model's next call.
    """
    tools = [one for one in calls if isinstance(one, ToolCalled)]
    asked = sum(isinstance(one, ModelCalled) and one.outcome == "tool_calls" for one in calls)
    ordered: list[Call] = []
    for call in calls:
        if isinstance(call, ModelCalled):
            ordered.append(call)
            if call.outcome == "tool_calls":
                asked -= 1
                answered = 1 if asked else len(tools)
                ordered += tools[:answered]
                tools = tools[answered:]
    return [*ordered, *tools]


def _of_turn(turn: Turn, talk: Talk) -> dict[str, Value]:
    return {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": WORKFLOW,
        "shopfloor.turn.id": turn.id,
        "shopfloor.turn.channel": talk.channel,
        "shopfloor.turn.origin": turn.origin,
        "shopfloor.turn.waited_s": max(0.0, (turn.began_at - turn.asked_at).total_seconds()),
    }


def _mark(span: Span, conversation: ConversationId) -> None:
    """Say of a span and all in it which conversation they are of, and bring them into the order of time."""
    span.attributes["gen_ai.conversation.id"] = conversation
    span.children.sort(key=lambda child: child.began_at)
    for child in span.children:
        _mark(child, conversation)


def _messages(said: Sequence[tuple[str, str]]) -> str:
    return to_json([{"role": role, "parts": [{"type": "text", "content": text}]} for role, text in said]).decode()
