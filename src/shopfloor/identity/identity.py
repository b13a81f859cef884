"""Who the customer of a conversation has shown to be, and what that opens."""

from dataclasses import dataclass
from typing import Literal

from shopfloor.kernel.ids import CustomerId, OrderNumber
from shopfloor.shop.models import Order

Assurance = Literal["anyone", "verified", "signed_in"]
"""How sure one is: of nobody; by an order's number and e-mail (or better); by a token that the shop signed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """What a customer has shown; only code makes one, from a token or a passed guest check."""

    customer_id: CustomerId | None = None
    """The signed-in customer; None for a guest."""
    order_numbers: frozenset[OrderNumber] = frozenset()
    """The single orders that a guest has opened."""
    name: str | None = None
    email: str | None = None

    @property
    def is_signed_in(self) -> bool:
        """Whether a signed token named the customer."""
        return self.customer_id is not None

    def may_see(self, order: Order) -> bool:
        """Whether an order is theirs to read."""
        own = self.customer_id is not None and order.customer_id == self.customer_id
        return own or order.number in self.order_numbers

    def meets(self, assurance: Assurance) -> bool:
        """Whether they have shown enough of who they are."""
        match assurance:
            case "anyone":
                return True
            case "verified":
                return self.is_signed_in or bool(self.order_numbers)
            case "signed_in":
                return self.is_signed_in


@dataclass(frozen=True, kw_only=True, slots=True)
class Staff:
    """A person of the shop's staff, as their API key or the command line names them; only code makes one."""

    name: str


Principal = Identity | Staff
"""For whom something is done: a customer, or the shop itself by one of its people."""

GUEST = Identity()
"""Somebody who has shown nothing yet."""
