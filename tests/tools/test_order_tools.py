"""Reading orders: whose they are, what a stranger can learn, and the address that a customer half named."""

from dataclasses import replace
from typing import Any

import pytest
from anyio import create_task_group
from demo_app import NOW, contents
from tools.visit import OTHERS, OWN, UNKNOWN, Visit, jonas, maya

from shopfloor.database.engine import Database
from shopfloor.identity.guest_check import GuestCheck
from shopfloor.identity.tries import MemoryTries, SqlTries
from shopfloor.journal.events import IdentityVerified
from shopfloor.kernel.clock import FixedClock
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.sql import load, sql_shop
from shopfloor.tools.contract import Toolset
from shopfloor.tools.retail.orders import OrderTools
from shopfloor.tools.toolsets import ToolList

pytestmark = pytest.mark.anyio

GUESTS, GUEST_EMAIL = "126", "monique.duval@example.net"


@pytest.fixture
def tools() -> Toolset:
    shop = memory_shop(contents())
    return ToolList(OrderTools(shop, GuestCheck(shop.orders, MemoryTries(), FixedClock(NOW))).tools())


async def output(tools: Toolset, name: str, visit: Visit, **args: Any) -> dict[str, Any]:
    return (await tools.call(name, args, visit.context())).output


# -- a list of orders ------------------------------------------------------------------------------------------------


async def test_a_customer_sees_their_own_orders_newest_first(tools: Toolset) -> None:
    result = await tools.call("list_orders", {}, Visit(maya()).context())
    listed: Any = result.output["orders"]
    assert [order["number"] for order in listed] == ["141", "123", "118", "107"]
    assert result.output["open"] == ["141", "123"]
    assert [source.id for source in result.sources] == ["141", "123", "118", "107"]
    assert [order["is_changeable"] for order in listed] == [True, False, False, False]


async def test_a_guest_has_no_list_not_even_of_orders_they_opened(tools: Toolset) -> None:
    visit = Visit()
    assert await output(tools, "list_orders", visit) == {"outcome": "sign_in"}
    await output(tools, "verify_guest", visit, order_number=GUESTS, email=GUEST_EMAIL)
    assert await output(tools, "list_orders", visit) == {"outcome": "sign_in"}


# -- one order -------------------------------------------------------------------------------------------------------


async def test_a_customer_reads_their_own_order_with_its_totals(tools: Toolset) -> None:
    result = await tools.call("get_order", {"order_number": OWN}, Visit(maya()).context())
    order: Any = result.output["order"]
    sold = next(each for each in contents().orders if each.number == OWN)
    assert result.output["outcome"] == "found"
    assert order["total"] == {"currency": "USD", "minor": sold.total.minor}
    assert order["subtotal"]["minor"] == sum(line.unit_price.minor * line.quantity for line in sold.lines)
    assert order["total"]["minor"] == (
        order["subtotal"]["minor"] - order["discount"]["minor"] + order["shipping"]["minor"] + order["tax"]["minor"]
    )
    assert order["shipping_address"]["one_line"] == sold.shipping_address.one_line()
    assert order["is_changeable"] is True
    assert [source.id for source in result.sources] == [OWN]


async def test_an_order_is_read_with_its_parcels_and_returns(tools: Toolset) -> None:
    shipped = await output(tools, "get_order", Visit(maya()), order_number="123")
    assert shipped["order"]["is_changeable"] is False
    assert shipped["order"]["shipments"][0]["tracking_id"]
    back = next(each for each in contents().returns)
    owner = next(each for each in contents().orders if each.number == back.order_number)
    visit = Visit()
    await output(tools, "verify_guest", visit, order_number=owner.number, email=owner.email)
    read = await output(tools, "get_order", visit, order_number=owner.number)
    assert [each["id"] for each in read["returns"]] == [back.id]


