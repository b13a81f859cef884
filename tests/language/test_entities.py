from datetime import date

import pytest

from shopfloor.language.amounts import Amount
from shopfloor.language.attributes import colour_families
from shopfloor.language.entities import entities


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Where's #123?", ("123",)),
        ("order 123", ("123",)),
        ("order number: 123", ("123",)),
        ("my order no 123", ("123",)),
        ("my order number is 4421", ("4421",)),
        ("it is #hl-123", ("HL-123",)),
        ("orders 123 and 456, please", ("123", "456")),
        ("order W1234567", ("W1234567",)),
        ("order 123 and 2 pairs of socks", ("123",)),
        ("what happened to order 123?", ("123",)),
    ],
)
def test_an_order_number_is_read_however_it_is_named(text: str, numbers: tuple[str, ...]) -> None:
    assert entities(text).order_numbers == numbers


@pytest.mark.parametrize(
    "text",
    [
        "order size 9",
        "I want to order 2 pairs",
        "order 150 shirts",
        "order 200 dollars worth",
        "my order from 2025",
        "ship it to 94107",
        "tracking TRK456",
        "4421",
        "red sneakers in men's size 9 under $90",
    ],
)
def test_sizes_prices_years_counts_and_codes_are_no_order_numbers(text: str) -> None:
    assert entities(text).order_numbers == ()


def test_a_number_that_is_the_whole_message_is_bare() -> None:
    assert entities("4421").bare_number == "4421"
    assert entities("it's 4421.").bare_number == "4421"
    assert entities("size 9").bare_number is None


def test_emails_are_kept_as_written_in_lower_case() -> None:
    found = entities("Jane.Doe@Gmial.con or jane@gmail.")
    assert found.emails == ("jane.doe@gmial.con", "jane@gmail")


def test_tracking_ids_have_letters_and_digits() -> None:
    assert entities("TRK456 and 1z999AA10123456784").tracking_ids == ("TRK456", "1Z999AA10123456784")
    assert entities("code SAVE2025, iphone15, 5000mah, parcel, 123456").tracking_ids == ()


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("red sneakers men's size 9", ("9",)),
        ("9.5", ("9.5",)),
        ("size 9 and a half", ("9.5",)),
        ("size nine", ("9",)),
        ("an XL hoodie", ("XL",)),
        ("extra large please", ("XL",)),
        ("2xl", ("XXL",)),
        ("do you have it in M?", ("M",)),
        ("a medium, please", ("M",)),
        ("jeans 32 x 34", ("32x34",)),
        ("EU 42", ("EU 42",)),
        ("men's 9", ("9",)),
        ("US 10", ("10",)),
        ("size 9 or 10", ("9", "10")),
    ],
)
def test_a_size_is_read_as_a_shop_writes_it(text: str, sizes: tuple[str, ...]) -> None:
    assert entities(text).sizes == sizes


@pytest.mark.parametrize(
    "text",
    [
        "it is too small",
        "a large order",
        "a small problem",
        "in 10 days",
        "I'm late",
        "$9.5",
        "4.5 stars",
        "which sizes are there",
        "a bed of 6' x 6'",
        "H&M",
        "order 123",
    ],
)
def test_what_only_looks_like_a_size_is_none(text: str) -> None:
    assert entities(text).sizes == ()


@pytest.mark.parametrize(
    ("text", "colours"),
    [
        ("crimson or navy", ("red", "blue")),
        ("a blck hoodie", ("black",)),
        ("rose gold", ("pink",)),
        ("hunter boots", ()),
        ("boots in wine", ("red",)),
        ("red but not black", ("red",)),
    ],
)
def test_colours_are_read_by_family(text: str, colours: tuple[str, ...]) -> None:
    assert entities(text).colours == colours


def test_a_products_own_colour_may_be_named_after_a_thing() -> None:
    assert colour_families("sand", is_colour=True) == ("beige",)
    assert colour_families("white navy", is_colour=True) == ("white", "blue")


