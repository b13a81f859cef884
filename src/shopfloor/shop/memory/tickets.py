"""What people of the shop take care of, in memory."""

from collections.abc import Sequence

from shopfloor.kernel.errors import Conflict
from shopfloor.kernel.ids import CustomerId
from shopfloor.shop import writes
from shopfloor.shop.memory.shelves import Part
from shopfloor.shop.models import (
    Ticket,
)


class MemoryTickets(Part):
    """What people of the shop take care of."""

    async def open_ticket(self, ticket: Ticket, *, key: str) -> Ticket:
        """Store a ticket."""

        def store() -> Ticket:
            if ticket.id in self._shelves.tickets:
                raise Conflict(f"the ticket {ticket.id} exists already: use a new id")
            self._shelves.tickets[ticket.id] = ticket
            return ticket

        return self._shelves.once(writes.open_ticket(ticket, key=key), store)

    async def list_tickets(self, *, limit: int = 50) -> Sequence[Ticket]:
        """Return the newest tickets first."""
        tickets = self._shelves.tickets.values()
        return sorted(tickets, key=lambda ticket: (ticket.created_at, ticket.id), reverse=True)[:limit]

    async def tickets_of(self, customer_id: CustomerId, *, limit: int = 20) -> Sequence[Ticket]:
        """Return a customer's tickets that are not closed, newest first."""
        tickets = await self.list_tickets(limit=len(self._shelves.tickets))
        own = [ticket for ticket in tickets if ticket.customer_id == customer_id and ticket.state != "closed"]
        return own[:limit]
