"""The journal in memory: the twin for tests, simulations and replays. It keeps what the real one would store."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from shopfloor.journal.chain import Entry, check, erased, extend, rebuild, split
from shopfloor.journal.events import Event, EventData, PersonalErased
from shopfloor.journal.waiting import Waiting
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
            waiting = self._waiting.get(stream, Waiting())
            self._waiting[stream] = waiting.after(added.new, map(rebuild, reversed(entries)))
        return added.events

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

    async def erase(self, stream: StreamId) -> int:
        """Erase all personal fields of a stream for good."""
        entries = self._streams.get(stream, [])
        count = sum(entry.personal is not None for entry in entries)
        if count:
            self._streams[stream] = [erased(entry) for entry in entries]
            await self.append(stream, [PersonalErased(events=count)])
        return count

    async def verify(self, stream: StreamId) -> None:
        """Check a stream's numbers, payloads and chain."""
        entries = self._streams.get(stream, [])
        check(stream, entries, last_seq=len(entries), head=entries[-1].chain if entries else "")
