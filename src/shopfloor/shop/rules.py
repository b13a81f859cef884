"""What a shop allows, as pure functions of its values; both implementations decide by them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from shopfloor.kernel.canonical import digest
from shopfloor.kernel.errors import Conflict, InvalidInput, Refused
from shopfloor.kernel.ids import CustomerId, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop import item_changes, paying
from shopfloor.shop.item_changes import Products
from shopfloor.shop.models import (
    Address,
    Cart,
    CartLine,
    ItemChange,
    Lead,
    LeadKind,
    Order,
    PaymentMethod,
    Promotion,
    Return,
    ReturnKind,
    ReturnLine,
    Variant,
    Wish,
)
from shopfloor.shop.paying import Account

Unchangeable = Literal["cancelled", "shipped", "items_changed"]
SHIPPED = frozenset({"partially_shipped", "shipped", "delivered"})
GONE = frozenset({"rejected", "withdrawn"})
"""States of a return whose goods do not come back."""


def is_active(promotion: Promotion, at: datetime) -> bool:
    """Say whether a promotion runs at an instant; its last instant is no longer part of it."""
    return promotion.starts_at <= at < promotion.ends_at


def email_key(email: str) -> str:
    """Return an e-mail address as it is compared."""
    return email.strip().casefold()


def wish_key(wish: Wish) -> str:
    """Return a wish in one text: a database never takes one NULL for equal to another."""
    return " ".join((wish.kind, email_key(wish.email), wish.sku or ""))


def wish(lead: Lead) -> str:
    """Return what makes two leads the same; a settled one is like no other, so that its wish can be made anew."""
    key = wish_key(Wish(kind=lead.kind, email=lead.email, sku=lead.sku))
    return f"{key} {lead.id}" if lead.settled_at else key


def renewed(known: Lead, again: Lead) -> Lead:
    """Return a lead whose wish is made again: the answer goes where it was made last.

    Somebody who is not signed in cannot draw a customer's answer into their own conversation.
    """
    if known.customer_id not in {None, again.customer_id}:
        return known
    return replace(known, conversation_id=again.conversation_id, customer_id=again.customer_id)


def check_same_lead(lead: Lead, earlier: Lead | None) -> None:
    """Check that what a lead shall be again is an earlier state of it, in which it waited too.

    Raises:
        InvalidInput: it is another lead.
    """
    if earlier and (earlier.id, wish(earlier)) != (lead.id, wish(lead)):
        raise InvalidInput(f"{earlier.id} is not an earlier state of the lead {lead.id}")


def is_meant(lead: Lead, kinds: Collection[LeadKind], email: str, customer_id: CustomerId | None) -> bool:
    """Say whether a lead is of some kinds and an e-mail address, and was asked for by a customer or by nobody known."""
    is_theirs = lead.customer_id in {None, customer_id}
    return lead.kind in kinds and email_key(lead.email) == email_key(email) and is_theirs


def cancelled(account: Account, *, reason: str, at: datetime) -> Account:
    """Return the order cancelled, with what was taken and not yet given back on its way to where it came from.

    Raises:
        Refused: as `check_changeable`.
    """
    check_changeable(account.order)
    free = account.give_all_back(reason=reason, at=at)
    order = replace(free.order, state="cancelled", cancelled_at=at, cancel_reason=reason)
    return replace(free, order=replace(order, payment_state=paying.state_after(order)))


def readdressed(order: Order, address: Address) -> Order:
    """Return the order with another shipping address.

    Raises:
        Refused: as `check_changeable`.
    """
    check_changeable(order)
    return replace(order, shipping_address=address)


def repaid(account: Account, method_id: str, *, at: datetime) -> Account:
    """Return the order paid in another way that its customer has stored.

    Raises:
        Refused: as `check_changeable`; `payment.unknown`, `payment.same`, `payment.gift_card_balance`,
            `payment.gift_card_expired`.
    """
    check_changeable(account.order)
    return paying.repaid(account, account.wallet.own(method_id), at=at)


def with_items_changed(
    account: Account, changes: Sequence[ItemChange], method_id: str, products: Products, *, at: datetime
) -> Account:
    """Return the order with pieces replaced, and the difference settled by a way to pay of its customer.

    An empty `method_id` is how the order is paid.

    Raises:
        InvalidInput: no changes, or a quantity below one.
        Refused: as `check_changeable` and `with_changes`; `payment.unknown`, `payment.gift_card_balance`,
            `payment.gift_card_expired`.
    """
    check_changeable(account.order)
    changed = item_changes.with_changes(account.order, changes, products, at=at)
    method = account.wallet.own(method_id or account.order.payment_method_id)
    difference = changed.total - account.order.total
    return paying.settled(replace(account, order=changed), difference, method, at=at)


def is_changeable(order: Order) -> bool:
    """Say whether an order can still be changed or cancelled: nothing of it has left the shop, and its items stayed."""
    return unchangeable(order) is None


def check_changeable(order: Order) -> None:
    """Check that an order can still be changed or cancelled.

    Raises:
        Refused: `order.already_shipped`, `order.already_cancelled`, `order.items_already_changed`.
    """
    match unchangeable(order):
        case "cancelled":
            raise Refused("order.already_cancelled", f"Order #{order.number} is already cancelled.")
        case "shipped":
            raise Refused("order.already_shipped", f"Order #{order.number} is already on its way.")
        case "items_changed":
            reason = f"The items of order #{order.number} were changed, so nothing else of it can be changed any more."
            raise Refused("order.items_already_changed", reason)
        case None:
            return


def unchangeable(order: Order) -> Unchangeable | None:
    """Return why an order can neither be changed nor cancelled any more; None where it can."""
    if order.state == "cancelled":
        return "cancelled"
    if _has_left(order):
        return "shipped"
    return "items_changed" if order.items_changed_at else None


def _has_left(order: Order) -> bool:
    return order.state in SHIPPED or any(shipment.shipped_at for shipment in order.shipments)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReturnWish:
    """What a customer asks for, when goods shall come back."""

    kind: ReturnKind
    lines: tuple[ReturnLine, ...]
    has_label: bool
    payment_method_id: str
    """Empty for how the order was paid."""
    at: datetime

    @property
    def wanted(self) -> tuple[Sku, ...]:
        """Return the variants wanted in an exchange."""
        return tuple(line.exchange_sku for line in self.lines if line.exchange_sku)


def requested_return(account: Account, earlier: Sequence[Return], wish: ReturnWish, products: Products) -> Return:
    """Return the return that a customer asks for, against what the order holds and what is already coming back.

    Raises:
        InvalidInput: no lines, a quantity below one, or an exchange that does not name what is wanted.
        Refused: `return.not_delivered`, `return.not_in_order`, `return.already_requested`; `payment.unknown`; of an
            exchange `items.unknown_variant`, `items.other_product`, `items.out_of_stock`, and
            `payment.gift_card_balance`, `payment.gift_card_expired` where a gift card has to cover the difference.
    """
    order, lines = account.order, wish.lines
    if not lines or any(line.quantity < 1 for line in lines):
        raise InvalidInput("a return needs lines, each with a quantity of one or more")
    if order.state != "delivered":
        raise Refused("return.not_delivered", f"Order #{order.number} has not been delivered yet.")
    _check_returnable(order, earlier, lines)
    id_ = f"R{order.number}-{len(earlier) + 1}"
    return Return(
        id=id_,
        order_number=order.number,
        kind=wish.kind,
        state="requested",
        lines=tuple(lines),
        requested_at=wish.at,
        tracking_id=_label(id_) if wish.has_label else None,
        payment_method_id=wish.payment_method_id,
        difference=_difference(account, earlier, wish, products),
    )


def _difference(account: Account, earlier: Sequence[Return], wish: ReturnWish, products: Products) -> Money | None:
    """Return what an exchange costs, None for a refund; the way to pay must be the customer's, and cover it."""
    wallet = account.wallet
    method = wallet.own(wish.payment_method_id) if wish.payment_method_id else None
    if wish.kind == "refund":
        return None
    item_changes.check_exchange(account.order, wish.lines, products)
    difference = item_changes.exchange_difference(account.order, _coming(earlier), wish.lines, products)
    method = method or next((way for way in wallet.ways() if way.id == account.order.payment_method_id), None)
    _check_covered(account, earlier, method, difference, at=wish.at)
    return Money(difference.currency, max(difference.minor, -free_of(account.order, earlier)))


