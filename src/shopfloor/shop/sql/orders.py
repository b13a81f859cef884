"""Orders on the database."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.ids import CustomerId, OrderNumber, ProductId, Sku
from shopfloor.shop import rules, writes
from shopfloor.shop.item_changes import stock_changes
from shopfloor.shop.models import Address, Basket, ItemChange, Order
from shopfloor.shop.paying import OrderCase
from shopfloor.shop.sql import order_rows
from shopfloor.shop.sql.accounts import locked_account, locked_order, read_case
from shopfloor.shop.sql.catalogue import grow_stock, products_of
from shopfloor.shop.sql.effects import Writer
from shopfloor.shop.sql.rows import OrderLineRow, OrderRow

OWNER = select(OrderRow.customer_id).where(OrderRow.number == bindparam("of"))
AT_ONCE = 500
"""Orders whose lines are read by one statement: a database takes so many parameters, and no more."""


class SqlOrders:
    """What was sold."""

    def __init__(self, database: Database, writer: Writer) -> None:
        """Take the database and what writes to it."""
        self._database = database
        self._writer = writer

    async def get_order(self, number: OrderNumber) -> Order | None:
        """Return an order, or None."""
        return await self._database.read_core(lambda connection: order_rows.read_order(connection, number))

    async def owner_of(self, number: OrderNumber) -> CustomerId | None:
        """Return whose an order is; None of a guest's, or where there is none."""
        return await self._database.read_core(lambda connection: connection.scalar(OWNER, {"of": number}))

    async def get_case(self, number: OrderNumber) -> OrderCase | None:
        """Return an order with all that a change of it is decided by, or None."""
        return await self._database.read_core(lambda connection: read_case(connection, number))

    async def orders_of(self, customer_id: CustomerId, *, limit: int = 20) -> Sequence[Order]:
        """Return a customer's orders, newest first."""
        theirs = select(OrderRow).where(OrderRow.customer_id == customer_id)
        newest = theirs.order_by(OrderRow.placed_at.desc(), OrderRow.number.desc()).limit(limit)
        return await self._database.read(lambda session: [order_rows.order_of(row) for row in session.scalars(newest)])

    async def baskets(self, *, since: datetime, after: OrderNumber | None = None, limit: int) -> Sequence[Basket]:
        """Return a page of what was bought together from an instant on, oldest first."""
        at, number = OrderRow.placed_at, OrderRow.number
        begins = at >= since if after is None else (at > since) | ((at == since) & (number > after))
        sold = select(number, at, OrderRow.customer_id).where(OrderRow.state != "cancelled", at >= since, begins)
        page = sold.order_by(at, number).limit(limit)
        lines = select(OrderLineRow.order_number, OrderLineRow.product_id)

        def read(connection: Connection) -> Sequence[Basket]:
            orders = connection.execute(page).all()
            products: dict[OrderNumber, set[ProductId]] = {order.number: set() for order in orders}
            for first in range(0, len(orders), AT_ONCE):
                numbers = [order.number for order in orders[first : first + AT_ONCE]]
                for order, product in connection.execute(lines.where(OrderLineRow.order_number.in_(numbers))):
                    products[order].add(product)
            return [
                Basket(
                    order=order.number,
                    at=order.placed_at,
                    customer_id=order.customer_id,
                    products=frozenset(products[order.number]),
                )
                for order in orders
            ]

        return await self._database.read_core(read)

    async def cancel_order(self, number: OrderNumber, *, reason: str, at: datetime, key: str) -> Order:
        """Cancel an order, put its pieces back and start its refund."""

        def cancel(session: Session) -> Order:
            locked = locked_account(session, number)
            account = rules.cancelled(locked.account, reason=reason, at=at)
            pieces = Counter[Sku]()
            for line in account.order.lines:
                pieces[line.sku] += line.quantity
            grow_stock(session, pieces)
            return locked.keep(account)

        return await self._writer.once(writes.cancel_order(number, reason, key=key), cancel)

    async def change_shipping_address(self, number: OrderNumber, address: Address, *, key: str) -> Order:
        """Send an order to another address."""

        def change(session: Session) -> Order:
            row = locked_order(session, number)
            order = rules.readdressed(order_rows.order_of(row), address)
            order_rows.update(row, order)
            return order

        return await self._writer.once(writes.change_shipping_address(number, address, key=key), change)

    async def change_payment_method(self, number: OrderNumber, method_id: str, *, at: datetime, key: str) -> Order:
        """Let an order be paid in another way."""

        def change(session: Session) -> Order:
            locked = locked_account(session, number)
            return locked.keep(rules.repaid(locked.account, method_id, at=at))

        return await self._writer.once(writes.change_payment_method(number, method_id, key=key), change)

    async def change_items(
        self, number: OrderNumber, changes: Sequence[ItemChange], method_id: str, *, at: datetime, key: str
    ) -> Order:
        """Replace pieces of an order by other variants."""

        def change(session: Session) -> Order:
            locked = locked_account(session, number)
            products = products_of(session, [each.new_sku for each in changes])
            account = rules.with_items_changed(locked.account, changes, method_id, products, at=at)
            grow_stock(session, stock_changes(changes))
            return locked.keep(account)

        return await self._writer.once(writes.change_items(number, changes, method_id, key=key), change)
