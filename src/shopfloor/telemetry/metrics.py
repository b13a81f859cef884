"""What is counted, as Prometheus reads it. docs/telemetry.md lists every metric; a test holds the list to this."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import singledispatchmethod

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shopfloor.journal.events import (
    ActionMoved,
    Event,
    EventData,
    FellBack,
    HandedOff,
    ModelCalled,
    ReplyComposed,
    SentenceWithheld,
    ToolCalled,
)
from shopfloor.kernel.ids import ConversationId, TurnId
from shopfloor.telemetry.series import Counted, Timed, WithoutBirths
from shopfloor.telemetry.talks import Talk

TURN_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120)
MODEL_BUCKETS = (0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60)
TOOL_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5, 10)
GAUGES = {
    "shopfloor_conversations_waiting": "Conversations with a message that has no answer yet.",
    "shopfloor_oldest_wait_seconds": "For how long the message has waited that waits longest; 0 where none does.",
    "shopfloor_actions_waiting_for_approval": "Actions that wait for the merchant.",
    "shopfloor_actions_unsettled": "Actions that were approved or admitted and whose outcome is not known yet.",
    "shopfloor_outreaches_due": "Outreaches with something left to do by now.",
    "shopfloor_turns_running": "Conversations that this process is answering.",
    "shopfloor_streams_open": "Streams that this process has open.",
}
"""What is read when somebody looks."""
RUNGS = ("0", "1", "2", "3 or more")
ANSWERED = frozenset({"stop", "tool_calls"})
MOST_TURNS = 1_000
"""Turns of which it is remembered what became of their calls."""


class Metrics:
    """All figures of one installation in one process."""

    def __init__(self, version: str) -> None:
        """Start at zero; `version` is the product's."""
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._gauge_failures = Counted(
            registry, "shopfloor_gauge_failures", "Gauges that could not be read in time.", ["reading"]
        )
        self._version = version
        self._turns = _turns(registry)
        self._models = _Models(registry)
        self._tools = Counted(registry, "shopfloor_tool_calls", "Calls of tools.", ["tool", "outcome"])
        self._tool_times = Timed(
            registry, "shopfloor_tool_call_duration_seconds", "How long tools take.", ["tool"], TOOL_BUCKETS
        )
        self._handoffs = Counted(
            registry, "shopfloor_handoffs", "Tasks that an agent gave to another.", ["from_agent", "to_agent"]
        )
        self._actions = Counted(registry, "shopfloor_actions", "Steps of actions.", ["kind", "state"])
        self._withheld = Counted(
            registry, "shopfloor_sentences_withheld", "Sentences kept back for want of evidence.", ["agent"]
        )
        self._words = Timed(
            registry,
            "shopfloor_turn_first_words_seconds",
            "From a customer's message to the first words of its answer.",
            ["channel"],
            TURN_BUCKETS,
        )
        self._turn_times = Timed(
            registry,
            "shopfloor_turn_duration_seconds",
            "From a customer's message, or a signal, to the end of its answer.",
            ["channel", "origin"],
            TURN_BUCKETS,
        )

    def hear(self, event: Event, conversation: ConversationId | None, talk: Talk) -> None:
        """Count an event that this process stored."""
        self._count(event.data, event.at, talk)

    def hear_words(self, talk: Talk, at: datetime) -> None:
        """Measure how long a customer waited for the first words."""
        if talk.turn and talk.turn.origin == "message":
            self._words.add(talk.channel, seconds=(at - talk.turn.asked_at).total_seconds())

    def text(self, accept: str, gauges: Mapping[str, float], failed: Sequence[str]) -> tuple[bytes, str]:
        """Return all figures in a form that a scraper accepts, and its media type; reads files of the system."""
        for reading in failed:
            self._gauge_failures.add(reading)
        encode, media_type = choose_encoder(accept)
        return encode(WithoutBirths(self._registry, _Read(gauges, self._version))), media_type

    @singledispatchmethod
    def _count(self, data: EventData, _at: datetime, _talk: Talk) -> None:
        """Count nothing: most events are in no figure."""

    @_count.register
    def _(self, data: ReplyComposed, at: datetime, talk: Talk) -> None:
        self._models.forget(data.turn_id)
        turn = talk.turn
        origin = turn.origin if turn else "message"
        self._turns.add(talk.channel, origin, data.outcome)
        if turn:
            self._turn_times.add(talk.channel, origin, seconds=(at - turn.asked_at).total_seconds())

    @_count.register
    def _(self, data: ModelCalled, _at: datetime, _talk: Talk) -> None:
        self._models.called(data)

    @_count.register
    def _(self, data: FellBack, _at: datetime, _talk: Talk) -> None:
        self._models.fell_back(data)

    @_count.register
    def _(self, data: ToolCalled, _at: datetime, _talk: Talk) -> None:
        self._tools.add(data.tool_name, "ok" if data.error is None else "error")
        self._tool_times.add(data.tool_name, seconds=data.duration_ms / 1_000)

    @_count.register
    def _(self, data: HandedOff, _at: datetime, _talk: Talk) -> None:
        self._handoffs.add(data.from_agent, data.to_agent)

    @_count.register
    def _(self, data: ActionMoved, _at: datetime, _talk: Talk) -> None:
        self._actions.add(data.kind, data.state)

    @_count.register
    def _(self, data: SentenceWithheld, _at: datetime, _talk: Talk) -> None:
        self._withheld.add(data.agent)


