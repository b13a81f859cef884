"""Baskets of a shop, for tests of what is bought together."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from shopfloor.kernel.ids import CustomerId, OrderNumber, ProductId
from shopfloor.shop.models import Basket

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)


def basket(
    products: str, *, days_ago: float = 1.0, customer: str | None = None, order: str = "1", many: Sequence[str] = ()
) -> Basket:
    """Return a basket of products that are called by one letter each, and of others."""
    return Basket(
        order=OrderNumber(order),
        at=NOW - timedelta(days=days_ago),
        customer_id=None if customer is None else CustomerId(customer),
        products=frozenset(map(ProductId, (*products, *many))),
    )
