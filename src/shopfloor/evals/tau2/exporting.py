"""A shop's objects in the domain's own shape, so that they can be held against what it expects.

There, what is taken back stands on its order, and what was paid and given back in one list.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from pydantic import JsonValue

from shopfloor.evals.tau2.data import Domain, User
from shopfloor.evals.tau2.importing import STATES, country_of, full_name, order_id_of
from shopfloor.evals.tau2.standing import HeldCustomer, HeldOrder, Standing
from shopfloor.kernel.money import Money
from shopfloor.shop.models import Address, GiftCard, Options, Order, OrderLine, PaymentMethod, Product, Return, Shipment
from shopfloor.shop.rules import GONE

Shape = dict[str, JsonValue]
"""An object of the domain."""
STATUSES: Mapping[str, str] = {ours: theirs for theirs, ours in STATES.items()}
ITEMS_CHANGED = "pending (item modified)"
REQUESTED: Mapping[str, str] = {"refund": "return requested", "exchange": "exchange requested"}
SOURCES: Mapping[str, str] = {"card": "credit_card", "paypal": "paypal"}


class Exporter:
    """Writes objects as the domain has them."""

    def __init__(self, domain: Domain) -> None:
        """Take the database that the shop was made of: it says how countries and names are spelled."""
        self._domain = domain
        places = [user.address for user in domain.users.values()] + [one.address for one in domain.orders.values()]
        self._countries = {country_of(place.country): place.country for place in places}

    def shapes(self, standing: Standing) -> dict[tuple[str, str], Shape]:
        """Return all objects by sort and id: `("orders", "#W1")`."""
        return {
            **{("products", id_): self.product(one) for id_, one in standing.products.items()},
            **{("users", id_): self.user(one) for id_, one in standing.customers.items()},
            **{("orders", order_id_of(number)): self.order(one) for number, one in standing.orders.items()},
        }

    def product(self, product: Product) -> Shape:
        """Return a product."""
        variants: Shape = {
            variant.sku: {
                "item_id": variant.sku,
                "options": _options(variant.colour, variant.size, variant.options),
                "available": variant.stock > 0,
                "price": _amount(variant.price),
            }
            for variant in product.variants
        }
        return {"name": product.title, "product_id": product.id, "variants": variants}

    def user(self, held: HeldCustomer) -> Shape:
        """Return a customer with their ways to pay."""
        customer = held.customer
        known = self._domain.users[customer.id]
        methods = {method.id: method for method in customer.payment_methods}
        cards = {card.id: card for card in held.gift_cards}
        # Ours have no common order, so theirs is kept; what is new stands at the end.
        ids = dict.fromkeys([*known.payment_methods, *methods, *cards])
        ways: Shape = {}
        for id_ in ids:
            if id_ in cards:
                ways[id_] = _gift_card(cards[id_])
            elif id_ in methods:
                ways[id_] = _method(known, methods[id_])
        return {
            "user_id": customer.id,
            "name": _name(known, customer.name),
            "address": self._address(customer.address),
            "email": customer.email,
            "payment_methods": ways,
            "orders": list[JsonValue](known.orders),
        }

    def order(self, held: HeldOrder) -> Shape:
        """Return an order, with what is asked to be taken back of it."""
        order = held.order
        back = [one for one in held.returns if one.state not in GONE]
        return {
            "order_id": order_id_of(order.number),
            "user_id": order.customer_id,
            "address": self._address(order.shipping_address),
            "items": [_item(line) for line in order.lines for _ in range(line.quantity)],
            "status": _status(order, back),
            "fulfillments": _fulfilments(order.shipments),
            "payment_history": _payment_history(order),
            "cancel_reason": order.cancel_reason,
            **_exchange([one for one in back if one.kind == "exchange"], order),
            **_return([one for one in back if one.kind == "refund"], order),
        }

    def _address(self, address: Address) -> Shape:
        return {
            "address1": address.line1,
            "address2": address.line2,
            "city": address.city,
            "country": self._countries.get(address.country, address.country),
            "state": address.region,
            "zip": address.postal_code,
        }


def _amount(money: Money) -> float:
    return money.minor / 100


def _options(colour: str | None, size: str | None, others: Options) -> Shape:
    named = (("color", colour), ("size", size), *others)
    return {name: value for name, value in named if value is not None}


def _name(known: User, name: str) -> Shape:
    """Return a name in its two parts; ours is one, so they are those of the database while it is the same."""
    if name == full_name(known):
        return {"first_name": known.name.first_name, "last_name": known.name.last_name}
    first, _, last = name.partition(" ")
    return {"first_name": first, "last_name": last}


def _gift_card(card: GiftCard) -> Shape:
    return {"source": "gift_card", "id": card.id, "balance": _amount(card.balance)}


def _method(known: User, method: PaymentMethod) -> Shape:
    shape: Shape = {"source": SOURCES.get(method.kind, method.kind), "id": method.id}
    theirs = known.payment_methods.get(method.id)
    if theirs and method.kind == "card":  # the shop keeps them as one label only
        shape |= {"brand": theirs.brand, "last_four": theirs.last_four}
    return shape


def _item(line: OrderLine) -> Shape:
    return {
        "name": line.title,
        "product_id": line.product_id,
        "item_id": line.sku,
        "price": _amount(line.unit_price),
        "options": _options(line.colour, line.size, line.options),
    }


def _status(order: Order, back: Sequence[Return]) -> str:
    if back:
        return REQUESTED[back[-1].kind]
    if order.state == "pending" and order.items_changed_at:
        return ITEMS_CHANGED
    return STATUSES.get(order.state, order.state)


def _fulfilments(parcels: Sequence[Shipment]) -> list[JsonValue]:
    groups = [list(group) for _, group in groupby(parcels, key=lambda parcel: parcel.id)]
    return [
        {
            "tracking_id": list[JsonValue](parcel.tracking_id for parcel in group),
            "item_ids": list[JsonValue](group[0].skus),
        }
        for group in groups
    ]


def _payment_history(order: Order) -> list[JsonValue]:
    """Return what was paid and given back in the order in which it was; of one instant the payments first."""
    paid = [(one.at, "payment", one.amount, one.method_id) for one in order.payments]
    back = [
        (one.created_at, "refund", one.amount, one.method_id or order.payment_method_id)
        for one in order.refunds
        if one.state != "failed"
    ]
    entries = sorted([*paid, *back], key=lambda entry: (entry[0], entry[1]))
    return [
        {"transaction_type": kind, "amount": _amount(amount), "payment_method_id": method_id}
        for _, kind, amount, method_id in entries
    ]


def _exchange(back: Sequence[Return], order: Order) -> Shape:
    lines = [line for one in back for line in one.lines]
    differences = [one.difference for one in back if one.difference]
    return {
        "exchange_items": _sorted(line.sku for line in lines for _ in range(line.quantity)),
        "exchange_new_items": _sorted(line.exchange_sku or "" for line in lines for _ in range(line.quantity)),
        "exchange_payment_method_id": _method_of(back, order),
        "exchange_price_difference": sum(one.minor for one in differences) / 100 if back else None,
    }


def _return(back: Sequence[Return], order: Order) -> Shape:
    lines = [line for one in back for line in one.lines]
    return {
        "return_items": _sorted(line.sku for line in lines for _ in range(line.quantity)),
        "return_payment_method_id": _method_of(back, order),
    }


def _method_of(back: Sequence[Return], order: Order) -> str | None:
    return (back[-1].payment_method_id or order.payment_method_id) if back else None


def _sorted(ids: Iterable[str]) -> JsonValue:
    """Return ids in their order, as the domain has them; None where there are none."""
    return list[JsonValue](sorted(ids)) or None
