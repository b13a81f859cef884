"""Finding, reading and comparing products of the demo shop."""

from dataclasses import replace
from typing import Any

import pytest
from demo_app import NOW, contents
from tools.visit import Visit

from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.money import Money
from shopfloor.search.following import Follower
from shopfloor.search.products import CatalogueSearch
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.models import Product
from shopfloor.tools.contract import ToolResult, Toolset
from shopfloor.tools.retail.products import ProductTools
from shopfloor.tools.toolsets import ToolList

pytestmark = pytest.mark.anyio

SPEEDSTER, LOAFER, RUBY = "p-001", "p-002", "p-003"
"""Red, crimson and ruby; the first is sold out in sizes 7 and 12 and not made in others than 7 to 12."""


async def call(tools: Toolset, name: str, /, **args: Any) -> ToolResult:
    return await tools.call(name, args, Visit().context())


async def output(tools: Toolset, name: str, /, **args: Any) -> Any:
    return (await call(tools, name, **args)).output


# -- finding ---------------------------------------------------------------------------------------------------------


async def test_at_most_three_products_are_shown_each_in_the_variant_asked_for(demo_tools: Toolset) -> None:
    result = await call(demo_tools, "search_products", query="red sneakers in men's size 9")
    found: Any = result.output["products"]
    assert result.output["outcome"] == "found"
    assert [product["product_id"] for product in found] == [SPEEDSTER, RUBY, LOAFER]
    assert {product["variant"]["size"] for product in found} == {"9"}
    assert all(product["variant"]["stock"] > 0 and product["reasons"] for product in found)
    assert [source.id for source in result.sources] == [SPEEDSTER, RUBY, LOAFER]


async def test_a_search_is_narrowed_down_by_later_words(demo_tools: Toolset) -> None:
    wish = "red sneakers in men's size 9"
    cheap = await output(demo_tools, "search_products", query="under $80", refines=wish)
    assert [product["product_id"] for product in cheap["products"]] == [LOAFER]
    blue = await output(demo_tools, "search_products", query="in blue", refines=wish)
    assert blue["products"]
    for product in blue["products"]:
        assert product["product_id"] not in {SPEEDSTER, RUBY, LOAFER}
        assert product["variant"]["size"] == "9"


async def test_what_nothing_meets_is_left_out_and_named(demo_tools: Toolset) -> None:
    found = await output(demo_tools, "search_products", query="a red tent under $1")
    assert found["outcome"] == "found"
    assert "price" in found["relaxed"]


async def test_the_cheapest_is_found_where_products_have_several_currencies() -> None:
    def in_euros(product: Product) -> Product:
        euros = (replace(one, price=Money("EUR", one.price.minor)) for one in product.variants)
        return replace(product, variants=tuple(euros))

    sold = (*map(in_euros, contents().products[::2]), *contents().products[1::2])
    shop = memory_shop(ShopContents(products=sold))
    tools = ToolList(ProductTools(shop.catalogue, CatalogueSearch(sold), FixedClock(NOW)).tools())
    found = await output(tools, "search_products", query="the cheapest sneakers")
    price = found["products"][0]["variant"]["price"]["minor"]
    sneakers = [one for one in sold if "Sneakers" in one.category]
    assert price == min(each.price.minor for one in sneakers for each in one.variants if each.stock)


async def test_words_that_mean_nothing_find_nothing(demo_tools: Toolset) -> None:
    found = await call(demo_tools, "search_products", query="zzzz qqqq")
    assert found.output == {"outcome": "none", "products": [], "asks": None, "relaxed": [], "total": 0}
    assert found.sources == ()


@pytest.mark.parametrize("query", ["", "?!", "💚", "'; DROP TABLE products; --", "x " * 250])
async def test_no_words_break_the_search(demo_tools: Toolset, query: str) -> None:
    assert (await output(demo_tools, "search_products", query=query))["outcome"] in {"found", "none"}


# -- reading ---------------------------------------------------------------------------------------------------------


async def test_a_product_is_read_with_its_prices_and_what_can_be_bought_now(demo_tools: Toolset) -> None:
    result = await call(demo_tools, "get_product", product_id=SPEEDSTER)
    product: Any = result.output["product"]
    sold = next(each for each in contents().products if each.id == SPEEDSTER)
    in_stock = [variant for variant in sold.variants if variant.stock]
    assert product["title"] == sold.title
    assert product["price_from"]["minor"] == min(variant.price.minor for variant in in_stock)
    assert product["price_to"]["minor"] == max(variant.price.minor for variant in in_stock)
    assert product["sizes"] == [variant.size for variant in sold.variants]
    assert product["sizes_in_stock"] == [variant.size for variant in in_stock]
    assert "7" not in product["sizes_in_stock"]
    assert product["in_stock"] is True
    assert [source.id for source in result.sources] == [SPEEDSTER]


