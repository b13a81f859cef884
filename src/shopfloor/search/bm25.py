"""A small BM25 index over fields of different weight (BM25F), in memory.

The formula is that of Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), with one length per
document: the sum of its fields' lengths by weight.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

K1 = 1.2
"""How soon a word's repetition stops to count."""
B = 0.4
"""How far a long document counts less; products are all of about one length."""


class Bm25:
    """Documents by the words in them."""

    def __init__(self, weights: Mapping[str, float], *, b: float = B) -> None:
        """Take what a word in each field counts."""
        self._weights = dict(weights)
        self._b = b
        self._postings: defaultdict[str, dict[str, float]] = defaultdict(dict)
        self._lengths: dict[str, float] = {}
        self._total = 0.0

    def add(self, document_id: str, fields: Mapping[str, Sequence[str]]) -> None:
        """Take in a new document by the stems of its fields."""
        counts: defaultdict[str, float] = defaultdict(float)
        for name, stems in fields.items():
            for stem in stems:
                counts[stem] += self._weights[name]
        self._lengths[document_id] = sum(counts.values())
        self._total += self._lengths[document_id]
        for stem, count in counts.items():
            self._postings[stem][document_id] = count

    def idf(self, stem: str) -> float:
        """Return how much a stem tells documents apart; one that no document holds tells most."""
        holders = len(self._postings.get(stem, ()))
        return math.log(1 + (len(self._lengths) - holders + 0.5) / (holders + 0.5))

    def holds(self, stem: str) -> bool:
        """Whether any document holds a stem."""
        return stem in self._postings

    def scores(self, stems: Iterable[str], among: Collection[str] | None = None) -> dict[str, float]:
        """Return the documents that hold any of the stems, by how well they match; of some documents, or of all."""
        mean = self._total / max(len(self._lengths), 1)
        scores: defaultdict[str, float] = defaultdict(float)
        for stem in dict.fromkeys(stems):
            idf, postings = self.idf(stem), self._postings.get(stem, {})
            held = postings if among is None else postings.keys() & among
            for document_id in held:
                count = postings[document_id]
                length = 1 - self._b + self._b * self._lengths[document_id] / mean
                scores[document_id] += idf * count * (K1 + 1) / (count + K1 * length)
        return dict(scores)
