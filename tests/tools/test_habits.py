"""What is bought together follows the shop's orders, and reads them once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import anyio
import pytest
from tools.kitchen import ADA, BEN, CUP, KETTLE, NOW, TEA, order, orders

from shopfloor.database.engine import Database
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import StorageError
from shopfloor.kernel.ids import OrderNumber
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Shop
from shopfloor.shop.models import Basket, Order
from shopfloor.shop.sql import load, sql_shop
from shopfloor.shop.sql.order_rows import order_row
from shopfloor.tools.retail import habits as module
from shopfloor.tools.retail.habits import LATEST, UNSETTLED, Habits

pytestmark = pytest.mark.anyio


class ReadOrders:
    """The orders of a shop, which notes what is read of them, and may fail."""

    def __init__(self, shop: Shop) -> None:
        self._orders = shop.orders
        self.orders_of = shop.orders.orders_of
        self.read: list[str] = []
        self.fails_after = 10**9

    async def baskets(self, *, since: datetime, after: OrderNumber | None = None, limit: int) -> Sequence[Basket]:
        if len(self.read) >= self.fails_after:
            raise StorageError("the disk is full")
        found = await self._orders.baskets(since=since, after=after, limit=limit)
        self.read += [each.order for each in found]
        return found


class Kept:
    """A shop on a database, and what is known of its orders."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database, self.clock = database, clock
        self.shop = sql_shop(database, clock)
        self.orders = ReadOrders(self.shop)
        self.habits = Habits(self.orders, lambda product: ("Kitchen", f"{product}s"), clock)  # type: ignore

    async def sell(self, *sold: Order) -> None:
        await self.database.write(lambda session: session.add_all([order_row(each) for each in sold]))

    async def beside_kettle(self) -> list[tuple[str, int, int]]:
        known = await self.habits.known()
        return [(each.product, each.together, each.of) for each in known.together.additions([KETTLE.id], limit=9)]

    def pass_by(self, time: timedelta) -> None:
        self.clock.at += time


@pytest.fixture(params=["sqlite", "postgresql"])
async def kept(database: Database) -> Kept:
    await load(database, ShopContents())
    return Kept(database, FixedClock(NOW))


OLD = orders(6, KETTLE, TEA, first=1_000, days_ago=200.0)
NEW = [*orders(4, KETTLE, TEA, first=2_000, state="processing"), *orders(20, CUP, first=3_000)]


async def test_new_orders_are_taken_in_and_settled_ones_not_read_again(kept: Kept) -> None:
    await kept.sell(*OLD, *NEW)
    assert await kept.beside_kettle() == [("tea", 10, 10)]
    assert sorted(kept.orders.read) == sorted(each.number for each in [*OLD, *NEW])
    kept.orders.read.clear()
    await kept.sell(*orders(5, KETTLE, CUP, first=4_000, days_ago=0.0))
    assert await kept.beside_kettle() == [("tea", 10, 10)]
    assert kept.orders.read == []
    kept.pass_by(LATEST + timedelta(minutes=1))
    assert await kept.beside_kettle() == [("tea", 10, 15), ("cup", 5, 15)]
    assert not {each.number for each in OLD} & set(kept.orders.read)


async def test_an_order_that_was_cancelled_or_stored_late_is_put_right(kept: Kept) -> None:
    await kept.sell(*OLD, *NEW)
    await kept.habits.renew()
    await kept.shop.orders.cancel_order(NEW[0].number, reason="Too late", at=NOW, key="k")
    await kept.sell(order(2_500, KETTLE, TEA, days_ago=20.0))
    await kept.sell(order(2_501, KETTLE, CUP, days_ago=20.0))
    await kept.habits.renew()
    assert await kept.beside_kettle() == [("tea", 10, 11)]


async def test_after_a_pause_what_was_unsettled_before_it_is_read_again(kept: Kept) -> None:
    await kept.sell(*OLD, *NEW)
    await kept.habits.renew()
    await kept.shop.orders.cancel_order(NEW[0].number, reason="Too late", at=NOW, key="k")
    kept.pass_by(4 * UNSETTLED)
    assert await kept.beside_kettle() == [("tea", 9, 9)]


async def test_a_failure_amid_the_pages_leaves_what_was_known_and_counts_nothing_twice(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 7)
    await kept.sell(*OLD, *NEW)
    kept.orders.fails_after = 14
    with pytest.raises(StorageError):
        await kept.habits.renew()
    kept.orders.fails_after = 10**9
    await kept.habits.renew()
    assert await kept.beside_kettle() == [("tea", 10, 10)]
    kept.orders.fails_after = len(kept.orders.read) + 7
    with pytest.raises(StorageError):
        await kept.habits.renew()
    assert await kept.beside_kettle() == [("tea", 10, 10)]


async def test_only_so_many_of_the_newest_orders_are_kept(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BASKETS", 23)
    await kept.sell(*OLD, *NEW)
    assert await kept.beside_kettle() == [("tea", 3, 3)]


async def test_who_asks_while_it_is_fitted_does_not_wait(kept: Kept) -> None:
    await kept.sell(*OLD, *NEW)
    async with anyio.create_task_group() as group:
        group.start_soon(kept.habits.renew)
        await anyio.lowlevel.checkpoint()
        assert await kept.beside_kettle() == []
    assert await kept.beside_kettle() == [("tea", 10, 10)]


async def test_a_customers_own_baskets_are_those_of_this_moment(kept: Kept) -> None:
    mine = order(3, TEA, CUP, customer=ADA)
    await kept.sell(order(1, TEA, customer=BEN), order(2, CUP), mine)
    assert await kept.habits.earlier(ADA) == [mine.basket]
    await kept.sell(order(4, TEA, customer=ADA, days_ago=0.0, state="pending"))
    assert [each.order for each in await kept.habits.earlier(ADA)] == ["4", "3"]
    await kept.shop.orders.cancel_order(OrderNumber("4"), reason="Too late", at=NOW, key="k")
    assert await kept.habits.earlier(ADA) == [mine.basket]
    assert await kept.habits.earlier(None) == ()
