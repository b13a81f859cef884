"""Returns on the database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.ids import OrderNumber
from shopfloor.shop import rules, writes
from shopfloor.shop.models import Return, ReturnKind, ReturnLine
from shopfloor.shop.sql.effects import Writer
from shopfloor.shop.sql.order_rows import order_of
from shopfloor.shop.sql.orders import locked_order
from shopfloor.shop.sql.rows import ReturnLineRow, ReturnRow


class SqlReturns:
    """What comes back."""

    def __init__(self, database: Database, writer: Writer) -> None:
        """Take the database and what writes to it."""
        self._database = database
        self._writer = writer

    async def returns_of(self, number: OrderNumber) -> Sequence[Return]:
        """Return an order's returns, oldest first."""
        return await self._database.read(lambda session: _returns_of(session, number))

    async def request_return(
        self, number: OrderNumber, kind: ReturnKind, lines: Sequence[ReturnLine], *, at: datetime, key: str
    ) -> Return:
        """Register that goods shall come back."""

        def request(session: Session) -> Return:
            order = order_of(locked_order(session, number))
            new = rules.requested_return(order, _returns_of(session, number), kind, lines, at=at)
            session.add(return_row(new))
            return new

        return await self._writer.once(writes.request_return(number, kind, lines, key=key), request)


def _returns_of(session: Session, number: OrderNumber) -> list[Return]:
    theirs = select(ReturnRow).where(ReturnRow.order_number == number)
    return [return_of(row) for row in session.scalars(theirs.order_by(ReturnRow.requested_at, ReturnRow.id))]


def return_of(row: ReturnRow) -> Return:
    """Return the return of a row."""
    return Return(
        id=row.id,
        order_number=row.order_number,
        kind=row.kind,
        state=row.state,
        lines=tuple(
            ReturnLine(sku=line.sku, quantity=line.quantity, reason=line.reason, exchange_sku=line.exchange_sku)
            for line in row.lines
        ),
        requested_at=row.requested_at,
        received_at=row.received_at,
        tracking_id=row.tracking_id,
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
