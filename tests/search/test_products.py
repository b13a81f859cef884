from dataclasses import replace

import pytest
from anyio import to_thread
from shelf import SHELF, product

from shopfloor.kernel.money import Money
from shopfloor.search.contract import ProductQuery, ProductResults
from shopfloor.search.products import CatalogueSearch
from shopfloor.shop.demo.products import demo_products

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def search() -> CatalogueSearch:
    return CatalogueSearch(SHELF)


@pytest.fixture(scope="module")
def reversed_() -> CatalogueSearch:
    return CatalogueSearch(reversed(SHELF))


@pytest.fixture(scope="module")
def demo() -> CatalogueSearch:
    return CatalogueSearch(demo_products())


async def find(search: CatalogueSearch, text: str, limit: int = 10) -> ProductResults:
    return await search.search(search.understand(text), limit=limit)


def titles(results: ProductResults) -> list[str]:
    return [hit.product.title for hit in results.hits]


def test_the_constraints_in_a_request_are_understood(search: CatalogueSearch) -> None:
    query = search.understand("Do you have any waterproof red trainers in men's size 9 under $90, without laces?")
    assert (query.category, query.colours, query.size, query.gender) == ("Sneakers", {"red"}, "9", "men")
    assert (query.price_min, query.price_max) == (None, Money("USD", 90_00))
    assert (query.words, query.without) == (("waterproof",), {"laces"})


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("shoes", "Shoes"),
        ("a sneaker", "Sneakers"),
        ("kicks", "Sneakers"),
        ("snekers", "Sneakers"),
        ("tees", "T-Shirts"),
        ("tshirt", "T-Shirts"),
        ("a hody or hodie", "Hoodies"),
        ("something nice", None),
    ],
)
def test_a_category_is_known_by_its_synonyms_and_misspelt(
    search: CatalogueSearch, text: str, category: str | None
) -> None:
    assert search.understand(text).category == category


def test_brand_and_misspelt_words_are_understood(search: CatalogueSearch) -> None:
    query = search.understand("watterproof boots by silt & sons")
    assert (query.brand, query.words) == ("Silt & Sons", ("waterproof",))


def test_an_amount_without_a_currency_is_in_the_shops(search: CatalogueSearch) -> None:
    assert search.understand(f"hoodies {'1' * 400} {'9' * 3_000}").category
    about = search.understand("hoodies around 50")
    assert (about.price_min, about.price_max) == (Money("USD", 40_00), Money("USD", 60_00))


def test_asking_for_what_is_sold_out_looks_at_all_stock(search: CatalogueSearch) -> None:
    assert not search.understand("tell me when the black hoodie is back in stock").in_stock
    assert search.understand("black hoodie").in_stock


async def test_constraints_are_met_by_one_variant_in_stock(search: CatalogueSearch) -> None:
    results = await find(search, "red sneakers men's size 9")
    assert titles(results) == ["Comet Flyer", "Ember Glide"]
    assert results.relaxed == ()
    assert [hit.reasons for hit in results.hits] == [
        ("red", "men's size 9 in stock"),
        ("crimson", "men's size 9 in stock"),
    ]


async def test_what_cannot_be_met_is_dropped_and_named(search: CatalogueSearch) -> None:
    results = await find(search, "XL black hoodie")
    assert (titles(results), results.relaxed) == (["Quiet Hoodie"], ("colour",))
    assert results.hits[0].reasons == ("size XL in stock",)
    size = await find(search, "red sneakers size 14 for men under $20")
    assert size.relaxed == ("price", "size")


async def test_what_is_not_wanted_is_never_shown(search: CatalogueSearch) -> None:
    laces = await find(search, "sneakers or boots without laces")
    assert "Moss Walker" not in titles(await find(search, "boots without laces"))
    assert titles(laces)[0] == "Lumen Slip"
    assert laces.hits[0].reasons == ("no laces",)
    assert "Loud Hoodie" not in titles(await find(search, "hoodie not black"))


async def test_words_that_nothing_has_find_nothing(search: CatalogueSearch) -> None:
    results = await find(search, "red umbrellas")
    assert (results.hits, results.total) == ((), 0)


async def test_words_of_the_request_rank_what_they_describe(search: CatalogueSearch) -> None:
    results = await find(search, "waterproof hiking boots")
    assert titles(results)[0] == "Moss Walker"
    assert results.hits[0].reasons == ("waterproof", "hiking")


async def test_prices_are_said_with_the_bound_they_keep(search: CatalogueSearch) -> None:
    results = await find(search, "breathable sneakers under $90")
    assert results.hits[0].reasons == ("$79.00, under $90", "breathable")


async def test_the_cheapest_variant_that_fits_is_offered() -> None:
    dear, cheap = product("Twin Low", price=90_00), product("Twin Low", colours=("grey",), price=40_00)
    twin = replace(dear, variants=dear.variants + cheap.variants)
    mixed = await to_thread.run_sync(CatalogueSearch, [product("Lone Boot"), twin])
    results = await mixed.search(ProductQuery(text="twin", words=("twin",)))
    assert results.hits[0].sku == cheap.variants[0].sku


async def test_equals_come_in_the_order_of_their_ids(search: CatalogueSearch, reversed_: CatalogueSearch) -> None:
    first = await find(search, "shoes")
    assert titles(first) == titles(await find(reversed_, "shoes"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("is the comet flyer in stock?", ["comet-flyer"]),
        ("return my comt flyer and the quiet hoodie", ["comet-flyer", "quiet-hoodie"]),
        ("the trekker", ["fjord-trekker"]),
        ("a red hoodie", []),
        ("where is my order", []),
    ],
)
def test_products_are_known_by_their_names(search: CatalogueSearch, text: str, named: list[str]) -> None:
    assert list(search.named(text)) == named


async def test_the_demo_shop_has_three_red_sneakers_in_mens_nine(demo: CatalogueSearch) -> None:
    results = await find(demo, "red sneakers men's size 9")
    assert set(titles(results)) == {"Speedster Red Edition", "Ruby Runner Pro", "Casual Crimson Loafer"}
    assert (results.total, results.relaxed) == (3, ())
    for hit in results.hits:
        variant = next(variant for variant in hit.product.variants if variant.sku == hit.sku)
        assert variant.size == "9"
        assert variant.stock > 0


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("the ruby runner", "Ruby Runner Pro"),
        ("speedster red", "Speedster Red Edition"),
        ("the speedstr", "Speedster Red Edition"),
        ("is the crimson loafer in stock?", "Casual Crimson Loafer"),
    ],
)
def test_the_demo_shops_products_are_known_by_their_names(demo: CatalogueSearch, text: str, title: str) -> None:
    named = {product.id: product.title for product in demo_products()}
    assert [named[product_id] for product_id in demo.named(text)] == [title]


@pytest.mark.parametrize(
    "text", ["a red jacket", "black hoodie", "waterproof jacket", "runner", "can I change the address"]
)
def test_common_words_name_no_product_of_the_demo_shop(demo: CatalogueSearch, text: str) -> None:
    assert demo.named(text) == ()
