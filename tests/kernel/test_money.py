"""Money: exact, of one currency, and written as a customer reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopfloor.kernel.money import Money

CENTS = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    ("money", "written"),
    [
        (Money("USD", 124_900), "$1,249.00"),
        (Money("USD", 5), "$0.05"),
        (Money("USD", 0), "$0.00"),
        (Money("USD", -1_250), "-$12.50"),
        (Money("EUR", 999), "€9.99"),
        (Money("GBP", 123_456_789), "£1,234,567.89"),
        (Money("JPY", 1_200), "¥1,200"),
        (Money("KRW", 50_000), "KRW 50,000"),
        (Money("CHF", 1_250), "CHF 12.50"),
        (Money("KWD", 1_005), "KWD 1.005"),
        (Money("BHD", -5), "-BHD 0.005"),
    ],
)
def test_an_amount_is_written_with_its_currencys_sign_and_decimals(money: Money, written: str) -> None:
    assert str(money) == written


@given(a=CENTS, b=CENTS)
def test_taking_away_undoes_adding(a: int, b: int) -> None:
    assert Money("USD", a) + Money("USD", b) - Money("USD", b) == Money("USD", a)


@given(a=CENTS, count=st.integers(0, 50))
def test_multiplying_is_adding_that_often(a: int, count: int) -> None:
    total = Money("EUR", 0)
    for _ in range(count):
        total = total + Money("EUR", a)
    assert Money("EUR", a) * count == total


@given(a=CENTS, b=CENTS)
def test_amounts_of_one_currency_are_ordered_as_their_numbers(a: int, b: int) -> None:
    left, right = Money("USD", a), Money("USD", b)
    assert (left < right, left <= right, left > right, left >= right) == (a < b, a <= b, a > b, a >= b)


@pytest.mark.parametrize("operation", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_amounts_of_two_currencies_are_never_added_or_compared(operation: str) -> None:
    with pytest.raises(ValueError, match="cannot mix USD and EUR"):
        getattr(Money("USD", 1), operation)(Money("EUR", 1))


def test_amounts_of_two_currencies_are_never_equal() -> None:
    assert Money("USD", 1) != Money("EUR", 1)
    assert len({Money("USD", 1), Money("EUR", 1), Money("USD", 1)}) == 2
