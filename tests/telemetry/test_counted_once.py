"""What is counted: all that the journal tells of, once, and in the process that stored it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from anyio import to_thread
from demo_app import MAYA, NOW, begin, demo_app, identity_of, say
from demo_models import router_of, scripted
from prometheus_client.parser import text_string_to_metric_families
from telemetry.measuring import Figure, TickingClock, by_labels, measured, shown

from shopfloor import App, Config, open_app
from shopfloor.identity.identity import GUEST
from shopfloor.journal.events import (
    ActionMoved,
    Event,
    EventData,
    FellBack,
    HandedOff,
    MessageWritten,
    ModelCalled,
    ReplyComposed,
    SentenceWithheld,
    ToolCalled,
    TurnStarted,
)
from shopfloor.journal.memory import MemoryJournal
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import BadAnswer, Unavailable
from shopfloor.kernel.ids import AgentId, ConversationId, MessageId, StreamId, TurnId, stream_of
from shopfloor.telemetry.metrics import GAUGES
from shopfloor.telemetry.series import MOST_COUNTERS, MOST_HISTOGRAMS, OTHER
from shopfloor.telemetry.talks import Talk

pytestmark = pytest.mark.anyio

SESSION = [
    "Where's my order #123, and do you have any red sneakers in men's size 9?",
    "cancel order 141",
    "yes",
    "I want to talk to a human",
]
E_ = TypeVar("E_", bound=EventData)


async def journaled(app: App) -> list[Event]:
    streams = await app.journal.streams(limit=1_000)
    return [event for one in streams for event in await app.journal.read(one.stream)]


def of(events: Sequence[Event], kind: type[E_]) -> Iterator[E_]:
    return (event.data for event in events if isinstance(event.data, kind))


def recounted(events: Sequence[Event]) -> dict[str, Counter[object]]:
    """Count over the journal what the figures are to say."""
    calls = list(of(events, ModelCalled))
    return {
        "turns": Counter(one.outcome for one in of(events, ReplyComposed)),
        "tools": Counter((one.tool_name, "error" if one.error else "ok") for one in of(events, ToolCalled)),
        "actions": Counter((one.kind, one.state) for one in of(events, ActionMoved)),
        "handoffs": Counter((one.from_agent, one.to_agent) for one in of(events, HandedOff)),
        "withheld": Counter(one.agent for one in of(events, SentenceWithheld)),
        "calls": Counter((one.tier, one.provider, one.model, one.outcome) for one in calls),
        "input": Counter({"input": sum(one.input_tokens or 0 for one in calls)}),
        "output": Counter({"output": sum(one.output_tokens or 0 for one in calls)}),
        "nanos": Counter({"here": sum(one.nanos or 0 for one in calls)}),
        "fallbacks": Counter("task" if one.task_id else "plan" for one in of(events, FellBack)),
    }


def counted(read: dict[Figure, float]) -> dict[str, Counter[object]]:
    tokens = by_labels(read, "shopfloor_model_tokens_total", "direction")
    return {
        "turns": by_labels(read, "shopfloor_turns_total", "outcome"),
        "tools": by_labels(read, "shopfloor_tool_calls_total", "tool", "outcome"),
        "actions": by_labels(read, "shopfloor_actions_total", "kind", "state"),
        "handoffs": by_labels(read, "shopfloor_handoffs_total", "from_agent", "to_agent"),
        "withheld": by_labels(read, "shopfloor_sentences_withheld_total", "agent"),
        "calls": by_labels(read, "shopfloor_model_calls_total", "tier", "provider", "model", "outcome"),
        "input": Counter({"input": tokens["input"]}),
        "output": Counter({"output": tokens["output"]}),
        "nanos": Counter({"here": by_labels(read, "shopfloor_model_cost_nanodollars_total", "provider")["here"]}),
        "fallbacks": by_labels(read, "shopfloor_fallbacks_total", "work"),
    }


async def test_a_session_without_models_is_counted_as_the_journal_tells_it() -> None:
    clock = TickingClock()
    telemetry = measured(clock)
    app = await demo_app(clock=clock, telemetry=telemetry)
    conversation = await begin(app, MAYA)
    for message in SESSION:
        await say(app, conversation, message)
    told = recounted(await journaled(app))
    assert told["turns"] == {"answered": 4}
    assert told["actions"]["cancel_order", "executed"] == 1
    assert counted(await shown(telemetry)) == told


async def test_what_models_did_and_cost_is_counted_as_the_journal_tells_it() -> None:
    telemetry = measured(FixedClock(NOW))
    model = scripted("It is on its way. It costs $1.23.", "It costs $4.56.", Unavailable("down"))
    app = await demo_app(models=router_of(model), telemetry=telemetry)
    conversation = await begin(app, MAYA)
    for message in ("Where is my order #123?", "Where is my order #141?", "Where is my order #118?"):
        await say(app, conversation, message)
    told, read = recounted(await journaled(app)), await shown(telemetry)
    assert counted(read) == told
    assert told["withheld"]
    assert told["nanos"]["here"] > 0
    times = by_labels(read, "shopfloor_model_call_duration_seconds_count", "model")
    assert times["scripted"] == sum(told["calls"].values())
    assert by_labels(read, "shopfloor_model_rungs_total", "tier", "rung") == {("fast", "0"): times["scripted"]}


@pytest.mark.parametrize(
    ("answers", "reason"),
    [([Unavailable("Maya is down")], "Unavailable"), ([BadAnswer("no, Maya")], "BadAnswer"), ([""], "unusable answer")],
)
async def test_why_a_playbook_did_it_is_one_of_a_few_words(answers: list[str | Exception], reason: str) -> None:
    telemetry = measured(FixedClock(NOW))
    app = await demo_app(models=router_of(scripted(*answers)), telemetry=telemetry)
    await say(app, await begin(app, MAYA), "Where is my order #123?")
    fallbacks = by_labels(await shown(telemetry), "shopfloor_fallbacks_total", "work", "reason")
    assert fallbacks == {("task", reason): 1, ("plan", "BadAnswer"): 1}


async def test_a_plan_that_no_model_made_is_told_from_a_task() -> None:
    telemetry = measured(FixedClock(NOW))
    app = await demo_app(models=router_of(scripted("Well.", plan=None)), telemetry=telemetry)
    await say(app, await begin(app, MAYA), "the blue thing, that again, maybe the other way round")
    assert by_labels(await shown(telemetry), "shopfloor_fallbacks_total", "work", "reason")["plan", "BadAnswer"] == 1


async def test_a_customer_waits_from_the_message_on_not_from_the_turn() -> None:
    clock = FixedClock(NOW)
    telemetry = measured(clock)
    app = await demo_app(clock=clock, telemetry=telemetry)
    conversation = await begin(app)
    await app.chat.post(conversation, "How long do I have to return an item?")
    clock.at += timedelta(seconds=7)
    await app.chat.post(conversation, "Do you ship to Canada?")
    clock.at += timedelta(seconds=4)
    await app.chat.answer(conversation)
    read = await shown(telemetry)
    for name in ("shopfloor_turn_duration_seconds", "shopfloor_turn_first_words_seconds"):
        assert by_labels(read, f"{name}_sum", "channel") == {"test": 11}
        assert by_labels(read, f"{name}_count", "channel") == {"test": 1}


async def test_a_clock_that_goes_back_makes_no_wait_negative() -> None:
    clock = FixedClock(NOW)
    telemetry = measured(clock)
    app = await demo_app(clock=clock, telemetry=telemetry)
    conversation = await begin(app)
    await app.chat.post(conversation, "Do you ship to Canada?")
    clock.at -= timedelta(hours=1)
    await app.chat.answer(conversation)
    assert by_labels(await shown(telemetry), "shopfloor_turn_duration_seconds_sum", "origin") == {"message": 0}


async def test_two_processes_on_one_database_count_each_event_once(tmp_path: Path) -> None:
    config = Config(data=tmp_path)
    async with open_app(config, is_measured=True) as first, open_app(config, is_measured=True) as second:
        conversation, _ = await first.chat.open("web", await identity_of(first, MAYA))
        for place, message in enumerate(SESSION):
            asked, answering = (first, second) if place % 2 else (second, first)
            async with asked.chat.hub.follow(conversation):
                await asked.chat.post(conversation, message)
                await answering.chat.answer(conversation)
                await asked.chat.answer(conversation)  # it catches up, and finds nothing left
        other, _ = await second.chat.open("web", GUEST)
        await say(second, other, "Do you ship to Canada?")
        told = recounted(await journaled(second))
        assert first.telemetry
        assert second.telemetry
        one, two = await shown(first.telemetry), await shown(second.telemetry)
    for name, figure in told.items():
        assert counted(one)[name] + counted(two)[name] == +figure, name
    assert by_labels(one, "shopfloor_turns_total", "channel") == {"web": 2}, "each knows what the other stored"
    assert by_labels(two, "shopfloor_turns_total", "channel") == {"web": 3}
    waited = [by_labels(read, "shopfloor_turn_duration_seconds_sum", "channel")["web"] for read in (one, two)]
    assert all(waits > 0 for waits in waited), "also of messages that the other took"
    async with open_app(config, is_measured=True) as third:
        await third.chat.state(conversation)
        await third.chat.answer(conversation)
        assert third.telemetry
        read = await shown(third.telemetry)
        assert sum(sum(figure.values()) for figure in counted(read).values()) == 0


async def test_a_decision_that_two_make_is_counted_once() -> None:
    telemetry = measured(FixedClock(NOW))
    journal = telemetry.journal(MemoryJournal(FixedClock(NOW)))
    for staff in ("Ada", "Grace"):
        await journal.append(StreamId("conversation/1"), [moved("approved", staff=staff)])
    await journal.append(StreamId("staff"), [moved("approved", staff="Ada"), moved("approved", staff="Grace")])
    assert by_labels(await shown(telemetry), "shopfloor_actions_total", "state") == {"approved": 2}


def moved(state: str, **changes: object) -> ActionMoved:
    values = {"agent": "clerk", "agent_name": "Clerk", "key": "k", "kind": "pay", "digest": "d", "summary": "Pay."}
    return ActionMoved.model_validate({**values, "state": state, "args": {}, **changes})


async def test_labels_are_bounded_and_what_comes_later_is_counted_together() -> None:
    telemetry = measured(FixedClock(NOW))
    calls = [
        ToolCalled(
            turn_id=TurnId("t"),
            task_id="1",
            agent=AgentId("a"),
            agent_name="A",
            tool_name=f"tool {number} {'x' * 300}",
            tool_args={},
            tool_output=None,
            duration_ms=1,
        )
        for number in range(3_000)
    ]
    telemetry.written([Event(StreamId("conversation/1"), place, NOW, call) for place, call in enumerate(calls, 1)])
    read = await shown(telemetry)
    tools = by_labels(read, "shopfloor_tool_calls_total", "tool")
    assert len(tools) == MOST_COUNTERS + 1
    assert tools[OTHER] == 3_000 - MOST_COUNTERS
    assert sum(tools.values()) == 3_000
    assert max(map(len, tools)) == 100
    assert len(by_labels(read, "shopfloor_tool_call_duration_seconds_count", "tool")) == MOST_HISTOGRAMS + 1


class Deaf:
    """Breaks at everything that it hears."""

    def hear(self, event: Event, conversation: ConversationId | None, talk: Talk) -> None:
        raise RuntimeError("I hear nothing")

    def hear_words(self, talk: Talk, at: object) -> None:
        raise RuntimeError("I hear nothing")


async def test_a_listener_that_breaks_costs_nobody_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    telemetry = measured(FixedClock(NOW), Deaf())
    app = await demo_app(telemetry=telemetry)
    assert "Canada" in await say(app, await begin(app), "Do you ship to Canada?")
    assert by_labels(await shown(telemetry), "shopfloor_turns_total", "outcome") == {"answered": 1}
    assert "could not be taken account of" in caplog.text


async def test_a_message_that_another_process_took_meanwhile_waits_from_when_it_came() -> None:
    """Events come in out of order where somebody else wrote in between; nothing of them is lost."""
    clock = FixedClock(NOW)
    telemetry = measured(clock)
    inner = MemoryJournal(clock)
    journal, stream = telemetry.journal(inner), stream_of(ConversationId("c"))
    ask = [MessageWritten(message_id=MessageId(name), role="user", content=name) for name in "ab"]
    await journal.append(stream, [ask[0]])
    await inner.append(stream, [ask[1]])
    clock.at += timedelta(seconds=5)
    await journal.append(stream, [reply("t1", "a")])
    await journal.read(stream, after=1)
    await journal.append(stream, [TurnStarted(turn_id=TurnId("t2"), message_ids=(MessageId("b"),))])
    await journal.append(stream, [reply("t2", "b")])
    read = await shown(telemetry)
    assert by_labels(read, "shopfloor_turns_total", "outcome") == {"answered": 2}
    assert by_labels(read, "shopfloor_turn_duration_seconds_sum", "origin") == {"message": 5}


def reply(turn: str, *messages: str) -> ReplyComposed:
    return ReplyComposed(
        conversation_id=ConversationId("c"),
        turn_id=TurnId(turn),
        message_ids=tuple(MessageId(one) for one in messages),
        content="",
        sources=(),
    )


async def test_the_list_in_the_docs_is_that_of_the_figures() -> None:
    text = (Path(__file__).parents[2] / "docs" / "telemetry.md").read_text("utf-8")
    rows = re.findall(r"^\| `(shopfloor_\w+)` \| (\w+) \| ([^|]*)\|", text, re.MULTILINE)
    listed = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    telemetry = measured(FixedClock(NOW))
    model = scripted("It is on its way. It costs $1.23.", "It costs $4.56.", Unavailable("down"))
    app = await demo_app(models=router_of(model), telemetry=telemetry)
    conversation = await begin(app, MAYA)
    for message in ("Where is my order #123?", "Where is my order #141?", *SESSION):
        await say(app, conversation, message)
    telemetry.written([Event(StreamId("staff"), 1, NOW, handed_off())])
    exposed, _ = await to_thread.run_sync(telemetry.figures.text, "", dict.fromkeys(GAUGES, 0.0), ["actions"])
    families = [one for one in text_string_to_metric_families(exposed.decode()) if one.name.startswith("shopfloor")]
    told = {
        f"{one.name}_total" if one.type == "counter" else one.name: (
            one.type,
            {label for sample in one.samples for label in sample.labels} - {"le"},
        )
        for one in families
    }
    assert told == listed


def handed_off() -> HandedOff:
    who = {"from_agent": "a", "to_agent": "b", "agent_name": "B", "reason": "Maya said so"}
    return HandedOff.model_validate({"turn_id": "t", "task_id": "1", **who})
