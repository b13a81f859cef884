"""The shop's own words: in the number, the case and with the article of those that they stand for."""

import pytest

from shopfloor.language.wording import reworded, wording_of

WORDING = wording_of(
    {"parcel": "package", "order": "booking", "colleague": "crew member", "bag": "item", "box": "case"}
)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("your parcel", "your package"),
        ("Parcels come late.", "Packages come late."),
        ("YOUR PARCELS", "YOUR PACKAGES"),
        ("Order #123 and orders", "Booking #123 and bookings"),
        ("our colleagues", "our crew members"),
        ("A colleague writes.", "A crew member writes."),
        ("an order", "a booking"),
        ("An order", "A booking"),
        ("a bag", "an item"),
        ("two boxes", "two cases"),
        ("ordered, border, reorder", "ordered, border, reorder"),
        ("order@shop.example", "order@shop.example"),
        ("https://shop.example/order/1", "https://shop.example/order/1"),
        ("order.html", "order.html"),
        ("pre-order", "pre-order"),
        ("See your order.", "See your booking."),
        ("", ""),
    ],
)
def test_words_are_put_in_the_form_that_the_text_has(text: str, own: str) -> None:
    assert reworded(text, WORDING) == own


def test_a_word_put_in_is_not_replaced_again() -> None:
    assert reworded("a cart and a basket", wording_of({"cart": "basket", "basket": "cart"})) == "a basket and a cart"


def test_without_wording_a_text_stays() -> None:
    assert reworded("your parcel", ()) == "your parcel"


def test_the_longer_of_two_words_wins() -> None:
    assert reworded("gift card, card", wording_of({"card": "slip", "gift card": "voucher"})) == "voucher, slip"
