"""What an identity opens, and what it does not."""

from dataclasses import replace

import pytest
from demo_app import JONAS, MAYA, contents

from shopfloor.identity.identity import GUEST, Assurance, Identity
from shopfloor.kernel.ids import CustomerId, OrderNumber
from shopfloor.shop.models import Order


def order(number: str) -> Order:
    return next(order for order in contents().orders if order.number == number)


def customer(email: str) -> Identity:
    return Identity(customer_id=next(c.id for c in contents().customers if c.email == email), email=email)


def test_a_signed_in_customer_sees_their_own_orders_and_no_others() -> None:
    assert customer(MAYA).may_see(order("141"))
    assert not customer(MAYA).may_see(order("150"))
    assert not customer(JONAS).may_see(order("141"))


def test_a_guest_sees_nothing() -> None:
    assert not any(GUEST.may_see(each) for each in contents().orders)


def test_a_guest_who_opened_an_order_sees_that_one_only() -> None:
    guest = replace(GUEST, order_numbers=frozenset({OrderNumber("126")}))
    assert [each.number for each in contents().orders if guest.may_see(each)] == ["126"]


def test_having_no_account_in_common_opens_nothing() -> None:
    nobodys = replace(order("126"), customer_id=None)
    assert not GUEST.may_see(nobodys)
    assert not customer(MAYA).may_see(nobodys)


def test_an_e_mail_address_alone_opens_nothing() -> None:
    named = Identity(email=MAYA, name="Maya Lindqvist")
    assert not named.may_see(order("141"))
    assert not named.meets("verified")


@pytest.mark.parametrize(
    ("identity", "met"),
    [
        (GUEST, {"anyone"}),
        (Identity(order_numbers=frozenset({OrderNumber("126")})), {"anyone", "verified"}),
        (Identity(customer_id=CustomerId("c")), {"anyone", "verified", "signed_in"}),
    ],
)
def test_what_was_shown_decides_how_sure_one_is(identity: Identity, met: set[Assurance]) -> None:
    every: tuple[Assurance, ...] = ("anyone", "verified", "signed_in")
    assert {assurance for assurance in every if identity.meets(assurance)} == met
