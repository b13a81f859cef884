"""Finding sections by what share of a question's own words they and their headings cover."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from heapq import nlargest

from shopfloor.search.bm25 import Bm25
from shopfloor.search.readings import Reading
from shopfloor.search.sections import Section

WEIGHTS = {"heading": 2.5, "title": 2.0, "topic": 1.0, "text": 1.0}
"""What a word counts in each field."""
HEADLINE_SHARE = 0.3
"""How much of a section's score is what its title and heading cover of the question; the rest, what all of it does."""


class ByWords:
    """Sections by the stems in them."""

    def __init__(self, sections: Sequence[Section], read: Reading, nearness: Sequence[float]) -> None:
        """Take sections, how their texts are read, and how much each counts among equals."""
        self._sections = sections
        self._nearness = nearness
        self._index = Bm25(WEIGHTS)
        self._saying: defaultdict[str, list[int]] = defaultdict(list)
        self._headed: defaultdict[str, list[int]] = defaultdict(list)
        for place, section in enumerate(sections):
            for said, stems in ((self._saying, section.all), (self._headed, section.headline)):
                for one in stems:
                    said[one].append(place)
            document = section.document
            texts = {"heading": section.heading, "title": document.title, "topic": document.topic, "text": section.text}
            self._index.add(str(place), {name: read(text) for name, text in texts.items()})

    def best(self, asked: Sequence[str], limit: int) -> list[tuple[int, float]]:
        """Return the best sections by their places, with scores from 0 to 1; equals by BM25, then in their order."""
        weights = {word: self._index.idf(word) for word in asked}
        headed = _shares(weights, self._headed)
        scores = {
            place: self._score(place, weights, share, headed.get(place, 0.0))
            for place, share in _shares(weights, self._saying).items()
        }
        least = min(nlargest(limit, scores.values()), default=0.0)
        best = [place for place, score in scores.items() if score >= least]
        matches = self._index.scores(asked, among=list(map(str, best)))
        near = {place: matches.get(str(place), 0.0) * self._nearness[place] for place in best}
        ranked = sorted(best, key=lambda one: (-scores[one], -near[one], one))
        return [(place, scores[place]) for place in ranked[:limit]]

    def _score(self, place: int, weights: Mapping[str, float], whole: float, headed: float) -> float:
        # A page whose whole title is in the question is about it, whatever else is.
        title = self._sections[place].title
        headline = 1.0 if title and title <= weights.keys() else headed
        return round((1 - HEADLINE_SHARE) * whole + HEADLINE_SHARE * headline, 4)


def _shares(weights: Mapping[str, float], holders: Mapping[str, Sequence[int]]) -> Mapping[int, float]:
    """Return which share of the question's weight each section holds, where it holds any."""
    held: defaultdict[int, float] = defaultdict(float)
    for word, weight in weights.items():
        for place in holders.get(word, ()):
            held[place] += weight
    total = sum(weights.values()) or 1.0
    return {place: weight / total for place, weight in held.items()}
