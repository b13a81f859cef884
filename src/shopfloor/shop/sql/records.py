"""What is held of persons, on the database."""

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import ColumnElement, and_, delete, false, or_, select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.persons import Person, email_key
from shopfloor.shop.models import Lead, Ticket
from shopfloor.shop.records import (
    OF_LEADS,
    OF_TICKETS,
    ErasedRecords,
    HeldRecords,
    emptied,
    is_closed_ticket,
    is_held,
)
from shopfloor.shop.sql.rows import EffectRow, LeadRow, TicketRow

PAGE = 500


class SqlRecords:
    """The records of the embedded shop."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database

    async def held(self, person: Person) -> HeldRecords:
        """Return what is held of a person."""
        return await self._database.read(lambda session: _held(session, person))

    async def erase(self, person: Person) -> ErasedRecords:
        """Remove a person's leads, and empty their closed tickets, from the disk too."""
        erased = await self._database.write(lambda session: _erase(session, person))
        await self._database.forget_deleted()
        return erased


def _held(session: Session, person: Person) -> HeldRecords:
    leads = select(LeadRow).where(_of_leads(person)).order_by(LeadRow.consent_at, LeadRow.id)
    return HeldRecords(
        leads=[Lead(**{one.name: getattr(row, one.name) for one in fields(Lead)}) for row in session.scalars(leads)],
        tickets=[_ticket(row) for row in _tickets(session, person)],
    )


def _erase(session: Session, person: Person) -> ErasedRecords:
    gone = list(session.scalars(delete(LeadRow).where(_of_leads(person)).returning(LeadRow.id)))
    open_tickets: list[str] = []
    closed = 0
    for row in _tickets(session, person):
        ticket = _ticket(row)
        if not is_closed_ticket(ticket):
            open_tickets.append(ticket.id)
        elif is_held(ticket):
            row.email = row.subject = row.summary = ""
            closed += 1
    results = select(EffectRow).where(EffectRow.kind.in_(sorted(OF_LEADS | OF_TICKETS)))
    for row in session.scalars(results.execution_options(yield_per=PAGE)):
        row.result = emptied(row.kind, row.result, person, open_tickets)
    return ErasedRecords(leads=len(gone), tickets=closed, open_tickets=tuple(open_tickets))


def _of_leads(person: Person) -> ColumnElement[bool]:
    address = LeadRow.email_key == email_key(person.email) if person.email else false()
    by_address = and_(LeadRow.customer_id.is_(None), address)
    return by_address if person.customer_id is None else or_(by_address, LeadRow.customer_id == person.customer_id)


def _tickets(session: Session, person: Person) -> Sequence[TicketRow]:
    """Return a person's tickets; those without a customer are few, and their addresses are compared one by one."""
    guests = TicketRow.customer_id.is_(None)
    named = guests if person.customer_id is None else or_(guests, TicketRow.customer_id == person.customer_id)
    rows = session.scalars(select(TicketRow).where(named).order_by(TicketRow.created_at, TicketRow.id))
    return [row for row in rows if person.owns(row.customer_id, row.email)]


def _ticket(row: TicketRow) -> Ticket:
    return Ticket(**{one.name: getattr(row, one.name) for one in fields(Ticket)})
