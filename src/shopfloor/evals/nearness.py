"""Which texts are nearly the same, so that one tells in advance what the other is."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from shopfloor.language.text import normalise, stems

NEAR = 0.8
"""The share of stems, of all that two texts have, from which on they are near."""
SHORT = 3
"""With fewer stems of content words a text is known by all its words."""
NUMBERED = re.compile(r"\S*\d\S*")

Fingerprint = frozenset[str]
"""What a text is known by: stems, without numbers."""


def fingerprint(text: str) -> Fingerprint:
    """Return what a text is known by: its content words' stems, or all its words' where those are few."""
    plain = NUMBERED.sub(" ", normalise(text))
    found = frozenset(stems(plain))
    return found if len(found) >= SHORT else frozenset(f"={stem}" for stem in stems(plain, keep_stop_words=True))


def plain(text: str) -> str:
    """Return a text as it is compared for being the same: its words in order, without numbers and marks."""
    return " ".join(stems(NUMBERED.sub(" ", normalise(text)), keep_stop_words=True))


class Neighbours:
    """Finds, among some texts, those near another."""

    def __init__(self, known: Sequence[Fingerprint]) -> None:
        """Take what the texts are known by; they are named by their places."""
        self._known = known
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(known):
            for stem in one:
                self._places[stem].append(place)

    def of(self, one: Fingerprint) -> Iterator[int]:
        """Return the places of those that share most of their stems."""
        for place, shared in self._shared(one):
            if shared >= NEAR * (len(one) + len(self._known[place]) - shared):
                yield place

    def within(self, one: Fingerprint) -> Iterator[int]:
        """Return the places of those that have all their stems in it, as a part has of a message."""
        return (place for place, shared in self._shared(one) if shared == len(self._known[place]))

    def _shared(self, one: Fingerprint) -> Iterator[tuple[int, int]]:
        return iter(Counter(place for stem in one for place in self._places.get(stem, ())).items())
