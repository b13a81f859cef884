"""What is told of the processes that a test run killed: how many, and how far their work had come."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

NAME = "kills"
"""Under which a test records one of them as a property of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kills:
    """What was killed of one installation, and what was there then."""

    of: str
    """What all were that are told of together."""
    killed: int
    """Processes."""
    ended: int
    """Those that had ended by themselves before."""
    there: Mapping[str, int]
    """What there was after the last kill, by what it is."""

    def recorded(self) -> dict[str, Any]:
        """Return it as plain values, which go from one process to another."""
        return asdict(self)


def summary(properties: Iterable[tuple[str, object]]) -> list[str]:
    """Return lines about all that tests recorded."""
    everything = [Kills(**value) for name, value in properties if name == NAME]  # type: ignore[arg-type]
    lines: list[str] = []
    for of in sorted({one.of for one in everything}):
        some = [one for one in everything if one.of == of]
        killed, ended = sum(one.killed for one in some), sum(one.ended for one in some)
        twice = sum(one.killed > 1 for one in some)
        lines.append(
            f"{of}: {killed} kills in {len(some)} installations, {twice} of them killed twice, {ended} too late"
        )
        for name in some[0].there:
            counts = sorted(Counter(one.there[name] for one in some).items())
            lines.append(f"    {name}: " + ", ".join(f"{count} ({times} times)" for count, times in counts))
    return lines
