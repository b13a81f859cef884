"""Customers and their gift cards on the database."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import CustomerId
from shopfloor.kernel.money import Money
from shopfloor.shop import rules, writes
from shopfloor.shop.models import Address, Customer, GiftCard, MarketingConsent, PaymentMethod
from shopfloor.shop.sql.effects import Writer
from shopfloor.shop.sql.rows import CustomerRow, GiftCardRow

PAYMENT_METHOD = TypeAdapter(PaymentMethod)


class SqlCustomers:
    """Who buys."""

    def __init__(self, database: Database, writer: Writer) -> None:
        """Take the database and what writes to it."""
        self._database = database
        self._writer = writer

    async def get_customer(self, customer_id: CustomerId) -> Customer | None:
        """Return a customer, or None."""

        def read(session: Session) -> Customer | None:
            row = session.get(CustomerRow, customer_id)
            return row and customer_of(row)

        return await self._database.read(read)

    async def find_customer(self, email: str) -> Customer | None:
        """Return the customer with an e-mail address, or None."""
        found = select(CustomerRow).where(CustomerRow.email_key == rules.email_key(email)).order_by(CustomerRow.id)

        def read(session: Session) -> Customer | None:
            row = session.scalar(found.limit(1))
            return row and customer_of(row)

        return await self._database.read(read)

    async def gift_cards_of(self, customer_id: CustomerId) -> Sequence[GiftCard]:
        """Return a customer's gift cards, those that expire first leading and those that never do last."""
        theirs = select(GiftCardRow).where(GiftCardRow.customer_id == customer_id)
        ordered = theirs.order_by(GiftCardRow.expires_on.is_(None), GiftCardRow.expires_on, GiftCardRow.id)
        return await self._database.read(lambda session: [gift_card_of(row) for row in session.scalars(ordered)])

    async def set_default_address(self, customer_id: CustomerId, address: Address, *, key: str) -> Customer:
        """Let a customer's parcels go to another address."""

        def change(session: Session) -> Customer:
            row = _locked_customer(session, customer_id)
            row.address = asdict(address)
            return customer_of(row)

        return await self._writer.once(writes.set_default_address(customer_id, address, key=key), change)

    async def set_marketing_consent(
        self, customer_id: CustomerId, is_given: bool, *, at: datetime, key: str
    ) -> Customer:
        """Note that a customer wants to hear of offers, or no longer does."""
        consent = MarketingConsent(customer_id=customer_id, is_given=is_given, at=at)
        write = writes.set_marketing_consent(customer_id, is_given, key=key)
        return await self._writer.once(write, lambda session: note_consent(session, consent))


def note_consent(session: Session, consent: MarketingConsent) -> Customer:
    """Note a customer's consent in their account.

    Raises:
        NotFound: no such customer.
    """
    row = _locked_customer(session, consent.customer_id)
    row.marketing_consent, row.consent_at = consent.is_given, consent.at
    return customer_of(row)


def _locked_customer(session: Session, customer_id: CustomerId) -> CustomerRow:
    row = session.get(CustomerRow, customer_id, with_for_update=True)
    if row is None:
        raise NotFound(f"there is no customer {customer_id}")
    return row


def customer_of(row: CustomerRow) -> Customer:
    """Return the customer of a row."""
    return Customer(
        id=row.id,
        email=row.email,
        name=row.name,
        phone=row.phone,
        address=Address(**row.address),
        marketing_consent=row.marketing_consent,
        consent_at=row.consent_at,
        created_at=row.created_at,
        payment_methods=tuple(map(PAYMENT_METHOD.validate_python, row.payment_methods)),
    )


def gift_card_of(row: GiftCardRow) -> GiftCard:
    """Return the gift card of a row."""
    return GiftCard(
        id=row.id,
        ending=row.ending,
        customer_id=row.customer_id,
        initial=Money(row.currency, row.initial),
        balance=Money(row.currency, row.balance),
        expires_on=row.expires_on,
    )


def customer_row(customer: Customer) -> CustomerRow:
    """Return the row of a customer."""
    return CustomerRow(
        id=customer.id,
        email=customer.email,
        email_key=rules.email_key(customer.email),
        name=customer.name,
        phone=customer.phone,
        address=asdict(customer.address),
        marketing_consent=customer.marketing_consent,
        consent_at=customer.consent_at,
        created_at=customer.created_at,
        payment_methods=[asdict(method) for method in customer.payment_methods],
    )


def gift_card_row(card: GiftCard) -> GiftCardRow:
    """Return the row of a gift card."""
    return GiftCardRow(
        id=card.id,
        ending=card.ending,
        customer_id=card.customer_id,
        initial=card.initial.minor,
        balance=card.balance.minor,
        currency=card.initial.currency,
        expires_on=card.expires_on,
    )
