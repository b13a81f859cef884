"""How the shop's nouns look in a tool's output: plain JSON with what a reader would otherwise have to work out."""

from typing import cast

from pydantic import JsonValue, TypeAdapter
from pydantic.main import IncEx

from shopfloor.kernel.money import Money
from shopfloor.search.contract import ProductHit
from shopfloor.shop import rules
from shopfloor.shop.models import Address, Order, OrderLine, Product, Promotion, Return, Variant

View = dict[str, JsonValue]

_ORDER = TypeAdapter(Order)
_RETURN = TypeAdapter(Return)
_PRODUCT = TypeAdapter(Product)
_VARIANT = TypeAdapter(Variant)
_ADDRESS = TypeAdapter(Address)
_PROMOTION = TypeAdapter(Promotion)
NO_METHOD_IDS: IncEx = {
    "payment_method_id": True,
    "payments": {"__all__": {"method_id"}},
    "refunds": {"__all__": {"method_id"}},
}
NO_COST: IncEx = {"cost"}
NO_COSTS: IncEx = {"variants": {"__all__": NO_COST}}


def money_view(money: Money) -> View:
    """Write an amount."""
    return {"currency": money.currency, "minor": money.minor}


def address_view(address: Address) -> View:
    """Write an address, with `one_line`."""
    return {**_ADDRESS.dump_python(address, mode="json"), "one_line": address.one_line()}


def order_view(order: Order) -> View:
    """Write an order, with its totals and whether it can still be changed, else why not.

    The ids of ways to pay are left out: a gift card's is its code, and whoever has that can spend it.
    """
    view: View = _ORDER.dump_python(order, mode="json", exclude=NO_METHOD_IDS)
    view["subtotal"] = money_view(order.subtotal)
    view["total"] = money_view(order.total)
    view["shipping_address"] = address_view(order.shipping_address)
    view["is_changeable"] = rules.is_changeable(order)
    view["unchangeable"] = rules.unchangeable(order)
    return view


def order_line_view(order: Order) -> View:
    """Write what tells one order of a list from another."""
    return {
        "number": order.number,
        "placed_at": order.placed_at.isoformat(),
        "state": order.state,
        "total": money_view(order.total),
        "titles": [line.title for line in order.lines],
        "is_changeable": rules.is_changeable(order),
    }


def return_view(returned: Return) -> View:
    """Write a return, without the id of a way to pay."""
    return cast(View, _RETURN.dump_python(returned, mode="json", exclude={"payment_method_id"}))


def variant_view(variant: Variant) -> View:
    """Write a variant, with a `label` such as `red, size 9, leather`, without what it costs the shop."""
    return {**_VARIANT.dump_python(variant, mode="json", exclude=NO_COST), "label": looks(variant)}


def looks(of: Variant | OrderLine) -> str:
    """Write what tells a variant from its sisters: `red, size 9, leather`; empty where nothing does."""
    size = f"size {of.size}" if of.size else None
    return ", ".join(part for part in (of.colour, size, *(value for _, value in of.options)) if part)


def line_name(line: OrderLine) -> str:
    """Write what a position is: `Harbour Runner (red, size 9)`."""
    return f"{line.title} ({looks(line)})" if looks(line) else line.title


def product_view(product: Product) -> View:
    """Write a product, with the colours and sizes that can be bought now and its price range, without its costs."""
    view: View = _PRODUCT.dump_python(product, mode="json", exclude=NO_COSTS)
    in_stock = [variant for variant in product.variants if variant.stock > 0]
    prices = [variant.price for variant in in_stock or product.variants]
    view["colours"] = _distinct(variant.colour for variant in product.variants)
    view["sizes"] = _distinct(variant.size for variant in product.variants)
    view["sizes_in_stock"] = _distinct(variant.size for variant in in_stock)
    view["colours_in_stock"] = _distinct(variant.colour for variant in in_stock)
    view["price_from"] = money_view(min(prices))
    view["price_to"] = money_view(max(prices))
    view["in_stock"] = bool(in_stock)
    return view


def hit_view(hit: ProductHit) -> View:
    """Write a product found: its name, the fitting variant, what else can be had, and why it was found."""
    variant = next(variant for variant in hit.product.variants if variant.sku == hit.sku)
    in_stock = [other for other in hit.product.variants if other.stock > 0]
    return {
        "product_id": hit.product.id,
        "title": hit.product.title,
        "brand": hit.product.brand,
        "category": list(hit.product.category),
        "best_for": hit.product.best_for,
        "colours_in_stock": _distinct(other.colour for other in in_stock),
        "sizes_in_stock": _distinct(other.size for other in in_stock if other.colour == variant.colour),
        "variant": variant_view(variant),
        "rating": hit.product.rating,
        "review_count": hit.product.review_count,
        "reasons": list(hit.reasons),
    }


def promotion_view(promotion: Promotion) -> View:
    """Write a promotion."""
    return cast(View, _PROMOTION.dump_python(promotion, mode="json"))


def _distinct(values: "object") -> JsonValue:
    return list(dict.fromkeys(value for value in cast("list[str | None]", values) if value))
