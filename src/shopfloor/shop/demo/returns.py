"""Thirty returns of delivered orders, in every state, and the money that goes back for them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from shopfloor.kernel.ids import OrderNumber, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop import paying
from shopfloor.shop.demo.chance import chance
from shopfloor.shop.demo.days import Days
from shopfloor.shop.demo.orders import OWNERS, payment_after
from shopfloor.shop.demo.parcels import tracking_id
from shopfloor.shop.item_changes import exchange_difference, share_of
from shopfloor.shop.models import Order, OrderLine, Product, Refund, Return, ReturnKind, ReturnLine, ReturnState


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """How far returns in one state are, in days."""

    delivered: tuple[int, int]
    """The fewest and the most days since the order's delivery."""
    waits: int = 6
    """From the delivery to the request, at most; where the state soon passes, the request counts back from today."""
    refunds: int
    exchanges: int


STAGES: dict[ReturnState, Stage] = {
    "requested": Stage(delivered=(3, 14), refunds=4, exchanges=1),
    "approved": Stage(delivered=(5, 18), refunds=3, exchanges=2),
    "in_transit": Stage(delivered=(7, 22), refunds=4, exchanges=1),
    "received": Stage(delivered=(11, 26), refunds=3, exchanges=1),
    "completed": Stage(delivered=(20, 80), waits=5, refunds=5, exchanges=3),
    "rejected": Stage(delivered=(18, 60), refunds=2, exchanges=1),
}
AGO: dict[ReturnState, int] = {"requested": 1, "approved": 3, "in_transit": 5, "received": 8}
"""Days since the request, at least, in the states that soon pass."""
WAY = 6
"""Days a return is on its way."""
SENT = frozenset({"in_transit", "received", "completed", "rejected"})
ARRIVED = frozenset({"received", "completed", "rejected"})
REASONS = ("Changed my mind", "Not as described", "Arrived damaged", "Color differs from the pictures")
SIZE_REASONS = ("Too small", "Too large")


def demo_returns(
    orders: Sequence[Order], products: Sequence[Product], days: Days
) -> tuple[tuple[Order, ...], tuple[Return, ...]]:
    """Return the orders with the refunds of their returns, and the returns."""
    free = {order.number: order for order in orders if order.state == "delivered" and int(order.number) not in OWNERS}
    changed: dict[OrderNumber, Order] = {}
    returns: list[Return] = []
    for state, kind in _plan():
        order = _candidate(list(free.values()), state, kind, products, days)
        del free[order.number]
        back = _return(order, state, kind, products, days)
        returns.append(back)
        changed[order.number] = _refunded(order, back)
    return tuple(changed.get(order.number, order) for order in orders), tuple(returns)


def _plan() -> list[tuple[ReturnState, ReturnKind]]:
    plan: list[tuple[ReturnState, ReturnKind]] = []
    for state, stage in STAGES.items():
        plan.extend((state, "exchange") for _ in range(stage.exchanges))
        plan.extend((state, "refund") for _ in range(stage.refunds))
    return plan


def _candidate(
    orders: Sequence[Order], state: ReturnState, kind: ReturnKind, products: Sequence[Product], days: Days
) -> Order:
    fewest, most = STAGES[state].delivered
    fits = [order for order in orders if fewest <= _delivered_ago(order, days) <= most]
    if kind == "exchange":
        fits = [order for order in fits if _other_size(order, products) and order.shipping_address.country == "US"]
    return min(fits, key=lambda order: chance("returned", order.number).random())


def _delivered_ago(order: Order, days: Days) -> int:
    return min(days.ago(shipment.delivered_at) for shipment in order.shipments if shipment.delivered_at)


def _other_size(order: Order, products: Sequence[Product]) -> tuple[OrderLine, Sku, str] | None:
    """Return a line that can be had in the next size, with that size's SKU and why it is wanted."""
    by_id = {product.id: product for product in products}
    for line in order.lines:
        row = [variant for variant in by_id[line.product_id].variants if variant.colour == line.colour]
        place = [variant.sku for variant in row].index(line.sku)
        larger, smaller = row[place + 1 : place + 2], row[max(place - 1, 0) : place]
        for variant in larger + smaller:
            if variant.stock:
                return line, variant.sku, "Too small" if variant in larger else "Too large"
    return None


def _return(order: Order, state: ReturnState, kind: ReturnKind, products: Sequence[Product], days: Days) -> Return:
    throw = chance("return", order.number)
    delivered_ago = _delivered_ago(order, days)
    least = AGO.get(state)
    longest = delivered_ago - throw.randint(1, STAGES[state].waits)
    asked_ago = longest if least is None else min(least + throw.randint(0, 2), delivered_ago - 1)
    received_ago = asked_ago - WAY
    lines = _lines(order, kind, products)
    sold = {variant.sku: product for product in products for variant in product.variants}
    return Return(
        id=f"R{order.number}-1",
        order_number=order.number,
        kind=kind,
        state=state,
        lines=lines,
        requested_at=days.on(-asked_ago + throw.random()),
        received_at=days.at(received_ago, 10 * 60 + throw.randint(0, 300)) if state in ARRIVED else None,
        tracking_id=tracking_id("return", order.number) if state in SENT else None,
        difference=exchange_difference(order, {}, lines, sold) if kind == "exchange" else None,
    )


def _lines(order: Order, kind: ReturnKind, products: Sequence[Product]) -> tuple[ReturnLine, ...]:
    throw = chance("return lines", order.number)
    found = _other_size(order, products) if kind == "exchange" else None
    if found:
        line, sku, reason = found
        return (ReturnLine(sku=line.sku, quantity=line.quantity, reason=reason, exchange_sku=sku),)
    going = order.lines if throw.random() < 0.5 else order.lines[:1]
    return tuple(
        ReturnLine(
            sku=line.sku,
            quantity=line.quantity,
            reason=throw.choice(REASONS + SIZE_REASONS if line.size else REASONS),
        )
        for line in going
    )


def _refunded(order: Order, back: Return) -> Order:
    """Return the order with the refund of a return that has arrived."""
    if back.kind == "exchange" or back.received_at is None or back.state == "rejected":
        return order
    settled_at = back.received_at + timedelta(days=4, hours=3)
    refund = Refund(
        id=paying.refund_id(order),
        amount=_worth(order, back),
        method=order.payment_method,
        method_id=order.payment_method_id,
        state="settled" if back.state == "completed" else "pending",
        reason=back.lines[0].reason,
        created_at=back.received_at + timedelta(hours=2),
        settled_at=settled_at if back.state == "completed" else None,
    )
    refunded = replace(order, refunds=(*order.refunds, refund))
    return replace(refunded, payment_state=payment_after(refunded))


def _worth(order: Order, back: Return) -> Money:
    """Return what the customer paid for the goods that go back: less their share of the discount, with their tax."""
    price = {line.sku: line.unit_price.minor for line in order.lines}
    goods = sum(price[line.sku] * line.quantity for line in back.lines)
    return Money(order.shipping.currency, share_of(order, goods))
