"""Gathers the events of turns until they end, and hands each turn on as a tree of spans."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from shopfloor.journal.events import ActionMoved, Event, ModelCalled, ReplyComposed
from shopfloor.kernel.ids import ConversationId, TurnId
from shopfloor.telemetry.spans import SETTLED, Span, action_span, model_span, turn_span
from shopfloor.telemetry.talks import Talk

MOST_TURNS = 1_000
"""Turns that are gathered at once; the oldest is forgotten first, since it broke off."""
MOST_EVENTS = 2_000
"""Events of one turn that become spans."""
MOST_ACTIONS = 1_000
"""Actions that are known to be under way."""
K = TypeVar("K")
V = TypeVar("V")


class Traces:
    """Makes spans of what is heard."""

    def __init__(self, emit: Callable[[Span], None], *, with_content: bool) -> None:
        """Take what sends a tree of spans off, without waiting, and whether people's words may be in it."""
        self._emit = emit
        self._with_content = with_content
        self._turns: OrderedDict[TurnId, list[Event]] = OrderedDict()
        self._admitted: OrderedDict[str, datetime] = OrderedDict()

    def hear(self, event: Event, conversation: ConversationId | None, talk: Talk) -> None:
        """Take an event that this process stored."""
        turn = talk.turn
        if conversation is None or turn is None or getattr(event.data, "turn_id", None) != turn.id:
            self._hear_alone(event, conversation)
            return
        if turn.id not in self._turns:
            _keep(self._turns, turn.id, [], MOST_TURNS)
        events = self._turns[turn.id]
        is_end = isinstance(event.data, ReplyComposed)
        if is_end or len(events) < MOST_EVENTS:
            events.append(event)
        if is_end:
            del self._turns[turn.id]
            self._emit(turn_span(turn, talk, conversation, events, self._with_content))

    def hear_words(self, talk: Talk, at: datetime) -> None:
        """Take note of nothing: a span has no need of it."""

    def _hear_alone(self, event: Event, conversation: ConversationId | None) -> None:
        """Take an event outside of any turn: what was done once an approval was there, or to sum up a conversation."""
        span = None
        match event.data:
            case ModelCalled() as call:
                span = model_span(call, event.at)
            case ActionMoved(state="confirmed") as data:
                _keep(self._admitted, data.key, event.at, MOST_ACTIONS)
            case ActionMoved() as data if data.state in SETTLED and data.key in self._admitted:
                span = action_span(data, self._admitted.pop(data.key), event.at)
            case _:
                pass
        if span:
            if conversation:
                span.attributes["gen_ai.conversation.id"] = conversation
            self._emit(span)


def _keep(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    kept[key] = value
    if len(kept) > most:
        kept.popitem(last=False)
