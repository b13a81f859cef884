"""Products as the index reads them: one row of numbers for each, so that a thousand are judged at once.

What varies in length (terms, variants) lies in the rows as bytes: the rows that a query looks at are joined to one
array, and a product that has changed is one row put in place of another.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count

import numpy as np
from numpy.typing import NDArray

from shopfloor.language.attributes import FAMILIES, colour_families, without
from shopfloor.search.analysis import Analyzer
from shopfloor.shop.models import Product, Variant

VARIANT = np.dtype([("price", "<i8"), ("size", "<i4"), ("colours", "<i4"), ("stock", "?")])
"""A variant: minor units, the number of its size or 0, a bit for each basic colour, whether it can be had."""
COLOURS = {family: 1 << place for place, family in enumerate(sorted(set(FAMILIES.values())))}
FIELDS = {
    "title": 10,
    "tags": 10,
    "best_for": 10,
    "category": 5,
    "brand": 3,
    "colour": 2,
    "material": 2,
    "text": 2,
    "attributes": 1,
}
"""How often a field's terms stand in the text that is matched: all in one, so that a long description does not make
up for a title without the word. Measured on judged queries; what lies near does about as well."""
HEAD = ("title", "tags", "best_for", "category", "brand", "colour", "material")
"""The fields that say what a thing is rather than tell about it."""

NUMBER = np.dtype(np.int32).itemsize
Ids = NDArray[np.int32]
Floats = NDArray[np.float32]
Bits = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One product."""

    product: Product
    title: bytes
    """The numbers of the title's terms, in their order."""
    head: bytes
    """Of the terms that say what it is, each once."""
    terms: bytes
    """Of all its terms, each once."""
    variants: bytes
    """Of `VARIANT`."""
    families: tuple[tuple[str, ...], ...]
    """The basic colours of each variant, or of the title where the shop does not say."""
    lacking: frozenset[int]
    """The numbers of terms for what its own texts say that it does not have."""
    kind: int
    """The number of its narrowest category; 0 for none."""
    vector: bytes = b""
    """What it means, as half floats; empty where nothing embeds."""


class Numbers:
    """Numbers for names, from 1 on; 0 is what is not known."""

    def __init__(self) -> None:
        """Start without any."""
        self._of = defaultdict[str, int](count(1).__next__)
        self.give = self._of.__getitem__
        """Return a name's number, a new one where it has none."""

    def __len__(self) -> int:
        """Return how many names there are, 0's included."""
        return len(self._of) + 1

    def find(self, name: str) -> int:
        """Return a name's number, or 0."""
        return self._of.get(name, 0)

    def names(self) -> Mapping[str, int]:
        """Return all names with their numbers."""
        return self._of


class RowMaker:
    """Makes rows, all with the same numbers."""

    def __init__(self, analyzer: Analyzer, common: str = "") -> None:
        """Take how texts are read, and words of the catalogue's language that say nothing of a thing."""
        self._analyzer = analyzer
        self._common = frozenset(analyzer.terms(common))
        self.terms = Numbers()
        self.sizes = Numbers()
        self.kinds = Numbers()

    def row(self, product: Product, english: Product, known: Row | None = None) -> tuple[Row, str]:
        """Return a product's row, and its terms to be matched, each as often as it counts.

        `english` is the product in English, or itself: it is found by the words of both.

        Where the words are those that its row until now was made of, what is known of them is taken over.
        """
        read = {name: self._analyzer.terms(text) for name, text in _texts(product).items()}
        if english is not product:
            # `hat` is a verb to one language and a thing to the other.
            read["text"] = [term for term in read["text"] if term not in self._common]
            for name, text in _texts(english).items():
                read[name] += [term for term in self._analyzer.terms(text) if term not in read[name]]
        head = dict.fromkeys(term for name in HEAD for term in read[name])
        families = _families(english)
        matched = " ".join(" ".join(read[name] * times) for name, times in FIELDS.items() if read[name])
        variants = self._variants(product, families)
        if known and _words(known.product) == _words(product):
            return replace(known, product=product, variants=variants, families=families), matched
        row = Row(
            product=product,
            title=self._ids(read["title"]),
            head=self._ids(head),
            terms=self._ids(head | dict.fromkeys(read["text"] + read["attributes"])),
            variants=variants,
            families=families,
            lacking=frozenset(map(self.terms.give, self._analyzer.terms(" ".join(lacks(english))))),
            kind=self.kinds.give(" > ".join(product.category)) if any(product.category) else 0,
        )
        return row, matched

    def _ids(self, terms: Sequence[str] | Mapping[str, object]) -> bytes:
        return np.fromiter(map(self.terms.give, terms), np.int32, len(terms)).tobytes()

    def _variants(self, product: Product, families: Sequence[Sequence[str]]) -> bytes:
        return np.array(list(map(self._variant, product.variants, families)), VARIANT).tobytes()

    def _variant(self, variant: Variant, families: Sequence[str]) -> tuple[int, int, int, bool]:
        size = self.sizes.give(variant.size.lower()) if variant.size else 0
        return variant.price.minor, size, bits(families), variant.stock > 0


