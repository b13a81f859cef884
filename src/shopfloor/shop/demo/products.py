"""The products of the demo shop, read from `products.csv`.

A variant is a colour in a size; its stock follows from its SKU, so that it is the same in every run.
"""

import csv
import re
import zlib
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from importlib import resources
from itertools import product as pairs

from pydantic import TypeAdapter

from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop.models import Gender, Product, Variant

CURRENCY = "USD"
MOST = 40
"""The most pieces of a variant."""
FEW = 3
"""The most pieces of a variant that runs low; about one in ten does."""

LEAST_COST, MOST_COST = 35, 60
"""Percent of its full price that a product costs the shop."""


def demo_products() -> tuple[Product, ...]:
    """Return the demo shop's products."""
    file = resources.files("shopfloor.shop.demo").joinpath("products.csv")
    return read_products(file.read_text(encoding="utf-8").splitlines(keepends=True))


def read_products(lines: Iterable[str]) -> tuple[Product, ...]:
    """Read products from the lines of a CSV file.

    Raises:
        InvalidInput: a sold-out entry that names no variant, or two variants with one SKU.
    """
    products = tuple(_product(row) for row in csv.DictReader(lines))
    uses = Counter(variant.sku for product in products for variant in product.variants)
    twice = [sku for sku, count in uses.items() if count > 1]
    if twice:
        raise InvalidInput(f"two variants share a SKU: {', '.join(twice)}")
    return products


def _product(row: dict[str, str]) -> Product:
    return Product(
        id=ProductId(row["id"]),
        title=row["title"],
        brand=row["brand"],
        category=tuple(part.strip() for part in row["category"].split(">")),
        gender=TypeAdapter[Gender](Gender).validate_python(row["gender"]) if row["gender"] else None,
        description=row["description"],
        best_for=row["best_for"],
        material=row["material"],
        care=row["care"],
        tags=_parts(row["tags"]),
        rating=float(row["rating"]) if row["rating"] else None,
        review_count=int(row["reviews"] or 0),
        variants=_variants(row),
    )


def _variants(row: dict[str, str]) -> tuple[Variant, ...]:
    price, compare_at = _money(row["price"]), _money(row["compare_at"]) if row["compare_at"] else None
    colours, sizes = _parts(row["colours"]) or (None,), _parts(row["sizes"]) or (None,)
    gone = set(_parts(row["sold_out"]))
    names = {(colour, size): _name(colour, size) for colour, size in pairs(colours, sizes)}
    if not gone <= set(names.values()):
        raise InvalidInput(f"{row['id']}: sold_out names no variant: {', '.join(gone - set(names.values()))}")
    variants: list[Variant] = []
    for (colour, size), name in names.items():
        sku = Sku("-".join(_code(part) for part in (row["id"], colour, size) if part))
        stock = 0 if name in gone else _stock(sku)
        variants.append(
            Variant(
                sku=sku,
                colour=colour,
                size=size,
                price=price,
                compare_at=compare_at,
                cost=_cost(row["id"], compare_at or price),
                stock=stock,
            )
        )
    return tuple(variants)


def _name(colour: str | None, size: str | None) -> str:
    """Return what `sold_out` calls a variant: `red/9`, `red` without a size, `/9` without a colour."""
    return f"{colour or ''}/{size}" if size else colour or ""


def _stock(sku: Sku) -> int:
    number = zlib.crc32(f"stock of {sku}".encode())
    place = number // 10
    return 1 + place % FEW if number % 10 == 0 else FEW + 1 + place % (MOST - FEW)


def _cost(product: str, full_price: Money) -> Money:
    """Return what the shop pays for a product, which follows from its id."""
    percent = LEAST_COST + zlib.crc32(f"cost of {product}".encode()) % (MOST_COST - LEAST_COST)
    return Money(full_price.currency, full_price.minor * percent // 100)


def _code(text: str) -> str:
    return re.sub(r"[^A-Z0-9.]", "", text.upper())


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())


def _money(text: str) -> Money:
    return Money(CURRENCY, int(Decimal(text) * 100))
