"""Who buys, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from shopfloor.kernel.ids import CustomerId
from shopfloor.shop import rules, writes
from shopfloor.shop.memory.shelves import Part
from shopfloor.shop.models import (
    Address,
    Customer,
    GiftCard,
    MarketingConsent,
)


class MemoryCustomers(Part):
    """Who buys."""

    async def get_customer(self, customer_id: CustomerId) -> Customer | None:
        """Return a customer, or None."""
        return self._shelves.customers.get(customer_id)

    async def find_customer(self, email: str) -> Customer | None:
        """Return the customer with an e-mail address, or None."""
        wanted = rules.email_key(email)
        found = (customer for customer in self._shelves.customers.values() if rules.email_key(customer.email) == wanted)
        return next(found, None)

    async def gift_cards_of(self, customer_id: CustomerId) -> Sequence[GiftCard]:
        """Return a customer's gift cards, those that expire first leading and those that never do last."""
        theirs = [card for card in self._shelves.gift_cards.values() if card.customer_id == customer_id]
        return sorted(theirs, key=lambda card: (card.expires_on or date.max, card.id))

    async def set_default_address(self, customer_id: CustomerId, address: Address, *, key: str) -> Customer:
        """Let a customer's parcels go to another address."""

        def change() -> Customer:
            known = self._shelves.customer(customer_id)
            self._shelves.customers[customer_id] = replace(known, address=address)
            return self._shelves.customers[customer_id]

        return self._shelves.once(writes.set_default_address(customer_id, address, key=key), change)

    async def set_marketing_consent(
        self, customer_id: CustomerId, is_given: bool, *, at: datetime, key: str
    ) -> Customer:
        """Note that a customer wants to hear of offers, or no longer does."""
        consent = MarketingConsent(customer_id=customer_id, is_given=is_given, at=at)

        def note() -> Customer:
            return self._shelves.note(consent)

        return self._shelves.once(writes.set_marketing_consent(customer_id, is_given, key=key), note)
