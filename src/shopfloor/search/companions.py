"""Choosing what to suggest beside what somebody buys: it fits who wears it, in size, colour and price."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from shopfloor.kernel.money import Money
from shopfloor.language.attributes import colour_families
from shopfloor.language.text import stems
from shopfloor.search.fit import is_size
from shopfloor.search.harmony import CLASH, harmony
from shopfloor.shop.models import Gender, Product, Variant

FOR_ALL: frozenset[Gender | None] = frozenset({"unisex", None})
KINSHIP = 0.15
"""What each word counts that a suggestion's tags and praise share with what it goes with."""
MOST_KINSHIP = 3
COLOUR = 0.5
"""What perfect harmony counts."""
STARS = 0.2
"""What five stars count."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One thing of a basket."""

    product: Product
    variant: Variant


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a suggestion has to meet."""

    beside: Item
    """What it goes with."""
    basket: tuple[Item, ...]
    """What it lies beside; none of these is suggested."""
    price_max: Money | None
    """None for any price."""
    size: str | None = None
    """As asked for; None where nobody named one."""
    colours: frozenset[str] = frozenset()
    """As asked for; empty where nobody named one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Companion:
    """A suggestion."""

    product: Product
    variant: Variant
    has_size: bool
    """Whether the variant has the size that was asked for, or that of what it goes with."""
    score: float
    """Higher is better; comparable for one basket only."""


def wearers(basket: Collection[Item]) -> frozenset[Gender | None]:
    """Return for whom things may be made that go with a basket: for those it is for, or for everybody."""
    named: set[Gender | None] = {item.product.gender for item in basket}
    only = named - FOR_ALL
    return FOR_ALL.union(only) if len(only) == 1 else FOR_ALL


def companions(products: Iterable[Product], wanted: Wanted) -> Sequence[Companion]:
    """Return what of some products can be suggested, the best first, then by id."""
    basket = {item.product.id for item in (*wanted.basket, wanted.beside)}
    suited = wearers([*wanted.basket, wanted.beside] if wanted.beside.product.gender in FOR_ALL else [wanted.beside])
    found = [
        each
        for product in products
        if product.id not in basket and product.gender in suited and (each := _companion(product, wanted))
    ]
    return sorted(found, key=lambda each: (-each.score, each.product.id))


def _companion(product: Product, wanted: Wanted) -> Companion | None:
    """Return a product with its variant that goes best, or None where none does."""
    size = wanted.size or _shared_size(product, wanted.beside)
    choice = [variant for variant in product.variants if _is_possible(variant, wanted, size)]
    if not choice:
        return None
    colours = [wanted.beside.variant.colour]
    best = max(choice, key=lambda variant: (harmony(variant.colour, colours), -variant.price.minor, variant.sku))
    agreement = harmony(best.colour, colours)
    if agreement == CLASH and not wanted.colours:
        return None
    kin = set(stems(" ".join((product.best_for, *product.tags)))) & _words(wanted.beside.product)
    score = COLOUR * agreement + KINSHIP * min(len(kin), MOST_KINSHIP) + STARS * (product.rating or 0.0) / 5
    return Companion(product=product, variant=best, has_size=size is not None, score=round(score, 6))


def _is_possible(variant: Variant, wanted: Wanted, size: str | None) -> bool:
    if variant.stock < 1 or (size and not is_size(variant.size, size)):
        return False
    if wanted.colours and not wanted.colours & frozenset(colour_of(variant)):
        return False
    limit = wanted.price_max
    return limit is None or (variant.price.currency == limit.currency and variant.price <= limit)


def _shared_size(product: Product, beside: Item) -> str | None:
    """Return the size of what it goes with, where the product comes in such sizes at all."""
    size = beside.variant.size
    is_same_kind = product.category[:1] == beside.product.category[:1]
    return size if size and is_same_kind and any(is_size(variant.size, size) for variant in product.variants) else None


def colour_of(variant: Variant) -> tuple[str, ...]:
    """Return the basic colours of a variant."""
    return colour_families(variant.colour, is_colour=True) if variant.colour else ()


def _words(product: Product) -> set[str]:
    texts = (product.title, product.best_for, *product.tags, *product.category)
    return set(stems(" ".join(texts)))
