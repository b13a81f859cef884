"""Which skill a text asks for, learned from nothing but the cards' own examples.

A linear model over TF-IDF features of words, the matters they stand for, word pairs and letters (so that misspellings
still match), fitted by ridge regression: a second for two thousand examples, so a card that was just added is matched at
once.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from shopfloor.language.english import STOP_WORDS
from shopfloor.language.text import stems
from shopfloor.planning.concepts import matters, plain
from shopfloor.planning.ridge import Floats, SparseRows, ridge

RIDGE = 0.5
BALANCE = 0.3
"""How far labels with many examples are held back for those with few: 0 not at all, 1 in full."""
MATTER, WORD, PAIR, STOP_WORD, LETTERS = 2.0, 1.0, 0.5, 0.3, 0.3
"""What a matter counts, a word, a pair of neighbours, a word that says nothing, and letters inside a word."""
IDLE_PAIR, NEIGHBOURS, TOGETHER = 0.1, 0.5, 0.5
"""What a pair of words that say nothing counts, a pair with a matter in it, and two matters anywhere in a text."""
IDLE = STOP_WORDS | {"^"}
GRAMS = (3, 4)
"""Letters in a gram."""


@dataclass(frozen=True, slots=True)
class Match:
    """A label with its score."""

    label: str
    score: float
    """About 1 for a text like the label's examples, about 0 for one unlike them."""


class Matcher:
    """A fitted model."""

    def __init__(self, examples: Mapping[str, Iterable[str]]) -> None:
        """Fit to the examples of each label."""
        self.labels = sorted(examples)
        texts = [(row, text) for row, label in enumerate(self.labels) for text in examples[label]]
        grams = [features(text) for _, text in texts]
        frequency = Counter(gram for found in grams for gram in found)
        self._columns = {gram: column for column, gram in enumerate(sorted(frequency))}
        counts = np.array([frequency[gram] for gram in self._columns])
        self._idf = (np.log((1 + len(texts)) / (1 + counts)) + 1).astype(np.float32)
        rows = SparseRows([self._vector(found) for found in grams], len(self._columns))
        wanted = np.zeros((len(texts), len(self.labels)), dtype=np.float32)
        wanted[np.arange(len(texts)), [label for label, _ in texts]] = 1
        sizes = wanted.sum(axis=0)[[label for label, _ in texts]]
        self._weights = ridge(rows, wanted, RIDGE * (sizes / sizes.mean()) ** BALANCE)

    def _vector(self, grams: Mapping[str, float]) -> tuple[NDArray[np.int32], Floats]:
        known = sorted((self._columns[gram], weight) for gram, weight in grams.items() if gram in self._columns)
        columns = np.array([column for column, _ in known], dtype=np.int32)
        values = self._idf[columns] * np.array([weight for _, weight in known], dtype=np.float32)
        norm = float(np.sqrt((values**2).sum()))
        return columns, values / np.float32(norm) if norm else values

    def scores(self, text: str) -> NDArray[np.float64]:
        """Return the score of each of `labels`, in their order: shape (labels,)."""
        columns, values = self._vector(features(text))
        return (values @ self._weights[columns]).astype(np.float64)


@lru_cache(maxsize=4)
def fitted(examples: tuple[tuple[str, tuple[str, ...]], ...]) -> Matcher:
    """Return the model of some examples, fitted once for all planners that ask for the same ones."""
    return Matcher(dict(examples))


def features(text: str) -> dict[str, float]:
    """Return what a text is matched by, with weights: word stems, what they stand for, neighbours, letters in words."""
    found = stems(plain(text), keep_stop_words=True)
    named = [tuple(f"={matter}" for matter in sorted(matters(word))) for word in found]
    weighted: dict[str, float] = {}
    for (one, ones), (two, twos) in pairwise(zip(("^", *found), ((), *named), strict=True)):
        weighted.update(dict.fromkeys((f"{x} {y}" for x in (one, *ones) for y in (two, *twos)), NEIGHBOURS))
        weighted[f"{one} {two}"] = IDLE_PAIR if {one, two} <= IDLE else PAIR
    together = sorted({matter for matters_ in named for matter in matters_})
    weighted.update(dict.fromkeys((f"{one}&{two}" for one, two in combinations(together, 2)), TOGETHER))
    weighted.update(dict.fromkeys(together, MATTER))
    for word in found:
        weighted[word] = STOP_WORD if word in STOP_WORDS else WORD
        if word not in STOP_WORDS:
            weighted.update(dict.fromkeys(_letters(word), LETTERS))
    return weighted


def _letters(word: str) -> Iterator[str]:
    padded = f" {word} "
    for length in GRAMS:
        for start in range(max(1, len(padded) - length + 1)):
            yield f"_{padded[start : start + length]}"
