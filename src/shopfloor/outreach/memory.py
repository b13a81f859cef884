"""Signals and outreaches in memory: the twin for tests and simulations.

Nothing here awaits, so each call is one piece to all other callers, as a transaction would be.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shopfloor.kernel.errors import Conflict, NotFound
from shopfloor.kernel.ids import ConversationId
from shopfloor.kernel.persons import Person
from shopfloor.outreach.attempts import UNDER_WAY, EndState, OutboxMessage, Outreach, counted, ended, judged
from shopfloor.outreach.contract import Judge
from shopfloor.outreach.signals import Signal


class MemoryOutreaches:
    """Kept for the life of the process."""

    def __init__(self) -> None:
        """Start without any."""
        self._signals: dict[str, Signal] = {}
        self._taken: set[str] = set()
        self._outreaches: dict[str, Outreach] = {}
        self._outbox: dict[str, OutboxMessage] = {}

    async def add_signal(self, signal: Signal) -> bool:
        """Store a signal, and return whether it is new."""
        known = self._signals.setdefault(signal.id, signal)
        check_same(known, signal)
        return known is signal

    def note(self, signal: Signal) -> None:
        """Store a signal of the installation's own; one that is known changes nothing."""
        self._signals.setdefault(signal.id, signal)

    async def untaken(self, *, limit: int = 100) -> Sequence[Signal]:
        """Return the signals whose outreaches have not been made."""
        return [signal for signal in self._signals.values() if signal.id not in self._taken][:limit]

    async def take(self, signal: Signal, outreaches: Sequence[Outreach]) -> None:
        """Store a signal's outreaches and mark it taken."""
        if signal.id in self._taken:
            return
        self._taken.add(signal.id)
        for outreach in outreaches:
            held = {known.wish for known in self._outreaches.values()} - {None}
            if outreach.wish not in held:
                self._outreaches.setdefault(outreach.id, outreach)

    async def due(self, at: datetime, *, limit: int = 100) -> Sequence[Outreach]:
        """Return the outreaches with something left to do."""
        due = [one for one in self._outreaches.values() if one.is_open and one.due_at <= at]
        return sorted(due, key=lambda one: (one.due_at, one.id))[:limit]

    async def count_due(self, at: datetime) -> int:
        """Return how many outreaches have something left to do."""
        return sum(one.is_open and one.due_at <= at for one in self._outreaches.values())

    async def decide(
        self, outreach_id: str, judge: Judge, *, at: datetime, conversation_id: ConversationId | None
    ) -> Outreach:
        """Judge an outreach under way, and store the verdict."""
        outreach = self._known(outreach_id)
        if outreach.state in UNDER_WAY:
            verdict = judge(counted(list(self._outreaches.values()), outreach))
            self._outreaches[outreach_id] = judged(outreach, verdict, at, conversation_id)
        return self._outreaches[outreach_id]

    async def end(
        self, outreach_id: str, state: EndState, rule: str, *, at: datetime, message: OutboxMessage | None = None
    ) -> Outreach:
        """Store what became of an outreach under way, and its message."""
        outreach = self._known(outreach_id)
        if outreach.state in UNDER_WAY:
            self._outreaches[outreach_id] = ended(outreach, state, rule, at)
            if message:
                self._outbox.setdefault(message.id, message)
        return self._outreaches[outreach_id]

    async def close(self, outreach_id: str) -> None:
        """Note that nothing is left to do."""
        self._outreaches[outreach_id] = replace(self._known(outreach_id), is_open=False)

    async def signals(self, *, limit: int = 50) -> Sequence[Signal]:
        """Return the newest signals first."""
        return sorted(self._signals.values(), key=lambda signal: (signal.at, signal.id), reverse=True)[:limit]

    async def outreaches_of(self, signal_id: str) -> Sequence[Outreach] | None:
        """Return what came of a signal; None while it is not taken."""
        if signal_id not in self._taken:
            return None
        theirs = [outreach for outreach in self._outreaches.values() if outreach.signal.id == signal_id]
        return sorted(theirs, key=lambda outreach: outreach.id)

    async def outbox(self, *, limit: int = 50) -> Sequence[OutboxMessage]:
        """Return the newest messages first."""
        return sorted(self._outbox.values(), key=lambda message: (message.created_at, message.id), reverse=True)[:limit]

    async def held(self, person: Person) -> Sequence[tuple[Outreach, OutboxMessage | None]]:
        """Return a person's outreaches, each with its message."""
        every = sorted(self._outreaches.values(), key=lambda outreach: outreach.id)
        theirs = [one for one in every if person.owns(one.recipient.customer_id, one.recipient.email)]
        return [(outreach, self._outbox.get(outreach.id)) for outreach in theirs]

    async def old(self, before: datetime, *, after: str = "", limit: int = 500) -> Sequence[str]:
        """Return a page of ids of outreaches with nothing left to do, last due before an instant."""
        messages = self._outbox
        old = [
            one.id
            for one in self._outreaches.values()
            if not one.is_open and one.due_at < before and one.id > after
            if one.id not in messages or messages[one.id].created_at < before
        ]
        return sorted(old)[:limit]

    async def remove(self, outreach_ids: Sequence[str]) -> int:
        """Remove outreaches with their messages for good."""
        known = [one for one in outreach_ids if one in self._outreaches]
        for outreach_id in known:
            del self._outreaches[outreach_id]
            self._outbox.pop(outreach_id, None)
        return len(known)

    def _known(self, outreach_id: str) -> Outreach:
        if outreach_id not in self._outreaches:
            raise NotFound(f"there is no outreach {outreach_id}")
        return self._outreaches[outreach_id]


def check_same(known: Signal, again: Signal) -> None:
    """Check that a signal which is sent again says the same.

    Raises:
        Conflict: it says something else.
    """
    if (known.kind, known.data) != (again.kind, again.data):
        raise Conflict(f"the signal {again.id} was sent before with other content: use a new id")
