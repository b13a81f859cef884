"""One search: what a query asks is held against the index, what is found is ranked, and the best variant chosen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from shopfloor.search.contract import Embedder, Page, ProductHit, ProductQuery, ProductResults, Sort, Tastes
from shopfloor.search.facets import facets
from shopfloor.search.fit import COSTS, NOWHERE, Fit, best_fit, constraints, costs, liking
from shopfloor.search.index import Index
from shopfloor.search.lexical import Filter, Gives
from shopfloor.search.ranking import Held, Slot, Sought, rank
from shopfloor.search.reasons import reasons
from shopfloor.search.rows import Floats, Row, bits

CANDIDATES = 1_000
"""Products found by their words that are looked at closely."""
LOOKED_AT = 50
"""The best of them whose variants are weighed one by one, at least."""
EXACT_COLOUR = 0.05
"""What it adds when the colour is just the one named, not one of its family."""
LACKING = 0.3
"""What it adds when a product says itself that it is without what is not wanted."""
MOST = 0.4
"""The share of the words from which on they describe a product."""
RATED, RATED_ON_A_PAGE = 0.25, 0.05
"""What five stars add: an assistant shows three that meet all that was asked, so the best are what others liked."""
NAMED = 300
"""The products looked at to tell whether a word means a category or a brand."""
TOLD = 0.9
"""The share of variants that must say their colour for a colour to be held to on a page of results."""
BORNE_OUT = 0.7
"""The share of what bears the name of a category or brand in its title that must be of it."""
ALL = 0.999
"""The share that is all, but for rounding."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The rows that miss least of a query, each with the score of its words."""

    rows: tuple[tuple[Row, float], ...] = ()
    total: int = 0
    dropped: frozenset[str] = frozenset()
    """The constraints that all of them miss."""


