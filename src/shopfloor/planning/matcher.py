"""Which skill a text asks for, learned from nothing but the cards' own examples.

A linear model over TF-IDF features of words, word pairs and letters (so that misspellings still match), fitted by ridge
regression in its dual form (Saunders, Gammerman, Vovk 1998): with n examples it solves one n × n system, a few
milliseconds, so a card that was just added is matched at once.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from shopfloor.language.english import STOP_WORDS
from shopfloor.language.text import stems, words
from shopfloor.planning.concepts import matters, plain

import os
W_PAIR, W_STOP, W_WORD, W_MATTER, W_LETTER, RIDGE, BALANCE, K1, K2 = map(float, os.environ.get("W", ".5,.3,1,2,.3,.25,.3,.5,.3").split(","))
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
        count = len(texts)
        counts = np.array([frequency[gram] for gram in sorted(frequency)])
        self._idf = np.log((1 + count) / (1 + counts)) + 1
        rows = np.zeros((count, len(self._columns)), dtype=np.float32)
        wanted = np.zeros((count, len(self.labels)), dtype=np.float32)
        for row, ((label, _), found) in enumerate(zip(texts, grams, strict=True)):
            columns, values = self._vector(found)
            rows[row, columns] = values
            wanted[row, label] = 1
        kernel = rows @ rows.T
        sizes = wanted.sum(axis=0)[[label for label, _ in texts]]
        kernel[np.diag_indices(count)] += RIDGE * (sizes / sizes.mean()) ** BALANCE
        self._weights: NDArray[np.float64] = rows.T @ np.linalg.solve(kernel, wanted)

    def _vector(self, grams: Mapping[str, float]) -> tuple[list[int], NDArray[np.float64]]:
        known = sorted((self._columns[gram], weight) for gram, weight in grams.items() if gram in self._columns)
        columns = [column for column, _ in known]
        values = self._idf[columns] * np.array([weight for _, weight in known])
        norm = float(np.sqrt((values**2).sum()))
        return columns, values / norm if norm else values

    def _familiarity(self, text: str) -> float:
        """Return how much of what a text is about the examples know: of a text of which they know little, nothing is sure."""
        content = [word for word in stems(plain(text)) if not word.endswith("ref")]
        known = sum(1.0 if word in self._columns else 0.8 if matters(word) else 0.0 for word in content)
        return min(1.0, (known + K1) / (len(content) + K1) + K2)

    def match(self, text: str) -> Sequence[Match]:
        """Return all labels, the best first."""
        grams = features(text)
        columns, values = self._vector(grams)
        scores = (values @ self._weights[columns]) * self._familiarity(text)
        order = np.argsort(-scores, kind="stable")
        return [Match(self.labels[int(place)], float(scores[place])) for place in order]


def features(text: str) -> dict[str, float]:
    """Return what a text is matched by, with weights: word stems, what they stand for, pairs, letters inside words."""
    found = ["^", *stems(plain(text), keep_stop_words=True)]
    weighted: dict[str, float] = {}
    for one, two in pairwise(found):
        weighted[f"{one} {two}"] = W_PAIR
    for word in found[1:]:
        weighted[word] = W_STOP if word in STOP_WORDS else W_WORD
        for matter in matters(word):
            weighted[f"={matter}"] = W_MATTER
        if word in STOP_WORDS: continue
        padded = f" {word} "
        for length in GRAMS:
            for start in range(max(1, len(padded) - length + 1)):
                weighted.setdefault(f"_{padded[start : start + length]}", W_LETTER)
    return weighted
