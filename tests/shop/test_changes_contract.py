"""Which products changed: one suite for every shop, and what only a database can get wrong."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import pytest
from anyio import to_thread
from postgres import Postgres
from sqlalchemy import Connection, text
from twins import opened

from shopfloor.database.engine import Database
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import OrderNumber, ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Catalogue, Shop
from shopfloor.shop.models import Address, Order, OrderLine, Product, Variant
from shopfloor.shop.sql import sql_shop
from shopfloor.shop.sql.rows import ProductRow, VariantRow

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
HOME = Address(name="Ada Finch", line1="1 Mill Row", city="Bath", postal_code="04530", country="US")


def product(id_: str) -> Product:
    """Return a product with two variants, such as `a-1` and `a-2` of `a`."""
    price = Money("USD", 1_000)
    return Product(
        id=ProductId(id_),
        title=f"Product {id_}",
        brand="Harbour",
        category=("Things",),
        description="A thing.",
        best_for="",
        variants=tuple(Variant(sku=Sku(f"{id_}-{number}"), price=price, stock=5) for number in (1, 2)),
    )


ORDER = Order(
    number=OrderNumber("1"),
    customer_id=None,
    email="ada@example.com",
    placed_at=NOW,
    state="processing",
    payment_state="paid",
    payment_method="Visa ending in 4242",
    lines=(
        OrderLine(
            sku=Sku("b-1"), product_id=ProductId("b"), title="Product b", quantity=2, unit_price=Money("USD", 1_000)
        ),
    ),
    discount=Money("USD", 0),
    shipping=Money("USD", 0),
    tax=Money("USD", 0),
    shipping_address=HOME,
)
CONTENTS = ShopContents(products=tuple(map(product, "abcde")), orders=(ORDER,))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> Literal["memory", "sqlite", "postgresql"]:
    return request.param


@pytest.fixture
async def shop(kind: str, database: Database) -> Shop:
    return await opened(kind, database, CONTENTS)


async def restock(catalogue: Catalogue, sku: str, stock: int) -> None:
    await catalogue.set_stock(Sku(sku), stock, key=f"{sku} {stock}")


async def behind(catalogue: Catalogue, mark: str | None) -> str:
    """Return the ids of what changed behind a mark, in a row."""
    return "".join((await catalogue.changes(mark)).keys)


async def test_without_a_mark_nothing_is_told_but_the_mark_of_now(shop: Shop) -> None:
    await restock(shop.catalogue, "a-1", 1)
    found = await shop.catalogue.changes()
    assert found.keys == ()
    assert await shop.catalogue.changes(found.mark) == found


async def test_what_changed_is_told_once_behind_each_mark(shop: Shop) -> None:
    first = (await shop.catalogue.changes()).mark
    await restock(shop.catalogue, "c-1", 1)
    await restock(shop.catalogue, "a-2", 0)
    found = await shop.catalogue.changes(first)
    assert found.keys == ("c", "a")
    assert await behind(shop.catalogue, found.mark) == ""
    await restock(shop.catalogue, "b-1", 1)
    assert await behind(shop.catalogue, found.mark) == "b"
    assert await behind(shop.catalogue, first) == "cab"


async def test_what_changes_again_is_told_again_and_comes_by_its_last_change(shop: Shop) -> None:
    first = (await shop.catalogue.changes()).mark
    await restock(shop.catalogue, "a-1", 1)
    second = (await shop.catalogue.changes(first)).mark
    await restock(shop.catalogue, "b-1", 1)
    await restock(shop.catalogue, "a-2", 1)
    assert await behind(shop.catalogue, second) == "ba"
    assert await behind(shop.catalogue, first) == "ba"


async def test_a_stock_that_stays_what_it_was_is_no_change(shop: Shop) -> None:
    mark = (await shop.catalogue.changes()).mark
    await restock(shop.catalogue, "a-1", 5)
    assert await behind(shop.catalogue, mark) == ""


async def test_an_order_changes_what_is_sold_only_where_pieces_move(shop: Shop) -> None:
    mark = (await shop.catalogue.changes()).mark
    await shop.orders.change_shipping_address(ORDER.number, replace(HOME, line1="9 Quay Street"), key="a")
    await shop.carts.open_cart("k", None, at=NOW, key="o")
    await shop.carts.set_cart_line("k", Sku("d-1"), 2, at=NOW, key="l")
    assert await behind(shop.catalogue, mark) == ""
    await shop.orders.cancel_order(ORDER.number, reason="Too late", at=NOW, key="c")
    assert await behind(shop.catalogue, mark) == "b"


async def test_many_changes_come_in_pages_and_none_is_lost_or_told_twice(shop: Shop) -> None:
    mark = (await shop.catalogue.changes()).mark
    for id_ in "eadcb":
        await restock(shop.catalogue, f"{id_}-1", 1)
    found = await shop.catalogue.changes(mark, limit=2)
    assert found.keys == ("e", "a")
    await restock(shop.catalogue, "e-1", 2)  # what was told changes again in the midst of it
    rest: list[str] = []
    while (found := await shop.catalogue.changes(found.mark, limit=2)).keys:
        assert len(found.keys) <= 2
        rest.extend(found.keys)
    assert rest == ["d", "c", "b", "e"]


@pytest.mark.parametrize("mark", ["", "1", "none of ours", '["other", 1, "", "", ""]'])
async def test_a_mark_that_is_not_the_catalogues_is_refused(shop: Shop, mark: str) -> None:
    with pytest.raises(NotFound, match="read everything anew"):
        await shop.catalogue.changes(mark)


# On a database


@pytest.fixture(params=["sqlite", "postgresql"])
async def catalogue(request: pytest.FixtureRequest, database: Database) -> Catalogue:
    return (await opened(request.param, database, CONTENTS)).catalogue


async def told(database: Database, catalogue: Catalogue, *statements: str) -> str:
    """Return what is told of statements that another program runs in one transaction."""
    mark = (await catalogue.changes()).mark

    def run(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    await database.write_core(run)
    return await behind(catalogue, mark)


OTHER = {
    "category": "'[\"Other\"]'",
    "tags": "'[\"new\"]'",
    "attributes": '\'[["a", "b"]]\'',
    "options": '\'[["a", "b"]]\'',
    "tracks_stock": "NOT tracks_stock",
    "rating": "1.5",
}
"""What to set columns to that are no plain texts or counts."""
COUNTS = frozenset({"review_count", "price", "compare_at", "cost", "stock"})
ALL = ", ".join(ProductRow.__table__.columns.keys())
COPIED = ALL.replace("id", "'f'", 1)
COPY = f"INSERT INTO shop_products ({ALL}) SELECT {COPIED} FROM shop_products WHERE id = 'e'"  # noqa: S608


async def test_a_change_of_any_column_is_told(database: Database, catalogue: Catalogue) -> None:
    for row, where in ((ProductRow, "id = 'c'"), (VariantRow, "product_id = 'c' AND position = 1")):
        for column in set(row.__table__.columns.keys()) - {"id", "product_id", "position"}:
            value = OTHER.get(column, "7" if column in COUNTS else "'men'")
            change = f"UPDATE {row.__tablename__} SET {column} = {value} WHERE {where}"  # noqa: S608
            assert (column, await told(database, catalogue, change)) == (column, "c")


@pytest.mark.parametrize(
    ("statements", "changed"),
    [
        (["UPDATE shop_variants SET stock = 5, price = 1000"], ""),
        (["UPDATE shop_products SET title = 'New' WHERE id IN ('b', 'd')"], "bd"),
        (["UPDATE shop_variants SET product_id = 'e' WHERE sku = 'b-1'"], "be"),
        (["DELETE FROM shop_variants WHERE product_id = 'd'", "DELETE FROM shop_products WHERE id = 'd'"], "d"),
        (["DELETE FROM shop_variants WHERE sku = 'a-1'"], "a"),
        (["UPDATE shop_variants SET position = position + 1 WHERE sku = 'c-1'"], "c"),
        ([COPY], "f"),
        (["UPDATE shop_variants SET stock = stock + 1 WHERE sku < 'c'", "UPDATE shop_variants SET stock = 9"], "abcde"),
    ],
)
async def test_what_another_program_writes_is_told_where_it_changes_something(
    database: Database, catalogue: Catalogue, statements: Sequence[str], changed: str
) -> None:
    assert await told(database, catalogue, *statements) == changed


async def test_what_is_rolled_back_is_not_told(database: Database, catalogue: Catalogue) -> None:
    mark = (await catalogue.changes()).mark

    def run(connection: Connection) -> None:
        connection.execute(text("UPDATE shop_variants SET stock = 1"))
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await database.write_core(run)
    assert await behind(catalogue, mark) == ""


async def test_a_mark_holds_beyond_its_process(database: Database, catalogue: Catalogue) -> None:
    mark = (await catalogue.changes()).mark
    await restock(catalogue, "a-1", 1)
    again = await to_thread.run_sync(Database, database.engine.url.render_as_string(hide_password=False))
    assert await behind(sql_shop(again).catalogue, mark) == "a"
    again.close()


# On PostgreSQL


async def test_what_is_committed_late_is_told_though_later_changes_were_read(postgresql: Database) -> None:
    """A transaction that began first, and took its number first, ends last."""
    catalogue = (await opened("postgresql", postgresql, CONTENTS)).catalogue
    start = (await catalogue.changes()).mark
    with postgresql.engine.connect() as slow:
        await to_thread.run_sync(slow.execute, text("UPDATE shop_variants SET stock = 1 WHERE sku = 'a-1'"))
        await restock(catalogue, "b-1", 1)
        found = await catalogue.changes(start)
        assert found.keys == ("b",)  # at once, however long the other one takes
        await to_thread.run_sync(slow.commit)
    assert await behind(catalogue, found.mark) == "a"
    assert await behind(catalogue, start) == "ab"


async def test_rows_of_another_server_that_were_restored_here_are_no_changes(postgresql: Database) -> None:
    catalogue = (await opened("postgresql", postgresql, CONTENTS)).catalogue
    mark = (await catalogue.changes()).mark

    def restore(connection: Connection) -> None:
        """Write what a dump of a server holds that has counted much further."""
        connection.execute(text("UPDATE shop_changes SET number = 1000000000000"))

    await postgresql.write_core(restore)
    assert await behind(catalogue, mark) == ""
    await restock(catalogue, "a-1", 1)
    assert await behind(catalogue, mark) == "a"


async def test_a_mark_of_another_database_is_refused(postgres: Postgres, postgresql: Database) -> None:
    mark = (await (await opened("postgresql", postgresql, CONTENTS)).catalogue.changes()).mark
    postgresql.close()  # a database is copied only where nobody uses it
    with (
        postgres.copied(str(postgresql.engine.url.database)) as restored,
        pytest.raises(NotFound, match="read everything anew"),
    ):
        await sql_shop(restored).catalogue.changes(mark)


async def test_pages_are_of_one_moment_and_what_is_committed_meanwhile_comes_behind_them(postgresql: Database) -> None:
    catalogue = (await opened("postgresql", postgresql, CONTENTS)).catalogue
    start = (await catalogue.changes()).mark
    with postgresql.engine.connect() as slow:
        await to_thread.run_sync(slow.execute, text("UPDATE shop_variants SET stock = 1 WHERE sku = 'a-1'"))
        await to_thread.run_sync(catalogue_update, postgresql)
        page = await catalogue.changes(start, limit=2)
        assert page.keys == ("b", "c")
        await to_thread.run_sync(slow.commit)
    rest = await catalogue.changes(page.mark, limit=2)
    assert rest.keys == ("d", "e")
    last = await catalogue.changes(rest.mark, limit=2)
    assert last.keys == ()
    assert await behind(catalogue, last.mark) == "a"


def catalogue_update(database: Database) -> None:
    """Change four products at once."""
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE shop_variants SET price = 1 WHERE product_id <> 'a'"))


async def test_a_reader_beside_many_writers_misses_nothing(postgresql: Database) -> None:
    """Whatever order they are committed in: each stock that was written is seen by a read behind its change."""
    catalogue = (await opened("postgresql", postgresql, CONTENTS)).catalogue
    mark = (await catalogue.changes()).mark
    seen: dict[ProductId, tuple[int, ...]] = {}
    is_over = False

    async def write(id_: str) -> None:
        for stock in range(6, 26):
            await restock(catalogue, f"{id_}-{1 + stock % 2}", stock)

    async def look() -> None:
        nonlocal mark
        found = await catalogue.changes(mark, limit=2)
        for each in await catalogue.get_products([ProductId(key) for key in found.keys]):
            seen[each.id] = tuple(variant.stock for variant in each.variants)
        mark = found.mark

    async def follow() -> None:
        while not is_over:
            await look()

    following = asyncio.create_task(follow())
    await asyncio.gather(*map(write, "abcde"))
    is_over = True
    await following
    for _ in range(4):
        await look()
    assert seen == dict.fromkeys(map(ProductId, "abcde"), (24, 25))