class _Models:
    """What is counted of models: their calls, and what was done without them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        which = ["tier", "provider", "model"]
        self._calls = Counted(
            registry, "shopfloor_model_calls", "Calls to models, each over all rungs.", [*which, "outcome"]
        )
        self._tokens = Counted(registry, "shopfloor_model_tokens", "Tokens used.", [*which, "direction"])
        self._money = Counted(
            registry, "shopfloor_model_cost_nanodollars", "What models cost, in billionths of a US dollar.", which
        )
        self._times = Timed(
            registry, "shopfloor_model_call_duration_seconds", "How long calls to models take.", which, MODEL_BUCKETS
        )
        self._rungs = Counted(
            registry, "shopfloor_model_rungs", "Calls by how many models were asked in vain before.", ["tier", "rung"]
        )
        self._fallbacks = Counted(
            registry, "shopfloor_fallbacks", "Plans and tasks that were done without a model.", ["work", "reason"]
        )
        self._last: OrderedDict[TurnId, dict[str, str]] = OrderedDict()
        """What became of the last call of each task of a turn; its plan's is of no task."""

    def called(self, call: ModelCalled) -> None:
        """Count a call."""
        which = (call.tier, call.provider, call.model)
        self._calls.add(*which, call.outcome)
        self._times.add(*which, seconds=call.duration_ms / 1_000)
        self._rungs.add(call.tier, RUNGS[min(call.rung, len(RUNGS) - 1)])
        for direction, tokens in (("input", call.input_tokens), ("output", call.output_tokens)):
            if tokens:
                self._tokens.add(*which, direction, amount=tokens)
        if call.nanos:
            self._money.add(*which, amount=call.nanos)
        self._last.setdefault(call.turn_id, {})[call.task_id] = call.error or call.outcome
        if len(self._last) > MOST_TURNS:
            self._last.popitem(last=False)

    def fell_back(self, fallback: FellBack) -> None:
        """Count what was done without a model; what is written of why may name a person, so it is told by the calls."""
        last = self._last.get(fallback.turn_id, {}).get(fallback.task_id)
        if last is None:
            reason = "not asked"
        elif last in ANSWERED:
            reason = "unusable answer"
        else:
            reason = last
        self._fallbacks.add("task" if fallback.task_id else "plan", reason)

    def forget(self, turn: TurnId) -> None:
        """Take note that a turn has ended."""
        self._last.pop(turn, None)


def _turns(registry: CollectorRegistry) -> Counted:
    return Counted(registry, "shopfloor_turns", "Turns that ended.", ["channel", "origin", "outcome"])


class _Read(Collector):
    """What was read just now."""

    def __init__(self, gauges: Mapping[str, float], version: str) -> None:
        self._gauges = gauges
        self._version = version

    def collect(self) -> Iterable[Metric]:
        for name, figure in self._gauges.items():
            yield GaugeMetricFamily(name, GAUGES[name], value=figure)
        build = GaugeMetricFamily(
            "shopfloor_build_info", "The version of the product, as a label of 1.", labels=["version"]
        )
        build.add_metric([self._version], 1)
        yield build
