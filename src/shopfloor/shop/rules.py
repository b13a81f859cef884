"""What a shop allows, as pure functions of its values; both implementations decide by them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shopfloor.kernel.canonical import digest
from shopfloor.kernel.errors import Conflict, InvalidInput, Refused
from shopfloor.kernel.ids import CustomerId, Sku
from shopfloor.shop.models import (
    Address,
    Cart,
    CartLine,
    Lead,
    LeadKind,
    Order,
    Promotion,
    Refund,
    Return,
    ReturnKind,
    ReturnLine,
)

SHIPPED = frozenset({"partially_shipped", "shipped", "delivered"})
CHARGED = frozenset({"paid", "partially_refunded"})
GONE = frozenset({"rejected", "withdrawn"})
"""States of a return whose goods do not come back."""


def is_active(promotion: Promotion, at: datetime) -> bool:
    """Say whether a promotion runs at an instant; its last instant is no longer part of it."""
    return promotion.starts_at <= at < promotion.ends_at


def email_key(email: str) -> str:
    """Return an e-mail address as it is compared."""
    return email.strip().casefold()


def wish(lead: Lead) -> str:
    """Return what makes two leads the same, in one text: a database never takes one NULL for equal to another.

    A settled one is the same as no other, so that its wish can be made anew.
    """
    own = (lead.id,) if lead.settled_at else ()
    return " ".join((lead.kind, email_key(lead.email), lead.sku or "", *own))


def renewed(known: Lead, again: Lead) -> Lead:
    """Return a lead whose wish is made again: the answer goes where it was made last.

    Somebody who is not signed in cannot draw a customer's answer into their own conversation.
    """
    if known.customer_id not in {None, again.customer_id}:
        return known
    return replace(known, conversation_id=again.conversation_id, customer_id=again.customer_id)


def is_meant(lead: Lead, kind: LeadKind, email: str, sku: Sku | None) -> bool:
    """Say whether a lead is of a kind and an e-mail address, and for a variant where one is named."""
    return lead.kind == kind and email_key(lead.email) == email_key(email) and sku in {None, lead.sku}


def cancelled(order: Order, *, reason: str, at: datetime) -> Order:
    """Return the order cancelled, with a pending refund of what was charged and not yet given back.

    Raises:
        Refused: `order.already_shipped`, `order.already_cancelled`.
    """
    check_changeable(order)
    return replace(
        order,
        state="cancelled",
        cancelled_at=at,
        cancel_reason=reason,
        refunds=order.refunds + _refund(order, reason, at),
    )


def readdressed(order: Order, address: Address) -> Order:
    """Return the order with another shipping address.

    Raises:
        Refused: `order.already_shipped`, `order.already_cancelled`.
    """
    check_changeable(order)
    return replace(order, shipping_address=address)


def is_changeable(order: Order) -> bool:
    """Say whether nothing of an order has left the shop, so that it can still be cancelled or sent elsewhere."""
    has_left = order.state in SHIPPED or any(shipment.shipped_at for shipment in order.shipments)
    return order.state != "cancelled" and not has_left


def check_changeable(order: Order) -> None:
    """Check that an order can still be cancelled or sent elsewhere.

    Raises:
        Refused: `order.already_shipped`, `order.already_cancelled`.
    """
    if order.state == "cancelled":
        raise Refused("order.already_cancelled", f"Order #{order.number} is already cancelled.")
    if not is_changeable(order):
        raise Refused("order.already_shipped", f"Order #{order.number} is already on its way.")


def _refund(order: Order, reason: str, at: datetime) -> tuple[Refund, ...]:
    if order.payment_state not in CHARGED:
        return ()
    amount = order.total
    for refund in order.refunds:
        amount = amount if refund.state == "failed" else amount - refund.amount
    return (
        Refund(
            id=refund_id(order),
            amount=amount,
            method=order.payment_method,
            state="pending",
            reason=reason,
            created_at=at,
            settled_at=None,
        ),
    )


def refund_id(order: Order) -> str:
    """Return the id of an order's next refund."""
    return f"RF{order.number}-{len(order.refunds) + 1}"


