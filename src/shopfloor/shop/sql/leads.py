"""Leads on the database."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.errors import Conflict, NotFound
from shopfloor.kernel.ids import CustomerId, Sku
from shopfloor.shop import rules, writes
from shopfloor.shop.models import Lead, LeadKind, MarketingConsent, Wish
from shopfloor.shop.sql.customers import note_consent
from shopfloor.shop.sql.effects import Writer
from shopfloor.shop.sql.rows import LeadRow


class SqlLeads:
    """Who wants to hear from the shop."""

    def __init__(self, database: Database, writer: Writer) -> None:
        """Take the database and what writes to it."""
        self._database = database
        self._writer = writer

    async def add_lead(self, lead: Lead, *, with_consent: bool = False, key: str) -> Lead:
        """Store a lead, or return the one that says the same."""

        def store(session: Session) -> Lead:
            if with_consent and lead.customer_id:
                at = lead.consent_at
                note_consent(session, MarketingConsent(customer_id=lead.customer_id, is_given=True, at=at))
            same = session.scalar(select(LeadRow).where(LeadRow.wish == rules.wish(lead)))
            if same is not None:
                lead_again = rules.renewed(_lead(same), lead)
                _write(same, lead_again)
                return lead_again
            if session.get(LeadRow, lead.id):
                raise Conflict(f"the lead {lead.id} exists already: use a new id")
            session.add(_row(lead))
            return lead

        return await self._writer.once(writes.add_lead(lead, with_consent=with_consent, key=key), store)

    async def list_leads(self, kind: LeadKind, *, limit: int = 50) -> Sequence[Lead]:
        """Return the newest leads of a kind first."""
        theirs = select(LeadRow).where(LeadRow.kind == kind)
        newest = theirs.order_by(LeadRow.consent_at.desc(), LeadRow.id.desc()).limit(limit)
        return await self._database.read(lambda session: [_lead(row) for row in session.scalars(newest)])

    async def leads_for(self, sku: Sku) -> Sequence[Lead]:
        """Return the leads that wait for a variant, oldest first."""
        return await self._waiting(LeadRow.kind == "back_in_stock", LeadRow.sku == sku)

    async def leads_of(self, email: str) -> Sequence[Lead]:
        """Return the leads of an e-mail address that are not settled, oldest first."""
        return await self._waiting(LeadRow.email_key == rules.email_key(email))

    async def remove_leads(
        self, kinds: Collection[LeadKind], email: str, *, customer_id: CustomerId | None, at: datetime, key: str
    ) -> int:
        """Remove leads, and return how many there were."""
        theirs = select(LeadRow).where(LeadRow.email_key == rules.email_key(email))

        def remove(session: Session) -> int:
            if customer_id and "newsletter" in kinds:
                note_consent(session, MarketingConsent(customer_id=customer_id, is_given=False, at=at))
            gone = [row for row in session.scalars(theirs) if rules.is_meant(_lead(row), kinds, email, customer_id)]
            for row in gone:
                session.delete(row)
            return len(gone)

        return await self._writer.once(writes.remove_leads(kinds, email, customer_id, key=key), remove)

    async def restore_lead(
        self, wish: Wish, earlier: Lead | None, consent: MarketingConsent | None, *, key: str
    ) -> None:
        """Let a lead, and a customer's consent, be as they were."""
        waits = select(LeadRow).where(LeadRow.wish == rules.wish_key(wish)).with_for_update()

        def restore(session: Session) -> None:
            row = session.scalar(waits)
            if row is None:
                raise NotFound(f"nobody waits for {wish.kind} {wish.sku or ''} under that address")
            rules.check_same_lead(_lead(row), earlier)
            if consent:
                note_consent(session, consent)
            if earlier:
                _write(row, earlier)
            else:
                session.delete(row)

        await self._writer.once(writes.restore_lead(wish, earlier, consent, key=key), restore)

    async def settle_lead(self, lead_id: str, *, at: datetime, key: str) -> Lead:
        """Note that somebody has heard what they waited for."""

        def settle(session: Session) -> Lead:
            row = session.get(LeadRow, lead_id, with_for_update=True)
            if row is None:
                raise NotFound(f"there is no lead {lead_id}")
            row.settled_at = row.settled_at or at
            row.wish = rules.wish(_lead(row))
            return _lead(row)

        return await self._writer.once(writes.settle_lead(lead_id, key=key), settle)

    async def _waiting(self, *conditions: ColumnElement[bool]) -> Sequence[Lead]:
        waiting = select(LeadRow).where(LeadRow.settled_at.is_(None), *conditions)
        oldest = waiting.order_by(LeadRow.consent_at, LeadRow.id)
        return await self._database.read(lambda session: [_lead(row) for row in session.scalars(oldest)])


def _lead(row: LeadRow) -> Lead:
    return Lead(
        id=row.id,
        kind=row.kind,
        email=row.email,
        sku=row.sku,
        consent_at=row.consent_at,
        consent_words=row.consent_words,
        conversation_id=row.conversation_id,
        customer_id=row.customer_id,
        settled_at=row.settled_at,
    )


def _row(lead: Lead) -> LeadRow:
    row = LeadRow(id=lead.id)
    _write(row, lead)
    return row


def _write(row: LeadRow, lead: Lead) -> None:
    row.wish, row.kind, row.sku = rules.wish(lead), lead.kind, lead.sku
    row.email, row.email_key = lead.email, rules.email_key(lead.email)
    row.consent_at, row.consent_words = lead.consent_at, lead.consent_words
    row.conversation_id, row.customer_id = lead.conversation_id, lead.customer_id
    row.settled_at = lead.settled_at
