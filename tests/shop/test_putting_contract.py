"""Putting products into a catalogue and removing them: one suite for every shop."""

from dataclasses import replace
from typing import Literal

import pytest
from test_changes_contract import CONTENTS, NOW, ORDER, behind, product
from twins import opened

from shopfloor.database.engine import Database
from shopfloor.kernel.errors import Conflict, InvalidInput
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop.contract import Shop
from shopfloor.shop.models import Product, Variant

pytestmark = pytest.mark.anyio

FULL = replace(
    product("ab"),
    gender="women",
    material="wool",
    care="by hand",
    tags=("new",),
    attributes=(("weight", "240 g"),),
    rating=4.5,
    review_count=3,
    variants=(
        Variant(
            sku=Sku("ab-1"),
            colour="red",
            size="9",
            options=(("pattern", "dots"),),
            price=Money("USD", 900),
            compare_at=Money("USD", 1_000),
            cost=Money("USD", 400),
            stock=1,
            tracks_stock=False,
        ),
    ),
)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> Literal["memory", "sqlite", "postgresql"]:
    return request.param


@pytest.fixture
async def shop(kind: str, database: Database) -> Shop:
    return await opened(kind, database, CONTENTS)


async def ids(shop: Shop) -> str:
    return " ".join(product.id for product in await shop.catalogue.list_products())


async def got(shop: Shop, id_: str) -> Product:
    found = await shop.catalogue.get_product(ProductId(id_))
    assert found is not None
    return found


async def test_a_new_product_is_there_as_it_was_put(shop: Shop) -> None:
    mark = (await shop.catalogue.changes()).mark
    await shop.catalogue.put_products([FULL])
    assert await got(shop, "ab") == FULL
    assert await ids(shop) == "a ab b c d e"
    assert await shop.catalogue.find_product(Sku("ab-1")) == FULL
    assert (await shop.catalogue.changes(mark)).keys == ("ab",)


async def test_a_product_that_is_put_again_is_changed_where_it_is_other_than_before(shop: Shop) -> None:
    mark = (await shop.catalogue.changes()).mark
    first, second = product("b").variants
    changed = replace(product("b"), title="New", variants=(replace(second, stock=0), first))
    await shop.catalogue.put_products([product("a"), changed])
    assert await got(shop, "b") == changed
    assert await behind(shop.catalogue, mark) == "b"
    await shop.catalogue.put_products([product("a"), changed])
    assert (await shop.catalogue.changes(mark)).keys == ("b",)


async def test_a_variant_that_is_not_named_stays_behind_those_that_are(shop: Shop) -> None:
    first, second = product("a").variants
    third = replace(first, sku=Sku("a-3"))
    await shop.catalogue.put_products([replace(product("a"), variants=(third, second))])
    assert (await got(shop, "a")).variants == (third, second, first)


async def test_a_variant_of_another_product_is_not_taken_and_then_nothing_is_put(shop: Shop) -> None:
    thief = replace(product("new"), variants=product("a").variants[:1])
    with pytest.raises(Conflict, match="a-1 is one of product a"):
        await shop.catalogue.put_products([FULL, thief])
    assert await ids(shop) == "a b c d e"


async def test_what_changed_since_it_was_seen_is_not_written_over(shop: Shop) -> None:
    seen = [await got(shop, "a"), await got(shop, "b")]
    await shop.catalogue.put_products([replace(product("a"), title="First")], seen=seen)
    for stale in (seen, []):
        with pytest.raises(Conflict, match="changed meanwhile"):
            await shop.catalogue.put_products([product("b"), replace(product("a"), title="Second")], seen=stale)
    assert (await got(shop, "a")).title == "First"
    await shop.catalogue.put_products([FULL], seen=())


@pytest.mark.parametrize(
    "wrong",
    [
        [product("x"), product("x")],
        [product("x"), replace(product("y"), variants=product("x").variants)],
        [replace(product("x"), variants=())],
        [replace(product("x"), variants=(replace(product("x").variants[0], stock=-1),))],
    ],
)
async def test_what_makes_no_sense_is_not_put(shop: Shop, wrong: list[Product]) -> None:
    with pytest.raises(InvalidInput):
        await shop.catalogue.put_products(wrong)
    assert await ids(shop) == "a b c d e"


async def test_a_product_is_gone_with_its_last_variant(shop: Shop) -> None:
    mark = (await shop.catalogue.changes()).mark
    assert list(await shop.catalogue.remove_variants([Sku("c-1"), Sku("d-2"), Sku("d-1"), Sku("none")])) == ["d"]
    assert await ids(shop) == "a b c e"
    assert (await got(shop, "c")).variants == product("c").variants[1:]
    assert await shop.catalogue.find_product(Sku("c-1")) is None
    assert sorted(await behind(shop.catalogue, mark)) == ["c", "d"]
    assert list(await shop.catalogue.remove_variants([Sku("d-1")])) == []


async def test_whose_variants_are_is_told_of_those_that_are_there(shop: Shop) -> None:
    assert await shop.catalogue.find_owners([Sku("a-1"), Sku("b-2"), Sku("none")]) == {"a-1": "a", "b-2": "b"}


async def test_an_order_of_what_is_no_longer_sold_is_read_and_cancelled_as_before(shop: Shop) -> None:
    await shop.catalogue.remove_variants([Sku("b-1"), Sku("b-2")])
    assert await shop.orders.get_order(ORDER.number) == ORDER
    assert (await shop.orders.cancel_order(ORDER.number, reason="", at=NOW, key="k")).lines == ORDER.lines