async def test_another_customers_order_looks_like_one_that_does_not_exist(tools: Toolset) -> None:
    others = await output(tools, "get_order", Visit(maya()), order_number=OTHERS)
    assert others == await output(tools, "get_order", Visit(maya()), order_number=UNKNOWN) == {"outcome": "not_found"}
    assert (await output(tools, "get_order", Visit(jonas()), order_number=OTHERS))["outcome"] == "found"


@pytest.mark.parametrize("number", [OWN, OTHERS, GUESTS, UNKNOWN, "", "0", "141 OR 1=1"])
async def test_a_guest_learns_of_no_order_whether_it_exists(tools: Toolset, number: str) -> None:
    assert await output(tools, "get_order", Visit(), order_number=number) == {"outcome": "needs_check"}


async def test_a_guest_who_opened_one_order_sees_no_other(tools: Toolset) -> None:
    visit = Visit()
    assert await output(tools, "verify_guest", visit, order_number=GUESTS, email=GUEST_EMAIL) == {
        "outcome": "verified",
        "tries_left": 5,
    }
    assert (await output(tools, "get_order", visit, order_number=GUESTS))["outcome"] == "found"
    for number in (OWN, UNKNOWN):
        assert await output(tools, "get_order", visit, order_number=number) == {"outcome": "needs_check"}


# -- the guest check -------------------------------------------------------------------------------------------------


async def test_a_passed_check_is_journaled_and_a_failed_one_opens_nothing(tools: Toolset) -> None:
    visit = Visit()
    wrong = await output(tools, "verify_guest", visit, order_number=GUESTS, email="nobody@example.com")
    assert (wrong, visit.events) == ({"outcome": "mismatch", "tries_left": 4}, [])
    await output(tools, "verify_guest", visit, order_number=f" {GUESTS} ", email=GUEST_EMAIL.upper())
    (event,) = visit.events
    assert isinstance(event, IdentityVerified)
    assert (event.method, event.order_numbers, event.email, event.customer_id) == (
        "order_and_email",
        (GUESTS,),
        GUEST_EMAIL,
        None,
    )


async def test_a_second_order_of_the_same_address_is_opened_beside_the_first() -> None:
    held = contents()
    one, other = (order for order in held.orders if order.number in {GUESTS, "148"})
    held = replace(held, orders=tuple(replace(o, email=one.email) if o is other else o for o in held.orders))
    shop = memory_shop(held)
    tools = ToolList(OrderTools(shop, GuestCheck(shop.orders, MemoryTries(), FixedClock(NOW))).tools())
    visit = Visit()
    for order in (one, other):
        await output(tools, "verify_guest", visit, order_number=order.number, email=one.email)
    assert visit.identity.order_numbers == {one.number, other.number}
    assert (await output(tools, "get_order", visit, order_number=one.number))["outcome"] == "found"


@pytest.mark.parametrize("number", ["148", UNKNOWN])
@pytest.mark.parametrize("is_erased", [False, True])
async def test_a_conversation_stays_one_persons(tools: Toolset, number: str, is_erased: bool) -> None:
    visit = Visit()
    await output(tools, "verify_guest", visit, order_number=GUESTS, email=GUEST_EMAIL)
    if is_erased:  # the address goes, what it opened stays
        visit.identity = replace(visit.identity, email=None)
    for _ in range(6):  # nor is it a try, which could close the check for the order's owner
        again = await output(tools, "verify_guest", visit, order_number=number, email="gareth.price@example.com")
        assert again == {"outcome": "other_person"}
    assert visit.identity.order_numbers == {GUESTS}
    assert len(visit.events) == 1


async def test_of_two_checks_at_once_the_second_sees_who_the_first_was(database: Database) -> None:
    await load(database, contents())
    shop = sql_shop(database)
    tools = ToolList(OrderTools(shop, GuestCheck(shop.orders, SqlTries(database), FixedClock(NOW))).tools())
    visit, told = Visit(), list[str]()

    async def check(number: str, email: str) -> None:
        told.append((await output(tools, "verify_guest", visit, order_number=number, email=email))["outcome"])

    async with create_task_group() as both:
        both.start_soon(check, GUESTS, GUEST_EMAIL)
        both.start_soon(check, "148", "gareth.price@example.com")
    assert sorted(told) == ["other_person", "verified"]
    assert len(visit.identity.order_numbers) == 1


