"""What somebody would like in place of what they ordered, as they say it."""

from dataclasses import replace
from typing import Any

import pytest
from tools.small_shop import ADA, BEN, CONTENTS, EMAILS, GREY, MUG, PRODUCTS, RED_M, RED_S, line, order, shirt
from tools.visit import Visit

from shopfloor.identity.identity import Identity
from shopfloor.kernel.ids import OrderNumber
from shopfloor.shop.memory import memory_shop
from shopfloor.tools.retail.item_wishes import ItemWishTools
from shopfloor.tools.toolsets import ToolList

pytestmark = pytest.mark.anyio

HER = Identity(customer_id=ADA, name="Ada", email=EMAILS[ADA])
HIM = Identity(customer_id=BEN, name="Ben", email=EMAILS[BEN])
ORDERS = (
    order("1", line(RED_M, 2), line(MUG)),
    order("2", line(RED_M)),
    order("3", line(RED_S), line(GREY)),
    replace(order("4", line(RED_M)), payment_method_id=""),
    order("5", line(RED_M), state="shipped"),
    order("6", line(MUG)),
)
SHOP = memory_shop(replace(CONTENTS, orders=ORDERS, returns=()))
TOOLS = ToolList(ItemWishTools(SHOP).tools())


async def found(number: str, request: str = "", who: Identity = HER, **args: str) -> dict[str, Any]:
    given = {"order_number": number, "request": request, **args}
    return (await TOOLS.call("find_item_change", given, Visit(who).context())).output


@pytest.mark.parametrize(
    ("number", "request_", "change"),
    [
        ("2", "I ordered the wrong size, make it a small please", (RED_M, RED_S, 1)),
        ("2", "make it size S instead of M", (RED_M, RED_S, 1)),
        ("2", "swap the red one for a grey one in my order", (RED_M, GREY, 1)),
        ("2", "can I have it in wool", (RED_M, GREY, 1)),
        ("1", "change the shirts to size S", (RED_M, RED_S, 2)),
        ("1", "change only one of the shirts to grey", (RED_M, GREY, 1)),
    ],
)
async def test_what_is_wanted_instead_is_found(number: str, request_: str, change: tuple[str, str, int]) -> None:
    told = await found(number, request_)
    assert told["outcome"] == "chosen", told
    assert [(one["sku"], one["new_sku"], one["quantity"]) for one in told["changes"]] == [change]


@pytest.mark.parametrize(
    "request_",
    [
        "I forgot to add socks to the order I just placed",
        "change the quantity in my order to two",
        "some items of my order should be taken off",
        "can I choose another delivery date",
        "please change my order",
    ],
)
async def test_what_is_no_other_variant_is_another_matter(request_: str) -> None:
    assert (await found("1", request_))["outcome"] == "another_matter"


async def test_what_is_open_is_asked_with_what_can_be_had() -> None:
    which = await found("3", "I ordered the wrong size")
    assert (which["outcome"], which["choices"]) == (
        "which_item",
        ["Shirt (red, size S)", "Shirt (grey, size M, wool)"],
    )
    told = await found("3", "I ordered the wrong size", item="the red one")
    assert (told["outcome"], told["item"]) == ("which_variant", "Shirt (red, size S)")
    assert told["choices"] == ["red, size M", "grey, size M, wool"]
    assert (await found("3", "wrong size", item="the red one", wanted="the grey"))["changes"][0]["new_sku"] == GREY
    gone = await found("2", "make it a large please")
    assert (gone["outcome"], gone["choices"]) == ("which_variant", ["red, size S", "grey, size M, wool"])


async def test_what_has_no_other_variant_in_stock_is_told() -> None:
    told = await found("6", "I want the large version of the mug")
    assert (told["outcome"], told["item"]) == ("no_choice", "Mug")


async def test_what_cannot_be_changed_or_settled_is_told() -> None:
    assert (await found("5", "size S please"))["unchangeable"] == "shipped"
    assert (await found("4", "size S please"))["outcome"] == "no_way_to_pay"


async def test_nothing_of_somebody_elses_order_is_told() -> None:
    assert await found("2", "size S please", HIM) == {"outcome": "not_found"}
    assert (await found("2", "size S please", Identity()))["outcome"] == "needs_check"
    assert (await found("2", "size S", Identity(order_numbers=frozenset({OrderNumber("2")}))))["outcome"] == "chosen"


async def test_a_colour_is_known_by_the_shops_own_name_and_the_size_stays() -> None:
    mug, shirts = PRODUCTS
    moss = [shirt("moss", size, 3_000, 4) for size in "ML"]
    more = replace(shirts, variants=(*shirts.variants, *moss))
    shop = memory_shop(replace(CONTENTS, products=(mug, more), orders=ORDERS, returns=()))
    tools = ToolList(ItemWishTools(shop).tools())
    for said, sku in (("make it moss instead", "SHIRT-MOSS-M"), ("moss in L, please", "SHIRT-MOSS-L")):
        given = {"order_number": "2", "request": said}
        told: Any = (await tools.call("find_item_change", given, Visit(HER).context())).output
        assert [one["new_sku"] for one in told["changes"]] == [sku], told
