"""What is bought together in a shop, kept up with its orders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import anyio
from anyio import to_thread

from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import CustomerId, OrderNumber, ProductId
from shopfloor.search.associations import KindRules
from shopfloor.search.baskets import Baskets
from shopfloor.search.bought_together import BoughtTogether
from shopfloor.shop.contract import Orders
from shopfloor.shop.models import Basket

REACH = timedelta(days=3 * 365)
"""How far back orders are read at the start; what is older than that would weigh a sixty-fourth."""
MOST_BASKETS = 1_000_000
"""The newest orders that are kept in memory."""
PAGE = 5_000
"""Orders that are read at once."""
UNSETTLED = timedelta(days=30)
"""For how long an order is read anew each time: it may be cancelled until it is shipped, and an order that was placed
before another may be stored after it."""
REFIT = timedelta(hours=1)
"""How often what is bought together is fitted anew."""
LATEST = timedelta(hours=6)
"""When whoever asks waits for it, since nobody keeps it up."""
KIND_BASKETS = 5_000
"""The newest baskets that tell which kinds are bought together."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
EARLIER_ORDERS = 50
"""A customer's own orders that count, the newest ones."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What a shop's orders tell, as of an instant."""

    at: datetime
    together: BoughtTogether
    kinds: KindRules


class Habits:
    """What is bought together in one shop; orders are taken in as they come, and read no more once they are settled."""

    def __init__(self, orders: Orders, category_of: Callable[[ProductId], Sequence[str]], clock: Clock) -> None:
        """Take the orders, what tells a product's category, and the clock."""
        self._orders = orders
        self._category_of = category_of
        self._clock = clock
        self._baskets = Baskets()
        self._read_at = NEVER
        self._fitting = anyio.Lock()
        self._known = self._fit(NEVER)

    async def known(self) -> Known:
        """Return what was fitted last.

        Whoever asks first, or when it has grown old, waits for it; whoever asks while others wait gets what there is.
        """
        if self._clock.now() - self._known.at > LATEST and not self._fitting.locked():
            await self.renew()
        return self._known

    async def run(self) -> None:
        """Keep it up for ever."""
        while True:
            await self.renew()
            await anyio.sleep(REFIT.total_seconds())

    async def renew(self) -> None:
        """Take in the orders since the last time and fit to all of them, in a thread."""
        async with self._fitting:
            now = self._clock.now()
            await self._take_in(now)
            self._known = await to_thread.run_sync(self._fit, now)

    def category_of(self, product: ProductId) -> Sequence[str]:
        """Return the path of a product's category; empty where there is no such product."""
        return self._category_of(product)

    async def earlier(self, customer_id: CustomerId | None) -> Sequence[Basket]:
        """Return what a signed-in customer bought themselves, as it stands now; nothing of whoever is not signed in."""
        if customer_id is None:
            return ()
        orders = await self._orders.orders_of(customer_id, limit=EARLIER_ORDERS)
        return [order.basket for order in orders if order.state != "cancelled"]

    async def _take_in(self, now: datetime) -> None:
        """Read the orders since the last time, and those before that were not settled then."""
        since = max(now - REACH, self._read_at - UNSETTLED)
        await to_thread.run_sync(self._baskets.drop_from, since)
        after: OrderNumber | None = None
        while page := await self._orders.baskets(since=since, after=after, limit=PAGE):
            await to_thread.run_sync(self._add, page)
            since, after = page[-1].at, page[-1].order
        self._read_at = now

    def _add(self, page: Sequence[Basket]) -> None:
        self._baskets.add(page)
        self._baskets.drop_oldest(MOST_BASKETS)

    def _fit(self, now: datetime) -> Known:
        return Known(
            at=now,
            together=BoughtTogether(self._baskets.table(), now),
            kinds=KindRules(self._baskets.newest(KIND_BASKETS), self._kind),
        )

    def _kind(self, product: ProductId) -> str | None:
        path = self._category_of(product)
        return path[-1] if path else None
