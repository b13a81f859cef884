"""How a product meets what is looked for: which variant fits best, and which constraints it does not meet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shopfloor.language.attributes import colour_families, without
from shopfloor.language.text import stem, stems
from shopfloor.search.contract import NO_TASTES, ProductQuery, Tastes
from shopfloor.shop.garments import garment_of
from shopfloor.shop.models import Product, Variant

COSTS = {"price": 1, "brand": 2, "features": 4, "gender": 8, "colour": 16, "size": 32}
"""The constraints that may be dropped, each costing more than all before it together.

What is in stock, of the category, and without what the customer does not want is never dropped."""
LIKED = 0.05
"""What it adds when the customer is known to like the colour or the brand, or to wear what is made for its wearers."""


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
    is_other_size: bool = False
    """Whether it is not to be had in the size that the customer is known to wear."""


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


def best_fits(shelf: Iterable[Shelved], query: ProductQuery, tastes: Tastes = NO_TASTES) -> list[Fit]:
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
        fit = _best_variant(shelved, query, missed, unwanted_colours, tastes)
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
    shelved: Shelved, query: ProductQuery, missed: frozenset[str], unwanted: frozenset[str], tastes: Tastes
) -> Fit | None:
    """Return the variant that misses least.

    Of equals it is the one in the customer's size, of the exact shade, in a colour they like, the cheapest, the first
    by its SKU.
    """
    best: tuple[tuple[int, bool, bool, bool, int, str], Variant, frozenset[str]] | None = None
    garment = garment_of(shelved.product.category) if tastes.sizes else None
    own_size = tastes.sizes.get(garment) if garment and not query.size else None
    for variant in shelved.product.variants:
        families = shelved.families.get(variant.colour or "", ())
        if (query.in_stock and variant.stock <= 0) or unwanted.intersection(families):
            continue
        all_missed = missed | _missed_by_variant(variant, families, query)
        is_other_shade = not _is_shade(variant.colour, query.words)
        is_other_size = own_size is not None and variant.size is not None and not is_size(variant.size, own_size)
        is_unliked = bool(tastes.colours) and not tastes.colours.intersection(families)
        cost = sum(COSTS[name] for name in all_missed)
        order = (cost, is_other_size, is_other_shade, is_unliked, variant.price.minor, variant.sku)
        if best is None or order < best[0]:
            best = order, variant, all_missed
    if best is None:
        return None
    return Fit(shelved=shelved, variant=best[1], missed=best[2], cost=best[0][0], is_other_size=best[0][1])


def liking(fit: Fit, tastes: Tastes) -> float:
    """Return what a product gains since the customer likes such things; little, so that it only decides near ties."""
    product = fit.shelved.product
    families = fit.shelved.families.get(fit.variant.colour or "", ())
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
