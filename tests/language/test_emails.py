"""E-mail addresses as customers type them."""

import pytest

from shopfloor.language.emails import check_email


@pytest.mark.parametrize(
    "address",
    ["maya@example.com", "o'brien+shop@example.co.uk", "a.b-c_d@sub.example.org", "x@ymail.com", "x@email.com"],
)
def test_a_usable_address_is_taken(address: str) -> None:
    checked = check_email(f" {address} ")
    assert (checked.address, checked.problem, checked.suggestion) == (address, None, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "maya",
        "maya@example",
        "maya@@example.com",
        "maya @example.com",
        ".maya@example.com",
        "maya..l@example.com",
        "maya@example..com",
        "maya@-example.com",
        "a';DROP TABLE leads;--@example.com",
        '"a b"@example.com',
        "maya@[10.0.0.1]",
        "maya@localhost",
        "maya@example.com\r\nBcc: all@example.com",
        f"{'a' * 300}@example.com",
    ],
)
def test_what_is_no_address_is_not_taken(text: str) -> None:
    assert check_email(text).problem == "invalid"


@pytest.mark.parametrize("address", ["a@mailinator.com", "a@YOPMAIL.com", "a@deep.guerrillamail.com"])
def test_an_address_that_is_thrown_away_is_told_from_others(address: str) -> None:
    assert check_email(address).problem == "disposable"


@pytest.mark.parametrize(
    ("address", "meant"),
    [
        ("a@gmial.com", "a@gmail.com"),
        ("a@gmail.con", "a@gmail.com"),
        ("a@gnail.com", "a@gmail.com"),
        ("a@hotmial.com", "a@hotmail.com"),
        ("a@outlok.com", "a@outlook.com"),
        ("Maya.L@yahooo.com", "Maya.L@yahoo.com"),
    ],
)
def test_a_slip_of_the_keyboard_is_noticed(address: str, meant: str) -> None:
    checked = check_email(address)
    assert (checked.problem, checked.suggestion) == ("typo", meant)
