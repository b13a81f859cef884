"""Whom a signal concerns, whether it still does, and who agreed to marketing, as the shop has it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from shopfloor.kernel.ids import CustomerId, Sku
from shopfloor.outreach.attempts import Outreach, Recipient
from shopfloor.outreach.signals import (
    ActionSettled,
    CartAbandoned,
    ItemAdded,
    ParcelDelayed,
    Purpose,
    Signal,
    SignalKind,
    StockReturned,
)
from shopfloor.shop.contract import Shop
from shopfloor.shop.models import Cart, Order

PROMISED: frozenset[SignalKind] = frozenset({"stock_returned", "parcel_delayed"})
"""What customers asked for or bought; all else is marketing, whatever a card calls it."""
OVER = frozenset({"delivered", "cancelled"})
"""States of an order of which no parcel can be late any more."""


ANSWERS: frozenset[SignalKind] = frozenset({"action_settled"})
"""What answers a request of the customer's own: service, whatever a card calls it."""


def purpose_of(kind: SignalKind, stated: Purpose) -> Purpose:
    """Return what a message upon a signal is for, given what the agent's card states."""
    if kind in ANSWERS:
        return "service"
    return stated if kind in PROMISED else "marketing"


class Settlements(Protocol):
    """What became of actions, as far as it takes that to reach their customers."""

    async def recipient(self, action_key: str) -> Recipient | None:
        """Return who asked for an action, and where; None where nobody is to hear of it.

        A customer's e-mail address is left empty, and so is that of a guest who named none.
        """
        ...

    async def gone(self, action_key: str, state: str) -> str | None:
        """Return the rule by which that an action came to a state is no news any more, or None while it is."""
        ...


class Audience:
    """Who may hear of a signal."""

    def __init__(self, shop: Shop, settlements: Settlements) -> None:
        """Take the shop, and who knows what became of actions."""
        self._shop = shop
        self._settlements = settlements

    async def of(self, signal: Signal) -> Sequence[Recipient]:
        """Return whom a signal concerns; nobody where it names nothing that the shop knows."""
        match signal.data:
            case StockReturned(sku=sku):
                leads = await self._shop.leads.leads_for(sku)
                return [
                    Recipient(
                        email=lead.email,
                        customer_id=lead.customer_id,
                        lead_id=lead.id,
                        conversation_id=lead.conversation_id,
                    )
                    for lead in leads
                ]
            case ParcelDelayed(order_number=number):
                order = await self._shop.orders.get_order(number)
                return [await self._owner(order)] if order else []
            case ItemAdded(cart_id=cart_id) | CartAbandoned(cart_id=cart_id):
                cart = await self._shop.carts.get_cart(cart_id)
                return await self._customer(cart.customer_id) if cart and cart.customer_id else []
            case ActionSettled(action_key=key):
                asked = await self._settlements.recipient(key)
                if asked is None or asked.customer_id is None:
                    return [asked] if asked else []
                return [replace(asked, email=known.email) for known in await self._customer(asked.customer_id)]
            case _:
                return []

    async def _owner(self, order: Order) -> Recipient:
        known = await self._customer(order.customer_id) if order.customer_id else ()
        return next(iter(known), Recipient(email=order.email, order_number=order.number))

    async def _customer(self, customer_id: CustomerId) -> Sequence[Recipient]:
        customer = await self._shop.customers.get_customer(customer_id)
        return [Recipient(email=customer.email, customer_id=customer.id)] if customer else []

    async def gone(self, outreach: Outreach) -> str | None:
        """Return the rule by which an outreach has nothing to go on any more, or None while it has."""
        signal, recipient = outreach.signal, outreach.recipient
        match signal.data:
            case StockReturned(sku=sku):
                waiting = {lead.id for lead in await self._shop.leads.leads_of(recipient.email)}
                if recipient.lead_id not in waiting:
                    return "lead.withdrawn"
                return None if await self._is_in_stock(sku) else "stock.gone"
            case ParcelDelayed(order_number=number):
                order = await self._shop.orders.get_order(number)
                is_open = order is not None and _owns(recipient, order) and order.state not in OVER
                return None if is_open else "order.over"
            case ItemAdded(cart_id=cart_id, sku=sku):
                cart = await self._cart(cart_id, recipient)
                return None if cart and _holds(cart, sku) else "cart.changed"
            case CartAbandoned(cart_id=cart_id):
                cart = await self._cart(cart_id, recipient)
                is_left = cart is not None and bool(cart.lines) and cart.updated_at <= signal.at
                return None if is_left else "cart.changed"
            case ActionSettled(action_key=key, state=state):
                return await self._settlements.gone(key, state)
            case _:
                return "signal.unknown"

    async def _is_in_stock(self, sku: Sku) -> bool:
        product = await self._shop.catalogue.find_product(sku)
        return product is not None and any(one.sku == sku and one.stock > 0 for one in product.variants)

    async def _cart(self, cart_id: str, recipient: Recipient) -> Cart | None:
        cart = await self._shop.carts.get_cart(cart_id)
        return cart if cart and cart.customer_id == recipient.customer_id else None

    async def consents(self, recipient: Recipient) -> bool:
        """Whether somebody agreed to marketing: in their account, or by a newsletter.

        For the address of an account nobody agrees but its customer, signed in: anybody can type an address.
        """
        if recipient.customer_id:
            customer = await self._shop.customers.get_customer(recipient.customer_id)
        else:
            customer = await self._shop.customers.find_customer(recipient.email)
        if customer and customer.marketing_consent:
            return True
        newsletters = [one for one in await self._shop.leads.leads_of(recipient.email) if one.kind == "newsletter"]
        return any(customer is None or one.customer_id == customer.id for one in newsletters)


def _owns(recipient: Recipient, order: Order) -> bool:
    if recipient.order_number:
        return order.number == recipient.order_number
    return order.customer_id == recipient.customer_id


def _holds(cart: Cart, sku: Sku) -> bool:
    return any(line.sku == sku for line in cart.lines)
