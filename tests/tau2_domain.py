"""A small shop in the form of the retail domain of tau2-bench, made up for the tests.

Ada has a card, PayPal and a gift card with 5 dollars; Ben a card, PayPal and a gift card with 500; Cy a card only.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

Shape = dict[str, Any]

HOME: Shape = {
    "address1": "1 Mill Lane",
    "address2": "",
    "city": "Portland",
    "country": "USA",
    "state": "ME",
    "zip": "04101",
}
ELSEWHERE: Shape = {
    "address1": "9 Quay Street",
    "address2": "Floor 2",
    "city": "Boston",
    "country": "USA",
    "state": "MA",
    "zip": "02110",
}

VARIANTS: Mapping[str, tuple[str, str, Shape, float, bool]] = {
    "mug-white": ("mug", "Mug", {"color": "white", "volume": "300ml"}, 10.1, True),
    "mug-blue": ("mug", "Mug", {"color": "blue", "volume": "300ml"}, 12.35, True),
    "mug-large": ("mug", "Mug", {"color": "blue", "volume": "500ml"}, 14.2, True),
    "mug-red": ("mug", "Mug", {"color": "red", "volume": "300ml"}, 10.1, False),
    "lamp-s": ("lamp", "Lamp", {"size": "S", "light": "warm"}, 40.05, True),
    "lamp-m": ("lamp", "Lamp", {"size": "M", "light": "warm"}, 47.3, True),
    "lamp-cold": ("lamp", "Lamp", {"size": "S", "light": "cold"}, 40.05, True),
    "rug-red": ("rug", "Rug", {"color": "red", "size": "L"}, 120.0, True),
    "rug-grey": ("rug", "Rug", {"color": "grey", "size": "L"}, 99.99, True),
}
"""By item: product, name, options, price, whether it can be had."""


def product(id_: str) -> Shape:
    those = {item: one for item, one in VARIANTS.items() if one[0] == id_}
    return {
        "name": next(one[1] for one in those.values()),
        "product_id": id_,
        "variants": {
            item: {"item_id": item, "options": dict(options), "available": can_be_had, "price": price}
            for item, (_, _, options, price, can_be_had) in those.items()
        },
    }


def item(id_: str) -> Shape:
    product_id, name, options, price, _ = VARIANTS[id_]
    return {"name": name, "product_id": product_id, "item_id": id_, "price": price, "options": dict(options)}


def card(id_: str) -> Shape:
    return {"source": "credit_card", "id": id_, "brand": "visa", "last_four": "4242"}


def gift_card(id_: str, balance: float) -> Shape:
    return {"source": "gift_card", "id": id_, "balance": balance}


def paypal(id_: str) -> Shape:
    return {"source": "paypal", "id": id_}


def user(first: str, last: str, methods: Sequence[Shape], orders: Sequence[str]) -> Shape:
    return {
        "user_id": first.lower(),
        "name": {"first_name": first, "last_name": last},
        "address": dict(HOME),
        "email": f"{first.lower()}@example.com",
        "payment_methods": {one["id"]: one for one in methods},
        "orders": list(orders),
    }


def order(id_: str, owner: str, status: str, items: Sequence[str], method: str) -> Shape:
    lines = [item(one) for one in items]
    total = round(sum(line["price"] for line in lines), 2)
    paid = [{"transaction_type": "payment", "amount": total, "payment_method_id": method}]
    if status == "cancelled":
        paid.append({"transaction_type": "refund", "amount": total, "payment_method_id": method})
    sent = [{"tracking_id": [f"T{id_}"], "item_ids": list(items)}]
    return {
        "order_id": id_,
        "user_id": owner,
        "address": dict(HOME),
        "items": lines,
        "status": status,
        "fulfillments": [] if status == "pending" else sent,
        "payment_history": paid,
    }


ORDERS = (
    order("#A1", "ada", "pending", ["mug-white", "lamp-s", "mug-white"], "ada_card"),
    order("#A2", "ada", "processed", ["mug-white"], "ada_card"),
    order("#A3", "ada", "delivered", ["mug-white", "lamp-s", "mug-white"], "ada_card"),
    order("#A4", "ada", "cancelled", ["mug-white"], "ada_card"),
    order("#A5", "ada", "pending", ["mug-white"], "ada_gift"),
    order("#A6", "ada", "delivered", ["mug-white"], "ada_gift"),
    order("#B1", "ben", "pending", ["lamp-s"], "ben_card"),
    order("#B2", "ben", "delivered", ["lamp-s", "rug-red"], "ben_paypal"),
)


def database() -> Shape:
    """Return the database anew."""
    theirs = {owner: [one["order_id"] for one in ORDERS if one["user_id"] == owner] for owner in ("ada", "ben", "cy")}
    ada = [card("ada_card"), paypal("ada_paypal"), gift_card("ada_gift", 5.0)]
    ben = [card("ben_card"), paypal("ben_paypal"), gift_card("ben_gift", 500.25)]
    users = [
        user("Ada", "Lind", ada, theirs["ada"]),
        user("Ben", "Okoro", ben, theirs["ben"]),
        user("Cy", "Moss", [card("cy_card")], theirs["cy"]),
    ]
    return deepcopy(
        {
            "products": {id_: product(id_) for id_ in ("mug", "lamp", "rug")},
            "users": {one["user_id"]: one for one in users},
            "orders": {one["order_id"]: one for one in ORDERS},
        }
    )


def call(name: str, **arguments: object) -> Shape:
    return {"name": name, "arguments": arguments}


def cancel(order_id: str, reason: str = "no longer needed") -> Shape:
    return call("cancel_pending_order", order_id=order_id, reason=reason)


def pay_by(order_id: str, method: str) -> Shape:
    return call("modify_pending_order_payment", order_id=order_id, payment_method_id=method)


def send_to(order_id: str, place: Shape = ELSEWHERE) -> Shape:
    return call("modify_pending_order_address", order_id=order_id, **place)


def live_at(user_id: str, place: Shape = ELSEWHERE) -> Shape:
    return call("modify_user_address", user_id=user_id, **place)


def change(order_id: str, items: Sequence[str], new: Sequence[str], method: str) -> Shape:
    return call(
        "modify_pending_order_items",
        order_id=order_id,
        item_ids=list(items),
        new_item_ids=list(new),
        payment_method_id=method,
    )


def give_back(order_id: str, items: Sequence[str], method: str) -> Shape:
    return call("return_delivered_order_items", order_id=order_id, item_ids=list(items), payment_method_id=method)


def exchange(order_id: str, items: Sequence[str], new: Sequence[str], method: str) -> Shape:
    return call(
        "exchange_delivered_order_items",
        order_id=order_id,
        item_ids=list(items),
        new_item_ids=list(new),
        payment_method_id=method,
    )


def task(id_: str, *calls: Shape) -> Shape:
    return {"id": id_, "evaluation_criteria": {"actions": list(calls)}}


def diff(*results: str, users: Sequence[Shape] = (), orders: Sequence[Shape] = (), of: Sequence[Shape] = ()) -> Shape:
    """Return what is expected of a task whose writes are `of`, each with what came of it."""
    return {
        "write_results": [[one["name"], result] for one, result in zip(of, results, strict=True)],
        "changed": {
            "products": {},
            "users": {one["user_id"]: one for one in users},
            "orders": {one["order_id"]: one for one in orders},
        },
    }


def negative(id_: str, rule: str, acting_user: str | None, *calls: Shape, confirmed: bool = True) -> Shape:
    return {"id": id_, "rule": rule, "acting_user": acting_user, "confirmed": confirmed, "calls": list(calls)}


def without(one: Shape, argument: str) -> Shape:
    """Return a call without one of its arguments."""
    return {**one, "arguments": {name: value for name, value in one["arguments"].items() if name != argument}}
