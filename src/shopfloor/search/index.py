"""A catalogue made ready to be searched."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from shopfloor.kernel.ids import ProductId
from shopfloor.language.detection import written_in
from shopfloor.language.stemming import STEMMERS
from shopfloor.search.analysis import Analyzer
from shopfloor.search.contract import Embedder
from shopfloor.search.glossing import common_words, in_english
from shopfloor.search.lexical import Filter, Gives, LexicalIndex
from shopfloor.search.naming import Names
from shopfloor.search.retail_words import Synonyms
from shopfloor.search.rows import Numbers, Row, RowMaker, neighbours, number_of_pair, numbers_in
from shopfloor.search.vocabulary import Vocabulary
from shopfloor.shop.models import Product

MIDDLING = 4.0
MIDDLING_REVIEWS = 10
"""A product without reviews ranks as if it had this many of this mean."""
SYNONYM = 0.5
"""What a synonym counts in place of the word itself: shops name most things by the word that customers use."""
JOINED = 0.3
"""What counts a product that writes two words of the query as one, or one of them as two."""
NAMED = 300
"""Products that bear a name, looked at to tell whose it is."""
TAKEN_ON_TRUST = 3
"""Products that each category and brand is taken to have besides: a name is believed until there is evidence."""
OUTDATED, OUTDATED_FROM = 0.1, 100
"""The share of the products that may be reworded, and how many may be at least, until an index is made anew."""
TOLD_BY = 300
"""Products whose texts tell the language of a catalogue."""
READ = 300
"""Characters of a description that say what a product means."""


class Index:
    """Products as rows, as an inverted index, and by what they are called."""

    def __init__(self, products: Iterable[Product], embedder: Embedder | None = None) -> None:
        """Index products."""
        self.vocabulary = Vocabulary(())
        self.names = Names((), self.vocabulary)
        self._embedder = embedder
        held = sorted(products, key=lambda product: product.id)
        self.language = _language(held)
        """Of the catalogue, by its ISO 639-1 code."""
        self._analyzer = Analyzer(self.language)
        self._maker = RowMaker(self._analyzer, common_words(self.language))
        self._rows: list[Row] = []
        self._places: dict[ProductId, int] = {}
        self._sizes_of = Counter[str]()
        self._named: dict[tuple[str, tuple[str, ...]], float] = {}
        self._synonyms = Synonyms(self._analyzer)
        self._neighbours = np.zeros(0, np.int64)
        """The pairs of terms that stand together in several titles, as numbers, the smallest first."""
        self._lexical = LexicalIndex()
        self._reworded = 0
        self.change(held)
        self._neighbours = neighbours([row.title for row in self._rows])
        self._reworded = 0

    @property
    def is_outdated(self) -> bool:
        """Whether so much was reworded since it was made that it is to be made anew: what was said is remembered."""
        return self._reworded > max(OUTDATED_FROM, OUTDATED * len(self._places))

    def products(self) -> list[Product]:
        """Return all products, as they are indexed."""
        return [self._rows[place].product for place in self._places.values()]

    def change(self, products: Iterable[Product], gone: Iterable[ProductId] = ()) -> None:
        """Take in products, in place of those of the same ids, and let go of others; one thread at a time may.

        A search that runs meanwhile sees each product as it was or as it is.
        """
        reworded: list[tuple[Product, Product]] = []
        left = [self._let_go(product_id) for product_id in gone if product_id in self._places]
        self._lexical.change(self._put(products, reworded), left)
        if reworded or left:
            self._reworded += len(reworded) + len(left)
            self.vocabulary.add(reworded)
            self.names.put(reworded)
            self._named.clear()

    def _put(
        self, products: Iterable[Product], reworded: list[tuple[Product, Product]]
    ) -> Iterator[tuple[int, Row, str, float]]:
        """Put each product's row in its place and yield it for the inverted index.

        What has other words now is noted, beside itself in English.
        """
        for product in products:
            place = self._places.get(product.id, len(self._rows))
            known = self._rows[place] if place < len(self._rows) else None
            english = in_english(product, self.language)
            row, matched = self._maker.row(product, english, known)
            if known is None or row.terms is not known.terms:
                row = replace(row, vector=_meaning(product, self._embedder))
                reworded.append((product, english))
                self._count(known and known.product, product)
            self._rows[place : place + 1] = [row]
            self._places[product.id] = place
            yield place, row, matched, self.stars(product)

    def _let_go(self, product_id: ProductId) -> int:
        place = self._places.pop(product_id)
        self.names.remove(product_id)
        self._count(self._rows[place].product, None)
        return place

    def _count(self, before: Product | None, after: Product | None) -> None:
        """Keep count of how many products are of each category and brand."""
        for product, count in ((before, -1), (after, 1)):
            for name in {*product.category, product.brand} if product else ():
                self._sizes_of[name] += count

    @property
    def term_count(self) -> int:
        """Return how many numbers terms have, 0 included."""
        return len(self._maker.terms)

    @property
    def sizes(self) -> Numbers:
        """Return the numbers of the sizes, lower case."""
        return self._maker.sizes

    def find_product(self, product_id: ProductId) -> Product | None:
        """Return a product as it was indexed, or None."""
        place = self._places.get(product_id)
        return None if place is None else self._rows[place].product

    def stars(self, product: Product) -> float:
        """Return a product's rating, drawn towards the middle where few have rated it."""
        reviews = product.review_count if product.rating is not None else 0
        return ((product.rating or 0.0) * reviews + MIDDLING * MIDDLING_REVIEWS) / (reviews + MIDDLING_REVIEWS)

    def terms(self, said: Iterable[str]) -> list[str]:
        """Return the terms of some words."""
        return self._analyzer.terms(" ".join(said))

    def number(self, term: str) -> int:
        """Return a term's number; 0 where no product holds it."""
        return self._maker.terms.find(term)

    def numbers(self, said: Iterable[str]) -> list[int]:
        """Return the numbers of the terms of some words; 0 is one that no product holds."""
        return list(map(self.number, self.terms(sorted(said))))

    def weight(self, terms: Sequence[str]) -> float:
        """Return how much terms tell products apart: the rarest of them, as BM25 weighs it."""
        count = len(self._places)
        holders = min(self._lexical.holders(term) for term in terms)
        # Of a large catalogue there may seem to be more holders than products.
        return math.log(1 + max(count - holders + 0.5, 0.0) / (holders + 0.5))

    def wanted(self, said: Sequence[str]) -> Sequence[Gives]:
        """Return for each word of a query how a product may hold it: the word, a synonym, or written otherwise."""
        terms = list(dict.fromkeys(self.terms(said)))
        others: defaultdict[str, list[tuple[tuple[str, ...], float]]] = defaultdict(list)
        for span, synonym in self._synonyms.of(self.terms(said)):
            for term in span:
                others[term].append((synonym, SYNONYM / len(span)))
        for first, second in pairwise(terms):
            if self.number(first + second):
                for term in (first, second):
                    others[term].append(((first + second,), JOINED))
        for term in terms:
            if apart := self._apart(term):
                others[term].append((apart, JOINED))
        return [
            [((term,), 1.0), *((way, factor) for way, factor in others[term] if all(map(self.number, way)))]
            for term in terms
        ]

    def find(
        self, wanted: Sequence[Gives], meets: Filter, *, limit: int, any_of: Sequence[Gives] = ()
    ) -> tuple[list[tuple[Row, float]], int]:
        """Return the rows that meet a filter with the scores of their words, best first, and how many there are.

        They hold at least one of `any_of`, where there are any.
        """
        found, total = self._lexical.find(wanted, meets, limit=limit, any_of=any_of)
        return [(self._rows[number], score) for number, score in found], total

    def share_named(self, name: str, said: tuple[str, ...]) -> float:
        """Return which share of what is of a category or brand, or bears its name as said in its title, is of it."""
        if (name, said) not in self._named:
            terms = self.terms(said)
            numbers = set(map(self.number, terms))
            found, _ = self.find([[(terms, 1.0)]], Filter(in_stock=False), limit=NAMED) if all(numbers) else ([], 0)
            bearing = [row.product for row, _ in found if numbers.issubset(numbers_in(row.title))]
            others = sum(name not in product.category and name != product.brand for product in bearing)
            own = self._sizes_of[name] + TAKEN_ON_TRUST
            self._named[name, said] = own / (own + others)
        return self._named[name, said]

    def _apart(self, term: str) -> tuple[str, str] | None:
        """Return the two words by which titles write a term; a single letter only where nothing holds the term."""
        shortest = 1 if not self.number(term) else 2
        for place in range(shortest, len(term) - shortest + 1):
            first, second = term[:place], term[place:]
            pair = number_of_pair(self.number(first), self.number(second))
            at = int(np.searchsorted(self._neighbours, pair))
            if at < len(self._neighbours) and self._neighbours[at] == pair:
                return first, second
        return None


def _language(products: Sequence[Product]) -> str:
    """Return the language that products are described in, as far as there is a stemmer for it; else English."""
    told = products[:: max(1, len(products) // TOLD_BY)]
    language = written_in(f"{product.title}. {product.description[:READ]}" for product in told)
    return language if language in STEMMERS else "en"


def _meaning(product: Product, embedder: Embedder | None) -> bytes:
    if embedder is None:
        return b""
    text = " ".join((product.title, *product.category, product.description[:READ]))
    return embedder.vector(text).astype(np.float16).tobytes()
