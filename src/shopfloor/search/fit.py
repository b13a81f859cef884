"""How a product meets what is looked for: which variant fits best, and which constraints it does not meet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shopfloor.language.attributes import colour_families, without
from shopfloor.language.text import stem, stems
from shopfloor.search.contract import ProductQuery
from shopfloor.shop.models import Product, Variant

COSTS = {"price": 1, "brand": 2, "features": 4, "gender": 8, "colour": 16, "size": 32}
"""The constraints that may be dropped, each costing more than all before it together.

What is in stock, of the category, and without what the customer does not want is never dropped."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelved:
    """A product as search reads it."""

    product: Product
    families: dict[str, tuple[str, ...]]
    """The basic colours of each of its colours."""
    stems: frozenset[str]
    """Of all its texts."""
    described: frozenset[str]
    """Of what it is called, made of, tagged with and best for."""
    lacking: frozenset[str]
    """The stems of what its own texts say that it does not have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """A product's best variant, and the constraints that it does not meet."""

    shelved: Shelved
    variant: Variant
    missed: frozenset[str]
    cost: int


def shelve(product: Product) -> Shelved:
    """Read a product once, for many searches."""
    colours = {variant.colour for variant in product.variants if variant.colour}
    described = [
        product.title,
        product.brand,
        product.best_for,
        product.material,
        *product.tags,
        *product.category,
        *colours,
    ]
    texts = [*described, product.description]
    lacking = (word for text in texts for word in without(text))
    return Shelved(
        product=product,
        families={colour: colour_families(colour, is_colour=True) for colour in colours},
        stems=frozenset(found for text in texts for found in stems(text)),
        described=frozenset(found for text in described for found in stems(text)),
        lacking=frozenset(map(stem, lacking)),
    )


def best_fits(shelf: Iterable[Shelved], query: ProductQuery) -> list[Fit]:
    """Return the products that meet the query, or else those that miss the least of it, all by the same measure."""
    unwanted = frozenset(map(stem, query.without))
    unwanted_colours = frozenset(family for word in query.without for family in colour_families(word))
    candidates = [
        (sum(COSTS[name] for name in missed), missed, shelved)
        for shelved in shelf
        if _is_eligible(shelved, query, unwanted)
        for missed in [_missed_by_product(shelved, query)]
    ]
    best: list[Fit] = []
    for cost, missed, shelved in sorted(candidates, key=lambda candidate: candidate[0]):
        if best and cost > best[0].cost:
            break
        fit = _best_variant(shelved, query, missed, unwanted_colours)
        if fit and (not best or fit.cost <= best[0].cost):
            best = [fit] if not best or fit.cost < best[0].cost else [*best, fit]
    return best


def _is_eligible(shelved: Shelved, query: ProductQuery, unwanted: frozenset[str]) -> bool:
    in_category = query.category is None or query.category in shelved.product.category
    return in_category and not (unwanted & shelved.stems) - shelved.lacking


def _missed_by_product(shelved: Shelved, query: ProductQuery) -> frozenset[str]:
    product = shelved.product
    missed = {"brand"} if query.brand and product.brand != query.brand else set[str]()
    if (
        query.gender
        and product.gender != query.gender
        and not (query.gender != "kids" and product.gender in (None, "unisex"))
    ):
        missed.add("gender")
    if not shelved.described.issuperset(map(stem, query.features)):
        missed.add("features")
    return frozenset(missed)


def _best_variant(
    shelved: Shelved, query: ProductQuery, missed: frozenset[str], unwanted: frozenset[str]
) -> Fit | None:
    """Return the variant that misses least; of equals the exact shade, the cheapest, the first by its SKU."""
    best: tuple[tuple[int, bool, int, str], Variant, frozenset[str]] | None = None
    for variant in shelved.product.variants:
        families = shelved.families.get(variant.colour or "", ())
        if (query.in_stock and variant.stock <= 0) or unwanted.intersection(families):
            continue
        all_missed = missed | _missed_by_variant(variant, families, query)
        is_other_shade = not _is_shade(variant.colour, query.words)
        order = (sum(COSTS[name] for name in all_missed), is_other_shade, variant.price.minor, variant.sku)
        if best is None or order < best[0]:
            best = order, variant, all_missed
    return Fit(shelved=shelved, variant=best[1], missed=best[2], cost=best[0][0]) if best else None


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
