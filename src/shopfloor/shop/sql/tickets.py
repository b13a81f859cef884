"""Tickets on the database."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.errors import Conflict
from shopfloor.kernel.ids import CustomerId
from shopfloor.shop import writes
from shopfloor.shop.models import Ticket
from shopfloor.shop.sql.effects import Writer
from shopfloor.shop.sql.rows import TicketRow


class SqlTickets:
    """What people of the shop take care of."""

    def __init__(self, database: Database, writer: Writer) -> None:
        """Take the database and what writes to it."""
        self._database = database
        self._writer = writer

    async def open_ticket(self, ticket: Ticket, *, key: str) -> Ticket:
        """Store a ticket."""

        def store(session: Session) -> Ticket:
            if session.get(TicketRow, ticket.id):
                raise Conflict(f"the ticket {ticket.id} exists already: use a new id")
            session.add(_row(ticket))
            return ticket

        return await self._writer.once(writes.open_ticket(ticket, key=key), store)

    async def list_tickets(self, *, limit: int = 50) -> Sequence[Ticket]:
        """Return the newest tickets first."""
        newest = select(TicketRow).order_by(TicketRow.created_at.desc(), TicketRow.id.desc()).limit(limit)
        return await self._database.read(lambda session: [_ticket(row) for row in session.scalars(newest)])

    async def tickets_of(self, customer_id: CustomerId, *, limit: int = 20) -> Sequence[Ticket]:
        """Return a customer's tickets that are not closed, newest first."""
        own = select(TicketRow).where(TicketRow.customer_id == customer_id, TicketRow.state != "closed")
        newest = own.order_by(TicketRow.created_at.desc(), TicketRow.id.desc()).limit(limit)
        return await self._database.read(lambda session: [_ticket(row) for row in session.scalars(newest)])


def _ticket(row: TicketRow) -> Ticket:
    return Ticket(
        id=row.id,
        conversation_id=row.conversation_id,
        customer_id=row.customer_id,
        email=row.email,
        subject=row.subject,
        summary=row.summary,
        state=row.state,
        created_at=row.created_at,
    )


def _row(ticket: Ticket) -> TicketRow:
    return TicketRow(
        id=ticket.id,
        conversation_id=ticket.conversation_id,
        customer_id=ticket.customer_id,
        email=ticket.email,
        subject=ticket.subject,
        summary=ticket.summary,
        state=ticket.state,
        created_at=ticket.created_at,
    )
