"""What a person would buy: things made for them, in the size that fits them."""

import random
from collections.abc import Sequence

from shopfloor.shop.demo.people import Person
from shopfloor.shop.models import Product, Variant

GIFTS = 0.08
"""How often somebody buys for somebody else."""


def choose(
    throw: random.Random, person: Person, products: Sequence[Product], *, in_stock: bool = False
) -> tuple[Product, Variant]:
    """Return a product that suits a person, and the variant they would take."""
    suited = [product for product in products if _suits(product, person)]
    is_gift = throw.random() < GIFTS
    product = throw.choice(products if is_gift or not suited else suited)
    return product, _variant(throw, person, product, in_stock=in_stock)


def _suits(product: Product, person: Person) -> bool:
    return product.gender in {person.gender, "unisex", None} or (product.gender == "kids" and person.has_children)


def _variant(throw: random.Random, person: Person, product: Product, *, in_stock: bool) -> Variant:
    colour = throw.choice(product.variants).colour
    sizes = [variant for variant in product.variants if variant.colour == colour]
    there = [variant for variant in sizes if variant.stock] if in_stock else sizes
    return (there or sizes)[int(person.fit * len(there or sizes))]
