"""A turn as a tree of spans: what is in it, and where it lies in time."""

from datetime import timedelta

import pytest
from demo_app import MAYA, NOW, begin, demo_app, say
from demo_models import planned, router_of, scripted, wanting
from telemetry.measuring import TickingClock, measured

from shopfloor.journal.events import ActionMoved, Event, ModelCalled, ReplyComposed, ToolCalled, TurnStarted
from shopfloor.kernel.errors import Unavailable
from shopfloor.kernel.ids import AgentId, ConversationId, MessageId, StreamId, TurnId, stream_of
from shopfloor.models.router import ModelRouter
from shopfloor.telemetry.spans import Span
from shopfloor.telemetry.traces import MOST_TURNS, Traces

pytestmark = pytest.mark.anyio

TRACK = {"agent": "order_management", "skill": "track_order", "request": "Where is my order #123?"}
UNSURE = "the blue thing, that again, maybe the other way round"
CONVERSATION = ConversationId("c")
MILLISECOND = timedelta(milliseconds=1)


async def traced(*messages: str, models: ModelRouter | None = None, with_content: bool = False) -> list[Span]:
    """Return the turns of a session as spans."""
    spans: list[Span] = []
    clock = TickingClock()
    telemetry = measured(clock, Traces(spans.append, with_content=with_content))
    app = await demo_app(clock=clock, models=models, telemetry=telemetry)
    conversation = await begin(app, MAYA)
    for message in messages:
        await say(app, conversation, message)
    return spans


def names(span: Span) -> list[str]:
    return [child.name for child in span.children]


def every(span: Span) -> list[Span]:
    return [span, *(one for child in span.children for one in every(child))]


async def test_a_turn_holds_its_plan_its_tasks_and_what_they_called() -> None:
    [turn] = await traced("Where's my order #123, and do you have any red sneakers in men's size 9?")
    assert turn.name == "invoke_workflow conversation"
    assert names(turn) == ["plan", "invoke_agent OrderManagementAgent", "invoke_agent ShoppingAssistantAgent"]
    plan, orders, products = turn.children
    assert plan.attributes["shopfloor.plan.planner"] == "rules"
    assert (names(orders), names(products)) == (["execute_tool get_order"], ["execute_tool search_products"])
    assert len({one.attributes["gen_ai.conversation.id"] for one in every(turn)}) == 1
    assert turn.attributes["shopfloor.turn.outcome"] == "answered"
    assert [one.attributes["shopfloor.task.status"] for one in (orders, products)] == ["done", "done"]
    assert turn.began_at < plan.ended_at <= orders.began_at < orders.ended_at <= turn.ended_at
    assert all(one.began_at <= one.ended_at for one in every(turn))
    assert not any(one.error for one in every(turn))


async def test_an_action_takes_from_its_admission_to_its_outcome() -> None:
    turns = await traced("cancel order 141", "yes")
    [action] = [one for turn in turns for one in every(turn) if one.name == "execute_action cancel_order"]
    assert action in turns[1].children[1].children
    assert action.attributes["shopfloor.action.state"] == "executed"
    assert action.ended_at > action.began_at


async def test_a_models_calls_stand_in_its_task_and_its_plans_in_the_plan() -> None:
    model = scripted(wanting("get_order", order_number="141"), "It has not left yet.", plan=planned(TRACK))
    [turn] = await traced(UNSURE, models=router_of(model))
    plan, task = turn.children
    assert names(plan) == ["chat scripted"]
    assert [name for name in names(task) if name != "execute_tool list_orders"] == [
        "chat scripted",
        "execute_tool get_order",
        "chat scripted",
    ]
    [first, last] = [one for one in task.children if one.is_outside]
    assert first.attributes["gen_ai.response.finish_reasons"] == ["tool_calls"]
    assert last.attributes["gen_ai.response.finish_reasons"] == ["stop"]
    assert last.attributes["gen_ai.provider.name"] == task.attributes["gen_ai.provider.name"] == "here"
    assert last.attributes["gen_ai.request.model"] == "scripted"
    assert last.attributes["shopfloor.model.cost_nanos"] == 1_000
    assert {"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"} <= set(last.attributes)


async def test_a_call_that_failed_and_the_playbook_in_its_stead_show() -> None:
    [turn] = await traced("Where is my order #123?", models=router_of(scripted(Unavailable("Maya is down"))))
    [call] = [one for one in every(turn.children[1]) if one.is_outside]
    assert call.error == "Unavailable"
    assert "gen_ai.response.finish_reasons" not in call.attributes
    assert [note.name for note in turn.children[1].notes] == ["shopfloor.fell_back"]


