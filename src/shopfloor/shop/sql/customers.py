"""Customers and their gift cards on the database."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.ids import CustomerId
from shopfloor.kernel.money import Money
from shopfloor.shop import rules
from shopfloor.shop.models import Address, Customer, GiftCard
from shopfloor.shop.sql.rows import CustomerRow, GiftCardRow


class SqlCustomers:
    """Who buys."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database

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
        ordered = theirs.order_by(GiftCardRow.expires_on.is_(None), GiftCardRow.expires_on, GiftCardRow.code)
        return await self._database.read(lambda session: [gift_card_of(row) for row in session.scalars(ordered)])


def customer_of(row: CustomerRow) -> Customer:
    """Return the customer of a row."""
    return Customer(
        id=row.id,
        email=row.email,
        name=row.name,
        phone=row.phone,
        address=Address(**row.address),
        marketing_consent=row.marketing_consent,
        created_at=row.created_at,
    )


def gift_card_of(row: GiftCardRow) -> GiftCard:
    """Return the gift card of a row."""
    return GiftCard(
        code=row.code,
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
        created_at=customer.created_at,
    )


def gift_card_row(card: GiftCard) -> GiftCardRow:
    """Return the row of a gift card."""
    return GiftCardRow(
        code=card.code,
        customer_id=card.customer_id,
        initial=card.initial.minor,
        balance=card.balance.minor,
        currency=card.initial.currency,
        expires_on=card.expires_on,
    )
