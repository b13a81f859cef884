"""What a message names gives way to a placeholder, so that any number is matched like every other."""

import pytest

from shopfloor.planning.masking import mask

KINDS = {"sneakers", "jacket"}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("where is order #123", "where is orderref"),
        ("Where is order number 123?", "where is orderref"),
        ("status 141", "status orderref"),
        ("cancel 141 and 123", "cancel orderref and orderref"),
        ("write to maya@example.com", "write to emailref"),
        ("red sneakers in size 9", "colourref kindref in size numref"),
        ("a jacket under 100 dollars", "a kindref under numref dollars"),
        ("the Ruby Runner", "the productref"),
        ("where is order {order}", "where is order orderref"),
        ("tell me about {product}", "tell me about productref"),
    ],
)
def test_names_and_numbers_become_placeholders(text: str, masked: str) -> None:
    assert mask(text, KINDS.__contains__, frozenset({"ruby", "runner"})) == masked


def test_an_address_is_one_placeholder_and_its_number_no_order() -> None:
    masked = mask("send 141 to 1500 Market Street, Portland, OR 97204", KINDS.__contains__)
    assert masked.startswith("send orderref to addressref")
    assert masked.count("orderref") == 1


def test_the_second_one_is_a_product_only_where_products_were_shown() -> None:
    assert mask("is the second one warm", KINDS.__contains__, has_products=True) == "is productref warm"
    assert mask("is the second one warm", KINDS.__contains__) == "is the second one warm"
