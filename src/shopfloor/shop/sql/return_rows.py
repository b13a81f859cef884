"""Returns as rows, and rows as returns."""

from collections import defaultdict
from collections.abc import Iterable
from typing import cast

from sqlalchemy import Connection, bindparam, select

from shopfloor.kernel.ids import OrderNumber
from shopfloor.kernel.money import Money
from shopfloor.shop.models import Return, ReturnLine
from shopfloor.shop.sql.rows import ReturnLineRow, ReturnRow

RETURNS = (
    select(ReturnRow.__table__)
    .where(ReturnRow.order_number == bindparam("of"))
    .order_by(ReturnRow.requested_at, ReturnRow.id)
)
LINES = (
    select(ReturnLineRow.__table__)
    .join(ReturnRow, ReturnRow.id == ReturnLineRow.return_id)
    .where(ReturnRow.order_number == bindparam("of"))
    .order_by(ReturnLineRow.position)
)


def read_returns(connection: Connection, number: OrderNumber) -> tuple[Return, ...]:
    """Return an order's returns, oldest first."""
    rows = connection.execute(RETURNS, {"of": number}).all()
    lines = defaultdict[str, list[ReturnLineRow]](list)
    for line in connection.execute(LINES, {"of": number}) if rows else ():
        lines[line.return_id].append(cast("ReturnLineRow", line))
    return tuple(_return(cast("ReturnRow", row), lines[row.id]) for row in rows)


def return_of(row: ReturnRow) -> Return:
    """Return the return of a row."""
    return _return(row, row.lines)


def _return(row: ReturnRow, lines: Iterable[ReturnLineRow]) -> Return:
    return Return(
        id=row.id,
        order_number=row.order_number,
        kind=row.kind,
        state=row.state,
        lines=tuple(
            ReturnLine(sku=line.sku, quantity=line.quantity, reason=line.reason, exchange_sku=line.exchange_sku)
            for line in lines
        ),
        requested_at=row.requested_at,
        received_at=row.received_at,
        tracking_id=row.tracking_id,
        payment_method_id=row.payment_method_id,
        difference=None if row.difference is None or row.currency is None else Money(row.currency, row.difference),
    )


def return_row(back: Return) -> ReturnRow:
    """Return the row of a return, with those of its lines."""
    return ReturnRow(
        id=back.id,
        order_number=back.order_number,
        kind=back.kind,
        state=back.state,
        requested_at=back.requested_at,
        received_at=back.received_at,
        tracking_id=back.tracking_id,
        payment_method_id=back.payment_method_id,
        difference=back.difference.minor if back.difference else None,
        currency=back.difference.currency if back.difference else None,
        lines=[
            ReturnLineRow(
                position=position,
                sku=line.sku,
                quantity=line.quantity,
                reason=line.reason,
                exchange_sku=line.exchange_sku,
            )
            for position, line in enumerate(back.lines)
        ],
    )
