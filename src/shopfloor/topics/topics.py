"""What people write to shops about, and write besides: an embedding of texts, learned from messages sorted by topic.

A text's vector holds its likeness to each topic, such as `refund_status` or `weather`. Topics know nothing of agents: a
card's skills claim those that they are for, and an agent that claims none is matched by what its examples are about.
The weights come with the package; `training/fit.py` makes them from the messages beside it.
"""

import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from shopfloor.kernel.canonical import digest
from shopfloor.topics.features import Vocabulary, features
from shopfloor.topics.ridge import Floats, SparseRows, ridge

RIDGE = 0.5
SEEN = 2
"""Messages that a feature, or a word, must stand in to count."""
STEPS = 127
"""Weights are kept as whole numbers up to it, times a scale of their topic's."""
PROBE = "where is my order and can I still swap the blue shoes for a bigger pair?"
"""Whose features tell whether weights were made by this way of reading texts."""


class Header(BaseModel):
    """What a file of weights says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["shopfloor topics"] = "shopfloor topics"
    shop: tuple[str, ...]
    """Topics of shops."""
    outside: tuple[str, ...]
    """Topics that are no shop's business; in a vector they follow those of shops."""
    words: tuple[str, ...]
    """Words of messages to shops."""
    outside_words: tuple[str, ...]
    """Words of the other messages alone."""
    reading: str
    """Of how texts are read: another way needs other weights."""
    messages: str
    """Of the messages that they were learned from."""


class Topics:
    """An `Embedder` by topics."""

    def __init__(self, header: Header, vocabulary: Vocabulary, weights: NDArray[np.int8], scales: Floats) -> None:
        """Take what is known, with weights of shape (features, topics) in steps of the topics' scales."""
        self.header = header
        self._vocabulary = vocabulary
        self._weights = weights
        self._scales = scales

    @property
    def names(self) -> tuple[str, ...]:
        """Return the topics in the order of a vector."""
        return self.header.shop + self.header.outside

    @property
    def dimensions(self) -> int:
        """Return how many topics there are."""
        return len(self._scales)

    @property
    def ours(self) -> int:
        """Return how many of them, the first, are of shops."""
        return len(self.header.shop)

    def vector(self, text: str) -> Floats:
        """Return a normalised text's likeness to each topic: about 1 for one like its messages, 0 for one unlike."""
        return self.of(features(text))

    def of(self, found: Mapping[str, float]) -> Floats:
        """Return the vector of a text with such features."""
        columns, values = self._vocabulary.vector(found)
        return values @ self._weights[columns].astype(np.float32) * self._scales

    def to_bytes(self) -> bytes:
        """Return it as the content of a file."""
        file = io.BytesIO()
        np.savez_compressed(
            file,
            header=np.frombuffer(self.header.model_dump_json().encode(), np.uint8),
            grams=np.frombuffer("\n".join(self._vocabulary.columns).encode(), np.uint8),
            rarity=self._vocabulary.rarity.astype(np.float16),
            weights=self._weights,
            scales=self._scales,
        )
        return file.getvalue()

    @classmethod
    def of_bytes(cls, content: bytes) -> "Topics":
        """Return what such a content holds; it is trusted, since it comes with the package."""
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            known = {name: cast("NDArray[np.generic]", arrays[name]) for name in arrays.files}
        header = Header.model_validate(json.loads(known["header"].tobytes()))
        grams = known["grams"].tobytes().decode().split("\n")
        vocabulary = Vocabulary(grams, known["rarity"].astype(np.float32))
        return cls(header, vocabulary, known["weights"].astype(np.int8), known["scales"].astype(np.float32))


@lru_cache(maxsize=1)
def shipped_topics() -> Topics:
    """Return the topics that come with the package."""
    return Topics.of_bytes((resources.files("shopfloor.topics") / "shipped" / "topics.npz").read_bytes())


def fit_topics(shop: Mapping[str, Sequence[str]], outside: Mapping[str, Sequence[str]]) -> Topics:
    """Learn topics from messages of each, masked as the planner masks what it matches."""
    by_topic = {**dict(sorted(shop.items())), **dict(sorted(outside.items()))}
    texts = [(place, text) for place, messages in enumerate(by_topic.values()) for text in messages]
    found = [features(text) for _, text in texts]
    vocabulary = Vocabulary.of(found, at_least=SEEN)
    rows = [vocabulary.vector(one) for one in found]
    known = [place for place, (columns, _) in enumerate(rows) if len(columns)]
    wanted = np.zeros((len(known), len(by_topic)), dtype=np.float32)
    wanted[np.arange(len(known)), [texts[place][0] for place in known]] = 1
    weights = ridge(SparseRows([rows[place] for place in known], len(vocabulary)), wanted, RIDGE)
    scales = np.abs(weights).max(axis=0) / np.float32(STEPS)
    words = _words(shop)
    header = Header(
        shop=tuple(sorted(shop)),
        outside=tuple(sorted(outside)),
        words=tuple(sorted(words)),
        outside_words=tuple(sorted(_words(outside) - words)),
        reading=reading(),
        messages=digest_of(shop, outside),
    )
    return Topics(header, vocabulary, np.rint(weights / scales).astype(np.int8), scales)


def digest_of(shop: Mapping[str, Sequence[str]], outside: Mapping[str, Sequence[str]]) -> str:
    """Return a digest of masked messages."""
    return digest([{name: list(texts) for name, texts in messages.items()} for messages in (shop, outside)])


def reading() -> str:
    """Return a digest of the way in which texts are read."""
    return digest({name: round(weight, 3) for name, weight in features(PROBE).items()})


def _words(messages: Mapping[str, Sequence[str]]) -> set[str]:
    seen = Counter(word for texts in messages.values() for text in texts for word in set(text.split()))
    return {word for word, count in seen.items() if count >= SEEN and word.isalpha()}
