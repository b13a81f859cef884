"""Orders on the database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import CustomerId, OrderNumber, ProductId
from shopfloor.shop import rules, writes
from shopfloor.shop.models import Address, Order, OrderLine
from shopfloor.shop.sql import order_rows
from shopfloor.shop.sql.effects import Writer
from shopfloor.shop.sql.rows import OrderLineRow, OrderRow, VariantRow


class SqlOrders:
    """What was sold."""

    def __init__(self, database: Database, writer: Writer) -> None:
        """Take the database and what writes to it."""
        self._database = database
        self._writer = writer

    async def get_order(self, number: OrderNumber) -> Order | None:
        """Return an order, or None."""

        def read(session: Session) -> Order | None:
            row = session.get(OrderRow, number)
            return row and order_rows.order_of(row)

        return await self._database.read(read)

    async def orders_of(self, customer_id: CustomerId, *, limit: int = 20) -> Sequence[Order]:
        """Return a customer's orders, newest first."""
        theirs = select(OrderRow).where(OrderRow.customer_id == customer_id)
        newest = theirs.order_by(OrderRow.placed_at.desc(), OrderRow.number.desc()).limit(limit)
        return await self._database.read(lambda session: [order_rows.order_of(row) for row in session.scalars(newest)])

    async def baskets(self, *, limit: int) -> Sequence[frozenset[ProductId]]:
        """Return which products were bought together, the newest orders' first."""
        sold = select(OrderRow.number).where(OrderRow.state != "cancelled")
        newest = sold.order_by(OrderRow.placed_at.desc(), OrderRow.number.desc()).limit(limit)

        def read(session: Session) -> Sequence[frozenset[ProductId]]:
            numbers = session.scalars(newest).all()
            baskets: dict[OrderNumber, set[ProductId]] = {number: set() for number in numbers}
            lines = select(OrderLineRow.order_number, OrderLineRow.product_id)
            for number, product_id in session.execute(lines.where(OrderLineRow.order_number.in_(newest))):
                baskets[number].add(product_id)
            return [frozenset(basket) for basket in baskets.values()]

        return await self._database.read(read)

    async def cancel_order(self, number: OrderNumber, *, reason: str, at: datetime, key: str) -> Order:
        """Cancel an order, put its pieces back and start its refund."""

        def cancel(session: Session) -> Order:
            row = locked_order(session, number)
            order = rules.cancelled(order_rows.order_of(row), reason=reason, at=at)
            order_rows.update(row, order)
            for line in order.lines:
                _put_back(session, line)
            return order

        return await self._writer.once(writes.cancel_order(number, reason, key=key), cancel)

    async def change_shipping_address(self, number: OrderNumber, address: Address, *, key: str) -> Order:
        """Send an order to another address."""

        def change(session: Session) -> Order:
            row = locked_order(session, number)
            order = rules.readdressed(order_rows.order_of(row), address)
            order_rows.update(row, order)
            return order

        return await self._writer.once(writes.change_shipping_address(number, address, key=key), change)


def locked_order(session: Session, number: OrderNumber) -> OrderRow:
    """Return an order's row, which no other transaction changes before this one ends.

    Raises:
        NotFound: no such order.
    """
    row = session.scalar(select(OrderRow).where(OrderRow.number == number).with_for_update())
    if row is None:
        raise NotFound(f"there is no order {number}")
    return row


def _put_back(session: Session, line: OrderLine) -> None:
    variant = update(VariantRow).where(VariantRow.sku == line.sku)
    session.execute(variant.values(stock=VariantRow.stock + line.quantity))
