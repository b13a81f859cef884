"""Who wants to hear from the shop, in memory."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from shopfloor.kernel.errors import Conflict, NotFound
from shopfloor.kernel.ids import CustomerId, Sku
from shopfloor.shop import rules, writes
from shopfloor.shop.memory.shelves import Part
from shopfloor.shop.models import (
    Lead,
    LeadKind,
    MarketingConsent,
    Wish,
)


class MemoryLeads(Part):
    """Who wants to hear from the shop."""

    async def add_lead(self, lead: Lead, *, with_consent: bool = False, key: str) -> Lead:
        """Store a lead, or return the one that says the same."""

        def store() -> Lead:
            wish = rules.wish(lead)
            same = next((known for known in self._shelves.leads.values() if rules.wish(known) == wish), None)
            if same is None and lead.id in self._shelves.leads:
                raise Conflict(f"the lead {lead.id} exists already: use a new id")
            if with_consent and lead.customer_id:
                at = lead.consent_at
                self._shelves.note(MarketingConsent(customer_id=lead.customer_id, is_given=True, at=at))
            stored = rules.renewed(same, lead) if same else lead
            self._shelves.leads[stored.id] = stored
            return stored

        return self._shelves.once(writes.add_lead(lead, with_consent=with_consent, key=key), store)

    async def list_leads(self, kind: LeadKind, *, limit: int = 50) -> Sequence[Lead]:
        """Return the newest leads of a kind first."""
        theirs = [lead for lead in self._shelves.leads.values() if lead.kind == kind]
        return sorted(theirs, key=lambda lead: (lead.consent_at, lead.id), reverse=True)[:limit]

    async def leads_for(self, sku: Sku) -> Sequence[Lead]:
        """Return the leads that wait for a variant, oldest first."""
        return [lead for lead in self._waiting() if lead.kind == "back_in_stock" and lead.sku == sku]

    async def leads_of(self, email: str) -> Sequence[Lead]:
        """Return the leads of an e-mail address that are not settled, oldest first."""
        wanted = rules.email_key(email)
        return [lead for lead in self._waiting() if rules.email_key(lead.email) == wanted]

    async def remove_leads(
        self, kinds: Collection[LeadKind], email: str, *, customer_id: CustomerId | None, at: datetime, key: str
    ) -> int:
        """Remove leads, and return how many there were."""

        def remove() -> int:
            if customer_id and "newsletter" in kinds:
                self._shelves.note(MarketingConsent(customer_id=customer_id, is_given=False, at=at))
            leads = self._shelves.leads.values()
            gone = [lead.id for lead in leads if rules.is_meant(lead, kinds, email, customer_id)]
            for lead_id in gone:
                del self._shelves.leads[lead_id]
            return len(gone)

        return self._shelves.once(writes.remove_leads(kinds, email, customer_id, key=key), remove)

    async def restore_lead(
        self, wish: Wish, earlier: Lead | None, consent: MarketingConsent | None, *, key: str
    ) -> None:
        """Let a lead, and a customer's consent, be as they were."""

        def restore() -> None:
            leads = self._shelves.leads
            lead = next((each for each in leads.values() if rules.wish(each) == rules.wish_key(wish)), None)
            if lead is None:
                raise NotFound(f"nobody waits for {wish.kind} {wish.sku or ''} under that address")
            rules.check_same_lead(lead, earlier)
            if consent:
                self._shelves.note(consent)
            del leads[lead.id]
            if earlier:
                leads[lead.id] = earlier

        self._shelves.once(writes.restore_lead(wish, earlier, consent, key=key), restore)

    async def settle_lead(self, lead_id: str, *, at: datetime, key: str) -> Lead:
        """Note that somebody has heard what they waited for."""

        def settle() -> Lead:
            if lead_id not in self._shelves.leads:
                raise NotFound(f"there is no lead {lead_id}")
            lead = self._shelves.leads[lead_id]
            self._shelves.leads[lead_id] = lead if lead.settled_at else replace(lead, settled_at=at)
            return self._shelves.leads[lead_id]

        return self._shelves.once(writes.settle_lead(lead_id, key=key), settle)

    def _waiting(self) -> list[Lead]:
        waiting = [lead for lead in self._shelves.leads.values() if lead.settled_at is None]
        return sorted(waiting, key=lambda lead: (lead.consent_at, lead.id))