async def test_words_are_in_spans_only_where_they_are_asked_for() -> None:
    message = "Where's my order #123?"
    [without], [with_words] = [await traced(message, with_content=wanted) for wanted in (False, True)]
    content = {f"gen_ai.{name}" for name in ("input.messages", "output.messages")}
    content |= {f"gen_ai.tool.call.{name}" for name in ("arguments", "result")}
    assert not any(content & set(one.attributes) for one in every(without))
    assert message in str(with_words.attributes["gen_ai.input.messages"])
    assert "TRK456" in str(with_words.attributes["gen_ai.output.messages"])
    [tool] = with_words.children[1].children
    assert '"123"' in str(tool.attributes["gen_ai.tool.call.arguments"])
    assert "TRK456" in str(tool.attributes["gen_ai.tool.call.result"])


def called(name: str, duration_ms: float, *, prefetched: bool = False) -> ToolCalled:
    return ToolCalled(
        turn_id=TurnId("t"),
        task_id="1",
        agent=AgentId("a"),
        agent_name="A",
        tool_name=name,
        tool_args={},
        tool_output=None,
        error=None,
        prefetched=prefetched,
        duration_ms=duration_ms,
    )


def turn_of(*calls: ToolCalled, after_ms: int) -> Span:
    """Return the span of a turn whose calls were journaled together some time after it began."""
    spans: list[Span] = []
    telemetry = measured(TickingClock(), Traces(spans.append, with_content=False))
    stream, at = stream_of(CONVERSATION), NOW + after_ms * MILLISECOND
    started = TurnStarted(turn_id=TurnId("t"), message_ids=(MessageId("m"),))
    reply = ReplyComposed(
        conversation_id=CONVERSATION, turn_id=TurnId("t"), message_ids=(MessageId("m"),), content="", sources=()
    )
    telemetry.written([Event(stream, 1, NOW, started)])
    told = [Event(stream, place, at, call) for place, call in enumerate((*calls, reply), 2)]
    telemetry.written(told)
    [span] = spans
    return span


def lies(span: Span) -> tuple[float, float]:
    return (span.began_at - NOW) / MILLISECOND, (span.ended_at - NOW) / MILLISECOND


def test_calls_that_were_written_down_together_lie_one_behind_the_other() -> None:
    turn = turn_of(called("a", 10), called("b", 30), after_ms=100)
    assert [(one.name[-1], lies(one)) for one in turn.children] == [("a", (60, 70)), ("b", (70, 100))]


def test_calls_that_together_took_longer_than_there_was_time_lie_side_by_side() -> None:
    turn = turn_of(called("a", 80), called("b", 90), after_ms=100)
    assert sorted((one.name[-1], lies(one)) for one in turn.children) == [("a", (20, 100)), ("b", (10, 100))]


def test_what_was_read_ahead_lies_before_its_task() -> None:
    turn = turn_of(called("a", 10, prefetched=True), after_ms=100)
    assert [lies(one) for one in turn.children] == [(-10, 0)]


def test_an_action_that_is_approved_later_is_a_trace_of_its_own() -> None:
    spans: list[Span] = []
    telemetry = measured(TickingClock(), Traces(spans.append, with_content=False))
    values = {"agent": "clerk", "agent_name": "Clerk", "key": "k", "kind": "pay", "digest": "d", "summary": "Pay Maya."}
    steps = [ActionMoved.model_validate({**values, "state": one, "args": {}}) for one in ("confirmed", "executed")]
    for place, step in enumerate(steps, 1):
        telemetry.written([Event(StreamId("conversation/c"), place, NOW + place * MILLISECOND, step)])
    [span] = spans
    assert (span.name, lies(span)) == ("execute_action pay", (1, 2))
    assert span.attributes["gen_ai.conversation.id"] == "c"
    assert "Maya" not in str(span)


def test_a_call_after_the_turn_is_a_trace_of_its_own() -> None:
    spans: list[Span] = []
    telemetry = measured(TickingClock(), Traces(spans.append, with_content=False))
    call = ModelCalled(
        turn_id=TurnId("t"),
        task_id="",
        task_class="summary",
        tier="fast",
        provider="p",
        model="m",
        rung=0,
        outcome="stop",
        duration_ms=5,
    )
    telemetry.written([Event(StreamId("conversation/c"), 1, NOW, call)])
    assert [(one.name, one.attributes["shopfloor.model.task_class"]) for one in spans] == [("chat m", "summary")]


def test_turns_that_never_end_are_forgotten_in_the_end() -> None:
    spans: list[Span] = []
    traces = Traces(spans.append, with_content=False)
    telemetry = measured(TickingClock(), traces)
    for number in range(MOST_TURNS + 50):
        stream = StreamId(f"conversation/{number}")
        telemetry.written([Event(stream, 1, NOW, TurnStarted(turn_id=TurnId(f"t{number}"), message_ids=()))])
    assert len(traces._turns) == MOST_TURNS  # pyright: ignore[reportPrivateUsage]
