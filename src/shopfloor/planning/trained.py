"""What a merchant's own history adds to the cards: other scores for the agents that it knows.

A ridge regression over the history's words, fitted to what half of the cards' scores leave unexplained, so that its
scores stay on the cards' scale. An agent that the history does not know keeps the score its card gives it, and the
more a text is like such an agent's examples, the less the history says about it. So an agent that is added later is
routed to at once, without training anew.
"""

import io
import json
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shopfloor.kernel.canonical import digest
from shopfloor.kernel.errors import InvalidInput, StorageError
from shopfloor.language.text import words
from shopfloor.topics.features import Vocabulary, features
from shopfloor.topics.ridge import Floats, Sparse, SparseRows, ridge
from shopfloor.topics.topics import shipped_topics

RIDGE = 0.3
SEEN = 2
"""Texts that a feature must stand in to count."""
LOWEST, HIGHEST = -0.3, 1.2
"""Bounds of the cards' scores for the history's texts, so that one far off the scale does not weigh."""
TRUST = 0.5
"""How much of the cards' scores is kept for the agents that the history knows."""
EVERYWHERE = 0.3
"""The value of the feature that each text has."""
UNLIKE = np.float32(-0.1)
"""What being unlike a topic counts at most."""
AS_WRITTEN, NEIGHBOURS = 1.0, 1.0
"""What a word counts as it was written, beside its stem, and a pair of such words."""
PROBE = "where is my order and can I still swap the blue shoes for a bigger pair?"
"""Whose features tell whether a file was made by this way of reading texts."""
REMEDY = "train it anew with `shopfloor train-router`"


@dataclass(frozen=True, kw_only=True, slots=True)
class ByCards:
    """A text with what is known of it by the cards alone."""

    text: str
    masked: str
    """As the cards' examples are matched."""
    topics: Floats
    """Its likeness to each topic; shape (topics,)."""
    scores: Mapping[str, float]
    """The agents'."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """A text with the agent that it is for."""

    known: ByCards
    agent: str


class Header(BaseModel):
    """What a router's file says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["shopfloor router"] = "shopfloor router"
    version: Literal[2] = 2
    agents: Annotated[tuple[str, ...], Field(min_length=1)]
    texts: tuple[int, ...]
    """Of history, for each agent: messages, and parts of them."""
    topics: int
    """How many topics a text is known by."""
    reading: str
    """Of how texts were read: another way needs other weights."""


class Trained:
    """A fitted correction."""

    def __init__(
        self,
        header: Header,
        vocabulary: Vocabulary,
        weights: Floats,
    ) -> None:
        """Take the header, the features that count, and weights of shape (features + 1 + topics, agents)."""
        self.header = header
        self._vocabulary = vocabulary
        self._weights = weights

    def adjusted(self, known: ByCards) -> dict[str, float]:
        """Return the agents' scores for a text as the history corrects them."""
        scores = known.scores
        fresh = max((score for agent, score in scores.items() if agent not in self.header.agents), default=0.0)
        heard = 1.0 - min(max(fresh, 0.0), 1.0)
        columns, values = _row(_features(known.text, known.masked), self._vocabulary)
        told = (values @ self._weights[columns] + _topics(known) @ self._weights[len(self._vocabulary) + 1 :]) * heard
        by_agent = dict(zip(self.header.agents, told.tolist(), strict=True))
        kept = 1.0 - (1.0 - TRUST) * heard
        return {
            agent: kept * score + by_agent[agent] if agent in by_agent else score for agent, score in scores.items()
        }

    def save(self, path: Path) -> None:
        """Write it to one file.

        Raises:
            StorageError: the file cannot be written.
        """
        names = "\n".join(self._vocabulary.columns).encode()
        try:
            with path.open("wb") as file:
                np.savez_compressed(
                    file,
                    header=np.frombuffer(self.header.model_dump_json().encode(), np.uint8),
                    grams=np.frombuffer(names, np.uint8),
                    idf=self._vocabulary.rarity,
                    weights=self._weights,
                )
        except OSError as error:
            raise StorageError(f"{path} cannot be written: {error.strerror}") from error


