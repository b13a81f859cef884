"""A journal that is listened to: what this process stores in it is told, and what others stored is only remembered.

Each event is stored by one append, of one process, and comes back from that append alone as new: all other ways by
which events reach a process are reads. So an event is told once and in one process, however many share a database.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from shopfloor.database.notices import Hear
from shopfloor.journal.chain import Entry
from shopfloor.journal.contract import Journal, StreamEnd
from shopfloor.journal.events import Event, EventData
from shopfloor.journal.wanted import Mark, Place, Wanted
from shopfloor.kernel.ids import StreamId


class Listening(Protocol):
    """Hears of events; neither method blocks nor raises."""

    def written(self, events: Sequence[Event]) -> None:
        """Take events of one stream that this process has just stored."""
        ...

    def read(self, events: Sequence[Event]) -> None:
        """Take events of one stream that were read, whoever stored them; they may have been taken before."""
        ...


class HeardJournal:
    """A `Journal` that is listened to."""

    def __init__(self, journal: Journal, listening: Listening) -> None:
        """Take the journal, and who listens."""
        self._journal = journal
        self._listening = listening

    async def append(self, stream: StreamId, events: Sequence[EventData]) -> Sequence[Event]:
        """Store events at the end of a stream, and tell of those that it did not hold before."""
        recorded = await self._journal.append(stream, events)
        given = {id(data) for data in events}
        # One that the stream already held comes back as it was read; a new one holds the very data that was given.
        new = {event.seq: event for event in recorded if id(event.data) in given}
        self._listening.written([*new.values()])
        return recorded

    async def read(self, stream: StreamId, *, after: int = 0) -> Sequence[Event]:
        """Return a stream's events with numbers above `after`, in order."""
        events = await self._journal.read(stream, after=after)
        self._listening.read(events)
        return events

    # -- what is passed on -------------------------------------------------------------------------------------------

    def hear(self, listener: Hear) -> None:
        """Let a listener hear the names of streams that other processes append to, where that can be heard."""
        self._journal.hear(listener)

    async def last_seqs(self, streams: Sequence[StreamId]) -> Mapping[StreamId, int]:
        """Return the number of the last event of each of these streams that there is."""
        return await self._journal.last_seqs(streams)

    async def unanswered(self) -> Sequence[StreamId]:
        """Return the streams that hold a message without an answer, the longest waiting first."""
        return await self._journal.unanswered()

    def hold(self, stream: StreamId, *, wait: bool = True) -> AbstractAsyncContextManager[bool]:
        """Keep a stream's turn to oneself."""
        return self._journal.hold(stream, wait=wait)

    async def erase(self, stream: StreamId, *, up_to: int | None = None, actions: Collection[str] | None = None) -> int:
        """Erase personal fields of a stream for good."""
        return await self._journal.erase(stream, up_to=up_to, actions=actions)

    async def verify(self, stream: StreamId) -> int:
        """Check a stream, and return how many events it has."""
        return await self._journal.verify(stream)

    async def streams(self, *, after: StreamId | None = None, limit: int = 100) -> Sequence[StreamEnd]:
        """Return a page of streams in the order of their names."""
        return await self._journal.streams(after=after, limit=limit)

    async def entries(
        self,
        stream: StreamId | None = None,
        *,
        after: Mark | None = None,
        types: frozenset[str] = frozenset(),
        limit: int = 500,
    ) -> Sequence[Entry]:
        """Return a page of events as they are stored."""
        return await self._journal.entries(stream, after=after, types=types, limit=limit)

    async def newest(self, wanted: Wanted, *, before: Place | None = None, limit: int = 50) -> Sequence[Entry]:
        """Return a page of the events that are wanted, the newest first."""
        return await self._journal.newest(wanted, before=before, limit=limit)

    async def identities(self, *, after: StreamId | None = None, limit: int = 1_000) -> Sequence[Event]:
        """Return the newest `IdentityVerified` of each stream that has one."""
        return await self._journal.identities(after=after, limit=limit)

    async def idle(self, before: datetime, *, after: StreamId | None = None, limit: int = 100) -> Sequence[StreamId]:
        """Return a page of the streams that hold something personal and in which nothing has happened since."""
        return await self._journal.idle(before, after=after, limit=limit)
