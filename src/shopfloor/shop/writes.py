"""What each write of a shop asks for; both implementations tell by it whether a key was used for the same write."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import TypeAdapter

from shopfloor.kernel.ids import OrderNumber, Sku
from shopfloor.shop.effects import Write
from shopfloor.shop.models import Address, Cart, Lead, Order, Return, ReturnKind, ReturnLine, Ticket

ORDER = TypeAdapter(Order)
RETURN = TypeAdapter(Return)
CART = TypeAdapter(Cart)
TICKET = TypeAdapter(Ticket)
LEAD = TypeAdapter(Lead)

ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def cancel_order(number: OrderNumber, reason: str, *, key: str) -> Write[Order]:
    """Ask for an order to be cancelled."""
    return Write(kind="cancel_order", key=key, asked=(number, reason), gives=ORDER)


def change_shipping_address(number: OrderNumber, address: Address, *, key: str) -> Write[Order]:
    """Ask for another address of an order."""
    return Write(kind="change_shipping_address", key=key, asked=(number, address), gives=ORDER)


def request_return(number: OrderNumber, kind: ReturnKind, lines: Sequence[ReturnLine], *, key: str) -> Write[Return]:
    """Ask for goods to come back."""
    return Write(kind="request_return", key=key, asked=(number, kind, tuple(lines)), gives=RETURN)


def set_cart_line(cart_id: str, sku: Sku, quantity: int, *, key: str) -> Write[Cart]:
    """Ask for a quantity of a variant in a cart."""
    return Write(kind="set_cart_line", key=key, asked=(cart_id, sku, quantity), gives=CART)


def open_ticket(ticket: Ticket, *, key: str) -> Write[Ticket]:
    """Ask for a ticket; its id and time may be new in a second attempt."""
    return Write(kind="open_ticket", key=key, asked=replace(ticket, id="", created_at=ANY_TIME), gives=TICKET)


def add_lead(lead: Lead, *, key: str) -> Write[Lead]:
    """Ask for a lead; its id and time may be new in a second attempt."""
    return Write(kind="add_lead", key=key, asked=replace(lead, id="", consent_at=ANY_TIME), gives=LEAD)
