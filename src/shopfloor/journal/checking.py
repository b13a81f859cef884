"""Following a stream from its first event on, to tell whether each is as it was written.

A chain shows what was changed, removed from within, or slipped in. It cannot show that a stream ended later once, where
its end was cut off together with the row that names the end; nor that there was a stream that is gone as a whole; nor
that somebody wrote a stream anew from some event on, chain and all. That takes heads that are kept elsewhere (`heads`).
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from shopfloor.journal.chain import Entry, action_of, is_key_untouched, is_personal_untouched, link, rebuild
from shopfloor.journal.events import PersonalErased
from shopfloor.kernel.errors import BrokenStream
from shopfloor.kernel.ids import StreamId

REMOVED = "was removed"
CHANGED = "was changed or slipped in"
EMPTIED = "lost its personal part, and no erasure tells of it"
RESTORED = "holds a personal part that was erased"


@dataclass(frozen=True, slots=True)
class _Seen:
    """Numbers of events that an erasure may tell of, those of one action or of what is no action."""

    emptied: deque[int] = field(default_factory=deque[int])
    """Events without their personal part, of which no erasure tells yet."""
    full: deque[int] = field(default_factory=deque[int])
    """Events with their personal part, behind the last erasure."""


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
        self._seen: dict[str | None, _Seen] = {}
        """By the key of the action; None for what is no action."""

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
            seen = self._seen.setdefault(action_of(entry), _Seen())
            (seen.emptied if is_gone else seen.full).append(self.seq)
        if isinstance(told := rebuild(entry).data if entry.type == PersonalErased.TYPE else None, PersonalErased):
            self._note_erasure(entry.seq - 1 if told.up_to is None else told.up_to, told.actions)

    def end(self, last_seq: int, head: str) -> None:
        """End the stream, which is to have this last number and chain.

        Raises:
            BrokenStream: it has not, or a personal part is gone of which no erasure tells.
        """
        if self.seq < last_seq:
            raise BrokenStream(self.stream, self.seq + 1, REMOVED)
        if emptied := [seen.emptied[0] for seen in self._seen.values() if seen.emptied]:
            raise BrokenStream(self.stream, min(emptied), EMPTIED)
        if self.seq > last_seq or self.chain != head:
            raise BrokenStream(self.stream, max(self.seq, 1), CHANGED)

    def _is_whole(self, entry: Entry) -> bool:
        if self._is_export:
            return entry.personal is None or is_personal_untouched(entry)
        return is_personal_untouched(entry) and is_key_untouched(entry)

    def _note_erasure(self, up_to: int, actions: Iterable[str]) -> None:
        restored: list[int] = []
        for key in tuple(actions) or tuple(self._seen):
            seen = self._seen.get(key, _Seen())
            while seen.emptied and seen.emptied[0] <= up_to:
                seen.emptied.popleft()
            restored += [seen.full[0]] if seen.full and seen.full[0] <= up_to else []
            while seen.full and seen.full[0] <= up_to:
                seen.full.popleft()
            if not (seen.emptied or seen.full):
                self._seen.pop(key, None)
        if restored and not self._is_export:
            raise BrokenStream(self.stream, min(restored), RESTORED)


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