@pytest.mark.parametrize("name", ["get_product", "check_availability"])
async def test_a_product_nobody_sells_is_not_found(demo_tools: Toolset, name: str) -> None:
    result = await call(demo_tools, name, product_id="p-999")
    assert (result.output, result.sources) == ({"outcome": "not_found"}, ())


# -- colours, sizes and stock ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("product", "asked", "outcome"),
    [
        (SPEEDSTER, {}, "in_stock"),
        (SPEEDSTER, {"size": "9"}, "in_stock"),
        (SPEEDSTER, {"size": "9", "colour": "red"}, "in_stock"),
        (SPEEDSTER, {"size": "7"}, "sold_out"),
        (SPEEDSTER, {"size": "7", "colour": "RED"}, "sold_out"),
        (SPEEDSTER, {"size": "99"}, "not_made"),
        (SPEEDSTER, {"colour": "blue"}, "not_made"),
        (SPEEDSTER, {"colour": "plaid"}, "not_made"),
        (LOAFER, {"colour": "red"}, "in_stock"),
        (LOAFER, {"colour": "crimson", "size": "8.5"}, "sold_out"),
    ],
)
async def test_a_colour_and_size_is_in_stock_sold_out_or_not_made(
    demo_tools: Toolset, product: str, asked: dict[str, str], outcome: str
) -> None:
    answer = await output(demo_tools, "check_availability", product_id=product, **asked)
    assert answer["outcome"] == outcome
    assert bool(answer["variants"]) == (outcome == "in_stock")
    assert all(variant["stock"] > 0 for variant in (*answer["variants"], *answer["others"]))
    if "size" in asked:
        assert {variant["size"] for variant in answer["variants"]} <= {asked["size"]}


async def test_what_else_is_in_stock_is_told_beside_it(demo_tools: Toolset) -> None:
    answer = await output(demo_tools, "check_availability", product_id=SPEEDSTER, size="7")
    assert "red, size 8" in [variant["label"] for variant in answer["others"]]


# -- comparing -------------------------------------------------------------------------------------------------------


async def test_products_are_compared_in_the_order_asked(demo_tools: Toolset) -> None:
    result = await call(demo_tools, "compare_products", product_ids=[RUBY, SPEEDSTER])
    products: Any = result.output["products"]
    assert [product["id"] for product in products] == [RUBY, SPEEDSTER]
    assert [source.id for source in result.sources] == [RUBY, SPEEDSTER]


async def test_products_are_not_compared_with_one_that_does_not_exist(demo_tools: Toolset) -> None:
    answer = await output(demo_tools, "compare_products", product_ids=[SPEEDSTER, "p-999"])
    assert answer == {"outcome": "not_found"}


@pytest.mark.parametrize("ids", [[], [SPEEDSTER], [SPEEDSTER, LOAFER, RUBY, "p-004"], SPEEDSTER])
async def test_two_or_three_products_are_compared(demo_tools: Toolset, ids: Any) -> None:
    with pytest.raises(InvalidInput, match="product_ids"):
        await call(demo_tools, "compare_products", product_ids=ids)


# -- promotions ------------------------------------------------------------------------------------------------------


async def test_only_promotions_that_run_now_are_listed(demo_tools: Toolset) -> None:
    answer = await output(demo_tools, "list_promotions")
    assert answer["outcome"] == "found"
    codes = {promotion["code"] for promotion in answer["promotions"]}
    assert codes == {each.code for each in contents().promotions if each.starts_at <= NOW < each.ends_at}
    assert "HARBOUR25" not in codes


async def test_a_shop_without_anything_says_so() -> None:
    shop = memory_shop(ShopContents())
    search = (await Follower.start(shop.catalogue)).search
    tools = ToolList(ProductTools(shop.catalogue, search, FixedClock(NOW)).tools())
    assert await output(tools, "list_promotions") == {"outcome": "none", "promotions": []}
    assert (await output(tools, "search_products", query="red sneakers"))["outcome"] == "none"
