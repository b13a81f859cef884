"""How many messages of a stream wait for an answer, and since when.

It is kept beside the stream, so that nobody has to read all streams to find the work left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from shopfloor.journal.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A stream's unanswered messages."""

    count: int = 0
    since: datetime | None = None
    """When the oldest of them was written; None where none waits."""

    def after(self, added: Sequence[Event], newest_first: Iterable[Event]) -> Self:
        """Return what waits after events were added.

        `newest_first` is the stream with them; it is read only where an answer leaves a message that arrived meanwhile.
        """
        changes = [event.data.unanswered for event in added]
        count = self.count
        for change in changes:
            count = max(0, count + change)
        if not count:
            since = None
        elif min(changes, default=0) < 0:
            since = _written_last(newest_first, count)
        else:
            since = self.since or next(event.at for event in added)
        return type(self)(count=count, since=since)


def _written_last(newest_first: Iterable[Event], count: int) -> datetime | None:
    """Return when the oldest of the last `count` messages was written: a turn answers all that came before it."""
    since = None
    for event in newest_first:
        if event.data.unanswered > 0:
            since = event.at
            count -= 1
            if not count:
                break
    return since
