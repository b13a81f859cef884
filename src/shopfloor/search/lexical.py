"""The inverted index: which products hold a query's terms, best first by BM25 (tantivy), among those that may be shown.

What can be asked of a product is a word of its `facts`, so that a filter costs no more than a term. Size and colour are
asked of one variant together; price is asked of the cheapest and the dearest that is in stock, so more may be found
than meets a price, never less: the rows tell.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import tantivy
from tantivy import Occur, Query

from shopfloor.search.rows import Row
from shopfloor.shop.models import Gender

HEAP = 30_000_000
"""Bytes that the writer may hold before it writes a segment."""
COUNTED = 10_000
"""Rows of which those with a term are counted one by one, for what was taken out stays in the figures for a while."""
DEAREST = 2**62
"""More than anything costs, in minor units; people may name any number."""
NOT_SAID = "unsaid"
FACTS = 1 << 16
"""Facts whose words are kept: products share most of them."""
Gives = Sequence[tuple[Sequence[str], float]]
"""Ways in which a product may hold one word of a query: terms that it must hold together, and what the way counts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """What a product must meet to be found."""

    category: str | None = None
    brand: str | None = None
    gender: Gender | None = None
    size: str | None = None
    """Lower case."""
    colours: frozenset[str] = frozenset()
    price_min: int | None = None
    """Minor units."""
    price_max: int | None = None
    features: frozenset[str] = frozenset()
    """Terms that it must all hold."""
    in_stock: bool = True


class LexicalIndex:
    """Rows by their terms, in memory."""

    def __init__(self) -> None:
        """Start empty."""
        schema = tantivy.SchemaBuilder()
        schema.add_unsigned_field("row", stored=True, indexed=True)
        schema.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
        schema.add_text_field("facts", tokenizer_name="whitespace", index_option="basic")
        schema.add_integer_field("lowest", indexed=True, fast=True)
        schema.add_integer_field("highest", indexed=True, fast=True)
        schema.add_float_field("rank", fast=True)
        self._schema = schema.build()
        self._index = tantivy.Index(self._schema)
        self._writer = self._index.writer(HEAP, 1)
        self._searcher = self._index.searcher()
        self._numbers = range(0)
        """Those that rows have been put under."""

    def change(self, put: Iterable[tuple[int, Row, str, float]], gone: Iterable[int] = ()) -> None:
        """Put rows in place of those of the same number and take others out, for all searches at once.

        With each row that is put come its terms to be matched, and how far up it is where no words are asked for.
        """
        for number in gone:
            self._take_out(number)
        for number, row, matched, rank in put:
            if number in self._numbers:
                self._take_out(number)
            self._numbers = range(max(number + 1, len(self._numbers)))
            self._writer.add_document(_document(number, row, matched, rank))
        self._writer.commit()
        self._index.reload()
        self._searcher = self._index.searcher()

    def _take_out(self, number: int) -> None:
        # `delete_documents_by_term` finds no unsigned number.
        self._writer.delete_documents_by_query(Query.term_query(self._schema, "row", number))

    def holders(self, term: str) -> int:
        """Return how many products hold a term; of many, those that were taken out lately are counted too."""
        if len(self._numbers) > COUNTED:
            return self._searcher.doc_freq("terms", term)
        return _count(self._searcher.search(Query.term_query(self._schema, "terms", term), 1))

    def find(
        self, wanted: Sequence[Gives], meets: Filter, *, limit: int, any_of: Sequence[Gives] = ()
    ) -> tuple[list[tuple[int, float]], int]:
        """Return the numbers of rows with their scores, the best first, and how many were found in all.

        A product must hold at least one of `any_of`, where there are any.
        """
        asked = [(Occur.Should, self._one(ways)) for ways in wanted]
        parts = [(Occur.Must, Query.const_score_query(part, 0.0)) for part in self._filters(meets)]
        must = (
            Query.boolean_query([(Occur.Should, self._one(ways)) for ways in any_of]) if any_of else Query.all_query()
        )
        parts.append((Occur.Must, Query.const_score_query(must, 0.0)))
        query = Query.boolean_query(parts + asked)
        searcher = self._searcher
        if not asked:
            found = searcher.search(query, limit, order_by_field="rank")
            return [(searcher.doc(where)["row"][0], 0.0) for _, where in found.hits], _count(found)
        found = searcher.search(query, limit)
        return [(searcher.doc(where)["row"][0], score) for score, where in found.hits], _count(found)

    def _one(self, ways: Gives) -> Query:
        made = [_boosted(self._all("terms", terms), factor) for terms, factor in ways]
        return made[0] if len(made) == 1 else Query.disjunction_max_query(made)

    def _all(self, field: str, terms: Sequence[str]) -> Query:
        made = [Query.term_query(self._schema, field, term) for term in terms]
        return made[0] if len(made) == 1 else Query.boolean_query([(Occur.Must, one) for one in made])

    def _any(self, facts: Iterable[str]) -> Query:
        made = [Query.term_query(self._schema, "facts", fact) for fact in facts]
        return made[0] if len(made) == 1 else Query.boolean_query([(Occur.Should, one) for one in made])

    def _filters(self, meets: Filter) -> Iterator[Query]:
        kind = "stock" if meets.in_stock else "made"
        if meets.in_stock:
            yield self._any(["stock"])
        if meets.category is not None:
            yield self._any([_fact("category", meets.category)])
        if meets.brand is not None:
            yield self._any([_fact("brand", meets.brand)])
        if meets.gender is not None:
            wearers = [meets.gender] if meets.gender == "kids" else [meets.gender, "unisex", NOT_SAID]
            yield self._any(_fact("gender", wearer) for wearer in dict.fromkeys(wearers))
        if meets.size is not None or meets.colours:
            yield self._any(_fact(kind, meets.size or "", colour) for colour in sorted(meets.colours) or [""])
        if meets.features:
            yield self._all("terms", sorted(meets.features))
        if meets.in_stock and meets.price_max is not None:
            yield Query.range_query(self._schema, "lowest", tantivy.FieldType.Integer, 0, min(meets.price_max, DEAREST))
        if meets.in_stock and meets.price_min is not None:
            low = min(meets.price_min, DEAREST)
            yield Query.range_query(self._schema, "highest", tantivy.FieldType.Integer, low, DEAREST)