def requested_return(
    order: Order,
    earlier: Sequence[Return],
    kind: ReturnKind,
    lines: Sequence[ReturnLine],
    *,
    has_label: bool,
    at: datetime,
) -> Return:
    """Return the return that a customer asks for, against what the order holds and what is already coming back.

    Raises:
        InvalidInput: no lines, or a quantity below one.
        Refused: `return.not_delivered`, `return.not_in_order`, `return.already_requested`.
    """
    if not lines or any(line.quantity < 1 for line in lines):
        raise InvalidInput("a return needs lines, each with a quantity of one or more")
    if order.state != "delivered":
        raise Refused("return.not_delivered", f"Order #{order.number} has not been delivered yet.")
    _check_returnable(order, earlier, lines)
    id_ = f"R{order.number}-{len(earlier) + 1}"
    return Return(
        id=id_,
        order_number=order.number,
        kind=kind,
        state="requested",
        lines=tuple(lines),
        requested_at=at,
        tracking_id=_label(id_) if has_label else None,
    )


def _label(return_id: str) -> str:
    """Return the tracking id on a return's label, always the same one."""
    return f"TRK{int(digest(return_id)[:12], 16) % 10**9:09}"


def withdrawn(back: Return) -> Return:
    """Return the return called off, which can be done while nobody has looked at it and nothing was handed in.

    Raises:
        Refused: `return.already_withdrawn`, `return.under_way`.
    """
    if back.state == "withdrawn":
        raise Refused("return.already_withdrawn", f"Return {back.id} is already withdrawn.")
    if back.state != "requested":
        raise Refused("return.under_way", f"Return {back.id} is already under way, so it cannot be withdrawn any more.")
    return replace(back, state="withdrawn")


def _check_returnable(order: Order, earlier: Sequence[Return], lines: Sequence[ReturnLine]) -> None:
    bought: Counter[Sku] = Counter()
    for line in order.lines:
        bought[line.sku] += line.quantity
    coming = _count([line for back in earlier if back.state not in GONE for line in back.lines])
    for sku, quantity in _count(lines).items():
        if quantity > bought[sku]:
            raise Refused("return.not_in_order", f"Order #{order.number} does not hold {quantity} of {sku}.")
        if quantity + coming[sku] > bought[sku]:
            raise Refused("return.already_requested", f"A return of {sku} from order #{order.number} exists already.")


def _count(lines: Sequence[ReturnLine]) -> Counter[Sku]:
    count: Counter[Sku] = Counter()
    for line in lines:
        count[line.sku] += line.quantity
    return count


def check_quantity(quantity: int) -> None:
    """Check what somebody wants to put into a cart.

    Raises:
        InvalidInput: a negative quantity.
    """
    if quantity < 0:
        raise InvalidInput("a quantity cannot be negative: 0 takes the line out")


def check_stock(quantity: int) -> None:
    """Check how many pieces there shall be.

    Raises:
        InvalidInput: a negative quantity.
    """
    if quantity < 0:
        raise InvalidInput("a stock cannot be negative: 0 means sold out")


def check_same_cart(cart: Cart, customer_id: CustomerId | None) -> None:
    """Check that a cart which is opened again is opened for the same visitor.

    Raises:
        Conflict: it is somebody else's.
    """
    if cart.customer_id != customer_id:
        raise Conflict(f"the cart {cart.id} is another visitor's: use a new id")


def with_line(cart: Cart, sku: Sku, quantity: int, *, stock: int, at: datetime) -> Cart:
    """Return the cart with a quantity of a variant, at the place where the variant was or else at the end.

    Raises:
        Refused: `cart.out_of_stock`.
    """
    if quantity > stock:
        left = f"Only {stock} of {sku} can be sold right now." if stock else f"{sku} is sold out."
        raise Refused("cart.out_of_stock", left)
    quantities = {line.sku: line.quantity for line in cart.lines} | {sku: quantity}
    lines = tuple(CartLine(sku=each, quantity=count) for each, count in quantities.items() if count)
    return replace(cart, lines=lines, updated_at=at)
