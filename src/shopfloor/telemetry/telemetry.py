"""All that listens to an installation: it hears what this process journals, and when a turn's first words are said."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from shopfloor.journal.contract import Journal
from shopfloor.journal.events import Event, ReplyComposed
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import ConversationId, conversation_in
from shopfloor.telemetry.heard import HeardJournal
from shopfloor.telemetry.talks import Talk, Talks

logger = logging.getLogger(__name__)


class Ear(Protocol):
    """Hears of the events that this process stores. What it raises is logged, and harms nothing."""

    def hear(self, event: Event, conversation: ConversationId | None, talk: Talk) -> None:
        """Take an event; None for one that stands in no conversation, of which nothing is known.

        A turn is still known while its reply is told.
        """
        ...

    def hear_words(self, talk: Talk, at: datetime) -> None:
        """Take note that the first words of the turn that runs are said."""
        ...


class Figures(Protocol):
    """What has been counted, ready to be shown."""

    def text(self, accept: str, gauges: Mapping[str, float], failed: Sequence[str]) -> tuple[bytes, str]:
        """Return all figures in a form that a scraper accepts, and that form's media type. It may block for a moment.

        `gauges` are what was read just now, by name; `failed` what could not be read.
        """
        ...


class Telemetry:
    """Who listens to an installation."""

    def __init__(self, clock: Clock, figures: Figures, ears: Sequence[Ear]) -> None:
        """Take the clock that the journal is dated by, what is counted, and all who listen."""
        self.figures = figures
        self._clock = clock
        self._ears = ears
        self._talks = Talks()

    def journal(self, journal: Journal) -> Journal:
        """Return a journal that is listened to."""
        return HeardJournal(journal, self)

    def written(self, events: Sequence[Event]) -> None:
        """Take events of one stream that this process has just stored."""
        for event in events:
            conversation = conversation_in(event.stream)
            talk = self._talks.of(conversation) if conversation else Talk()
            is_end = isinstance(event.data, ReplyComposed)
            if not is_end:
                talk.take(event)
            for ear in self._ears:
                try:
                    ear.hear(event, conversation, talk)
                except Exception:  # a figure that is wrong must not cost a customer the answer
                    logger.exception("%s of %s could not be taken account of", event.data.TYPE, event.stream)
            if is_end:
                talk.take(event)

    def read(self, events: Sequence[Event]) -> None:
        """Take events of one stream that were read: they were told of by whoever stored them."""
        conversation = conversation_in(events[0].stream) if events else None
        if conversation:
            talk = self._talks.of(conversation)
            for event in events:
                talk.take(event)

    def spoken(self, conversation: ConversationId) -> None:
        """Take note that words of a conversation's turn are said here."""
        talk = self._talks.known(conversation)
        if talk is None or talk.turn is None or talk.turn.has_spoken:
            return
        talk.turn.has_spoken = True
        for ear in self._ears:
            try:
                ear.hear_words(talk, self._clock.now())
            except Exception:
                logger.exception("the first words of a turn could not be taken account of")
