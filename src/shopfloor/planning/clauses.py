"""Finding the parts of a message that ask for different things.

All places where one part may end are found first; then, over all ways to cut there, the one is taken whose parts are
matched best together (dynamic programming). A cut costs a little, less where people really begin anew.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shopfloor.language.english import STOP_WORDS
from shopfloor.language.text import sentences, words
from shopfloor.planning.matcher import Match

MAX_PIECES = 14
"""Beyond that many places to cut, the weaker ones are passed over."""
JOINT = re.compile(
    r"(?P<strong>[;\n]|,? ?\b(?:by the way|btw|oh and|and also|also|plus|another thing|one more thing|secondly)\b,?)"
    r"|(?P<weak>,? ?\b(?:and then|and|then|but|or)\b|,)",
    re.IGNORECASE,
)
COSTS = {"sentence": 0.25, "strong": 0.2, "weak": 0.55}
"""What a cut costs, in units of one matched content word's worth."""
LEADING = re.compile(
    r"^(?:[\s,.;:!?-]+|(?:and|also|then|but|or|so|plus|oh|btw|by the way|another thing|one more thing|secondly)\b)+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a message, with how it was matched."""

    text: str
    matches: Sequence[Match]

    @property
    def best(self) -> Match:
        """Return the best match."""
        return self.matches[0]


def clauses(message: str, match: Callable[[str], Sequence[Match]]) -> list[Clause]:
    """Cut a message into the parts that are matched best; neighbours of one label stay one part."""
    pieces, costs = _pieces(message)
    best: list[tuple[float, list[Clause]]] = [(0.0, [])]
    for end in range(1, len(pieces) + 1):
        candidates: list[tuple[float, list[Clause]]] = []
        for start in range(end):
            text = LEADING.sub("", "".join(pieces[start:end])).strip()
            value, before = best[start]
            cost = costs[start - 1] if start else 0.0
            if not text:
                candidates.append((value, before))
                continue
            clause = Clause(text, match(text))
            candidates.append((value + _worth(clause) - cost, [*before, clause]))
        best.append(max(candidates, key=lambda candidate: candidate[0]))
    return best[-1][1]


def _worth(clause: Clause) -> float:
    """Weigh how well a part is matched by how much it says."""
    content = sum(1 for word in words(clause.text) if word not in STOP_WORDS) or 0.3
    return content * max(clause.best.score, 0.0)


def _pieces(message: str) -> tuple[list[str], list[float]]:
    """Return the smallest parts, and what a cut behind each costs."""
    pieces: list[str] = []
    costs: list[float] = []
    for sentence in sentences(message):
        start = 0
        for joint in JOINT.finditer(sentence):
            if joint.start() > start:
                pieces.append(sentence[start : joint.start()])
                costs.append(COSTS["strong" if joint["strong"] else "weak"])
                start = joint.start()
        pieces.append(sentence[start:])
        costs.append(COSTS["sentence"])
    while len(pieces) > MAX_PIECES:
        weakest = max(range(len(pieces) - 1), key=lambda place: costs[place])
        pieces[weakest : weakest + 2] = [pieces[weakest] + pieces[weakest + 1]]
        del costs[weakest]
    return pieces, costs
