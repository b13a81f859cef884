"""What a shop allows, as pure functions of its values; both implementations decide by them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shopfloor.kernel.errors import InvalidInput, Refused
from shopfloor.kernel.ids import Sku
from shopfloor.shop.models import (
    Address,
    Cart,
    CartLine,
    Lead,
    Order,
    Promotion,
    Refund,
    Return,
    ReturnKind,
    ReturnLine,
)

SHIPPED = frozenset({"partially_shipped", "shipped", "delivered"})
CHARGED = frozenset({"paid", "partially_refunded"})


def is_active(promotion: Promotion, at: datetime) -> bool:
    """Say whether a promotion runs at an instant; its last instant is no longer part of it."""
    return promotion.starts_at <= at < promotion.ends_at


def email_key(email: str) -> str:
    """Return an e-mail address as it is compared."""
    return email.strip().casefold()


def wish(lead: Lead) -> str:
    """Return what makes two leads the same, in one text: a database never takes one NULL for equal to another."""
    return " ".join((lead.kind, email_key(lead.email), lead.sku or ""))


def cancelled(order: Order, *, reason: str, at: datetime) -> Order:
    """Return the order cancelled, with a pending refund of what was charged and not yet given back.

    Raises:
        Refused: `order.already_shipped`, `order.already_cancelled`.
    """
    _check_unshipped(order)
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
    _check_unshipped(order)
    return replace(order, shipping_address=address)


def _check_unshipped(order: Order) -> None:
    if order.state == "cancelled":
        raise Refused("order.already_cancelled", f"Order #{order.number} is already cancelled.")
    if order.state in SHIPPED or any(shipment.shipped_at for shipment in order.shipments):
        raise Refused("order.already_shipped", f"Order #{order.number} has already been shipped.")


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
    order: Order, earlier: Sequence[Return], kind: ReturnKind, lines: Sequence[ReturnLine], *, at: datetime
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
    return Return(
        id=f"R{order.number}-{len(earlier) + 1}",
        order_number=order.number,
        kind=kind,
        state="requested",
        lines=tuple(lines),
        requested_at=at,
    )


def _check_returnable(order: Order, earlier: Sequence[Return], lines: Sequence[ReturnLine]) -> None:
    bought: Counter[Sku] = Counter()
    for line in order.lines:
        bought[line.sku] += line.quantity
    coming = _count([line for back in earlier if back.state != "rejected" for line in back.lines])
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
