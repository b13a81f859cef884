"""By what else somebody would like to pay, as they say it."""

from dataclasses import replace
from typing import Any

import pytest
from tools.small_shop import ADA, BEN, BENS, CONTENTS, EMAILS, MUG, NOW, PAYPAL, gift_card, line, order
from tools.visit import Visit

from shopfloor.identity.identity import Identity
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.ids import OrderNumber
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.models import Customer, PaymentMethod
from shopfloor.tools.retail.payment_wishes import PaymentWishTools
from shopfloor.tools.toolsets import ToolList

pytestmark = pytest.mark.anyio

HER = Identity(customer_id=ADA, name="Ada", email=EMAILS[ADA])
HIM = Identity(customer_id=BEN, name="Ben", email=EMAILS[BEN])
SECOND = PaymentMethod(id="pm-second", kind="card", label="Mastercard ending in 8888")
PHONE = PaymentMethod(id="pm-phone", kind="other", label="Apple Pay")


def with_more(customer: Customer) -> Customer:
    more = (SECOND, PHONE) if customer.id == ADA else ()
    return replace(customer, payment_methods=(*customer.payment_methods, *more))


ORDERS = (
    order("1"),
    order("2", by=PAYPAL),
    order("3", line(MUG), customer=BEN, by=gift_card("GC-BENS")),
    order("4", line(MUG), customer=BEN, by=BENS),
    replace(order("5"), payment_method_id=""),
)
SHOP = memory_shop(
    replace(
        CONTENTS, customers=tuple(with_more(customer) for customer in CONTENTS.customers), orders=ORDERS, returns=()
    )
)
TOOLS = ToolList(PaymentWishTools(SHOP, FixedClock(NOW)).tools())
GIFTS = ["Gift card ending in ARGE", "Gift card ending in MALL"]
"""Of those that have not expired."""


async def found(number: str, request: str = "", who: Identity = HER, **args: str) -> dict[str, Any]:
    given = {"order_number": number, "request": request, **args}
    return (await TOOLS.call("find_way_to_pay", given, Visit(who).context())).output


@pytest.mark.parametrize(
    ("number", "request_", "method"),
    [
        ("1", "can I pay order 1 with PayPal instead", "pm-paypal"),
        ("1", "pay pal please, not my Mastercard", "pm-paypal"),
        ("1", "take my other card for it", "pm-second"),
        ("1", "the one ending in 8888", "pm-second"),
        ("1", "use Apple Pay for it", "pm-phone"),
        ("2", "charge my visa instead of PayPal", "pm-card"),
        ("5", "by my other card", "pm-second"),
    ],
)
async def test_the_way_that_is_named_is_found(number: str, request_: str, method: str) -> None:
    told = await found(number, request_)
    assert (told["outcome"], told["method_id"]) == ("chosen", method), told


@pytest.mark.parametrize(
    ("number", "request_", "choices"),
    [
        ("1", "I want to pay order 1 another way", ["PayPal", SECOND.label, PHONE.label, *GIFTS]),
        ("1", "charge a gift card instead", GIFTS),
        ("2", "put it on a credit card", ["Visa ending in 4242", SECOND.label]),
        ("1", "not by gift card, please", ["PayPal", SECOND.label, PHONE.label]),
        ("1", "anything but PayPal", [SECOND.label, PHONE.label, *GIFTS]),
        ("2", "Not the Visa, please", [SECOND.label, PHONE.label, *GIFTS]),
        ("1", "send me an invoice instead", ["PayPal", SECOND.label, PHONE.label, *GIFTS]),
    ],
)
async def test_what_is_open_is_asked_with_what_the_account_has(number: str, request_: str, choices: list[str]) -> None:
    told = await found(number, request_)
    assert (told["outcome"], told["method_id"], told["choices"]) == ("which_way", "", choices)


async def test_the_answer_counts_more_than_the_request() -> None:
    told = await found("1", "charge a gift card instead", wanted="no, PayPal")
    assert (told["outcome"], told["method_id"]) == ("chosen", "pm-paypal")


async def test_the_only_other_way_needs_no_name_and_is_no_other_kind() -> None:
    told = await found("3", "I want to pay it differently", HIM)
    assert (told["outcome"], told["method_id"]) == ("chosen", "pm-bens")
    assert (await found("3", "by PayPal", HIM))["outcome"] == "which_way"
    assert (await found("4", "by my gift card", HIM))["method_id"] == "GC-BENS"


async def test_nothing_of_somebody_elses_order_or_account_is_told() -> None:
    assert await found("1", "by PayPal", HIM) == {"outcome": "not_found"}
    assert (await found("1", "by PayPal", Identity()))["outcome"] == "needs_check"
    guest = await found("1", "by PayPal", Identity(order_numbers=frozenset({OrderNumber("1")})))
    assert (guest["outcome"], guest["choices"]) == ("no_other", [])