def lacks(product: Product) -> tuple[str, ...]:
    """Return the words for what a product's own texts say that it does not have: `laces`."""
    texts = (product.title, product.best_for, product.material, *product.tags, product.description)
    return tuple(dict.fromkeys(word for text in texts for word in without(text)))


def bits(families: Sequence[str] | frozenset[str]) -> int:
    """Return basic colours as a number, a bit for each."""
    return sum(COLOURS[family] for family in set(families))


def numbers_in(part: bytes) -> list[int]:
    """Return the numbers of terms that a row holds as bytes."""
    numbers: list[int] = np.frombuffer(part, np.int32).tolist()
    return numbers


def joined(parts: Sequence[bytes]) -> tuple[Ids, Ids]:
    """Return the numbers of some rows as one array, and for each the place of its row."""
    return np.frombuffer(b"".join(parts), np.int32), _places(parts, NUMBER)


def number_of_pair(first: int, second: int) -> int:
    """Return a number for two terms in their order, by theirs."""
    return first << 32 | second


def neighbours(titles: Sequence[bytes]) -> NDArray[np.int64]:
    """Return the pairs of terms that stand together more than once, as `number_of_pair`, the smallest first."""
    ids, places = joined(titles)
    pairs = (ids[:-1].astype(np.int64) << 32 | ids[1:])[places[:-1] == places[1:]]
    found, counts = np.unique(pairs, return_counts=True)
    return found[counts > 1]


def joined_variants(rows: Sequence[Row]) -> tuple[NDArray[np.void], Ids]:
    """Return the variants of some rows as one array of `VARIANT`, and for each the place of its row."""
    parts = [row.variants for row in rows]
    held: NDArray[np.void] = np.frombuffer(b"".join(parts), VARIANT)
    return held, _places(parts, VARIANT.itemsize)


def _places(parts: Sequence[bytes], size: int) -> Ids:
    lengths = np.fromiter(map(len, parts), np.int32, len(parts))
    return np.repeat(np.arange(len(parts), dtype=np.int32), lengths // size)


def _words(product: Product) -> tuple[object, ...]:
    """Return all of a product that its terms are made of, and its sizes."""
    sizes = tuple(variant.size for variant in product.variants)
    return product.category, sizes, _texts(product), lacks(product)


@lru_cache(maxsize=4_096)
def _families_of(colour: str) -> tuple[str, ...]:
    return colour_families(colour, is_colour=True)


def _families(product: Product) -> tuple[tuple[str, ...], ...]:
    unsaid = colour_families(product.title)
    return tuple(_families_of(variant.colour) if variant.colour else unsaid for variant in product.variants)


def _texts(product: Product) -> dict[str, str]:
    colours = (variant.colour for variant in product.variants if variant.colour)
    options = dict.fromkeys(option for variant in product.variants for option in variant.options)
    return {
        "title": product.title,
        "tags": " ".join(product.tags),
        "best_for": product.best_for,
        "category": " ".join(product.category),
        "brand": product.brand,
        "colour": " ".join(dict.fromkeys(colours)),
        "material": product.material,
        "text": product.description,
        "attributes": " ".join(f"{name} {value}" for name, value in (*options, *product.attributes)),
    }
