"""What a text is matched by: its words, the matters they stand for, neighbours, letters in words; as sparse vectors."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise

import numpy as np

from shopfloor.language.english import STOP_WORDS
from shopfloor.language.text import stems
from shopfloor.topics.concepts import matters, plain
from shopfloor.topics.ridge import Floats, Sparse

MATTER, WORD, PAIR, STOP_WORD, LETTERS = 2.0, 1.0, 0.5, 0.3, 0.3
"""What a matter counts, a word, a pair of neighbours, a word that says nothing, and letters inside a word."""
IDLE_PAIR, NEIGHBOURS, TOGETHER = 0.1, 0.5, 0.5
"""What a pair of words that say nothing counts, a pair with a matter in it, and two matters anywhere in a text."""
IDLE = STOP_WORDS | {"^"}
GRAMS = (3, 4)
"""Letters in a gram."""


class Vocabulary:
    """Which features count, and how rare each of them is: log((1 + texts) / (1 + texts with it)) + 1."""

    def __init__(self, grams: Sequence[str], rarity: Floats) -> None:
        """Take the features' names and their rarity."""
        self.columns = {gram: column for column, gram in enumerate(grams)}
        self.rarity = rarity

    @classmethod
    def of(cls, texts: Sequence[Mapping[str, float]], *, at_least: int = 1) -> "Vocabulary":
        """Return the features of texts that stand in so many of them."""
        seen = Counter(gram for found in texts for gram in found)
        grams = sorted(gram for gram, count in seen.items() if count >= at_least)
        counts = np.array([seen[gram] for gram in grams])
        return cls(grams, (np.log((1 + len(texts)) / (1 + counts)) + 1).astype(np.float32))

    def __len__(self) -> int:
        """Return how many features there are."""
        return len(self.columns)

    def vector(self, found: Mapping[str, float]) -> Sparse:
        """Return a text's features, weighted by their rarity, as a vector of length 1, or 0 where none is known."""
        known = sorted((self.columns[gram], weight) for gram, weight in found.items() if gram in self.columns)
        columns = np.array([column for column, _ in known], dtype=np.int32)
        values = self.rarity[columns] * np.array([weight for _, weight in known], dtype=np.float32)
        norm = np.float32(np.sqrt((values**2).sum()))
        return columns, values / norm if norm else values


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
