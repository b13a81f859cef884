"""Accounts of orders on the database: the order's row, its customer's ways to pay, and gift cards, locked together."""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import OrderNumber
from shopfloor.shop.models import Order
from shopfloor.shop.paying import Account, Wallet, account_of, concerns
from shopfloor.shop.sql import order_rows
from shopfloor.shop.sql.customers import customer_of, gift_card_of
from shopfloor.shop.sql.rows import CustomerRow, GiftCardRow, OrderRow


@dataclass(frozen=True, kw_only=True, slots=True)
class LockedAccount:
    """An account with its rows, which no other transaction changes before this one ends."""

    account: Account
    row: OrderRow
    cards: dict[str, GiftCardRow]

    def keep(self, account: Account) -> Order:
        """Store what became of the order and of the gift cards."""
        order_rows.update(self.row, account.order)
        for card in account.wallet.cards:
            self.cards[card.code].balance = card.balance.minor
        return account.order


def locked_order(session: Session, number: OrderNumber) -> OrderRow:
    """Return an order's row, which no other transaction changes before this one ends.

    Raises:
        NotFound: no such order.
    """
    row = session.scalar(select(OrderRow).where(OrderRow.number == number).with_for_update())
    if row is None:
        raise NotFound(f"there is no order {number}")
    return row


def locked_account(session: Session, number: OrderNumber) -> LockedAccount:
    """Return the account of an order.

    Raises:
        NotFound: no such order.
    """
    row = locked_order(session, number)
    order = order_rows.order_of(row)
    codes = {order.payment_method_id, *(payment.method_id for payment in order.payments)}
    named = GiftCardRow.code.in_(codes)
    theirs = or_(GiftCardRow.customer_id == order.customer_id, named) if order.customer_id else named
    rows = session.scalars(select(GiftCardRow).where(theirs).order_by(GiftCardRow.code).with_for_update())
    cards = {card.code: card for card in rows if concerns(gift_card_of(card), order)}
    customer = session.get(CustomerRow, order.customer_id) if order.customer_id else None
    wallet = Wallet(
        customer_id=order.customer_id,
        methods=customer_of(customer).payment_methods if customer else (),
        cards=tuple(gift_card_of(card) for card in cards.values()),
    )
    return LockedAccount(account=account_of(order, wallet), row=row, cards=cards)
