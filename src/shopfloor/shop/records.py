"""What the shop holds of a person besides their account, orders and carts: what they wait for, and their matters.

`memory_records` and `sql.records` keep this part of the shop's contract.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from shopfloor.kernel.ids import CustomerId
from shopfloor.kernel.persons import Person
from shopfloor.shop.models import Lead, Ticket

OF_LEADS = frozenset({"add_lead", "restore_lead", "settle_lead"})
"""Writes that give a lead."""
OF_TICKETS = frozenset({"open_ticket"})
"""Writes that give a ticket."""
EMPTY_LEAD: Mapping[str, JsonValue] = {"email": "", "consent_words": "", "conversation_id": None, "customer_id": None}
EMPTY_TICKET: Mapping[str, JsonValue] = {"email": "", "subject": "", "summary": ""}
"""What is left of what a write gave once it is erased."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldRecords:
    """What is held of a person."""

    leads: Sequence[Lead]
    """Settled ones too, oldest first."""
    tickets: Sequence[Ticket]
    """Closed ones too, oldest first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ErasedRecords:
    """What was erased of a person, and what could not be."""

    leads: int
    tickets: int
    open_tickets: tuple[str, ...]
    """Ids of those that a person of the shop still has to answer: nobody could, without the address."""


class Records(Protocol):
    """What is held of persons. All methods may raise `StorageError` or `Unavailable`."""

    async def held(self, person: Person) -> HeldRecords:
        """Return what is held of a person."""
        ...

    async def erase(self, person: Person) -> ErasedRecords:
        """Remove a person's leads, and take address and words out of their closed tickets, for good.

        So it is done to what is kept of the writes that made them; the keys of those stay used. Doing it twice does it
        once.
        """
        ...


def is_closed_ticket(ticket: Ticket) -> bool:
    """Whether nobody has to answer a ticket any more."""
    return ticket.state == "closed"


def is_held(ticket: Ticket) -> bool:
    """Whether a ticket still holds an address or words."""
    return bool(ticket.email or ticket.subject or ticket.summary)


def emptied(kind: str, result: JsonValue, person: Person, open_tickets: Sequence[str]) -> JsonValue:
    """Return what is left of what a write gave once a person's records are erased; the same where it is not theirs."""
    if not isinstance(result, dict) or kind not in OF_LEADS | OF_TICKETS:
        return result
    customer, email = result.get("customer_id"), result.get("email")
    is_theirs = person.owns(CustomerId(str(customer)) if customer else None, str(email or ""))
    if not is_theirs or result.get("id") in open_tickets:
        return result
    return {**result, **(EMPTY_LEAD if kind in OF_LEADS else EMPTY_TICKET)}
