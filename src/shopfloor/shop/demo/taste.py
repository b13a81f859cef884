"""What a person would buy: things made for them, in the size that fits them."""

import random
from collections.abc import Sequence

from shopfloor.shop.demo.people import Person
from shopfloor.shop.models import Product, Variant

GIFTS = 0.08
"""How often somebody buys for somebody else."""
TOGETHER = 0.65
"""How often what is bought besides goes with what is bought first."""
COMPANIONS = {
    "Sneakers": ("Socks", "Socks", "T-Shirts"),
    "Running Shoes": ("Socks", "Activewear", "Bottles"),
    "Boots": ("Socks", "Gloves"),
    "Dress Shoes": ("Belts", "Socks"),
    "Sandals": ("Sunglasses", "Shorts"),
    "T-Shirts": ("Jeans", "Shorts", "Hoodies"),
    "Shirts": ("Trousers", "Belts"),
    "Jeans": ("Belts", "T-Shirts"),
    "Trousers": ("Belts", "Shirts"),
    "Shorts": ("T-Shirts", "Sandals"),
    "Skirts": ("Sweaters", "T-Shirts"),
    "Dresses": ("Sandals", "Scarves", "Hats"),
    "Hoodies": ("Hats", "T-Shirts"),
    "Sweaters": ("Scarves", "Jeans"),
    "Jackets": ("Scarves", "Gloves", "Hats"),
    "Raincoats": ("Boots", "Hats"),
    "Activewear": ("Bottles", "Running Shoes"),
    "Socks": ("Sneakers", "Underwear"),
    "Underwear": ("Socks",),
    "Hats": ("Gloves", "Scarves"),
    "Gloves": ("Hats", "Scarves"),
    "Scarves": ("Gloves", "Hats"),
    "Belts": ("Jeans", "Wallets"),
    "Wallets": ("Belts",),
    "Watches": ("Wallets",),
    "Sunglasses": ("Hats", "Sandals"),
    "Backpacks": ("Bottles", "Raincoats"),
    "Totes": ("Bottles", "Sunglasses"),
    "Tents": ("Sleeping Bags", "Lamps"),
    "Sleeping Bags": ("Tents", "Lamps"),
    "Bottles": ("Backpacks",),
    "Lamps": ("Tents", "Sleeping Bags"),
    "Blankets": ("Candles", "Mugs"),
    "Mugs": ("Candles", "Blankets"),
    "Candles": ("Mugs", "Blankets"),
    "Towels": ("Candles",),
}
"""What goes with what, by category; named twice where it does so more often."""


def choose(
    throw: random.Random, person: Person, products: Sequence[Product], *, in_stock: bool = False
) -> tuple[Product, Variant]:
    """Return a product that suits a person, and the variant they would take."""
    suited = [product for product in products if _suits(product, person)]
    is_gift = throw.random() < GIFTS
    product = throw.choice(products if is_gift or not suited else suited)
    return product, _variant(throw, person, product, in_stock=in_stock)


def companion(throw: random.Random, first: Product) -> str | None:
    """Return the category of what somebody takes besides, or None where they take anything at all."""
    goes_with = COMPANIONS.get(first.category[-1], ())
    return throw.choice(goes_with) if goes_with and throw.random() < TOGETHER else None


def _suits(product: Product, person: Person) -> bool:
    return product.gender in {person.gender, "unisex", None} or (product.gender == "kids" and person.has_children)


def _variant(throw: random.Random, person: Person, product: Product, *, in_stock: bool) -> Variant:
    colour = throw.choice(product.variants).colour
    sizes = [variant for variant in product.variants if variant.colour == colour]
    there = [variant for variant in sizes if variant.stock] if in_stock else sizes
    return (there or sizes)[int(person.fit * len(there or sizes))]
