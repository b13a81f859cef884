"""Carts, on both shops: whose they are, what goes into them, and what is suggested beside it."""

from typing import Any, cast

import pytest
from anyio import sleep
from tools.shop_floor import Floor
from tools.visit import Visit, jonas, maya

from shopfloor.identity.identity import GUEST, Identity
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import ConversationId, Sku
from shopfloor.search.following import LOOK_S, Follower
from shopfloor.tools.contract import EarlierCall
from shopfloor.tools.retail.carts import first_cart, guest_cart
from shopfloor.tools.retail.products import ProductTools
from shopfloor.tools.toolsets import ToolList

pytestmark = pytest.mark.anyio

RUBY, SOCKS = Sku("P003-RUBY-9"), Sku("P225-RUBY-M")
SOLD_OUT = Sku("P115-BLACK-XL")


# -- whose cart it is ------------------------------------------------------------------------------------------------


async def test_a_guest_has_a_cart_that_belongs_to_the_conversation(floor: Floor) -> None:
    visit = Visit()
    empty = await floor.call("get_cart", visit)
    assert (empty["outcome"], empty["cart_id"]) == ("empty", guest_cart(visit.conversation_id))
    assert (await floor.put(visit, RUBY, 1))["outcome"] == "executed"
    full = await floor.call("get_cart", visit)
    assert [(line["sku"], line["quantity"]) for line in full["lines"]] == [(RUBY, 1)]
    assert full["totals"] == [{"currency": "USD", "minor": 11_900}]


async def test_a_customer_has_the_cart_they_touched_last_or_else_a_new_one(floor: Floor) -> None:
    assert (await floor.call("get_cart", Visit(maya())))["cart_id"] == "cart-01"
    visit = Visit(jonas())
    customer = jonas().customer_id
    assert customer
    assert (await floor.call("get_cart", visit))["cart_id"] == first_cart(customer)
    assert (await floor.put(visit, RUBY, 1))["outcome"] == "executed"
    assert [cart.id for cart in await floor.shop.carts.carts_of(customer)] == [first_cart(customer)]


@pytest.mark.parametrize("who", [GUEST, jonas()], ids=["guest", "jonas"])
@pytest.mark.parametrize("cart_id", ["cart-01", "cart-03", "customer/c-001", "guest/chat_2", "none"])
async def test_nobody_changes_a_cart_that_is_not_theirs(floor: Floor, who: Identity, cart_id: str) -> None:
    before = await floor.shop.carts.get_cart(cart_id)
    for told in (
        await floor.put(Visit(who), RUBY, 1, cart_id),
        await floor.call("empty_cart", Visit(who), cart_id=cart_id),
    ):
        assert (told["outcome"], told["rule"]) == ("refused", "identity.owner")
    assert await floor.shop.carts.get_cart(cart_id) == before


async def test_the_cart_of_a_conversation_is_no_longer_the_guests_once_they_are_signed_in(floor: Floor) -> None:
    told = await floor.put(Visit(jonas()), RUBY, 1, guest_cart(ConversationId("chat_1")))
    assert told["rule"] == "identity.owner"


# -- what goes into it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sku", "quantity"), [(RUBY, 10**9), (SOLD_OUT, 1)])
async def test_more_than_there_is_does_not_go_into_a_cart(floor: Floor, sku: Sku, quantity: int) -> None:
    visit = Visit()
    told = await floor.put(visit, sku, quantity)
    assert (told["outcome"], told["rule"]) == ("refused", "cart.out_of_stock")
    assert sku not in told["reason"]
    assert (await floor.call("get_cart", visit))["outcome"] == "empty"


async def test_what_makes_no_sense_is_refused(floor: Floor) -> None:
    assert (await floor.put(Visit(), "none", 1))["rule"] == "cart.unknown_variant"
    with pytest.raises(InvalidInput):
        await floor.put(Visit(), RUBY, -1)


async def test_a_cart_is_emptied_and_what_is_no_longer_sold_does_not_show(floor: Floor) -> None:
    visit = Visit()
    await floor.put(visit, RUBY, 1)
    await floor.put(visit, SOCKS, 2)
    cart_id = guest_cart(visit.conversation_id)
    assert (await floor.call("empty_cart", visit, cart_id=cart_id))["outcome"] == "executed"
    cart = await floor.shop.carts.get_cart(cart_id)
    assert cart
    assert cart.lines == ()


async def test_words_find_the_positions_of_a_cart(floor: Floor) -> None:
    visit = Visit()
    assert (await floor.call("find_in_cart", visit, words="the socks"))["outcome"] == "empty"
    await floor.put(visit, RUBY, 1)
    assert (await floor.call("find_in_cart", visit, words="take it out"))["meant"][0]["sku"] == RUBY
    await floor.put(visit, SOCKS, 1)
    for words, outcome, skus in [
        ("remove the socks", "one", [SOCKS]),
        ("the first one", "one", [RUBY]),
        ("empty my cart", "all", [RUBY, SOCKS]),
        ("remove the umbrella", "none", []),
    ]:
        found = await floor.call("find_in_cart", visit, words=words)
        assert (found["outcome"], [line["sku"] for line in found["meant"]]) == (outcome, skus), words


