"""Catalogues as Parquet files, queries as CSV, and what is found for them: the extra `evals`.

A row of a catalogue is a product in one variant. `product_id` and `title` must be there; `brand`, `category` (its parts
divided by ` > `), `color`, `description`, `price`, `rating` and `rating_count` are what a shop knows them as, and any
other column of texts is an attribute. A row that lacks what must be there, or has an earlier one's id, is left out.
"""

# pyarrow brings no types, and makes most of its functions when it is imported.
# pyright: reportAttributeAccessIssue=false, reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from shopfloor.evals.parquet import read_table
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop.models import Product, Variant

KNOWN = {
    "product_id", "title", "brand", "category", "color", "description", "price", "rating", "rating_count",
}  # fmt: skip
CURRENCY = "USD"


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What a file holds."""

    products: Sequence[Product]
    left_out: Sequence[tuple[int, str]]
    """The rows that are not taken, counted from 1, each with the reason."""
    without_price: int
    """How many products have none; they cost nothing here."""


def read_products(path: str) -> Held:
    """Return the products of a file; of rows with the same id the first counts.

    Raises:
        InvalidInput: naming the file and what is wrong with it as a whole.
    """
    table = read_table(path, ("product_id", "title"))
    texts = [
        field.name
        for field in table.schema
        if field.name not in KNOWN and (pa.types.is_string(field.type) or pa.types.is_large_string(field.type))
    ]
    products: dict[ProductId, Product] = {}
    left_out: list[tuple[int, str]] = []
    without_price = 0
    for number, row in enumerate(table.to_pylist(), 1):
        if row["product_id"] in (None, "") or row["title"] is None:
            left_out.append((number, "it has no product_id or no title"))
        elif (id_ := ProductId(str(row["product_id"]))) in products:
            left_out.append((number, f"the product_id {id_} is taken by an earlier row"))
        else:
            products[id_] = _product(row, texts)
            without_price += _number(row.get("price")) is None
    return Held(products=tuple(products.values()), left_out=left_out, without_price=without_price)


def read_queries(text: str, where: str) -> list[tuple[str, str]]:
    """Return the ids and texts of queries, from CSV with the columns `query_id` and `query`.

    Raises:
        InvalidInput: naming the file and what is wrong with it.
    """
    rows = csv.DictReader(io.StringIO(text))
    if missing := {"query_id", "query"} - set(rows.fieldnames or ()):
        raise InvalidInput(f"{where} lacks the columns {', '.join(sorted(missing))} in its first line")
    return [(row["query_id"], row["query"] or "") for row in rows]


def _product(row: Mapping[str, Any], texts: list[str]) -> Product:
    id_ = str(row["product_id"])
    price, rating, ratings = (_number(row.get(name)) for name in ("price", "rating", "rating_count"))
    variant = Variant(
        sku=Sku(id_),
        colour=row.get("color") or None,
        price=Money(CURRENCY, round(100 * (price or 0.0))),
        stock=1,
    )
    return Product(
        id=ProductId(id_),
        title=row["title"],
        brand=row.get("brand") or "",
        category=tuple(part for part in (row.get("category") or "").split(" > ") if part),
        description=row.get("description") or "",
        best_for="",
        attributes=tuple((name.replace("_", " "), row[name]) for name in texts if row[name]),
        rating=rating,
        review_count=int(ratings or 0),
        variants=(variant,),
    )


def _number(value: object) -> float | None:
    """Return a number, or None where there is none; one that is absent may come as NaN."""
    return float(value) if isinstance(value, (int, float)) and not math.isnan(value) else None
