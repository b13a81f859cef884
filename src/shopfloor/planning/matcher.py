"""Which agent and which of its skills a text asks for, by the topics that skills claim and by the cards' own examples.

What the claimed topics say of a text decides between agents, and so does an example that is nearly the same. The other
examples tell an agent's skills apart, and stand for skills that claim no topic. They are learned by a ridge regression
over a text's features and topics, fitted to what claimed topics leave unexplained: a second or two, so that a
card that was just added is matched at once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shopfloor.topics.features import Vocabulary, features
from shopfloor.topics.ridge import Floats, Sparse, SparseRows, ridge
from shopfloor.topics.topics import Topics

RIDGE = 0.5
BALANCE = 0.3
"""How far labels with many examples are held back for those with few: 0 not at all, 1 in full."""
LOWEST, HIGHEST = -0.2, 1.2
"""Bounds of what topics say of an example, so that one far off the scale does not weigh."""
UNLIKE = np.float32(-0.03)
"""What being unlike a topic counts at most: of an agent with many topics most are unlike."""
CORRECTED = 0.15
"""How far the examples of a skill that claims topics correct what these say."""
NEAR, NEARNESS = 0.85, 0.8
"""The cosine from which on an example is nearly the same as a text, and what one that is the same counts."""


@dataclass(frozen=True, slots=True)
class Match:
    """A label with its score."""

    label: str
    score: float
    """About 1 for a text like the label's examples, about 0 for one unlike them."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What a text scores with each label, in their order, and what it was read by; shapes (labels,) and (topics,)."""

    among_agents: NDArray[np.float64]
    """To be added up and compared between agents."""
    within_agent: NDArray[np.float64]
    """To be compared between the labels of one agent."""
    topics: Floats
    """The text's likeness to each topic."""


class Matcher:
    """A fitted model."""

    def __init__(
        self,
        examples: Mapping[str, Iterable[str]],
        topics: Topics | None = None,
        claims: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        """Fit to the examples of each label; `claims` are the topics that a label stands for."""
        claims = claims or {}
        self.labels = sorted({*examples, *claims})
        self._topics = topics
        names = topics.names if topics else ()
        claimed = [[name in claims.get(label, ()) for label in self.labels] for name in names]
        self._claimed: Floats = np.array(claimed, dtype=np.float32).reshape(len(names), len(self.labels))
        self._is_claiming = self._claimed.any(axis=0)
        texts = [(row, text) for row, label in enumerate(self.labels) for text in examples.get(label, ())]
        found = [features(text) for _, text in texts]
        embedded: Floats = np.array([self._embedded(one) for one in found], dtype=np.float32)
        self._vocabulary = Vocabulary.of(found)
        rows = [self._vocabulary.vector(one) for one in found]
        width = len(self._vocabulary)
        self._weights: Floats = np.zeros((width + len(names), len(self.labels)), dtype=np.float32)
        self._near = _Examples(rows, [label for label, _ in texts], width)
        if not texts:
            return
        wanted = np.zeros((len(texts), len(self.labels)), dtype=np.float32)
        wanted[np.arange(len(texts)), [label for label, _ in texts]] = 1
        sizes = wanted.sum(axis=0)[[label for label, _ in texts]]
        told = (embedded @ self._claimed).clip(LOWEST, HIGHEST)
        penalty = RIDGE * (sizes / sizes.mean()) ** BALANCE
        self._weights = ridge(SparseRows(rows, width, embedded), wanted - told, penalty)

    def _embedded(self, found: Mapping[str, float]) -> Floats:
        return np.maximum(self._topics.of(found), UNLIKE) if self._topics else np.zeros(0, dtype=np.float32)

    def scores(self, text: str) -> Scores:
        """Return what a text scores."""
        found = features(text)
        vector = self._embedded(found)
        columns, values = self._vocabulary.vector(found)
        claimed = vector @ self._claimed
        correction = values @ self._weights[columns] + vector @ self._weights[len(self._vocabulary) :]
        learned = claimed + np.where(self._is_claiming, CORRECTED * correction, correction)
        # The more a text is like the examples of skills that claim no topic, the less the others' claims count.
        heard = 1.0 - float(np.clip(learned[~self._is_claiming].max(initial=0.0), 0.0, 1.0))
        among = np.where(self._is_claiming, claimed * heard, learned)
        for label, likeness in self._near.of(columns, values):
            likeness = NEARNESS * (likeness - NEAR) / (1.0 - NEAR)
            among[label] += likeness
            learned[label] += likeness
        return Scores(among.astype(np.float64), learned.astype(np.float64), vector)


class _Examples:
    """Finds the examples that are nearly the same as a text."""

    def __init__(self, vectors: Sequence[Sparse], labels: Sequence[int], width: int) -> None:
        """Take the examples' vectors, as wide as that, and their labels."""
        self._labels = np.array(labels, dtype=np.int32)
        columns = np.concatenate([np.zeros(0, dtype=np.int32), *(columns for columns, _ in vectors)])
        order = np.argsort(columns, kind="stable")
        self._bounds = np.searchsorted(columns[order], np.arange(width + 1))
        sizes = [len(columns) for columns, _ in vectors]
        self._places = np.repeat(np.arange(len(vectors), dtype=np.int32), sizes)[order]
        self._values = np.concatenate([np.zeros(0, dtype=np.float32), *(values for _, values in vectors)])[order]

    def of(self, columns: NDArray[np.int32], values: Floats) -> Iterable[tuple[int, float]]:
        """Return the labels that have one, each with the cosine of its nearest."""
        begins, sizes = self._bounds[columns], self._bounds[columns + 1] - self._bounds[columns]
        held: NDArray[np.int64] = np.arange(int(sizes.sum())) + np.repeat(begins - np.cumsum(sizes) + sizes, sizes)
        products = np.repeat(values, sizes) * self._values[held]
        cosines = np.bincount(self._places[held], weights=products, minlength=len(self._labels))
        nearest: dict[int, float] = {}
        for place in np.flatnonzero(cosines > NEAR).tolist():
            label = int(self._labels[place])
            nearest[label] = max(nearest.get(label, 0.0), float(cosines[place]))
        return nearest.items()


@lru_cache(maxsize=4)
def fitted(
    examples: tuple[tuple[str, tuple[str, ...]], ...],
    topics: Topics | None = None,
    claims: tuple[tuple[str, tuple[str, ...]], ...] = (),
) -> Matcher:
    """Return the model of some examples and claims, fitted once for all planners that ask for the same ones."""
    return Matcher(dict(examples), topics, dict(claims))