async def test_the_price_is_that_of_now_and_a_sold_out_position_shows(floor: Floor) -> None:
    visit = Visit()
    await floor.put(visit, RUBY, 2)
    await floor.shop.catalogue.set_stock(RUBY, 1, key="s")
    (line,) = (await floor.call("get_cart", visit))["lines"]
    assert not line["is_available"]


# -- which variant is meant ------------------------------------------------------------------------------------------


async def test_what_is_open_is_said_colour_first(floor: Floor) -> None:
    visit = Visit()
    assert (await floor.call("choose_variant", visit, product_id="p-115"))["outcome"] == "choose_colour"
    black = await floor.call("choose_variant", visit, product_id="p-115", colour="black")
    assert black["outcome"] == "choose_size"
    assert "XL" not in [variant["size"] for variant in black["variants"]]
    one = await floor.call("choose_variant", visit, product_id="p-115", colour="black", size="M")
    assert (one["outcome"], one["variants"][0]["sku"]) == ("one", "P115-BLACK-M")
    assert (await floor.call("choose_variant", visit, product_id="p-115", colour="black", size="XL"))[
        "outcome"
    ] == "sold_out"
    assert (await floor.call("choose_variant", visit, product_id="p-115", colour="pink"))["outcome"] == "not_made"
    assert (await floor.call("choose_variant", visit, product_id="none"))["outcome"] == "not_found"


async def test_what_was_asked_for_before_need_not_be_said_again(floor: Floor) -> None:
    visit = Visit()
    visit.calls.append(
        EarlierCall(
            tool="search_products",
            args={"query": "red sneakers in men's size 9"},
            output={"outcome": "found", "products": [{"product_id": "p-003"}]},
            turns_ago=1,
        )
    )
    one = await floor.call("choose_variant", visit, product_id="p-003")
    assert (one["outcome"], one["variants"][0]["sku"]) == ("one", RUBY)
    assert (await floor.call("choose_variant", visit, product_id="p-001"))["outcome"] != "one"


# -- suggestions -----------------------------------------------------------------------------------------------------


async def test_suggestions_are_in_stock_not_in_the_cart_not_dearer_and_at_most_three(floor: Floor) -> None:
    visit = Visit()
    await floor.put(visit, RUBY, 1)
    told = await floor.call("suggest_products", visit, wish="matching socks", is_asked=True)
    assert 1 <= len(told["products"]) <= 3
    for each in told["products"]:
        product = await floor.shop.catalogue.get_product(each["product_id"])
        assert product
        assert product.category[-1] == "Socks"
        assert product.gender in {"men", "unisex", None}
        assert each["variant"]["stock"] > 0
        assert each["variant"]["price"]["minor"] <= 11_900
        assert each["reasons"][0] == "socks are often bought together with sneakers"
    for each in told["products"]:
        await floor.shop.catalogue.set_stock(each["variant"]["sku"], 0, key=each["variant"]["sku"])
    again = await floor.call("suggest_products", visit, wish="matching socks", is_asked=True)
    gone = {each["variant"]["sku"] for each in told["products"]}
    assert not gone & {each["variant"]["sku"] for each in again["products"]}


async def test_nothing_is_offered_twice_for_a_cart_nor_after_a_no(floor: Floor) -> None:
    visit = Visit()
    assert (await floor.call("suggest_products", visit))["outcome"] == "no_anchor"
    await floor.put(visit, RUBY, 1)
    assert (await floor.call("suggest_products", visit))["outcome"] == "found"
    assert (await floor.call("suggest_products", visit))["outcome"] == "suggested_before"
    await floor.put(visit, "P115-BLACK-M", 1)
    assert (await floor.call("suggest_products", visit))["outcome"] == "found"
    await floor.call("decline_suggestions", visit)
    await floor.put(visit, RUBY, 2)
    assert (await floor.call("suggest_products", visit))["outcome"] == "declined"
    assert (await floor.call("suggest_products", visit, is_asked=True))["outcome"] == "found"


async def test_looking_for_suggestions_leaves_the_cart_as_it_is(floor: Floor) -> None:
    before = await floor.shop.carts.get_cart("cart-01")
    assert (await floor.call("suggest_products", Visit(maya()), is_asked=True))["outcome"] == "found"
    assert await floor.shop.carts.get_cart("cart-01") == before


# -- what a search shows ---------------------------------------------------------------------------------------------


async def test_a_search_shows_the_stock_of_now_and_soon_finds_what_has_come_back(floor: Floor) -> None:
    follower = await Follower.start(floor.shop.catalogue)
    tools = ToolList(ProductTools(floor.shop.catalogue, follower.search, floor.clock, follower.keep_up).tools())

    async def titles() -> list[str]:
        args = {"query": "heavyweight black hoodie in XL"}
        output = (await tools.call("search_products", args, Visit().context())).output
        return [each["title"] for each in cast("list[dict[str, Any]]", output["products"])]

    assert await titles() == ["Skerry Oversized Hood"]
    await floor.shop.catalogue.set_stock(Sku("P122-BLACK-XL"), 0, key="a")
    assert await titles() == []
    await floor.shop.catalogue.set_stock(SOLD_OUT, 3, key="b")
    await sleep(LOOK_S)
    assert await titles() == ["Harbour Heavyweight Hoodie"]