def _document(number: int, row: Row, matched: str, rank: float) -> tantivy.Document:
    product = row.product
    document = tantivy.Document()
    document.add_unsigned("row", number)
    document.add_text("terms", matched)
    document.add_text("facts", " ".join(dict.fromkeys(_facts(row))))
    prices = [variant.price.minor for variant in product.variants if variant.stock > 0]
    document.add_integer("lowest", min(prices, default=0))
    document.add_integer("highest", max(prices, default=0))
    document.add_float("rank", rank)
    return document


def _facts(row: Row) -> Iterator[str]:
    product = row.product
    yield from (_fact("category", name) for name in product.category)
    yield _fact("brand", product.brand)
    yield _fact("gender", product.gender or NOT_SAID)
    ways = {
        (kind, size, colour)
        for variant, families in zip(product.variants, row.families, strict=True)
        for kind in (("made", "stock") if variant.stock > 0 else ("made",))
        for size in _sizes(variant.size)
        for colour in ("", *families)
    }
    yield from ("stock",) if any(kind == "stock" for kind, _, _ in ways) else ()
    yield from (_fact(*way) for way in sorted(ways))


@lru_cache(maxsize=4_096)
def _sizes(written: str | None) -> Sequence[str]:
    """Return the sizes that a variant counts as: `9 wide` is a 9 too, and any is none in particular."""
    size = (written or "").lower()
    return tuple(dict.fromkeys(("", size, size.split(" ")[0])))


@lru_cache(maxsize=FACTS)
def _fact(*parts: str) -> str:
    """Return a fact as one word."""
    return "|".join("_".join(part.split()) for part in parts)


def _boosted(query: Query, factor: float) -> Query:
    return query if factor == 1.0 else Query.boost_query(query, factor)


def _count(found: tantivy.SearchResult) -> int:
    """Return how many were found in all, which the package's types do not know of."""
    return int(cast(Any, found).count or 0)
