"""What a journal promises; `memory` and `sql` keep it, and one contract suite holds them to it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from shopfloor.journal.events import Event, EventData
from shopfloor.kernel.ids import StreamId


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
        """Keep a stream's turn to oneself, over all processes of this machine; a process that dies gives it back.

        It yields True once it is held, and False at once where somebody else holds it and `wait` is False.
        It keeps nobody from appending.
        """
        ...

    async def erase(self, stream: StreamId) -> int:
        """Erase all personal fields of a stream for good, keep the rest, and return how many events held some.

        Where any did, `PersonalErased` is stored in the same transaction: so all who follow the stream learn of it.
        """
        ...

    async def verify(self, stream: StreamId) -> None:
        """Check a stream's numbers, payloads and chain.

        Raises:
            StorageError: naming the first event that was changed, removed or slipped in.
        """
        ...