def _check_covered(
    account: Account, earlier: Sequence[Return], method: PaymentMethod | None, difference: Money, *, at: datetime
) -> None:
    """Check that a way to pay covers what an exchange costs more, beside what earlier ones of the order still cost."""
    if method and difference.minor > 0:
        more = _promised(account.order, earlier, method.id)
        paying.check_covers(account.wallet, method, difference + more, at=at)


def _promised(order: Order, earlier: Sequence[Return], method_id: str) -> Money:
    """Return what earlier exchanges of an order shall still be charged to a way to pay."""
    promised = [
        back.difference.minor
        for back in earlier
        if back.difference
        and back.difference.minor > 0
        and back.state not in GONE
        and (back.payment_method_id or order.payment_method_id) == method_id
    ]
    return Money(order.shipping.currency, sum(promised))


def free_of(order: Order, earlier: Sequence[Return]) -> int:
    """Return what was taken for an order, not given back, and not promised to be by earlier returns; in minor units.

    What a return gives back is promised until its goods are here: after that it stands among the refunds.
    """
    promised, coming = 0, Counter[Sku]()
    for back in earlier:
        if back.state in GONE:
            continue
        gives = item_changes.share_of(order, item_changes.prices_paid(order, coming, back.lines))
        if back.kind == "exchange":
            gives = max(-back.difference.minor, 0) if back.difference else 0
        promised += 0 if back.received_at else gives
    return max(paying.held_of(order) - promised, 0)


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


