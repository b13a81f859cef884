"""What each write of a shop asks for; both implementations tell by it whether a key was used for the same write."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import TypeAdapter

from shopfloor.kernel.ids import CustomerId, OrderNumber, Sku
from shopfloor.shop import rules
from shopfloor.shop.effects import Write
from shopfloor.shop.models import (
    Address,
    Cart,
    CartLine,
    Customer,
    ItemChange,
    Lead,
    LeadKind,
    MarketingConsent,
    Order,
    Return,
    Ticket,
    Variant,
    Wish,
)
from shopfloor.shop.rules import ReturnWish

ORDER = TypeAdapter(Order)
RETURN = TypeAdapter(Return)
CART = TypeAdapter(Cart)
CUSTOMER = TypeAdapter(Customer)
VARIANT = TypeAdapter(Variant)
COUNT = TypeAdapter(int)
TICKET = TypeAdapter(Ticket)
LEAD = TypeAdapter(Lead)
NOTHING = TypeAdapter[None](None)

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


def change_payment_method(number: OrderNumber, method_id: str, *, key: str) -> Write[Order]:
    """Ask for an order to be paid in another way."""
    return Write(kind="change_payment_method", key=key, asked=(number, method_id), gives=ORDER)


def change_items(number: OrderNumber, changes: Sequence[ItemChange], method_id: str, *, key: str) -> Write[Order]:
    """Ask for pieces of an order to become others."""
    return Write(kind="change_items", key=key, asked=(number, tuple(changes), method_id), gives=ORDER)


def request_return(number: OrderNumber, wish: ReturnWish, *, key: str) -> Write[Return]:
    """Ask for goods to come back; whether they get a label is the shop's matter."""
    asked = (number, wish.kind, wish.lines, *([wish.payment_method_id] if wish.payment_method_id else []))
    return Write(kind="request_return", key=key, asked=asked, gives=RETURN)


def withdraw_return(return_id: str, *, key: str) -> Write[Return]:
    """Ask for a return to be called off."""
    return Write(kind="withdraw_return", key=key, asked=return_id, gives=RETURN)


def reinstate_return(return_id: str, *, key: str) -> Write[Return]:
    """Ask for a return to be taken up again."""
    return Write(kind="reinstate_return", key=key, asked=return_id, gives=RETURN)


def open_cart(cart_id: str, customer_id: CustomerId | None, *, key: str) -> Write[Cart]:
    """Ask for a cart."""
    return Write(kind="open_cart", key=key, asked=(cart_id, customer_id), gives=CART)


def set_cart_line(cart_id: str, sku: Sku, quantity: int, *, key: str) -> Write[Cart]:
    """Ask for a quantity of a variant in a cart."""
    return Write(kind="set_cart_line", key=key, asked=(cart_id, sku, quantity), gives=CART)


def fill_cart(cart_id: str, lines: Sequence[CartLine], *, key: str) -> Write[Cart]:
    """Ask for a cart to hold just some lines."""
    return Write(kind="fill_cart", key=key, asked=(cart_id, tuple(lines)), gives=CART)


def set_default_address(customer_id: CustomerId, address: Address, *, key: str) -> Write[Customer]:
    """Ask for another address of a customer."""
    return Write(kind="set_default_address", key=key, asked=(customer_id, address), gives=CUSTOMER)


def set_marketing_consent(customer_id: CustomerId, is_given: bool, *, key: str) -> Write[Customer]:
    """Ask for a customer's consent to be noted."""
    return Write(kind="set_marketing_consent", key=key, asked=(customer_id, is_given), gives=CUSTOMER)


def open_ticket(ticket: Ticket, *, key: str) -> Write[Ticket]:
    """Ask for a ticket; its id and time may be new in a second attempt."""
    return Write(kind="open_ticket", key=key, asked=replace(ticket, id="", created_at=ANY_TIME), gives=TICKET)


def add_lead(lead: Lead, *, with_consent: bool, key: str) -> Write[Lead]:
    """Ask for a lead; its id and time may be new in a second attempt."""
    wish = replace(lead, id="", consent_at=ANY_TIME)
    return Write(kind="add_lead", key=key, asked=(wish, "consent") if with_consent else wish, gives=LEAD)


def remove_leads(kinds: Collection[LeadKind], email: str, customer_id: CustomerId | None, *, key: str) -> Write[int]:
    """Ask for leads to go."""
    asked = (sorted(kinds), rules.email_key(email), customer_id)
    return Write(kind="remove_leads", key=key, asked=asked, gives=COUNT)


def restore_lead(wish: Wish, earlier: Lead | None, consent: MarketingConsent | None, *, key: str) -> Write[None]:
    """Ask for a lead, and a customer's consent, to be as they were."""
    asked = (rules.wish_key(wish), earlier, consent)
    return Write(kind="restore_lead", key=key, asked=asked, gives=NOTHING)


def settle_lead(lead_id: str, *, key: str) -> Write[Lead]:
    """Ask for a lead to be settled."""
    return Write(kind="settle_lead", key=key, asked=(lead_id,), gives=LEAD)
