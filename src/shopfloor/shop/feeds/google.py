"""Rows by the names of Google's product data specification, as shop systems export them for Google and others."""

from collections.abc import Mapping
from datetime import datetime

from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.money import Money
from shopfloor.shop.feeds.parts import PLEASE, ProductPart, VariantPart, read_money

ALSO = {
    "sku": "id",
    "colour": "color",
    "stock": "quantity",
    "inventory": "quantity",
    "sell_on_google_quantity": "quantity",
    "cost": "cost_of_goods_sold",
}
"""Other names of columns."""
USED = frozenset(
    {
        "id", "title", "item_group_title", "description", "price", "sale_price", "sale_price_effective_date",
        "availability", "quantity", "brand", "color", "size", "pattern", "gender", "age_group", "material",
        "item_group_id", "product_type", "google_product_category", "cost_of_goods_sold", "product_detail",
    }
)  # fmt: skip
GENDERS = {"male": "men", "men": "men", "female": "women", "women": "women", "unisex": "unisex", "kids": "kids"}
CHILDREN = frozenset({"newborn", "infant", "toddler", "kids"})
AVAILABLE = {"in_stock": True, "out_of_stock": False, "preorder": False, "backorder": False}
"""What can be had now. What is only ordered ahead cannot."""
Fields = dict[str, object]


def column(name: str) -> str:
    """Return a column's name as it is known here: `Item Group ID` and `g:item_group_id` are the same."""
    plain = "_".join(name.strip().lower().removeprefix("g:").split())
    return ALSO.get(plain, plain)


def names_of(cells: Mapping[str, str]) -> tuple[str, str]:
    """Return the product and the variant that a row is about."""
    sku = cells["id"].strip()
    return cells.get("item_group_id", "").strip() or sku, sku


def read(cells: Mapping[str, str], now: datetime) -> tuple[ProductPart, VariantPart]:
    """Read a row, its cells by the names of their columns.

    Raises:
        InvalidInput: a cell cannot be used.
        ValueError: the same.
    """
    id_, sku = names_of(cells)
    if not sku:
        raise InvalidInput("it has no id")
    product: Fields = {"id": id_} | _copied(cells, "description", "brand", "material")
    if title := cells.get("item_group_title", "").strip() or cells.get("title", "").strip():
        product["title"] = title
    if "product_type" in cells or "google_product_category" in cells:
        product["category"] = _category(cells)
    if "gender" in cells or "age_group" in cells:
        product["gender"] = _gender(cells)
    if "product_detail" in cells:
        product["attributes"] = _details(cells["product_detail"])
    variant: Fields = {"sku": sku} | _prices(cells, now) | _stock(cells)
    for name, of in (("colour", "color"), ("size", "size")):
        if of in cells:
            variant[name] = cells[of].strip() or None
    if "pattern" in cells:
        variant["options"] = {"pattern": pattern} if (pattern := cells["pattern"].strip()) else {}
    return ProductPart.model_validate(product), VariantPart.model_validate(variant)


def _copied(cells: Mapping[str, str], *names: str) -> Fields:
    return {name: cells[name] for name in names if name in cells}


def _category(cells: Mapping[str, str]) -> list[str]:
    """Return the path of the merchant's own kind; Google's where there is none, unless it is a number only."""
    google = cells.get("google_product_category", "").strip()
    path = cells.get("product_type", "").strip() or ("" if google.isdecimal() else google)
    return [part for each in path.split(">") if (part := each.strip())]


def _gender(cells: Mapping[str, str]) -> str | None:
    if cells.get("age_group", "").strip().lower() in CHILDREN:
        return "kids"
    said = cells.get("gender", "").strip().lower()
    if said and said not in GENDERS:
        raise InvalidInput(f"gender {said!r} is not known: write male, female or unisex")
    return GENDERS.get(said)


def _details(text: str) -> dict[str, str]:
    """Read `section:name:value` or `name:value`, divided by commas; a comma may stand in a value too."""
    details: dict[str, str] = {}
    name = ""
    for piece in text.split(","):
        *before, value = piece.split(":", 2)
        if before:
            name = before[-1].strip()
            details[name] = value.strip()
        elif name:
            details[name] += f",{piece}"
    return {name: value for name, value in details.items() if name and value}


def _prices(cells: Mapping[str, str], now: datetime) -> Fields:
    prices: Fields = {}
    if "price" in cells:
        if not cells["price"].strip():
            raise InvalidInput(f"it has no price: {PLEASE}")
        price, sale = read_money(cells["price"]), _sale_price(cells, now)
        is_reduced = sale is not None and sale < price
        prices = {"price": sale if is_reduced else price, "compare_at": price if is_reduced else None}
    if "cost_of_goods_sold" in cells:
        cost = cells["cost_of_goods_sold"].strip()
        prices["cost"] = read_money(cost) if cost else None
    return prices


def _sale_price(cells: Mapping[str, str], now: datetime) -> Money | None:
    """Return the reduced price where there is one that holds now."""
    dates = cells.get("sale_price_effective_date", "").strip()
    if not (said := cells.get("sale_price", "").strip()):
        return None
    if dates:
        begins, _, ends = (part.strip() for part in dates.partition("/"))
        try:
            if not datetime.fromisoformat(begins) <= now <= datetime.fromisoformat(ends):
                return None
        except (ValueError, TypeError):
            raise InvalidInput(
                "sale_price_effective_date is no time span: write it like 2026-11-24T00:00+00:00/2026-11-30T23:59+00:00"
            ) from None
    return read_money(said)


def _stock(cells: Mapping[str, str]) -> Fields:
    """Return how many pieces can be sold; where only that is said, whether there are any."""
    if "quantity" not in cells and "availability" not in cells:
        return {}
    said = "_".join(cells.get("availability", "").lower().split())
    if said and said not in AVAILABLE:
        raise InvalidInput(f"availability {said!r} is not known: write {', '.join(AVAILABLE)}")
    pieces = cells.get("quantity", "").strip()
    if not pieces and not said:
        raise InvalidInput("it says neither how many there are nor whether there are any")
    if not pieces:
        return {"stock": int(AVAILABLE[said]), "tracks_stock": False}
    if pieces.startswith("-"):
        raise InvalidInput(f"a stock of {pieces} is negative: 0 means sold out")
    if not (pieces.isascii() and pieces.isdecimal()):
        raise InvalidInput(f"a stock of {pieces!r} is no whole number")
    return {"stock": int(pieces) if AVAILABLE.get(said, True) else 0, "tracks_stock": True}
