"""What is known of the conversations whose events pass through this process: enough to say how long somebody waited."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from shopfloor.journal.events import (
    ConversationOpened,
    Event,
    MessageWritten,
    ReplyComposed,
    SignalReceived,
    TurnStarted,
)
from shopfloor.kernel.ids import ConversationId, MessageId, TurnId

KEPT = 10_000
"""Conversations that are remembered; the longest unheard of is forgotten first."""
MOST_ASKED = 100
"""Messages of one conversation that are remembered until they are answered."""
UNKNOWN = "unknown"
Origin = Literal["message", "signal"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What waits for an answer."""

    at: datetime
    origin: Origin
    content: str = ""
    """What a customer wrote; empty for a signal."""


@dataclass(slots=True)
class Turn:
    """A turn that has begun and not ended."""

    id: TurnId
    began_at: datetime
    asked: Sequence[Asked]
    """What it answers, as far as that is known."""
    has_spoken: bool = False

    @property
    def asked_at(self) -> datetime:
        """Return when the oldest message that it answers was written; its own beginning where that is not known."""
        return min((one.at for one in self.asked), default=self.began_at)

    @property
    def origin(self) -> Origin:
        """Return whether it answers a customer or a signal."""
        return self.asked[0].origin if self.asked else "message"


@dataclass(slots=True)
class Talk:
    """A conversation. Taking an event in twice, or one that was passed over before, changes nothing."""

    channel: str = UNKNOWN
    turn: Turn | None = None
    asked: dict[MessageId, Asked] = field(default_factory=dict[MessageId, Asked])
    seq: int = 0
    """Up to which event all were taken in."""

    def take(self, event: Event) -> None:
        """Take an event in."""
        if event.seq <= self.seq:
            return
        if event.seq == self.seq + 1:
            self.seq = event.seq
        match event.data:
            case ConversationOpened(channel=channel):
                self.channel = channel
            case MessageWritten(role="user", message_id=message, content=content):
                self._wait(message, Asked(event.at, "message", content))
            case SignalReceived(message_id=message):
                self._wait(message, Asked(event.at, "signal"))
            case TurnStarted(turn_id=turn, message_ids=messages) if self.turn is None or self.turn.id != turn:
                self.turn = Turn(turn, event.at, [self.asked[one] for one in messages if one in self.asked])
            case ReplyComposed(message_ids=messages):
                self.turn = None
                for message in messages:
                    self.asked.pop(message, None)
            case _:
                pass

    def _wait(self, message: MessageId, asked: Asked) -> None:
        self.asked[message] = asked
        if len(self.asked) > MOST_ASKED:
            del self.asked[next(iter(self.asked))]


class Talks:
    """The conversations of which something passed through this process last."""

    def __init__(self, kept: int = KEPT) -> None:
        """Take how many are remembered."""
        self._kept = kept
        self._talks: OrderedDict[ConversationId, Talk] = OrderedDict()

    def of(self, conversation: ConversationId) -> Talk:
        """Return what is known of a conversation."""
        talk = self._talks.get(conversation)
        if talk is None:
            talk = self._talks[conversation] = Talk()
            if len(self._talks) > self._kept:
                self._talks.popitem(last=False)
        else:
            self._talks.move_to_end(conversation)
        return talk

    def known(self, conversation: ConversationId) -> Talk | None:
        """Return what is known of a conversation; None where nothing is."""
        return self._talks.get(conversation)