async def test_a_signed_in_customer_opens_no_order_of_another_address(tools: Toolset) -> None:
    for who in (maya(), replace(maya(), email=None)):
        visit = Visit(who)
        answer = await output(tools, "verify_guest", visit, order_number=GUESTS, email=GUEST_EMAIL)
        assert (answer, visit.events) == ({"outcome": "other_person"}, [])


async def test_after_five_wrong_tries_the_right_address_opens_nothing(tools: Toolset) -> None:
    visit = Visit()
    for number in range(5):
        await output(tools, "verify_guest", visit, order_number=GUESTS, email=f"nobody{number}@example.com")
    assert await output(tools, "verify_guest", visit, order_number=GUESTS, email=GUEST_EMAIL) == {
        "outcome": "locked",
        "tries_left": 0,
    }
    assert visit.events == []


# -- a new address ---------------------------------------------------------------------------------------------------

HOME = "2218 Alder Bend Road, Apt 4, Minneapolis, MN 55408, US"
"""Where Maya's order goes."""


@pytest.mark.parametrize(
    ("named", "outcome", "one_line"),
    [
        ({"line1": "15 Market St"}, "complete", "15 Market St, Minneapolis, MN 55408, US"),
        ({"line1": "15 Market St", "line2": "Floor 2"}, "complete", "15 Market St, Floor 2, Minneapolis, MN 55408, US"),
        (
            {"line1": "15 Market St", "city": "Boston", "region": "MA", "postal_code": "02110"},
            "complete",
            "15 Market St, Boston, MA 02110, US",
        ),
        (
            {"line1": "15 Market St", "city": "Boston", "postal_code": "02110"},
            "complete",
            "15 Market St, Boston, 02110, US",
        ),
        ({"line1": "15 Market St", "city": "minneapolis"}, "complete", "15 Market St, minneapolis, MN 55408, US"),
        ({"line1": "15 Market St", "postal_code": "55408"}, "complete", "15 Market St, Minneapolis, MN 55408, US"),
        (
            {"line1": "1 Rue X", "city": "Paris", "postal_code": "75001", "country": "fr"},
            "complete",
            "1 Rue X, Paris, 75001, FR",
        ),
        ({"line1": "2218 Alder Bend Road", "line2": "Apt 4"}, "same", HOME),
    ],
)
async def test_what_was_not_named_of_an_address_is_taken_from_the_present_one(
    tools: Toolset, named: dict[str, str], outcome: str, one_line: str
) -> None:
    answer = await output(tools, "complete_address", Visit(maya()), order_number=OWN, **named)
    assert (answer["outcome"], answer["address"]["one_line"]) == (outcome, one_line)
    assert answer["address"]["name"] == "Maya Lindqvist"


@pytest.mark.parametrize(
    ("named", "missing"),
    [
        ({"city": "Boston"}, "postal code"),
        ({"city": "Boston", "region": "MA"}, "postal code"),
        ({"postal_code": "02110"}, "city"),
        ({"country": "CA"}, "city"),
        ({"country": "CA", "city": "Minneapolis"}, "postal code"),
        ({"country": "CA", "postal_code": "55408"}, "city"),
    ],
)
async def test_a_new_town_needs_its_name_and_its_postal_code(
    tools: Toolset, named: dict[str, str], missing: str
) -> None:
    answer = await output(tools, "complete_address", Visit(maya()), order_number=OWN, line1="15 Market St", **named)
    assert answer == {"outcome": "incomplete", "missing": missing}


@pytest.mark.parametrize("number", [OTHERS, UNKNOWN])
async def test_nobodys_address_is_read_by_asking_to_change_it(tools: Toolset, number: str) -> None:
    for visit in (Visit(), Visit(maya())):
        answer = await output(tools, "complete_address", visit, order_number=number, line1="15 Market St")
        assert answer == {"outcome": "not_found"}
