"""Leads, on both shops: what is waited for, who may sign whom up or off, and what nobody learns."""

from typing import Any

import pytest
from demo_app import JONAS, MAYA, NOW
from tools.shop_floor import Floor
from tools.visit import Visit, jonas, maya

from shopfloor.kernel.errors import InvalidInput

pytestmark = pytest.mark.anyio

OTHER = "bo@example.com"
SOLD_OUT = "P115-BLACK-XL"


async def wait(floor: Floor, visit: Visit, email: str = OTHER, sku: str = SOLD_OUT) -> dict[str, Any]:
    return await floor.call("subscribe_back_in_stock", visit, sku=sku, email=email)


async def stop(floor: Floor, visit: Visit, email: str, what: str = "everything") -> dict[str, Any]:
    return await floor.call("unsubscribe", visit, email=email, what=what)


# -- what is waited for ----------------------------------------------------------------------------------------------


async def test_the_articles_hoodie_is_one_of_two(floor: Floor) -> None:
    args = {"wish": "Notify me when your XL black hoodie is back in stock.", "colour": "black", "size": "XL"}
    found = await floor.call("find_restock", Visit(), **args)
    assert found["outcome"] == "choose_product"
    assert [each["title"] for each in found["products"]] == ["Harbour Heavyweight Hoodie", "Coldframe Grid Hoodie"]
    one = await floor.call("find_restock", Visit(), product_id="p-115", colour="black", size="XL")
    assert (one["outcome"], one["variants"][0]["sku"]) == ("sold_out", SOLD_OUT)


async def test_what_is_in_stock_not_made_or_unknown_is_not_waited_for(floor: Floor) -> None:
    visit = Visit()
    assert (await floor.call("find_restock", visit, product_id="p-116", size="XL"))["outcome"] == "in_stock"
    assert (await floor.call("find_restock", visit, product_id="p-116", colour="pink"))["outcome"] == "not_made"
    assert (await floor.call("find_restock", visit, wish="notify me"))["outcome"] == "not_found"
    assert (await floor.call("find_restock", visit, product_id="none"))["outcome"] == "not_found"
    told = await wait(floor, visit, sku="P116-BLACK-XL")
    assert (told["outcome"], told["rule"]) == ("refused", "lead.in_stock")
    assert (await wait(floor, visit, sku="none"))["rule"] == "lead.unknown_variant"


async def test_a_wish_is_kept_with_time_words_and_conversation(floor: Floor) -> None:
    assert (await wait(floor, Visit(maya()), MAYA))["outcome"] == "executed"
    (lead,) = await floor.shop.leads.leads_for(SOLD_OUT)
    assert (lead.email, lead.customer_id, lead.conversation_id) == (MAYA, maya().customer_id, "chat_1")
    assert lead.consent_at == NOW
    assert lead.consent_words == (
        "One message when Harbour Heavyweight Hoodie (black, size XL) is back in stock, and nothing else."
    )


async def test_a_guest_has_no_address_wait_for_more_than_ten_things(floor: Floor) -> None:
    products = await floor.shop.catalogue.list_products(limit=500)
    sold_out = [variant.sku for product in products for variant in product.variants if variant.stock == 0]
    told = [await wait(floor, Visit(), OTHER, sku=sku) for sku in sold_out[:11]]
    assert [one["outcome"] for one in told] == ["executed"] * 10 + ["refused"]
    assert told[-1]["rule"] == "lead.too_many"
    assert len(await floor.shop.leads.leads_of(OTHER)) == 10


async def test_what_is_back_is_read_at_that_moment(floor: Floor) -> None:
    assert (await floor.call("get_variant", Visit(), sku=SOLD_OUT))["outcome"] == "sold_out"
    await floor.shop.catalogue.set_stock(SOLD_OUT, 2, key="s")
    back = await floor.call("get_variant", Visit(), sku=SOLD_OUT)
    assert (back["outcome"], back["variant"]["label"]) == ("in_stock", "black, size XL")
    assert (await floor.call("get_variant", Visit(), sku="none"))["outcome"] == "not_found"


