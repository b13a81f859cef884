"""An index that is changed in place finds what a new one finds, and follows its catalogue through failures."""

from dataclasses import replace
from random import Random
from threading import Event

import anyio
import pytest
from anyio import to_thread
from hypothesis import given, settings
from hypothesis import strategies as st
from shelf import product
from sqlalchemy import update
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.changes import Changed
from shopfloor.kernel.errors import NotFound, StorageError
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.search.contract import ProductQuery
from shopfloor.search.following import LOOK_S, Follower
from shopfloor.search.index import OUTDATED_FROM
from shopfloor.search.products import CatalogueSearch
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.memory.catalogue import MemoryCatalogue
from shopfloor.shop.memory.shelves import Shelves
from shopfloor.shop.models import Product
from shopfloor.shop.sql import load, sql_shop
from shopfloor.shop.sql.rows import ProductRow, VariantRow

pytestmark = pytest.mark.anyio

NAMES = ("Comet", "Vesta", "Ridge", "Harbour")
KINDS = (("Shoes", "Sneakers"), ("Shoes", "Boots"), ("Outerwear", "Jackets"))
ASKED = ("comet", "red sneakers", "boots under $40", "vesta jacket in size 9", "leather harbour", "shoes")


def made(number: int, name: str, kind: tuple[str, ...], colour: str, stock: int, price: int, text: str) -> Product:
    one = product(f"{name} {kind[-1][:-1]}", category=kind, colours=(colour,), description=text, price=price)
    variants = tuple(replace(each, sku=Sku(f"{number}-{each.sku}"), stock=stock) for each in one.variants)
    return replace(one, id=ProductId(f"p{number}"), variants=variants)


products = st.builds(
    made,
    st.integers(0, 5),
    st.sampled_from(NAMES),
    st.sampled_from(KINDS),
    st.sampled_from(("red", "black")),
    st.integers(0, 1),
    st.sampled_from((3_000, 6_000)),
    st.sampled_from(("Light.", "Soft leather.", "")),
)
changes = st.lists(st.tuples(st.lists(products, max_size=3), st.lists(st.integers(0, 5), max_size=2)), max_size=4)


@given(st.lists(products, min_size=1, max_size=6, unique_by=lambda one: one.id), changes)
@settings(max_examples=60)
async def test_an_index_that_was_changed_finds_what_a_new_one_finds(
    begun: list[Product], changed: list[tuple[list[Product], list[int]]]
) -> None:
    there = {one.id: one for one in begun}
    live = await to_thread.run_sync(CatalogueSearch, begun)
    for put, gone in changed:
        left = [ProductId(f"p{number}") for number in gone]
        there = {one.id: one for one in (*there.values(), *put)}
        there = {id_: one for id_, one in there.items() if id_ not in left}
        latest = {one.id: one for one in put if one.id not in left}
        await to_thread.run_sync(live.change, list(latest.values()), left)
    new = await to_thread.run_sync(CatalogueSearch, list(there.values()))
    for text in ASKED:
        query = new.understand(text)
        assert await shown(live, query) == await shown(new, query)
        assert set(live.named(text)) == set(new.named(text))
    assert all(
        live.category_of(ProductId(f"p{number}")) == new.category_of(ProductId(f"p{number}")) for number in range(6)
    )


async def shown(search: CatalogueSearch, query: ProductQuery) -> list[tuple[Product, str]]:
    """Return what is found with the variant that is shown, in an order of its own: scores know of what was."""
    results = await search.search(query, limit=10)
    return sorted(((hit.product, hit.sku) for hit in results.hits), key=lambda each: each[0].id)


async def titles(search: CatalogueSearch, text: str) -> list[str]:
    results = await search.search(search.understand(text), limit=10)
    return sorted(hit.product.title for hit in results.hits)


SHELF = (product("Comet Sneaker"), product("Vesta Sneaker"), product("Ridge Boot", category=("Shoes", "Boots")))
VESTA = SHELF[1].variants[0].sku


async def looked(follower: Follower) -> None:
    """Let a follower look for changes as it does three times a second."""
    await anyio.sleep(LOOK_S)
    await follower.keep_up()


async def test_what_another_program_writes_is_found_by_every_index(database: Database) -> None:
    await load(database, ShopContents(products=SHELF))
    catalogue = sql_shop(database).catalogue
    followers = [await Follower.start(catalogue) for _ in range(2)]

    def write(session: Session) -> None:
        session.execute(update(VariantRow).where(VariantRow.sku == VESTA).values(stock=0, price=1_00))
        session.execute(update(ProductRow).where(ProductRow.id == SHELF[2].id).values(title="Tarn Wader"))

    await database.write(write)
    async with anyio.create_task_group() as group:
        for follower in followers:
            group.start_soon(follower.run)
        with anyio.fail_after(30):
            while [await titles(one.search, "tarn wader") for one in followers] != [["Tarn Wader"]] * 2:  # noqa: ASYNC110
                await anyio.sleep(LOOK_S / 10)
        group.cancel_scope.cancel()
    for follower in followers:
        assert await titles(follower.search, "vesta sneaker") == ["Comet Sneaker"]
        assert follower.search.named("ridge boot") == ()


class Failing(MemoryCatalogue):
    """A catalogue that fails, or does not know what it told before."""

    wrong: Exception | None = None

    async def changes(self, after: str | None = None, *, limit: int = 1_000) -> Changed:
        if self.wrong and after:
            raise self.wrong
        return await super().changes(after, limit=limit)


async def test_while_the_catalogue_fails_the_index_serves_on_and_then_takes_in_what_was_missed() -> None:
    catalogue = Failing(Shelves(ShopContents(products=SHELF)))
    follower = await Follower.start(catalogue)
    catalogue.wrong = StorageError("the disk is full")
    await catalogue.set_stock(VESTA, 0, key="k")
    await looked(follower)
    assert await titles(follower.search, "vesta") == ["Vesta Sneaker"]
    catalogue.wrong = None
    await looked(follower)
    assert await titles(follower.search, "vesta") == []


async def test_where_the_catalogue_was_put_back_all_is_read_anew() -> None:
    catalogue = Failing(Shelves(ShopContents(products=SHELF)))
    follower = await Follower.start(catalogue)
    await catalogue.set_stock(VESTA, 0, key="k")
    catalogue.wrong = NotFound("the mark is of another history")
    group = anyio.create_task_group()
    async with group:
        group.start_soon(looked, follower)
        await anyio.sleep(LOOK_S * 2)
        catalogue.wrong = None
    assert await titles(follower.search, "vesta") == []


async def test_an_index_of_which_much_was_reworded_forgets_what_was_said() -> None:
    search = await to_thread.run_sync(CatalogueSearch, SHELF)
    for number in range(OUTDATED_FROM + 1):
        one = made(1, f"Name{number}", KINDS[0], "red", 1, 3_000, "")
        await to_thread.run_sync(search.change, [one])
    assert search.named(f"name{OUTDATED_FROM}") == (one.id,)
    assert "name1" not in search.words()


async def test_searches_go_on_while_the_index_changes() -> None:
    search = await to_thread.run_sync(CatalogueSearch, SHELF)
    ends = Event()

    def keep_changing() -> None:
        throw = Random(1)
        for number in range(40):
            search.change([made(throw.randrange(6), f"New{number}", KINDS[0], "red", 1, 3_000, f"word{number}")])
        ends.set()

    async with anyio.create_task_group() as group:
        group.start_soon(to_thread.run_sync, keep_changing)
        while not ends.is_set():
            assert "Comet Sneaker" in await titles(search, "comet sneaker")
