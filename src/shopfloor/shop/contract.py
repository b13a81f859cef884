"""What a shop system offers, in narrow parts; an adapter offers those that its shop can, and says so by `capabilities`.

The parts map onto the order, catalogue, cart and customer resources of Shopify, Vendure, Medusa and WooCommerce.
Every write takes an idempotency key: the same key with the same arguments changes nothing the second time and returns
the same result; the same key with other arguments raises `Conflict`. Who may see or change what is decided above this
floor.

All methods may raise `StorageError` or `Unavailable`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shopfloor.kernel.ids import CustomerId, OrderNumber, ProductId, Sku
from shopfloor.shop.models import (
    Address,
    Cart,
    Customer,
    GiftCard,
    Lead,
    LeadKind,
    Order,
    Product,
    Promotion,
    Return,
    ReturnKind,
    ReturnLine,
    Ticket,
)


class Capability(StrEnum):
    """What a shop can do beyond being read."""

    CANCEL_ORDER = "cancel_order"
    CHANGE_ADDRESS = "change_address"
    RETURNS = "returns"
    CARTS = "carts"
    TICKETS = "tickets"
    LEADS = "leads"
    GIFT_CARDS = "gift_cards"


class Catalogue(Protocol):
    """What is sold."""

    async def get_product(self, product_id: ProductId) -> Product | None:
        """Return a product, or None."""
        ...

    async def list_products(self, *, after: ProductId | None = None, limit: int = 100) -> Sequence[Product]:
        """Return a page of products in the order of their ids, those behind `after`."""
        ...

    async def active_promotions(self, at: datetime) -> Sequence[Promotion]:
        """Return the promotions that run at an instant."""
        ...


class Orders(Protocol):
    """What was sold."""

    async def get_order(self, number: OrderNumber) -> Order | None:
        """Return an order, or None."""
        ...

    async def orders_of(self, customer_id: CustomerId, *, limit: int = 20) -> Sequence[Order]:
        """Return a customer's orders, newest first."""
        ...

    async def cancel_order(self, number: OrderNumber, *, reason: str, at: datetime, key: str) -> Order:
        """Cancel an order of which nothing has been shipped, put its pieces back in stock and start its refund.

        An order that was paid gets a pending refund of its total; an authorised payment is only voided.

        Raises:
            NotFound: no such order.
            Refused: `order.already_shipped`, `order.already_cancelled`.
            Conflict: the key was used with other arguments.
        """
        ...

    async def change_shipping_address(self, number: OrderNumber, address: Address, *, key: str) -> Order:
        """Send an order of which nothing has been shipped to another address.

        Raises:
            NotFound: no such order.
            Refused: `order.already_shipped`, `order.already_cancelled`.
            Conflict: the key was used with other arguments.
        """
        ...


class Returns(Protocol):
    """What comes back."""

    async def returns_of(self, number: OrderNumber) -> Sequence[Return]:
        """Return an order's returns, oldest first."""
        ...

    async def request_return(
        self, number: OrderNumber, kind: ReturnKind, lines: Sequence[ReturnLine], *, at: datetime, key: str
    ) -> Return:
        """Register that goods of a delivered order shall come back; no money moves.

        Raises:
            NotFound: no such order.
            Refused: `return.not_delivered`, `return.not_in_order`, `return.already_requested`.
            Conflict: the key was used with other arguments.
        """
        ...


class Carts(Protocol):
    """What visitors mean to buy."""

    async def get_cart(self, cart_id: str) -> Cart | None:
        """Return a cart, or None."""
        ...

    async def carts_of(self, customer_id: CustomerId) -> Sequence[Cart]:
        """Return a customer's carts, last touched first."""
        ...

    async def set_cart_line(self, cart_id: str, sku: Sku, quantity: int, *, at: datetime, key: str) -> Cart:
        """Put a quantity of a variant into a cart, in place of what it held of it; 0 takes it out.

        Raises:
            NotFound: no such cart or variant.
            Refused: `cart.out_of_stock` where fewer pieces can be sold.
            InvalidInput: a negative quantity.
            Conflict: the key was used with other arguments.
        """
        ...


class Customers(Protocol):
    """Who buys."""

    async def get_customer(self, customer_id: CustomerId) -> Customer | None:
        """Return a customer, or None."""
        ...

    async def find_customer(self, email: str) -> Customer | None:
        """Return the customer with an e-mail address, compared without case, or None."""
        ...

    async def gift_cards_of(self, customer_id: CustomerId) -> Sequence[GiftCard]:
        """Return a customer's gift cards, those that expire first leading."""
        ...


class Tickets(Protocol):
    """What people of the shop take care of."""

    async def open_ticket(self, ticket: Ticket, *, key: str) -> Ticket:
        """Store a ticket.

        Raises:
            Conflict: the key was used with other arguments.
        """
        ...

    async def list_tickets(self, *, limit: int = 50) -> Sequence[Ticket]:
        """Return the newest tickets first."""
        ...


class Leads(Protocol):
    """Who wants to hear from the shop."""

    async def add_lead(self, lead: Lead, *, key: str) -> Lead:
        """Store a lead; a second one of the same kind, e-mail and variant returns the first.

        Raises:
            Conflict: the key was used with other arguments.
        """
        ...

    async def list_leads(self, kind: LeadKind, *, limit: int = 50) -> Sequence[Lead]:
        """Return the newest leads of a kind first."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Shop:
    """One shop: its parts, and what they can do."""

    catalogue: Catalogue
    orders: Orders
    returns: Returns
    carts: Carts
    customers: Customers
    tickets: Tickets
    leads: Leads
    capabilities: frozenset[Capability]
