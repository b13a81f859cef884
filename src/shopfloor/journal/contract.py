"""What a journal promises; `memory` and `sql` keep it, and one contract suite holds them to it."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shopfloor.database.notices import Hear
from shopfloor.journal.chain import Entry
from shopfloor.journal.events import Event, EventData
from shopfloor.journal.wanted import Mark, Place, Wanted
from shopfloor.kernel.ids import StreamId


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamEnd:
    """Where a stream ends."""

    stream: StreamId
    last_seq: int
    """0 where only events are left of it, and nothing names its end."""
    head: str
    """The chain of its last event, in hex; empty where nothing names its end."""


class Journal(Protocol):
    """Append-only streams of events.

    All methods may raise `StorageError`.
    """

    async def append(self, stream: StreamId, events: Sequence[EventData]) -> Sequence[Event]:
        """Store events at the end of a stream, all of them or none, and return them with their numbers and times.

        An event whose idempotency key the stream already holds is not stored again: the one it holds is returned in
        its place. Cancelling the caller does not interrupt a write that has begun.

        Raises:
            InvalidInput: a number or text that cannot be stored, such as half a surrogate pair.
        """
        ...

    def hear(self, listener: Hear) -> None:
        """Let a listener hear at once the names of streams that other processes append to, where that can be heard.

        A name may not be heard, so who has to know all looks for itself too. The listener neither blocks nor raises.
        """
        ...

    async def read(self, stream: StreamId, *, after: int = 0) -> Sequence[Event]:
        """Return a stream's events with numbers above `after`, in order; empty where there is no such stream.

        Erased fields come back empty: `""`, `{}`, `()` or None, whichever the field takes.
        """
        ...

    async def last_seqs(self, streams: Sequence[StreamId]) -> Mapping[StreamId, int]:
        """Return the number of the last event of each of these streams that there is."""
        ...

    async def unanswered(self) -> Sequence[StreamId]:
        """Return the streams that hold a message without an answer, the longest waiting first."""
        ...

    def hold(self, stream: StreamId, *, wait: bool = True) -> AbstractAsyncContextManager[bool]:
        """Keep a stream's turn to oneself, over all processes; a process that dies gives it back.

        It yields True once it is held, and False at once where somebody else holds it and `wait` is False.
        It keeps nobody from appending. Where it is lost, as with the connection to the database, what is done meanwhile
        is cancelled, and `StorageError` raised.
        """
        ...

    async def erase(self, stream: StreamId, *, up_to: int | None = None, actions: Collection[str] | None = None) -> int:
        """Erase all personal fields of a stream for good, keep the rest, and return how many events held some.

        `up_to` is the number of the last event to erase; None for all. `actions` are the keys of those whose events
        are erased, and no others; None for all events. Where any held some, `PersonalErased` is stored in the same
        transaction: so all who follow the stream learn of it.
        """
        ...

    async def verify(self, stream: StreamId) -> int:
        """Check a stream's numbers, payloads, erasures and chain, at one moment, and return how many events it has.

        Raises:
            BrokenStream: naming the first event that is not as it was written.
        """
        ...

    # -- over all streams --------------------------------------------------------------------------------------------

    async def streams(self, *, after: StreamId | None = None, limit: int = 100) -> Sequence[StreamEnd]:
        """Return a page of streams in the order of their names, those behind `after`.

        Streams of which only events are left are among them.
        """
        ...

    async def entries(
        self,
        stream: StreamId | None = None,
        *,
        after: Mark | None = None,
        types: frozenset[str] = frozenset(),
        limit: int = 500,
    ) -> Sequence[Entry]:
        """Return a page of events as they are stored, in the order of streams and numbers, those behind a mark.

        They are those of one stream, or of all where none is named; of some types, or of all where none is.
        """
        ...

    async def newest(self, wanted: Wanted, *, before: Place | None = None, limit: int = 50) -> Sequence[Entry]:
        """Return a page of the events that are wanted, as they are stored, the newest first, those before a place.

        Events of one instant are in the order of stream and number.
        """
        ...

    async def identities(self, *, after: StreamId | None = None, limit: int = 1_000) -> Sequence[Event]:
        """Return the newest `IdentityVerified` of each stream that has one, in the order of the streams' names.

        It is a page of those behind `after`.
        """
        ...

    async def idle(self, before: datetime, *, after: StreamId | None = None, limit: int = 100) -> Sequence[StreamId]:
        """Return a page of the streams that hold something personal and in which nothing has happened since an instant.

        They are in the order of their names, behind `after`. One with a message that waits for an answer is none.
        """
        ...
