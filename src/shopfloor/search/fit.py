"""How a product meets what is looked for: which constraints it does not meet, and which variant fits best."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopfloor.language.attributes import colour_families
from shopfloor.search.contract import NO_TASTES, ProductQuery, Tastes
from shopfloor.search.rows import Bits, Numbers, Row, bits, joined_variants, numbers_in
from shopfloor.shop.garments import garment_of
from shopfloor.shop.models import Variant

COSTS = {"price": 1, "brand": 2, "features": 4, "gender": 8, "colour": 16, "size": 32}
"""The constraints that may be dropped, each costing more than all before it together.

What is in stock, of the category, and without what the customer does not want is never dropped."""
NOWHERE = sum(COSTS.values()) + 1
"""What it costs where a product cannot be shown at all."""
LIKED = 0.05
"""What it adds when the customer is known to like the colour or the brand, or to wear what is made for its wearers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """A product's best variant, and the constraints that it does not meet."""

    row: Row
    variant: Variant
    missed: frozenset[str]
    is_other_size: bool = False
    """Whether it is not to be had in the size that the customer is known to wear."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Constraints:
    """What a query asks of a product, as rows write it."""

    query: ProductQuery
    features: frozenset[int]
    """The numbers of the terms that it must all have."""
    without: tuple[frozenset[int], ...]
    """For each thing that it must not have, the numbers of the terms that name it together."""
    colours: int
    """The basic colours asked for, a bit for each."""
    other_than: int
    """Those that it must not have."""
    sizes: tuple[int, ...]
    """The numbers of the sizes that will do."""


def constraints(query: ProductQuery, numbers: Callable[[Iterable[str]], Iterable[int]], sizes: Numbers) -> Constraints:
    """Return what a query asks, with `numbers` of words."""
    return Constraints(
        query=query,
        features=frozenset(numbers(query.features)),
        without=tuple(frozenset(numbers([phrase])) for phrase in sorted(query.without)),
        colours=bits(query.colours),
        other_than=bits(frozenset(family for word in query.without for family in colour_families(word))),
        sizes=tuple(number for size, number in sizes.names().items() if query.size and is_size(size, query.size)),
    )


def costs(rows: Sequence[Row], asked: Constraints) -> NDArray[np.int32]:
    """Return what the best variant of each row misses, as the sum of its `COSTS`, of shape (rows,)."""
    query = asked.query
    variants, of = joined_variants(rows)
    missed = np.zeros(len(variants), np.int32)
    if query.price_min:
        missed[variants["price"] < query.price_min.minor] = COSTS["price"]
    if query.price_max:
        missed[variants["price"] > query.price_max.minor] = COSTS["price"]
    if query.colours:
        missed += COSTS["colour"] * ((variants["colours"] & asked.colours) == 0)
    if query.size:
        missed += COSTS["size"] * ~np.isin(variants["size"], asked.sizes)
    barred: Bits = (variants["colours"] & asked.other_than) != 0
    if query.in_stock:
        barred = barred | ~variants["stock"]
    missed[barred] = NOWHERE
    best = np.full(len(rows), NOWHERE, np.int32)
    np.minimum.at(best, of, missed)
    if query.brand or query.gender or asked.features:
        own = (sum(COSTS[name] for name in _missed_by_product(row, asked)) for row in rows)
        best += np.fromiter(own, np.int32, len(rows))
    if asked.without:
        best[[_has(row, asked.without) for row in rows]] = NOWHERE
    return np.minimum(best, NOWHERE)


def _has(row: Row, unwanted: Sequence[frozenset[int]]) -> bool:
    held = set(numbers_in(row.terms))
    return any(phrase <= held and not phrase & row.lacking for phrase in unwanted)


def _missed_by_product(row: Row, asked: Constraints) -> frozenset[str]:
    product, query = row.product, asked.query
    missed = {"brand"} if query.brand and product.brand != query.brand else set[str]()
    if (
        query.gender
        and product.gender != query.gender
        and not (query.gender != "kids" and product.gender in (None, "unisex"))
    ):
        missed.add("gender")
    if asked.features and not asked.features.issubset(numbers_in(row.head)):
        missed.add("features")
    return frozenset(missed)


def best_fit(row: Row, asked: Constraints, tastes: Tastes = NO_TASTES) -> Fit | None:
    """Return the variant that misses least, or None where none may be shown.

    Of equals it is the one in the customer's size, of the exact shade, in a colour they like, the cheapest, the first
    by its SKU.
    """
    product, query = row.product, asked.query
    missed = _missed_by_product(row, asked)
    best: tuple[tuple[int, bool, bool, bool, int, str], Variant, frozenset[str]] | None = None
    garment = garment_of(product.category) if tastes.sizes else None
    own_size = tastes.sizes.get(garment) if garment and not query.size else None
    for variant, families in zip(product.variants, row.families, strict=True):
        if (query.in_stock and variant.stock <= 0) or bits(families) & asked.other_than:
            continue
        all_missed = missed | _missed_by_variant(variant, families, query)
        is_other_shade = not _is_shade(variant.colour, query.words)
        is_other_size = own_size is not None and variant.size is not None and not is_size(variant.size, own_size)
        is_unliked = bool(tastes.colours) and not tastes.colours.intersection(families)
        cost = sum(COSTS[name] for name in all_missed)
        order = (cost, is_other_size, is_other_shade, is_unliked, variant.price.minor, variant.sku)
        if best is None or order < best[0]:
            best = order, variant, all_missed
    return Fit(row=row, variant=best[1], missed=best[2], is_other_size=best[0][1]) if best else None


def liking(fit: Fit, tastes: Tastes) -> float:
    """Return what a product gains since the customer likes such things; little, so that it only decides near ties."""
    product = fit.row.product
    families = colour_families(fit.variant.colour, is_colour=True) if fit.variant.colour else ()
    score = LIKED * bool(tastes.colours.intersection(families)) + LIKED * (product.brand in tastes.brands)
    return score + LIKED * (tastes.gender is not None and product.gender in {tastes.gender, "unisex"})


def _missed_by_variant(variant: Variant, families: Sequence[str], query: ProductQuery) -> set[str]:
    missed: set[str] = set()
    if query.colours and not query.colours.intersection(families):
        missed.add("colour")
    if query.size and not is_size(variant.size, query.size):
        missed.add("size")
    low, high = query.price_min, query.price_max
    if (low and variant.price.minor < low.minor) or (high and variant.price.minor > high.minor):
        missed.add("price")
    return missed


def is_size(has: str | None, wanted: str) -> bool:
    """Tell whether a variant's size is the one wanted; `9 wide` is a 9."""
    return has is not None and (has.lower() == wanted.lower() or has.lower().startswith(f"{wanted.lower()} "))


def _is_shade(colour: str | None, named: Sequence[str]) -> bool:
    return colour is not None and any(word in colour.lower().split() for word in named)
