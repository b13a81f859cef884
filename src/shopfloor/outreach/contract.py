"""What a store of signals and outreaches promises; `memory` and `sql` keep it, and one contract suite holds them to it.

Each method is one transaction. All may raise `StorageError`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from shopfloor.kernel.ids import ConversationId
from shopfloor.kernel.persons import Person
from shopfloor.outreach.attempts import EndState, OutboxMessage, Outreach
from shopfloor.outreach.rules import Verdict
from shopfloor.outreach.signals import Signal

Judge = Callable[[Sequence[datetime]], Verdict]
"""Is told when the customer was sent other marketing; has no effect of its own."""


class Outreaches(Protocol):
    """Signals, what came of them, and the outbox."""

    async def add_signal(self, signal: Signal) -> bool:
        """Store a signal, and return whether it is new: one of a known id, kind and data is the known one.

        Raises:
            Conflict: the id was used for something else.
        """
        ...

    async def untaken(self, *, limit: int = 100) -> Sequence[Signal]:
        """Return the signals whose outreaches have not been made, the first received leading."""
        ...

    async def take(self, signal: Signal, outreaches: Sequence[Outreach]) -> None:
        """Store a signal's outreaches and mark it taken; of one that is taken already, do nothing.

        An outreach to a lead that another one answers, or is about to answer, is left out.
        """
        ...

    async def due(self, at: datetime, *, limit: int = 100) -> Sequence[Outreach]:
        """Return the outreaches with something left to do by an instant, the longest due leading."""
        ...

    async def count_due(self, at: datetime) -> int:
        """Return how many outreaches have something left to do by an instant."""
        ...

    async def decide(
        self, outreach_id: str, judge: Judge, *, at: datetime, conversation_id: ConversationId | None
    ) -> Outreach:
        """Judge an outreach under way on what its customer was sent, store the verdict and return what it led to.

        One that is at its end is returned as it is. Two that are judged at once know of each other.

        Raises:
            NotFound: no such outreach.
        """
        ...

    async def end(
        self, outreach_id: str, state: EndState, rule: str, *, at: datetime, message: OutboxMessage | None = None
    ) -> Outreach:
        """Store what became of an outreach under way, and its message; one that is at its end stays as it is.

        Raises:
            NotFound: no such outreach.
        """
        ...

    async def close(self, outreach_id: str) -> None:
        """Note that nothing is left to do for an outreach that is at its end."""
        ...

    async def signals(self, *, limit: int = 50) -> Sequence[Signal]:
        """Return the newest signals first."""
        ...

    async def outreaches_of(self, signal_id: str) -> Sequence[Outreach] | None:
        """Return what came of a signal, in the order of ids; None while it is not taken."""
        ...

    async def outbox(self, *, limit: int = 50) -> Sequence[OutboxMessage]:
        """Return the newest messages first."""
        ...

    # -- what is kept of them ----------------------------------------------------------------------------------------

    async def held(self, person: Person) -> Sequence[tuple[Outreach, OutboxMessage | None]]:
        """Return a person's outreaches, each with its message, in the order of ids."""
        ...

    async def old(self, before: datetime, *, after: str = "", limit: int = 500) -> Sequence[str]:
        """Return a page of ids, those behind `after`, of outreaches with nothing left to do.

        They were last due before an instant, and so was their message written.
        """
        ...

    async def remove(self, outreach_ids: Sequence[str]) -> int:
        """Remove outreaches with their messages for good, and return how many there were; signals stay.

        Raises:
            StorageError: they are removed, but the disk still holds them; remove others, or erase again.
        """
        ...