@pytest.mark.parametrize(
    ("text", "gender"),
    [
        ("for my wife", "women"),
        ("sneakers for my son", "kids"),
        ("men's boots", "men"),
        ("for him", "men"),
        ("unisex tee", "unisex"),
        ("hey guys", None),
        ("my wife ordered this", None),
        ("men's or women's", None),
    ],
)
def test_the_wearer_is_read_where_the_text_says_who_it_is(text: str, gender: str | None) -> None:
    assert entities(text).gender == gender


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("under $40", None, 40_00),
        ("less than 40 dollars", None, 40_00),
        ("cheaper than 60", None, 60_00),
        ("up to 100", None, 100_00),
        ("no more than 50 bucks", None, 50_00),
        ("my budget is 70", None, 70_00),
        ("$40 or less", None, 40_00),
        ("over $1,200.50", 1200_50, None),
        ("at least 20", 20_00, None),
        ("between 50 and 80", 50_00, 80_00),
        ("$50-$80", 50_00, 80_00),
        ("under 5 days", None, None),
        ("over 2 weeks ago", None, None),
        ("up to 50% off", None, None),
        ("between 9 and 5", None, None),
    ],
)
def test_the_bounds_of_a_price_are_read(text: str, low: int | None, high: int | None) -> None:
    found = entities(text)
    assert (found.price_min and found.price_min.minor, found.price_max and found.price_max.minor) == (low, high)


def test_amounts_carry_the_currency_they_were_written_in() -> None:
    found = entities("I paid €45.50, not 40 pounds or ¥900")
    assert found.amounts == (
        Amount(minor=45_50, currency="EUR"),
        Amount(minor=40_00, currency="GBP"),
        Amount(minor=900, currency="JPY"),
    )
    assert entities("around 60").price_about == Amount(minor=60_00, currency=None)


def test_dates_with_a_year_are_read() -> None:
    found = entities("2026-11-14, November 3, 2026, 14 Nov 2025, 11/14/2025, May 5")
    assert set(found.dates) == {date(2026, 11, 14), date(2026, 11, 3), date(2025, 11, 14)}


@pytest.mark.parametrize(
    ("text", "ordinals"),
    [
        ("the second one", (2,)),
        ("the last one please", (-1,)),
        ("number 2", (2,)),
        ("the 2nd", (2,)),
        ("#2", ()),
        ("the 2nd of November", ()),
        ("wait a second", ()),
        ("my first order", ()),
        ("order number 2", ()),
    ],
)
def test_an_ordinal_picks_one_of_what_was_offered(text: str, ordinals: tuple[int, ...]) -> None:
    assert entities(text).ordinals == ordinals


def test_quantities_are_counted_things() -> None:
    assert entities("two pairs and 3 black hoodies").quantities == (2, 3)
    assert entities("a couple of these").quantities == (2,)
    assert entities("size 9, 32x34, in 2 days").quantities == ()


@pytest.mark.parametrize(
    ("text", "properties"),
    [
        ("boots without laces or a zipper", ("laces", "zipper")),
        ("no leather please", ("leather",)),
        ("leather-free", ("leather",)),
        ("I don't want wool", ("wool",)),
        ("no thanks, no problem", ()),
        ("it is not here", ()),
        ("I did not receive it and it is not working", ()),
        ("hands-free", ()),
    ],
)
def test_what_a_thing_must_not_have_is_read(text: str, properties: tuple[str, ...]) -> None:
    assert entities(text).without == properties


def test_postal_codes_need_a_place_beside_them() -> None:
    assert entities("Portland, ME 04101").postal_codes == ("04101",)
    assert entities("nw1 6xe").postal_codes == ("NW1 6XE",)
    assert entities("ship to 94107").postal_codes == ("94107",)
    assert entities("order 94107, tell me 12345").postal_codes == ()
