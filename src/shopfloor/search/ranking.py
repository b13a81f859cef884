"""In which order the products found are shown: a weighted sum of a few signs of relevance.

The weights are the same for every catalogue. They were set by hand, as round numbers in the middle of where judged
queries over two catalogues (Amazon ESCI, Icecat) do well; fitted ones (ListNet: Cao et al., "Learning to rank: from
pairwise approach to listwise approach", ICML 2007) do no better on queries that they were not fitted to.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopfloor.search.rows import NUMBER, Bits, Floats, Row, joined, joined_variants, numbers_in

WEIGHTS = {
    "match": 0.7,  # BM25, of the best one's
    "title": 0.1,  # share of the words, by weight, that the title holds
    "all": 0.25,  # that any text holds
    "pairs": 0.05,  # share of the pairs of neighbouring words that are neighbours in the title
    "brand": 0.35,  # whether it is of a brand that the query names
    "colour": 0.1,  # whether it is to be had in a colour of the query's
    "unwanted": -0.3,  # whether what it is called holds what the query does not want; less so its other texts
    "kind": 0.1,  # how much its category is that of the best
    "length": -0.05,  # of the title: the logarithm of its words
    "meaning": 0.35,  # cosine of what query and product mean, where anything embeds
}
ALIKE = 0.3
"""What it adds to mean the same as the best ones do, where anything embeds: what is first by other signs tells what is
looked for better than the few words of a query (pseudo relevance feedback: Rocchio, "Relevance feedback in information
retrieval", 1971; over vectors: Li et al., "Pseudo relevance feedback with deep language models and dense retrievers",
ACM TOIS 2023). From .2 to .4, and from twenty to fifty of the best, do about as well."""
MENTIONED = 0.6
"""How far a thing has what is only mentioned in its texts: they may as well say that it does not need it."""
PLAIN = WEIGHTS | {"title": 0.2, "pairs": 0.1, "length": 0.0, "meaning": 0.0}
"""The weights where nothing embeds: meaning no longer makes up for what short titles leave out."""
BEST = 30
"""Products whose categories, and what they mean, say what kind of thing is looked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """One word of a query."""

    weight: float
    """How much it tells products apart."""
    ways: tuple[tuple[tuple[int, ...], float], ...]
    """Terms, by number, that stand for the word where a product holds them all, and how far they do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sought:
    """A query as the ranking reads it."""

    slots: tuple[Slot, ...]
    pairs: tuple[tuple[int, int], ...]
    """Numbers of terms that are neighbours in the query."""
    brand: str | None
    colours: int
    """Basic colours, a bit for each."""
    without: tuple[frozenset[int], ...]
    """For each thing that is not wanted, the numbers of the terms that name it together."""
    vector: Floats | None
    """What it means; None where nothing embeds."""


class Held:
    """Which of a query's terms some rows hold."""

    def __init__(self, slots: Sequence[Slot], terms: int) -> None:
        """Take the query's words and how many terms are numbered."""
        numbers = sorted({number for slot in slots for ids, _ in slot.ways for number in ids if number})
        self._column = {number: column for column, number in enumerate(numbers)}
        self._columns = np.full(terms, -1, np.int32)
        self._columns[numbers] = np.arange(len(numbers), dtype=np.int32)
        self._slots = slots
        self._total = sum(slot.weight for slot in slots) or 1.0

    def coverage(self, parts: Sequence[bytes]) -> Floats:
        """Return which share of the query's words, by weight, each of some lists of terms holds."""
        ids, rows = joined(parts)
        found = self._columns[ids]
        is_found = found >= 0
        holds: Bits = np.zeros((len(parts), len(self._column)), np.bool_)
        holds[rows[is_found], found[is_found]] = True
        covered = np.zeros(len(parts), np.float32)
        for slot in self._slots:
            best = np.zeros(len(parts), np.float32)
            for numbers, factor in slot.ways:
                if all(number in self._column for number in numbers):
                    has = holds[:, [self._column[number] for number in numbers]].all(axis=1)
                    np.maximum(best, has * np.float32(factor), out=best)
            covered += best * np.float32(slot.weight)
        return covered / np.float32(self._total)


