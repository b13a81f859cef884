"""What was sold, in memory."""

from collections.abc import Sequence
from datetime import datetime

from shopfloor.kernel.ids import CustomerId, OrderNumber
from shopfloor.shop import rules, writes
from shopfloor.shop.item_changes import stock_changes
from shopfloor.shop.memory.shelves import Part
from shopfloor.shop.models import Address, Basket, ItemChange, Order
from shopfloor.shop.paying import OrderCase


class MemoryOrders(Part):
    """What was sold."""

    async def get_order(self, number: OrderNumber) -> Order | None:
        """Return an order, or None."""
        return self._shelves.orders.get(number)

    async def owner_of(self, number: OrderNumber) -> CustomerId | None:
        """Return whose an order is; None of a guest's, or where there is none."""
        order = self._shelves.orders.get(number)
        return order.customer_id if order else None

    async def get_case(self, number: OrderNumber) -> OrderCase | None:
        """Return an order with all that a change of it is decided by, or None."""
        return self._shelves.case(number) if number in self._shelves.orders else None

    async def orders_of(self, customer_id: CustomerId, *, limit: int = 20) -> Sequence[Order]:
        """Return a customer's orders, newest first."""
        theirs = [order for order in self._shelves.orders.values() if order.customer_id == customer_id]
        return sorted(theirs, key=lambda order: (order.placed_at, order.number), reverse=True)[:limit]

    async def baskets(self, *, since: datetime, after: OrderNumber | None = None, limit: int) -> Sequence[Basket]:
        """Return a page of what was bought together from an instant on, oldest first."""
        sold = [each for each in self._shelves.orders.values() if each.state != "cancelled" and each.placed_at >= since]
        behind = [each for each in sold if after is None or (each.placed_at, each.number) > (since, after)]
        return [each.basket for each in sorted(behind, key=lambda each: (each.placed_at, each.number))[:limit]]

    async def cancel_order(self, number: OrderNumber, *, reason: str, at: datetime, key: str) -> Order:
        """Cancel an order, put its pieces back and start its refund."""

        def cancel() -> Order:
            account = rules.cancelled(self._shelves.account(number), reason=reason, at=at)
            for line in account.order.lines:
                self._shelves.grow(line.sku, line.quantity)
            return self._shelves.keep(account)

        return self._shelves.once(writes.cancel_order(number, reason, key=key), cancel)

    async def change_shipping_address(self, number: OrderNumber, address: Address, *, key: str) -> Order:
        """Send an order to another address."""

        def change() -> Order:
            order = rules.readdressed(self._shelves.order(number), address)
            self._shelves.orders[number] = order
            return order

        return self._shelves.once(writes.change_shipping_address(number, address, key=key), change)

    async def change_payment_method(self, number: OrderNumber, method_id: str, *, at: datetime, key: str) -> Order:
        """Let an order be paid in another way."""

        def change() -> Order:
            return self._shelves.keep(rules.repaid(self._shelves.account(number), method_id, at=at))

        return self._shelves.once(writes.change_payment_method(number, method_id, key=key), change)

    async def change_items(
        self, number: OrderNumber, changes: Sequence[ItemChange], method_id: str, *, at: datetime, key: str
    ) -> Order:
        """Replace pieces of an order by other variants."""

        def change() -> Order:
            products = self._shelves.products_of(each.new_sku for each in changes)
            account = rules.with_items_changed(self._shelves.account(number), changes, method_id, products, at=at)
            for sku, pieces in stock_changes(changes).items():
                self._shelves.grow(sku, pieces)
            return self._shelves.keep(account)

        return self._shelves.once(writes.change_items(number, changes, method_id, key=key), change)
