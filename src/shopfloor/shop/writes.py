"""What each write of a shop asks for; both implementations tell by it whether a key was used for the same write."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import TypeAdapter

from shopfloor.kernel.ids import CustomerId, OrderNumber, Sku
from shopfloor.shop import rules
from shopfloor.shop.effects import Write
from shopfloor.shop.models import (
    Address,
    Cart,
    Customer,
    Lead,
    LeadKind,
    Order,
    Return,
    ReturnKind,
    ReturnLine,
    Ticket,
    Variant,
)

ORDER = TypeAdapter(Order)
RETURN = TypeAdapter(Return)
CART = TypeAdapter(Cart)
CUSTOMER = TypeAdapter(Customer)
VARIANT = TypeAdapter(Variant)
COUNT = TypeAdapter(int)
TICKET = TypeAdapter(Ticket)
LEAD = TypeAdapter(Lead)

ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def set_stock(sku: Sku, quantity: int, *, key: str) -> Write[Variant]:
    """Ask for a variant to have a number of pieces."""
    return Write(kind="set_stock", key=key, asked=(sku, quantity), gives=VARIANT)


def cancel_order(number: OrderNumber, reason: str, *, key: str) -> Write[Order]:
    """Ask for an order to be cancelled."""
    return Write(kind="cancel_order", key=key, asked=(number, reason), gives=ORDER)


def change_shipping_address(number: OrderNumber, address: Address, *, key: str) -> Write[Order]:
    """Ask for another address of an order."""
    return Write(kind="change_shipping_address", key=key, asked=(number, address), gives=ORDER)


def request_return(number: OrderNumber, kind: ReturnKind, lines: Sequence[ReturnLine], *, key: str) -> Write[Return]:
    """Ask for goods to come back; whether they get a label is the shop's matter."""
    return Write(kind="request_return", key=key, asked=(number, kind, tuple(lines)), gives=RETURN)


def withdraw_return(return_id: str, *, key: str) -> Write[Return]:
    """Ask for a return to be called off."""
    return Write(kind="withdraw_return", key=key, asked=return_id, gives=RETURN)


def open_cart(cart_id: str, customer_id: CustomerId | None, *, key: str) -> Write[Cart]:
    """Ask for a cart."""
    return Write(kind="open_cart", key=key, asked=(cart_id, customer_id), gives=CART)


def set_cart_line(cart_id: str, sku: Sku, quantity: int, *, key: str) -> Write[Cart]:
    """Ask for a quantity of a variant in a cart."""
    return Write(kind="set_cart_line", key=key, asked=(cart_id, sku, quantity), gives=CART)


def set_marketing_consent(customer_id: CustomerId, is_given: bool, *, key: str) -> Write[Customer]:
    """Ask for a customer's consent to be noted."""
    return Write(kind="set_marketing_consent", key=key, asked=(customer_id, is_given), gives=CUSTOMER)


def open_ticket(ticket: Ticket, *, key: str) -> Write[Ticket]:
    """Ask for a ticket; its id and time may be new in a second attempt."""
    return Write(kind="open_ticket", key=key, asked=replace(ticket, id="", created_at=ANY_TIME), gives=TICKET)


def add_lead(lead: Lead, *, key: str) -> Write[Lead]:
    """Ask for a lead; its id and time may be new in a second attempt."""
    return Write(kind="add_lead", key=key, asked=replace(lead, id="", consent_at=ANY_TIME), gives=LEAD)


def remove_leads(kind: LeadKind, email: str, sku: Sku | None, *, key: str) -> Write[int]:
    """Ask for leads to go."""
    return Write(kind="remove_leads", key=key, asked=(kind, rules.email_key(email), sku), gives=COUNT)


def settle_lead(lead_id: str, *, key: str) -> Write[Lead]:
    """Ask for a lead to be settled."""
    return Write(kind="settle_lead", key=key, asked=(lead_id,), gives=LEAD)