def rank(rows: Sequence[Row], matches: Sequence[float], sought: Sought, terms: int) -> Floats:
    """Return how relevant each row is, of shape (rows,); `matches` are their BM25 scores, the best first."""
    held = Held(sought.slots, terms)
    match = np.asarray(matches, np.float32) / np.float32(max(max(matches, default=0.0), 1e-9))
    titles = [row.title for row in rows]
    lengths = np.fromiter(map(len, titles), np.float32, len(rows)) / np.float32(NUMBER)
    signs: Mapping[str, Floats] = {
        "match": match,
        "title": held.coverage(titles),
        "all": held.coverage([row.terms for row in rows]),
        "pairs": _pairs(rows, sought.pairs),
        "brand": np.fromiter((row.product.brand == sought.brand for row in rows), np.float32, len(rows)),
        "colour": _colours(rows, sought.colours),
        "unwanted": _unwanted(rows, sought.without),
        "kind": _kinds(rows, match * held.coverage([row.head for row in rows])),
        "length": np.log1p(lengths),
        "meaning": _meaning(rows, sought.vector),
    }
    weights = PLAIN if sought.vector is None else WEIGHTS
    scores = sum(
        (np.float32(weight) * signs[name] for name, weight in weights.items()), np.zeros(len(rows), np.float32)
    )
    return scores if sought.vector is None else scores + np.float32(ALIKE) * _alike(rows, scores)


def _pairs(rows: Sequence[Row], pairs: Sequence[tuple[int, int]]) -> Floats:
    share = np.zeros(len(rows), np.float32)
    if not pairs:
        return share
    ids, places = joined([row.title for row in rows])
    is_same = places[:-1] == places[1:]
    for first, second in pairs:
        share[places[:-1][(ids[:-1] == first) & (ids[1:] == second) & is_same]] += np.float32(1 / len(pairs))
    return np.minimum(share, 1.0)


def _colours(rows: Sequence[Row], colours: int) -> Floats:
    if not colours:
        return np.zeros(len(rows), np.float32)
    variants, of = joined_variants(rows)
    has: Bits = (variants["colours"] & colours) != 0
    return np.bincount(of, has, len(rows)).clip(max=1.0).astype(np.float32)


def _unwanted(rows: Sequence[Row], without: Sequence[frozenset[int]]) -> Floats:
    if not without:
        return np.zeros(len(rows), np.float32)
    return np.fromiter((_unwanted_of(row, without) for row in rows), np.float32, len(rows))


def _unwanted_of(row: Row, without: Sequence[frozenset[int]]) -> float:
    held = [phrase for phrase in without if not phrase & row.lacking and phrase.issubset(numbers_in(row.terms))]
    if not held:
        return 0.0
    head = numbers_in(row.head)
    return 1.0 if any(phrase.issubset(head) for phrase in held) else MENTIONED


def _kinds(rows: Sequence[Row], votes: Floats) -> Floats:
    """Return how much each row is of the kind of the first ones, as these vote."""
    said: defaultdict[int, float] = defaultdict(float)
    for row, vote in zip(rows[:BEST], votes[:BEST], strict=True):
        if row.kind:
            said[row.kind] += float(vote)
    most = max(said.values(), default=0.0) or 1.0
    return np.fromiter((said.get(row.kind, 0.0) / most for row in rows), np.float32, len(rows))


def _meaning(rows: Sequence[Row], vector: Floats | None) -> Floats:
    if vector is None or not rows or not rows[0].vector:
        return np.zeros(len(rows), np.float32)
    return _vectors(rows) @ vector


def _alike(rows: Sequence[Row], scores: Floats) -> Floats:
    """Return how near each row is to what the best ones mean, each by how far it lies above the last of them."""
    if not rows or not rows[0].vector:
        return np.zeros(len(rows), np.float32)
    held = _vectors(rows)
    best = np.argsort(-scores, kind="stable")[:BEST]
    shares = scores[best] - scores[best[-1]] + np.float32(1e-3)
    centre = shares @ held[best]
    return (held @ centre / max(float(np.linalg.norm(centre)), 1e-9)).astype(np.float32)


def _vectors(rows: Sequence[Row]) -> Floats:
    held: NDArray[np.float16] = np.frombuffer(b"".join(row.vector for row in rows), np.float16)
    return held.reshape(len(rows), -1).astype(np.float32)
