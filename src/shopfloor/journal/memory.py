"""The journal in memory: the twin for tests, simulations and replays. It keeps what the real one would store."""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import islice

from shopfloor.database.notices import Hear
from shopfloor.journal.chain import Entry, action_of, erased, erasure_of, extend, rebuild, split
from shopfloor.journal.checking import check
from shopfloor.journal.contract import StreamEnd
from shopfloor.journal.events import Event, EventData, IdentityVerified
from shopfloor.journal.waiting import Waiting
from shopfloor.journal.wanted import Mark, Place, Wanted, place_of
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import StreamId
from shopfloor.kernel.keyed_locks import KeyedLocks


class MemoryJournal:
    """A `Journal` that lasts as long as its process."""

    def __init__(self, clock: Clock, projections: Sequence[Callable[[Sequence[Event]], None]] = ()) -> None:
        """Take the clock that events are dated by, and what follows all that is appended; what raises undoes it."""
        self._clock = clock
        self._projections = projections
        self._streams: dict[StreamId, list[Entry]] = {}
        self._ends: dict[StreamId, StreamEnd] = {}
        self._waiting: dict[StreamId, Waiting] = {}
        self._held = KeyedLocks()

    async def append(self, stream: StreamId, events: Sequence[EventData]) -> Sequence[Event]:
        """Store events at the end of a stream."""
        payloads = [split(data) for data in events]
        entries = self._streams.setdefault(stream, [])
        keys = {payload.idempotency_key for payload in payloads if payload.idempotency_key}
        known: dict[str | None, Event] = {
            key: rebuild(entry) for entry in entries if (key := entry.idempotency_key) in keys
        }
        head = entries[-1].chain if entries else ""
        added = extend(stream, payloads, last_seq=len(entries), head=head, at=self._clock.now(), known=known)
        if added.new:
            for project in self._projections:
                project(added.new)
        entries.extend(added.entries)
        if added.new:
            self._ends[stream] = StreamEnd(stream=stream, last_seq=entries[-1].seq, head=entries[-1].chain)
            waiting = self._waiting.get(stream, Waiting())
            self._waiting[stream] = waiting.after(added.new, map(rebuild, reversed(entries)))
        return added.events

    def hear(self, listener: Hear) -> None:
        """Do nothing: there are no other processes."""

    async def read(self, stream: StreamId, *, after: int = 0) -> Sequence[Event]:
        """Return a stream's events with numbers above `after`, in order."""
        return [rebuild(entry) for entry in self._streams.get(stream, [])[max(0, after) :]]

    async def last_seqs(self, streams: Sequence[StreamId]) -> Mapping[StreamId, int]:
        """Return the number of the last event of each of these streams that there is."""
        return {stream: len(entries) for stream in streams if (entries := self._streams.get(stream))}

    async def unanswered(self) -> Sequence[StreamId]:
        """Return the streams that hold a message without an answer, the longest waiting first."""
        waiting = [(waiting.since, stream) for stream, waiting in self._waiting.items() if waiting.since]
        return [stream for _, stream in sorted(waiting)]

    @asynccontextmanager
    async def hold(self, stream: StreamId, *, wait: bool = True) -> AsyncGenerator[bool]:
        """Keep a stream's turn to oneself."""
        if not wait and stream in self._held:
            yield False
            return
        async with self._held.hold(stream):
            yield True

    async def erase(self, stream: StreamId, *, up_to: int | None = None, actions: Collection[str] | None = None) -> int:
        """Erase all personal fields of a stream, or those of some of its actions, for good."""
        entries = self._streams.get(stream, [])
        last = len(entries) if up_to is None else min(max(0, up_to), len(entries))
        keys = None if actions is None else frozenset(actions)
        gone = {
            entry.seq
            for entry in entries[:last]
            if entry.personal is not None and (keys is None or action_of(entry) in keys)
        }
        if gone:
            self._streams[stream] = [erased(entry) if entry.seq in gone else entry for entry in entries]
            await self.append(stream, [erasure_of(len(gone), keys, up_to=last, last_seq=len(entries))])
        return len(gone)

    async def verify(self, stream: StreamId) -> int:
        """Check a stream's numbers, payloads, erasures and chain, and return how many events it has."""
        end = self._ends.get(stream, StreamEnd(stream=stream, last_seq=0, head=""))
        return check(stream, self._streams.get(stream, []), last_seq=end.last_seq, head=end.head)

    async def streams(self, *, after: StreamId | None = None, limit: int = 100) -> Sequence[StreamEnd]:
        """Return a page of streams in the order of their names."""
        return [self._ends[name] for name in sorted(self._ends) if after is None or name > after][:limit]

    async def entries(
        self,
        stream: StreamId | None = None,
        *,
        after: Mark | None = None,
        types: frozenset[str] = frozenset(),
        limit: int = 500,
    ) -> Sequence[Entry]:
        """Return a page of events as they are stored."""
        names = self._behind(None) if stream is None else [stream]
        held = (entry for name in names for entry in self._streams.get(name, ()))
        every = (entry for entry in held if not types or entry.type in types)
        return list(islice((one for one in every if after is None or Mark(one.stream, one.seq) > after), limit))

    async def newest(self, wanted: Wanted, *, before: Place | None = None, limit: int = 50) -> Sequence[Entry]:
        """Return a page of the events that are wanted, the newest first."""
        every = (entry for entries in self._streams.values() for entry in entries)
        found = [entry for entry in every if (before is None or place_of(entry) < before) and wanted.takes(entry)]
        return sorted(found, key=place_of, reverse=True)[:limit]

    async def identities(self, *, after: StreamId | None = None, limit: int = 1_000) -> Sequence[Event]:
        """Return the newest `IdentityVerified` of each stream that has one."""
        shown = (
            next((entry for entry in reversed(self._streams[name]) if entry.type == IdentityVerified.TYPE), None)
            for name in self._behind(after)
        )
        return [rebuild(entry) for entry in islice((one for one in shown if one), limit)]

    async def idle(self, before: datetime, *, after: StreamId | None = None, limit: int = 100) -> Sequence[StreamId]:
        """Return a page of the streams that hold something personal and in which nothing has happened since."""
        idle = (
            name
            for name in self._behind(after)
            if self._streams[name][-1].at < before
            and not self._waiting[name].since
            and any(entry.personal is not None for entry in self._streams[name])
        )
        return list(islice(idle, limit))

    def _behind(self, after: StreamId | None) -> list[StreamId]:
        return sorted(name for name, entries in self._streams.items() if entries and (after is None or name > after))