def load_trained(path: Path) -> Trained:
    """Read what was saved.

    Raises:
        InvalidInput: it cannot be read, is no router, or was made by another version; the remedy is named.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}; {REMEDY}") from error
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            known = {name: cast("NDArray[np.generic]", arrays[name]) for name in ("header", "grams", "idf", "weights")}
        told = cast("dict[str, object]", json.loads(known["header"].tobytes()))
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile, TypeError, NotImplementedError) as error:
        raise InvalidInput(f"{path} is no router: {REMEDY}") from error
    try:
        header = Header.model_validate(told)
    except ValidationError as error:
        raise InvalidInput(f"{path} is a router of another version: {REMEDY}") from error
    if header.reading != _reading():
        raise InvalidInput(f"{path} was made by a version that reads texts differently: {REMEDY}")
    grams = known["grams"].tobytes().decode("utf-8", "replace").split("\n")
    shapes = {"idf": (len(grams),), "weights": (len(grams) + header.topics + 1, len(header.agents))}
    is_whole = len(header.texts) == len(header.agents) and all(
        known[name].dtype == np.float32 and known[name].shape == shape and bool(np.isfinite(known[name]).all())
        for name, shape in shapes.items()
    )
    if not is_whole:
        raise InvalidInput(f"{path} is damaged: {REMEDY}")
    return Trained(header, Vocabulary(grams, cast(Floats, known["idf"])), cast(Floats, known["weights"]))


def fit(history: Sequence[Labelled]) -> Trained:
    """Fit to a merchant's history.

    Raises:
        InvalidInput: there is no history.
    """
    counts = Counter(one.agent for one in history)
    if not counts:
        raise InvalidInput("there is nothing to learn from: no row has one agent")
    agents = tuple(sorted(counts))
    found = [_features(one.known.text, one.known.masked) for one in history]
    vocabulary = Vocabulary.of(found, at_least=SEEN)
    topics: Floats = np.array([_topics(one.known) for one in history], dtype=np.float32)
    rows = SparseRows([_row(one, vocabulary) for one in found], len(vocabulary) + 1, topics)
    wanted: Floats = np.array([[one.agent == agent for agent in agents] for one in history], dtype=np.float32)
    told: Floats = np.array(
        [[one.known.scores.get(agent, 0.0) for agent in agents] for one in history], dtype=np.float32
    )
    header = Header(
        agents=agents,
        texts=tuple(counts[agent] for agent in agents),
        topics=topics.shape[1],
        reading=_reading(),
    )
    return Trained(header, vocabulary, ridge(rows, wanted - np.float32(TRUST) * told.clip(LOWEST, HIGHEST), RIDGE))


def _features(text: str, masked: str) -> dict[str, float]:
    """Return what a text is known by: what the cards match by, and its words as they were written."""
    found = features(masked)
    written = ["^", *("0" if any(map(str.isdigit, word)) else word for word in words(text)), "$"]
    found.update({f"~{one} {two}": NEIGHBOURS for one, two in pairwise(written)})
    found.update(dict.fromkeys((f"~{word}" for word in written[1:-1]), AS_WRITTEN))
    return found


def _row(found: Mapping[str, float], vocabulary: Vocabulary) -> Sparse:
    """Return a text's features and, as the last column, the one that every text has."""
    columns, values = vocabulary.vector(found)
    return (
        np.concatenate([columns, np.array([len(vocabulary)], dtype=np.int32)]),
        np.concatenate([values, np.array([EVERYWHERE], dtype=np.float32)]),
    )


def _topics(known: ByCards) -> Floats:
    return np.maximum(known.topics, UNLIKE)


def _reading() -> str:
    topics = shipped_topics().header.messages
    return digest({"topics": topics, **{name: round(weight, 3) for name, weight in _features(PROBE, PROBE).items()}})
