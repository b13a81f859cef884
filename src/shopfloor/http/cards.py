"""What of a tool's result a customer's page may show as a card: named fields and nothing else."""

from collections.abc import Mapping, Sequence
from typing import cast

from pydantic import JsonValue

Shown = Mapping[str, "Shown | None"]
"""Fields by name, with the fields inside them; None for a field that is shown whole."""

MONEY: Shown = {"currency": None, "minor": None}
VARIANT: Shown = {"sku": None, "colour": None, "size": None, "label": None, "price": MONEY, "compare_at": MONEY}
PRODUCT: Shown = {
    "id": None,
    "product_id": None,
    "title": None,
    "brand": None,
    "category": None,
    "best_for": None,
    "rating": None,
    "review_count": None,
    "reasons": None,
    "in_stock": None,
    "colours": None,
    "colours_in_stock": None,
    "sizes": None,
    "sizes_in_stock": None,
    "price_from": MONEY,
    "price_to": MONEY,
    "variant": VARIANT,
}
LINE: Shown = {
    "sku": None,
    "product_id": None,
    "title": None,
    "colour": None,
    "size": None,
    "quantity": None,
    "unit_price": MONEY,
}
SHIPMENT: Shown = {
    "carrier": None,
    "tracking_id": None,
    "tracking_url": None,
    "state": None,
    "shipped_at": None,
    "expected_on": None,
    "delivered_at": None,
    "skus": None,
}
REFUND: Shown = {"amount": MONEY, "method": None, "state": None, "created_at": None, "settled_at": None}
ORDER: Shown = {
    "number": None,
    "placed_at": None,
    "state": None,
    "payment_state": None,
    "lines": LINE,
    "subtotal": MONEY,
    "discount": MONEY,
    "shipping": MONEY,
    "tax": MONEY,
    "total": MONEY,
    "shipments": SHIPMENT,
    "refunds": REFUND,
    "cancelled_at": None,
}

Card = tuple[str, dict[str, JsonValue]]
"""An activity's type, and its content."""


def cards(output: JsonValue) -> list[Card]:
    """Return the cards that a tool's result makes."""
    if not isinstance(output, dict):
        return []
    found: list[Card] = []
    products = output.get("products") or ([output["product"]] if output.get("product") else [])
    if isinstance(products, list) and products:
        found.append(("PRODUCTS", {"products": [_product(product) for product in products]}))
    order = output.get("order")
    if isinstance(order, dict):
        found.append(("ORDER", {"order": _shown(order, ORDER)}))
    return found


def _product(product: JsonValue) -> JsonValue:
    shown = _shown(product, PRODUCT)
    variant = product.get("variant") if isinstance(product, dict) else None
    if isinstance(shown, dict) and isinstance(variant, dict) and "in_stock" not in shown:
        stock = variant.get("stock")  # how many there are is the shop's own business
        shown["in_stock"] = isinstance(stock, int) and stock > 0
    return shown


def _shown(value: JsonValue, fields: Shown | None) -> JsonValue:
    """Return what may be shown of a value."""
    if fields is None:
        return value if not isinstance(value, dict) and not _holds_objects(value) else None
    if isinstance(value, list):
        return [_shown(one, fields) for one in value]
    if not isinstance(value, dict):
        return None
    return {name: _shown(value[name], inside) for name, inside in fields.items() if name in value}


def _holds_objects(value: JsonValue) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict | list) for one in cast("Sequence[JsonValue]", value))
