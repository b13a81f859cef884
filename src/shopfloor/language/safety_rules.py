"""What a rule of input safety is: wordings for one reason, read on a text without capitals, accents and hyphens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from re import Pattern

REACH = 300
"""Letters before and after a piece that are looked at."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Wordings for one reason."""

    name: str
    needs: tuple[str, ...]
    """Pieces of words of which every wording has one: most messages have none, and no pattern is tried on them."""
    pattern: Pattern[str]

    def holds(self, plain: str) -> bool:
        """Tell whether a text falls under the rule."""
        return any(self.pattern.search(excerpt) for excerpt in self._excerpts(plain))

    def _excerpts(self, plain: str) -> Iterator[str]:
        """Yield what stands around the pieces, since to find these in a long text takes far less than the pattern."""
        reached = -1
        start = 0
        for at in sorted(at for piece in self.needs for at in _places(piece, plain)):
            if at - REACH > reached:
                if reached >= 0:
                    yield _excerpt(plain, start, reached)
                start = max(at - REACH, 0)
            reached = at + REACH
        if reached >= 0:
            yield _excerpt(plain, start, reached)


def _places(piece: str, plain: str) -> Iterator[int]:
    at = plain.find(piece)
    while at >= 0:
        yield at
        at = plain.find(piece, at + REACH // 2)


def _excerpt(plain: str, start: int, end: int) -> str:
    # A letter where the text was cut, so that no pattern takes the cut for its beginning or end.
    return f"{'x ' if start > 0 else ''}{plain[start:end]}{' x' if end < len(plain) else ''}"


def rule(name: str, needs: str, *wordings: str) -> Rule:
    """Return a rule of some wordings; what it needs is parted by commas."""
    return Rule(name, tuple(needs.split(", ")), re.compile("|".join(f"(?:{wording})" for wording in wordings)))


def near(one: str, other: str, *, within: int) -> str:
    """Return a pattern for two things of one sentence, in this order, with at most so many words between them."""
    return rf"\b(?:{one})\b(?:[\s,]{{1,3}}[\w']{{1,30}}){{0,{within}}}?[\s,]{{1,3}}(?:{other})\b"
