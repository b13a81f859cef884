"""What is held of persons, in memory."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from pydantic import JsonValue

from shopfloor.kernel.persons import Person
from shopfloor.shop.models import Lead, Ticket
from shopfloor.shop.records import ErasedRecords, HeldRecords, emptied, is_closed_ticket, is_held

T = TypeVar("T", Lead, Ticket)
Amend = Callable[[Callable[[str, JsonValue], JsonValue]], None]
"""Puts other results in place of those of the writes that were carried out, by their kinds."""


class MemoryRecords:
    """The records of a shop in memory."""

    def __init__(self, leads: dict[str, Lead], tickets: dict[str, Ticket], amend: Amend) -> None:
        """Take what the shop holds, by id, and what amends the results of its writes."""
        self._leads = leads
        self._tickets = tickets
        self._amend = amend

    async def held(self, person: Person) -> HeldRecords:
        """Return what is held of a person."""
        leads = sorted(_theirs(self._leads.values(), person), key=lambda lead: (lead.consent_at, lead.id))
        tickets = sorted(_theirs(self._tickets.values(), person), key=lambda ticket: (ticket.created_at, ticket.id))
        return HeldRecords(leads=leads, tickets=tickets)

    async def erase(self, person: Person) -> ErasedRecords:
        """Remove a person's leads, and empty their closed tickets."""
        held = await self.held(person)
        for lead in held.leads:
            del self._leads[lead.id]
        closed = [ticket for ticket in held.tickets if is_closed_ticket(ticket) and is_held(ticket)]
        for ticket in closed:
            self._tickets[ticket.id] = replace(ticket, email="", subject="", summary="")
        open_tickets = tuple(ticket.id for ticket in held.tickets if not is_closed_ticket(ticket))
        self._amend(lambda kind, result: emptied(kind, result, person, open_tickets))
        return ErasedRecords(leads=len(held.leads), tickets=len(closed), open_tickets=open_tickets)


def _theirs(records: Iterable[T], person: Person) -> list[T]:
    return [record for record in records if person.owns(record.customer_id, record.email)]
