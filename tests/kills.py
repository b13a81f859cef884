"""What is told of the processes that a test run killed: how many, and how far their work had come."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

NAME = "kills"
"""Under which a test records one of them as a property of its own."""


class Kills(NamedTuple):
    """What one test killed, and what was there then."""

    database: str
    killed: int
    """Processes; the others had ended by themselves."""
    ended: int
    answered: int
    """Messages, at the last kill."""
    executed: int
    """Actions, at the last kill."""
    under_way: int
    """Actions that were admitted, and of which the journal told no more at the last kill."""


def summary(properties: Iterable[tuple[str, Sequence[object]]]) -> list[str]:
    """Return lines about all that tests recorded."""
    all_kills = [Kills(*value) for name, value in properties if name == NAME]  # type: ignore[arg-type]
    lines: list[str] = []
    for database in sorted({one.database for one in all_kills}):
        kills = [one for one in all_kills if one.database == database]
        killed, ended = sum(one.killed for one in kills), sum(one.ended for one in kills)
        twice = sum(one.killed > 1 for one in kills)
        lines += [
            f"{database}: {killed} kills in {len(kills)} installations, {twice} of them killed twice, {ended} too late",
            f"    messages answered: {_spread(one.answered for one in kills)}",
            f"    actions carried out: {_spread(one.executed for one in kills)}",
            f"    actions under way: {_spread(one.under_way for one in kills)}",
        ]
    return lines


def _spread(counts: Iterable[int]) -> str:
    """Return how often each count was there."""
    return ", ".join(f"{count} ({times} times)" for count, times in sorted(Counter(counts).items()))
