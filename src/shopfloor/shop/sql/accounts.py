"""Accounts of orders on the database: the order's row, its customer's ways to pay, and gift cards, locked together."""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, bindparam, or_, select
from sqlalchemy.orm import Session

from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import OrderNumber
from shopfloor.shop.models import Order
from shopfloor.shop.paying import Account, OrderCase, Wallet, account_of, concerns
from shopfloor.shop.sql import order_rows
from shopfloor.shop.sql.customers import PAYMENT_METHOD, customer_of, gift_card_of
from shopfloor.shop.sql.return_rows import read_returns
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
            self.cards[card.id].balance = card.balance.minor
        return account.order


WAYS_TO_PAY = select(CustomerRow.payment_methods).where(CustomerRow.id == bindparam("of"))
CARDS = (
    select(GiftCardRow.__table__)
    .where(or_(GiftCardRow.customer_id == bindparam("of"), GiftCardRow.id.in_(bindparam("ids", expanding=True))))
    .order_by(GiftCardRow.id)
)


def read_case(connection: Connection, number: OrderNumber) -> OrderCase | None:
    """Return an order with all that a change of it is decided by, or None."""
    order = order_rows.read_order(connection, number)
    if order is None:
        return None
    of = {"of": order.customer_id}
    methods = connection.scalar(WAYS_TO_PAY, of) if order.customer_id else None
    rows = connection.execute(CARDS, {**of, "ids": _card_ids(order)})
    cards = (gift_card_of(cast("GiftCardRow", row)) for row in rows)
    wallet = Wallet(
        customer_id=order.customer_id,
        methods=tuple(map(PAYMENT_METHOD.validate_python, methods or ())),
        cards=tuple(card for card in cards if concerns(card, order)),
    )
    return OrderCase(account=account_of(order, wallet), returns=read_returns(connection, number))


def _card_ids(order: Order) -> list[str]:
    """Return the gift cards that an order may have been paid with."""
    return sorted({order.payment_method_id, *(payment.method_id for payment in order.payments)})


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
    named = GiftCardRow.id.in_(_card_ids(order))
    theirs = or_(GiftCardRow.customer_id == order.customer_id, named) if order.customer_id else named
    rows = session.scalars(select(GiftCardRow).where(theirs).order_by(GiftCardRow.id).with_for_update())
    cards = {card.id: card for card in rows if concerns(gift_card_of(card), order)}
    customer = session.get(CustomerRow, order.customer_id) if order.customer_id else None
    wallet = Wallet(
        customer_id=order.customer_id,
        methods=customer_of(customer).payment_methods if customer else (),
        cards=tuple(gift_card_of(card) for card in cards.values()),
    )
    return LockedAccount(account=account_of(order, wallet), row=row, cards=cards)
