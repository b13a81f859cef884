"""Which of some questions is nearly the same as another one."""

import math
from collections import defaultdict

from shopfloor.search.readings import stems_of


class Likeness:
    """Questions by the stems in them."""

    def __init__(self) -> None:
        """Start with none."""
        self._stems: dict[str, frozenset[str]] = {}
        self._holders: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, name: str, question: str) -> None:
        """Take in a question under a name of its own."""
        self._stems[name] = frozenset(stems_of(question))
        for stem in self._stems[name]:
            self._holders[stem].append(name)

    def nearest(self, question: str) -> tuple[str, float] | None:
        """Return the name of the question that is most like this one, the first of equals, with how like it is.

        That is the weight of the stems that both have, over that of all, each by its rarity (Jaccard's index).
        """
        asked = frozenset(stems_of(question))
        near = {name for stem in asked for name in self._holders.get(stem, ())}
        scores = [(self._like(asked, stems), name) for name, stems in self._stems.items() if name in near]
        if not scores:
            return None
        score, name = max(scores, key=lambda one: one[0])
        return name, score

    def _like(self, one: frozenset[str], other: frozenset[str]) -> float:
        return self._weight(one & other) / (self._weight(one | other) or 1.0)

    def _weight(self, stems: frozenset[str]) -> float:
        return sum(1 + math.log((1 + len(self._stems)) / (1 + len(self._holders.get(stem, ())))) for stem in stems)