class Searching:
    """One search."""

    def __init__(
        self, index: Index, embedder: Embedder | None, query: ProductQuery, tastes: Tastes, page: Page | None
    ) -> None:
        """Read a query against an index; `page` is None where an assistant shows what is found."""
        self._index = index
        self._tastes = tastes
        self._asked = query
        self._wanted = index.wanted(query.terms or query.words)
        self._sought = self._read(query, embedder)
        self._page = page
        self._query = self._held_to(query)
        self._constraints = constraints(self._query, index.numbers, index.sizes)

    def results(self, limit: int) -> ProductResults:
        """Return the best products."""
        found, page = self._found(), self._page
        ranked = self._ranked(found.rows)
        shown = ranked if page else self._described(ranked)
        is_sorted = page is not None and page.sort != "relevance"
        fits = self._fits(shown if is_sorted else shown[: max(LOOKED_AT, limit)])
        if page and is_sorted:
            fits.sort(key=lambda each: _order(each[0], page.sort))
        if page and len(fits) < limit:
            fits += self._fits(self._ranked(self._others(found))[: max(LOOKED_AT, limit)])
        rows = [row for row, _ in found.rows]
        return ProductResults(
            query=self._asked,
            hits=tuple(self._hit(fit, score) for fit, score in fits[:limit]),
            relaxed=tuple(label for name in COSTS if name in found.dropped for label in self._labels(name)),
            total=found.total if len(shown) == len(ranked) else len(shown),
            facets=facets(rows, in_stock=self._query.in_stock) if page and page.has_facets else (),
        )

    def _read(self, query: ProductQuery, embedder: Embedder | None) -> Sought:
        slots = self._slots(self._wanted)
        numbers = [ids[0] for slot in slots if len(ids := slot.ways[0][0]) == 1]
        return Sought(
            slots=slots,
            pairs=tuple(pairwise(numbers)),
            brand=query.brand,
            colours=bits(query.colours),
            without=constraints(query, self._index.numbers, self._index.sizes).without,
            vector=embedder.vector(" ".join(query.terms or query.words)) if embedder else None,
        )

    def _slots(self, wanted: Sequence[Gives]) -> tuple[Slot, ...]:
        return tuple(
            Slot(
                weight=self._index.weight(ways[0][0]),
                ways=tuple((tuple(map(self._index.number, terms)), factor) for terms, factor in ways),
            )
            for ways in wanted
        )

    def _held_to(self, query: ProductQuery) -> ProductQuery:
        """Return a query without the constraints that this catalogue does not bear out; they still decide the order.

        These are a category or a brand whose name is only a word and, on a page of results, colours where many of the
        products do not say theirs, and what is not wanted: there it comes last.
        """
        if not query.said and not (self._page and (query.colours or query.without)):
            return query
        found, _ = self._index.find(self._wanted, Filter(in_stock=False), limit=NAMED, any_of=self._wanted)
        rows = [row for row, _ in found]
        is_of = [query.category in row.product.category for row in rows]
        if (said := query.said.get("category")) and self._is_only_said(said, rows, is_of, query.category or ""):
            query = replace(query, category=None)
        is_of = [query.brand == row.product.brand for row in rows]
        if (said := query.said.get("brand")) and self._is_only_said(said, rows, is_of, query.brand or ""):
            query = replace(query, brand=None)
        if self._page:
            says = [bool(families) for row in rows for families in row.families]
            colours = query.colours if sum(says) >= TOLD * len(says) else frozenset[str]()
            query = replace(query, without=frozenset(), colours=colours)
        return query

    def _is_only_said(self, said: tuple[str, ...], rows: Sequence[Row], is_of: Sequence[bool], name: str) -> bool:
        """Whether a category's or brand's name is only a word.

        It is where most of what bears it in its title is of others, or where something of others holds it and more of
        the query's words than anything of its own.
        """
        if self._index.share_named(name, said) < BORNE_OUT:
            return True
        inside = np.array(is_of, np.bool_)
        cover = self._coverage(self._sought.slots, rows)
        naming = self._coverage(self._slots([[((term,), 1.0)] for term in self._index.terms(said)]), rows)
        best = float(cover[inside].max(initial=0.0))
        return bool((~inside & (naming > ALL) & (cover * ALL > best)).any())

    def _coverage(self, slots: tuple[Slot, ...], rows: Sequence[Row]) -> Floats:
        """Return which share of some words what each row is called, made of and good for holds."""
        return Held(slots, self._index.term_count).coverage([row.head for row in rows])

    def _found(self) -> Found:
        query = self._query
        named = () if query.brand else query.said.get("brand", ())
        any_of = () if query.category else self._index.wanted((*query.words, *query.said.get("category", ()), *named))
        for dropped in self._levels():
            rows, total = self._index.find(self._wanted, self._filter(dropped), limit=CANDIDATES, any_of=any_of)
            missed: list[int] = costs([row for row, _ in rows], self._constraints).tolist()
            least = min(missed, default=NOWHERE)
            if least < NOWHERE:
                kept = tuple(row for row, cost in zip(rows, missed, strict=True) if cost == least)
                names = frozenset(name for name, cost in COSTS.items() if least & cost)
                return Found(rows=kept, total=total if len(kept) == len(rows) else len(kept), dropped=names)
        return Found()

    def _levels(self) -> Iterator[frozenset[str]]:
        """Yield what may be dropped together of the constraints that there are, the least costly first."""
        query = self._query
        there = {
            "price": query.price_min or query.price_max,
            "brand": query.brand,
            "features": query.features,
            "gender": query.gender,
            "colour": query.colours,
            "size": query.size,
        }
        most = sum(cost for name, cost in COSTS.items() if there[name] and name not in query.held)
        for level in range(most + 1):
            if level & most == level:
                yield frozenset(name for name, cost in COSTS.items() if level & cost)

    def _filter(self, dropped: frozenset[str]) -> Filter:
        query = self._query
        asks = {name: name not in dropped for name in COSTS}
        return Filter(
            category=query.category,
            brand=query.brand if asks["brand"] else None,
            gender=query.gender if asks["gender"] else None,
            size=query.size.lower() if query.size and asks["size"] else None,
            colours=query.colours if asks["colour"] else frozenset(),
            price_min=query.price_min.minor if query.price_min and asks["price"] else None,
            price_max=query.price_max.minor if query.price_max and asks["price"] else None,
            features=frozenset(self._index.terms(query.features)) if asks["features"] else frozenset(),
            in_stock=query.in_stock,
        )

    def _others(self, found: Found) -> tuple[tuple[Row, float], ...]:
        """Return what holds the words and misses more of the query, but none of its filters."""
        query, mine = self._query, {row.product.id for row, _ in found.rows}
        meets = Filter(
            category=query.category if "category" in query.held else None,
            brand=query.brand if "brand" in query.held else None,
            size=query.size.lower() if query.size and "size" in query.held else None,
            in_stock=query.in_stock,
        )
        rows, _ = self._index.find(self._wanted, meets, limit=CANDIDATES, any_of=self._wanted)
        missed = costs([row for row, _ in rows], self._constraints)
        return tuple(
            each for each, cost in zip(rows, missed, strict=True) if cost < NOWHERE and each[0].product.id not in mine
        )

    def _ranked(self, found: Sequence[tuple[Row, float]]) -> list[tuple[Row, float]]:
        """Return rows with how relevant they are, the best first, then by id."""
        rows = [row for row, _ in found]
        scores = rank(rows, [match for _, match in found], self._sought, self._index.term_count)
        return sorted(zip(rows, scores.tolist(), strict=True), key=lambda each: (-each[1], each[0].product.id))

    def _described(self, ranked: list[tuple[Row, float]]) -> list[tuple[Row, float]]:
        """Keep the products that the words describe, or all where there are none such."""
        slots = self._slots([ways[:1] for ways in self._index.wanted(self._query.words)])
        cover = self._coverage(slots, [row for row, _ in ranked])
        return [each for each, share in zip(ranked, cover, strict=True) if share > MOST] or ranked

    def _fits(self, ranked: Sequence[tuple[Row, float]]) -> list[tuple[Fit, float]]:
        """Return the best variants, the best first: what a customer is known to like decides near ties."""
        fits = [
            (fit, round(score + self._bonus(fit), 6))
            for row, score in ranked
            if (fit := best_fit(row, self._constraints, self._tastes))
        ]
        return sorted(fits, key=lambda each: (each[0].is_other_size, -each[1], each[0].row.product.id))

    def _bonus(self, fit: Fit) -> float:
        """Return what a product gains beyond the match of its words."""
        score = EXACT_COLOUR * (fit.variant.colour in self._query.colours)
        score += LACKING * any(fit.row.lacking & phrase for phrase in self._constraints.without)
        rated = RATED_ON_A_PAGE if self._page else RATED
        return score + rated * self._index.stars(fit.row.product) / 5 + liking(fit, self._tastes)

    def _hit(self, fit: Fit, score: float) -> ProductHit:
        said = reasons(fit, self._query)
        return ProductHit(product=fit.row.product, sku=fit.variant.sku, score=score, reasons=said)

    def _labels(self, constraint: str) -> list[str]:
        """Return how a dropped constraint is called: a feature by its own name."""
        return sorted(self._query.features) if constraint == "features" else [constraint]


def _order(fit: Fit, sort: Sort) -> float:
    """Return by what a page is sorted, the lowest first."""
    if sort == "rating":
        return -(fit.row.product.rating or 0.0)
    return -fit.variant.price.minor if sort == "price_down" else fit.variant.price.minor
