"""Which skill a text asks for, learned from the cards' own examples and from what people write to shops in general.

A linear model over a text's features and its topics, fitted by ridge regression in a fraction of a second, so that a
card that was just added is matched at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shopfloor.planning.features import Sparse, Vocabulary, features
from shopfloor.planning.ridge import SparseRows, ridge
from shopfloor.search.contract import Embedder

RIDGE = 0.5
BALANCE = 0.3
"""How far labels with many examples are held back for those with few: 0 not at all, 1 in full."""
EMBEDDED = 1.5
"""What a text's embedding counts beside its features."""


@dataclass(frozen=True, slots=True)
class Match:
    """A label with its score."""

    label: str
    score: float
    """About 1 for a text like the label's examples, about 0 for one unlike them."""


class Matcher:
    """A fitted model."""

    def __init__(self, examples: Mapping[str, Iterable[str]], embedder: Embedder | None = None) -> None:
        """Fit to the examples of each label; `embedder` knows more of texts than the words that they have in common."""
        self.labels = sorted(examples)
        self._embedder = embedder
        texts = [(row, text) for row, label in enumerate(self.labels) for text in examples[label]]
        found = [features(text) for _, text in texts]
        self._vocabulary = Vocabulary.of(found)
        rows = [self._row(text, own) for (_, text), own in zip(texts, found, strict=True)]
        wanted = np.zeros((len(texts), len(self.labels)), dtype=np.float32)
        wanted[np.arange(len(texts)), [label for label, _ in texts]] = 1
        sizes = wanted.sum(axis=0)[[label for label, _ in texts]]
        width = len(self._vocabulary) + (embedder.dimensions if embedder else 0)
        self._weights = ridge(SparseRows(rows, width), wanted, RIDGE * (sizes / sizes.mean()) ** BALANCE)

    def _row(self, text: str, found: Mapping[str, float]) -> Sparse:
        columns, values = self._vocabulary.vector(found)
        if self._embedder is None:
            return columns, values
        vector = self._embedder.vector(text)
        places = np.flatnonzero(vector).astype(np.int32)
        return (
            np.concatenate([columns, places + np.int32(len(self._vocabulary))]),
            np.concatenate([values, EMBEDDED * vector[places]]),
        )

    def scores(self, text: str) -> NDArray[np.float64]:
        """Return the score of each of `labels`, in their order: shape (labels,)."""
        columns, values = self._row(text, features(text))
        return (values @ self._weights[columns]).astype(np.float64)


@lru_cache(maxsize=4)
def fitted(examples: tuple[tuple[str, tuple[str, ...]], ...], embedder: Embedder | None = None) -> Matcher:
    """Return the model of some examples, fitted once for all planners that ask for the same ones."""
    return Matcher(dict(examples), embedder)
