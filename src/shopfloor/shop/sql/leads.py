"""Leads on the database."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.errors import Conflict
from shopfloor.shop import rules, writes
from shopfloor.shop.models import Lead, LeadKind
from shopfloor.shop.sql.effects import Writer
from shopfloor.shop.sql.rows import LeadRow


class SqlLeads:
    """Who wants to hear from the shop."""

    def __init__(self, database: Database, writer: Writer) -> None:
        """Take the database and what writes to it."""
        self._database = database
        self._writer = writer

    async def add_lead(self, lead: Lead, *, key: str) -> Lead:
        """Store a lead, or return the one that says the same."""

        def store(session: Session) -> Lead:
            same = session.scalar(select(LeadRow).where(LeadRow.wish == rules.wish(lead)))
            if same is not None:
                return _lead(same)
            if session.get(LeadRow, lead.id):
                raise Conflict(f"the lead {lead.id} exists already: use a new id")
            session.add(_row(lead))
            return lead

        return await self._writer.once(writes.add_lead(lead, key=key), store)

    async def list_leads(self, kind: LeadKind, *, limit: int = 50) -> Sequence[Lead]:
        """Return the newest leads of a kind first."""
        theirs = select(LeadRow).where(LeadRow.kind == kind)
        newest = theirs.order_by(LeadRow.consent_at.desc(), LeadRow.id.desc()).limit(limit)
        return await self._database.read(lambda session: [_lead(row) for row in session.scalars(newest)])


def _lead(row: LeadRow) -> Lead:
    return Lead(id=row.id, kind=row.kind, email=row.email, sku=row.sku, consent_at=row.consent_at)


def _row(lead: Lead) -> LeadRow:
    return LeadRow(
        id=lead.id,
        wish=rules.wish(lead),
        kind=lead.kind,
        email=lead.email,
        sku=lead.sku,
        consent_at=lead.consent_at,
    )
