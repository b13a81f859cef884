"""What is suggested, and why: counted, of its kind, or alike; for whom, and what it earns the shop."""

import pytest
from tools.kitchen import ADA, BEN, CUP, KETTLE, LAMP, PRODUCTS, TEA, Kitchen, order, orders, thing

from shopfloor.identity.identity import GUEST, Identity
from shopfloor.kernel.ids import CustomerId, OrderNumber, Sku
from shopfloor.search.companions import Companion, Item
from shopfloor.tools.retail.suggestions import NEAR, Suggestion, by_margin

pytestmark = pytest.mark.anyio

TOGETHER = [*orders(31, KETTLE, TEA), *orders(89, KETTLE, first=100), *orders(60, LAMP, first=200)]


async def test_it_says_beside_what_and_how_often_it_was_bought() -> None:
    (tea,) = await Kitchen(TOGETHER).beside("kettle")
    assert (tea["title"], tea["beside"], tea["together"], tea["of"]) == ("Tea", "kettle", 31, 120)
    assert tea["reasons"] == ["31 of 120 orders with Kettle had it too"]


async def test_of_a_cart_each_suggestion_names_the_thing_that_it_goes_with() -> None:
    kitchen = Kitchen([*TOGETHER, *orders(20, LAMP, CUP, first=300)])
    found = await kitchen.beside(None, Identity(customer_id=ADA))
    assert {(each["title"], each["beside"]) for each in found} == {("Tea", "kettle"), ("Cup", "lamp")}
    assert await kitchen.titles("kettle", Identity(customer_id=ADA)) == ["Tea"]


async def test_what_is_sold_out_or_dearer_than_what_it_goes_with_is_not_suggested() -> None:
    kitchen = Kitchen([*TOGETHER, *orders(50, TEA, LAMP, first=300)])
    assert await kitchen.titles("tea") == []
    assert "Tea" in await kitchen.titles("kettle")
    await kitchen.shop.catalogue.set_stock(Sku("TEA"), 0, key="k")
    assert "Tea" not in await kitchen.titles("kettle")


async def test_what_is_bought_too_rarely_is_told_by_its_kind() -> None:
    kettles = [thing(f"kettle {number}", "Kettles", price=6_000) for number in range(5)]
    sold = [order(place, each, TEA) for place, each in enumerate(kettles)] + orders(40, LAMP, first=50)
    new = thing("kettle 9", "Kettles", price=6_000)
    (tea,) = await Kitchen(sold, products=[*PRODUCTS, *kettles, new]).beside("kettle 9")
    assert (tea["title"], tea["together"]) == ("Tea", 0)
    assert tea["reasons"] == ["teas are often bought together with kettles"]


async def test_a_shop_without_orders_suggests_what_is_meant_for_the_same() -> None:
    (spoon,) = await Kitchen([]).beside("kettle")
    assert (spoon["title"], spoon["together"], spoon["of"]) == ("Spoon", 0, 0)
    assert spoon["reasons"] == ["has tea, breakfast in common with Kettle"]
    assert await Kitchen([]).titles("cup") == []


async def test_two_orders_of_a_small_shop_prove_nothing_between_products() -> None:
    sold = [*orders(2, KETTLE, LAMP), *orders(3, KETTLE, first=10), *orders(3, LAMP, first=20)]
    assert await Kitchen(sold).titles("lamp") == []


AGAIN = [
    order(10 * n + days, TEA, customer=CustomerId(f"c{n}"), days_ago=days) for n in range(40, 60) for days in (3, 6)
]
"""Twenty customers who bought tea twice."""


async def test_a_customers_own_orders_count_for_them_and_for_nobody_else() -> None:
    own = [order(1, TEA, CUP, customer=ADA, days_ago=5), order(2, TEA, customer=ADA, days_ago=3)]
    kitchen = Kitchen([*AGAIN, *own])
    (tea,) = await kitchen.beside(None, Identity(customer_id=ADA))
    assert (tea["title"], tea["reasons"]) == ("Tea", ["you bought it before"])
    for who in (GUEST, Identity(customer_id=BEN), Identity(order_numbers=frozenset({OrderNumber("1")}))):
        assert "you bought it before" not in str(await kitchen.beside("kettle", who))
        assert await kitchen.habits.earlier(who.customer_id) == ([] if who.customer_id else ())


async def test_a_cancelled_order_counts_neither_for_its_customer_nor_for_others() -> None:
    cancelled = orders(31, KETTLE, TEA, state="cancelled", customer=ADA)
    kitchen = Kitchen([*cancelled, *AGAIN, *orders(89, KETTLE, first=100)])
    assert "Tea" not in await kitchen.titles("kettle", Identity(customer_id=ADA))
    assert await kitchen.habits.earlier(ADA) == []


async def test_a_wish_for_a_kind_gets_what_is_bought_of_it_first() -> None:
    cups = [thing(f"cup {number}", "Cups") for number in range(6)]
    sold = [*orders(20, KETTLE, cups[4]), *orders(30, LAMP, cups[1], first=100), *orders(50, KETTLE, first=200)]
    kitchen = Kitchen(sold, products=[*PRODUCTS, *cups])
    found = await kitchen.beside("kettle", wish="cups that go with it")
    assert found[0]["title"] == "Cup 4"
    assert found[0]["reasons"] == ["20 of 70 orders with Kettle had it too"]
    assert len(found) == 3
    assert {each["title"][:3] for each in found} == {"Cup"}


# -- margins ---------------------------------------------------------------------------------------------------------


def suggestion(name: str, score: float, *, cost: int | None) -> Suggestion:
    product = thing(name, "Teas", cost=cost)
    companion = Companion(product=product, variant=product.variants[0], has_size=False, score=1.0)
    return Suggestion(
        companion=companion, beside=Item(product=KETTLE, variant=KETTLE.variants[0]), score=score, addition=None
    )


def ordered(*found: Suggestion) -> list[str]:
    return [each.companion.product.id for each in by_margin(found)]


def test_of_what_is_nearly_as_good_what_earns_the_shop_most_comes_first() -> None:
    near = 1 - NEAR / 2
    assert ordered(suggestion("a", 1, cost=900), suggestion("b", near, cost=200)) == ["b", "a"]
    assert ordered(suggestion("a", 1, cost=None), suggestion("b", near, cost=999)) == ["b", "a"]
    assert ordered(suggestion("a", 1, cost=None), suggestion("b", near, cost=None)) == ["a", "b"]
    assert ordered(suggestion("a", 1, cost=None), suggestion("b", near, cost=1_500)) == ["a", "b"]


def test_a_margin_lifts_nothing_over_what_is_clearly_better() -> None:
    best, good, less = (
        suggestion(name, score, cost=cost) for name, score, cost in [("a", 1, 999), ("b", 0.97, 990), ("c", 0.93, 1)]
    )
    assert ordered(less, good, best) == ["b", "a", "c"]


async def test_margins_decide_between_what_is_bought_equally_often() -> None:
    products = [KETTLE, LAMP, thing("a", "Teas", cost=900), thing("b", "Teas", cost=100)]
    sold = [*orders(20, KETTLE, *products[2:]), *orders(60, LAMP, first=100)]
    kitchen = Kitchen(sold, products=products)
    assert await kitchen.titles("kettle") == ["B", "A"]
    assert "cost" not in str(await kitchen.beside("kettle"))