# -- signing up and off ----------------------------------------------------------------------------------------------


async def test_the_newsletter_sets_and_withdraws_a_customers_consent_at_once(floor: Floor) -> None:
    visit = Visit(jonas())
    customer_id = jonas().customer_id
    assert customer_id
    await floor.call("subscribe_newsletter", visit, email=JONAS)
    customer = await floor.shop.customers.get_customer(customer_id)
    assert customer
    assert (customer.marketing_consent, customer.consent_at) == (True, NOW)
    assert [lead.kind for lead in await floor.shop.leads.leads_of(JONAS)] == ["newsletter"]
    assert (await stop(floor, visit, JONAS, "newsletter"))["outcome"] == "executed"
    customer = await floor.shop.customers.get_customer(customer_id)
    assert customer
    assert not customer.marketing_consent
    assert await floor.shop.leads.leads_of(JONAS) == []


@pytest.mark.parametrize("tool", ["subscribe_newsletter", "unsubscribe", "subscribe_back_in_stock"])
async def test_a_signed_in_customer_speaks_for_their_own_address_only(floor: Floor, tool: str) -> None:
    args = {"unsubscribe": {"what": "everything"}, "subscribe_back_in_stock": {"sku": SOLD_OUT}}.get(tool, {})
    told = await floor.call(tool, Visit(jonas()), email=MAYA, **args)
    assert (told["outcome"], told["rule"]) == ("refused", "lead.other_address")
    assert MAYA not in told["reason"]
    assert await floor.shop.leads.leads_of(MAYA) == []


async def test_a_guest_takes_back_what_a_guest_gave_and_nothing_of_an_account(floor: Floor) -> None:
    await wait(floor, Visit(maya()), MAYA)
    await floor.call("subscribe_newsletter", Visit(maya()), email=MAYA)
    await wait(floor, Visit(), OTHER)
    assert (await stop(floor, Visit(), OTHER))["outcome"] == "executed"
    assert await floor.shop.leads.leads_of(OTHER) == []
    await stop(floor, Visit(), MAYA)
    assert len(await floor.shop.leads.leads_of(MAYA)) == 2
    customer = await floor.shop.customers.find_customer(MAYA)
    assert customer
    assert customer.marketing_consent


async def test_a_guest_learns_nothing_about_an_address(floor: Floor) -> None:
    await floor.call("subscribe_newsletter", Visit(maya()), email=MAYA)
    known, unknown = [await stop(floor, Visit(), email) for email in (MAYA, OTHER)]
    assert known["result"] == {"email": MAYA, "what": "everything"}
    assert unknown["result"] == {"email": OTHER, "what": "everything"}
    first, again = [await floor.call("subscribe_newsletter", Visit(), email=OTHER) for _ in range(2)]
    assert first["result"] == again["result"] == {"email": OTHER}
    assert (await floor.call("my_sign_ups", Visit()))["outcome"] == "sign_in"


async def test_a_customer_sees_what_they_are_signed_up_for(floor: Floor) -> None:
    visit = Visit(maya())
    await wait(floor, visit, MAYA)
    mine = await floor.call("my_sign_ups", visit)
    assert [each["title"] for each in mine["waits"]] == ["Harbour Heavyweight Hoodie"]


@pytest.mark.parametrize(
    "email", ["x", "a';DROP TABLE shop_leads;--@b.com", "a@mailinator.com", "a@b.com\nBcc: c@d.com"]
)
async def test_an_address_that_cannot_be_used_is_not_written_down(floor: Floor, email: str) -> None:
    with pytest.raises(InvalidInput):
        await floor.call("subscribe_newsletter", Visit(), email=email)
    assert (await floor.call("check_email", Visit(), email=email))["outcome"] in {"invalid", "disposable"}