def reinstated(account: Account, earlier: Sequence[Return], back: Return, *, at: datetime) -> Return:
    """Return a return that was called off taken up again, among the order's others.

    Raises:
        Refused: `return.not_withdrawn`; `return.already_requested` where its goods come back otherwise by now,
            `return.money_gone` where its money does; `payment.gift_card_balance`, `payment.gift_card_expired` where a
            gift card does not cover its difference any more.
    """
    if back.state != "withdrawn":
        raise Refused("return.not_withdrawn", f"Return {back.id} was not withdrawn.")
    _check_returnable(account.order, earlier, back.lines)
    if back.difference and -back.difference.minor > free_of(account.order, earlier):
        raise Refused("return.money_gone", f"What return {back.id} was to give back has gone back otherwise.")
    method_id = back.payment_method_id or account.order.payment_method_id
    method = next((way for way in account.wallet.ways() if way.id == method_id), None)
    _check_covered(account, earlier, method, back.difference or Money(account.order.shipping.currency, 0), at=at)
    return replace(back, state="requested")


def _check_returnable(order: Order, earlier: Sequence[Return], lines: Sequence[ReturnLine]) -> None:
    bought: Counter[Sku] = Counter()
    for line in order.lines:
        bought[line.sku] += line.quantity
    coming = _coming(earlier)
    for sku, quantity in _count(lines).items():
        if quantity > bought[sku]:
            raise Refused("return.not_in_order", f"Order #{order.number} does not hold {quantity} of {sku}.")
        if quantity + coming[sku] > bought[sku]:
            raise Refused("return.already_requested", f"A return of {sku} from order #{order.number} exists already.")


def _coming(earlier: Sequence[Return]) -> Counter[Sku]:
    return _count([line for back in earlier if back.state not in GONE for line in back.lines])


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


def with_line(cart: Cart, variant: Variant, quantity: int, *, at: datetime) -> Cart:
    """Return the cart with a quantity of a variant, at the place where the variant was or else at the end.

    Raises:
        Refused: `cart.out_of_stock`.
    """
    _check_buyable(variant, quantity)
    quantities = {line.sku: line.quantity for line in cart.lines} | {variant.sku: quantity}
    lines = tuple(CartLine(sku=each, quantity=count) for each, count in quantities.items() if count)
    return replace(cart, lines=lines, updated_at=at)


def filled(cart: Cart, lines: Sequence[CartLine], variants: Mapping[Sku, Variant], *, at: datetime) -> Cart:
    """Return the cart with just these lines, all of whose variants are given.

    Raises:
        Refused: `cart.out_of_stock`.
    """
    for line in lines:
        _check_buyable(variants[line.sku], line.quantity)
    return replace(cart, lines=tuple(lines), updated_at=at)


def check_lines(lines: Sequence[CartLine]) -> None:
    """Check what somebody wants a cart to hold.

    Raises:
        InvalidInput: a quantity below one, or a variant in two lines.
    """
    if any(line.quantity < 1 for line in lines):
        raise InvalidInput("a line of a cart needs a quantity of one or more: leave out what it shall not hold")
    if len({line.sku for line in lines}) < len(lines):
        raise InvalidInput("a cart holds each variant in one line: add the quantities up")


def _check_buyable(variant: Variant, quantity: int) -> None:
    if quantity and not variant.has(quantity):
        sku, stock = variant.sku, variant.stock
        left = f"Only {stock} of {sku} can be sold right now." if stock else f"{sku} is sold out."
        raise Refused("cart.out_of_stock", left)
