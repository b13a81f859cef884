"""Which things changed behind a mark, for whoever follows what others keep; `database.changes` tells it of tables."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from shopfloor.kernel.errors import NotFound


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """Which things changed."""

    keys: Sequence[str]
    """Each once, the earliest first; what changed again comes by its last change."""
    mark: str
    """To ask behind next time; nobody else reads it."""


class MemoryChanges:
    """What changed of something that is kept in memory, in the order of the last changes."""

    def __init__(self) -> None:
        """Start with none."""
        self._history = secrets.token_hex(4)
        self._count = 0
        self._numbers: dict[str, int] = {}
        """The earliest first."""

    def note(self, key: str) -> None:
        """Note that something changed."""
        self._count += 1
        self._numbers.pop(key, None)
        self._numbers[key] = self._count

    def behind(self, mark: str | None, limit: int) -> Changed:
        """Return what changed behind a mark.

        Raises:
            NotFound: the mark is of something else.
        """
        if mark is None:
            return Changed(keys=(), mark=self._mark(self._count))
        history, _, number = mark.partition("/")
        if history != self._history:
            raise unknown()
        read = int(number)
        newest_first = takewhile(lambda change: change[1] > read, reversed(self._numbers.items()))
        found = list(newest_first)[::-1][:limit]
        return Changed(keys=tuple(key for key, _ in found), mark=self._mark(found[-1][1]) if found else mark)

    def _mark(self, number: int) -> str:
        return f"{self._history}/{number}"


def unknown() -> NotFound:
    """Say that a mark cannot be used."""
    return NotFound("nothing is known of this mark any more: take a new one, then read everything anew")
