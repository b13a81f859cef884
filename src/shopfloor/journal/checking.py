"""Following a stream from its first event on, to tell whether each is as it was written.

A chain shows what was changed, removed from within, or slipped in. It cannot show that a stream ended later once, where
its end was cut off together with the row that names the end; nor that there was a stream that is gone as a whole; nor
that somebody wrote a stream anew from some event on, chain and all. That takes heads that are kept elsewhere (`heads`).
"""

from collections import deque
from collections.abc import Iterable

from shopfloor.journal.chain import Entry, erased_up_to, is_key_untouched, is_personal_untouched, link
from shopfloor.journal.events import PersonalErased
from shopfloor.kernel.errors import BrokenStream
from shopfloor.kernel.ids import StreamId

REMOVED = "was removed"
CHANGED = "was changed or slipped in"
EMPTIED = "lost its personal part, and no erasure tells of it"
RESTORED = "holds a personal part that was erased"


class ChainCheck:
    """Takes one stream's entries, first event first."""

    def __init__(self, stream: StreamId, *, is_export: bool = False) -> None:
        """Take the stream's name.

        Of an export only the chain is checked and what it brings of personal parts: it holds no idempotency keys, and
        an erasure may have come about while it was written.
        """
        self.stream = stream
        self.seq = 0
        """The number of the last event taken."""
        self.chain = ""
        """Its chain."""
        self._is_export = is_export
        self._emptied: deque[int] = deque()
        """Events without their personal part, of which no erasure tells yet."""
        self._full: deque[int] = deque()
        """Events with their personal part, behind the last erasure."""

    def take(self, entry: Entry, *, is_erased: bool | None = None) -> None:
        """Take the next entry; `is_erased` says whether its personal part is gone, where the entry does not bring it.

        Raises:
            BrokenStream: it, or an event before it, is not as it was written.
        """
        self.seq += 1
        if entry.seq != self.seq:
            raise BrokenStream(self.stream, self.seq, REMOVED)
        if entry.stream != self.stream or entry.chain != link(self.chain, entry) or not self._is_whole(entry):
            raise BrokenStream(self.stream, self.seq, CHANGED)
        self.chain = entry.chain
        if entry.personal_digest is not None:
            is_gone = entry.personal is None if is_erased is None else is_erased
            (self._emptied if is_gone else self._full).append(self.seq)
        if entry.type == PersonalErased.TYPE:
            self._note_erasure(erased_up_to(entry))

    def end(self, last_seq: int, head: str) -> None:
        """End the stream, which is to have this last number and chain.

        Raises:
            BrokenStream: it has not, or a personal part is gone of which no erasure tells.
        """
        if self.seq < last_seq:
            raise BrokenStream(self.stream, self.seq + 1, REMOVED)
        if self._emptied:
            raise BrokenStream(self.stream, self._emptied[0], EMPTIED)
        if self.seq > last_seq or self.chain != head:
            raise BrokenStream(self.stream, max(self.seq, 1), CHANGED)

    def _is_whole(self, entry: Entry) -> bool:
        if self._is_export:
            return entry.personal is None or is_personal_untouched(entry)
        return is_personal_untouched(entry) and is_key_untouched(entry)

    def _note_erasure(self, up_to: int) -> None:
        while self._emptied and self._emptied[0] <= up_to:
            self._emptied.popleft()
        if self._full and self._full[0] <= up_to and not self._is_export:
            raise BrokenStream(self.stream, self._full[0], RESTORED)
        while self._full and self._full[0] <= up_to:
            self._full.popleft()


def check(stream: StreamId, entries: Iterable[Entry], *, last_seq: int, head: str) -> int:
    """Check a whole stream, first event first, against its own last number and chain; return how many events it has.

    Raises:
        BrokenStream: naming the first event that is not as it was written.
    """
    following = ChainCheck(stream)
    for entry in entries:
        following.take(entry)
    following.end(last_seq, head)
    return following.seq
