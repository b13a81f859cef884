"""Filling slots from a customer's words."""

import pytest
from planning.demo_planner import READER
from pydantic import JsonValue

from shopfloor.agents.playbook import SlotType
from shopfloor.agents.slots import Focus, named_orders, wish
from shopfloor.kernel.ids import ProductId

SHOWN = Focus(product_ids=(ProductId("p-001"), ProductId("p-002"), ProductId("p-003")), wish="red sneakers")
"""Speedster Red Edition, Casual Crimson Loafer, Ruby Runner Pro."""
ONE = Focus(product_id=ProductId("p-001"), product_ids=(ProductId("p-001"),))

TEES = Focus(product_id=ProductId("p-083"), product_ids=(ProductId("p-083"), ProductId("p-090")))
"""Lagoon Linen-Blend Tee, which was talked of last, and Tidal Wash Tee."""


def read(kind: SlotType, text: str, focus: Focus | None = None, *, is_answer: bool = False) -> JsonValue:
    return READER.read(kind, text, focus or Focus(), is_answer=is_answer)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("where is order #123", "123"),
        ("cancel 141", "141"),
        ("i think the number was 141 or so", "141"),
        ("a tent under 300 dollars", None),
        ("a tent under 300", None),
        ("send it to 1500 Market Street, Portland, OR 97204", None),
        ("Portland OR 97204", None),
        ("size 38", None),
        ("my tracking id is TRK456789", None),
    ],
)
def test_an_order_is_named_by_a_number_that_counts_nothing_else(text: str, number: str | None) -> None:
    assert read("order_number", text) == number


def test_a_short_bare_number_names_an_order_only_as_an_answer() -> None:
    assert read("order_number", "7") is None
    assert read("order_number", "7", is_answer=True) == "7"


def test_several_orders_are_named_in_the_order_of_the_text() -> None:
    assert named_orders("where is my refund for 107 and order 123") == ("107", "123")


def test_an_email_is_read_in_lower_case() -> None:
    assert read("email", "Write to Maya@Example.com please") == "maya@example.com"


def test_an_address_needs_its_street() -> None:
    assert read("address", "15 Market Street, Portland, OR 97204") == {
        "line1": "15 Market Street", "city": "Portland", "region": "OR", "postal_code": "97204", "country": "US",
    }  # fmt: skip
    assert read("address", "Portland, OR 97204") is None


@pytest.mark.parametrize(
    ("text", "focus", "product"),
    [
        ("is the Ruby Runner Pro waterproof", None, "p-003"),
        ("ruby runer pro?", None, "p-003"),
        ("the second one", SHOWN, "p-002"),
        ("the last one", SHOWN, "p-003"),
        ("the loafer one", SHOWN, "p-002"),
        ("the wash one", TEES, "p-090"),
        ("how do i wash it", TEES, "p-083"),
        ("is it warm", ONE, "p-001"),
        ("is it warm", None, None),
        ("the fifth one", SHOWN, None),
    ],
)
def test_a_product_is_named_by_its_name_its_place_or_a_pointer(
    text: str, focus: Focus | None, product: str | None
) -> None:
    assert read("product", text, focus) == product


@pytest.mark.parametrize(
    ("text", "focus", "products"),
    [
        ("compare the Speedster Red Edition with the Ruby Runner Pro", None, ["p-001", "p-003"]),
        ("compare the first and the third one", SHOWN, ["p-001", "p-003"]),
        ("compare the first two", SHOWN, ["p-001", "p-002"]),
        ("which of them is lighter", SHOWN, ["p-001", "p-002", "p-003"]),
        ("compare it with the Ruby Runner Pro", ONE, ["p-001", "p-003"]),
        ("compare the Ruby Runner Pro", None, None),
    ],
)
def test_products_to_compare_are_two_or_three(text: str, focus: Focus | None, products: list[str] | None) -> None:
    assert read("products", text, focus) == products


@pytest.mark.parametrize(
    ("text", "size"), [("in size 9", "9"), ("do you have it in XL", "XL"), ("what about 13", None)]
)
def test_a_size_stands_with_a_word_for_it(text: str, size: str | None) -> None:
    assert read("size", text) == size


def test_a_lone_number_answers_the_question_for_a_size() -> None:
    assert read("size", "what about 9.5", is_answer=True) == "9.5"
    assert read("size", "9 or 10", is_answer=True) is None


@pytest.mark.parametrize(
    ("text", "colour"), [("and in blue?", "blue"), ("in crimson please", "crimson"), ("no colour at all", None)]
)
def test_a_colour_is_read_in_the_customers_word_for_it(text: str, colour: str | None) -> None:
    assert read("colour", text) == colour


@pytest.mark.parametrize(
    ("text", "wished"),
    [
        ("Do you have any red sneakers in men's size 9?", "red sneakers in men's size 9"),
        ("hi, i'm looking for a black hoodie please", "black hoodie"),
        ("show me waterproof jackets", "waterproof jackets"),
        ("i need some", None),
        ("something cheaper", None),
        ("another one", None),
    ],
)
def test_a_wish_is_what_is_left_without_the_words_that_lead_up_to_it(text: str, wished: str | None) -> None:
    assert wish(text) == wished


def test_any_words_answer_the_question_for_a_wish() -> None:
    assert read("wish", "something cheaper") is None
    assert read("wish", "something cheaper", is_answer=True) == "something cheaper"


def test_a_remark_refines_the_earlier_wish_unless_it_names_a_kind_of_its_own() -> None:
    assert read("earlier_wish", "in blue", SHOWN) == "red sneakers"
    assert read("earlier_wish", "blue jeans", SHOWN) is None


def test_a_text_slot_takes_an_answer_as_it_is() -> None:
    assert read("text", " anything at all ", is_answer=True) == "anything at all"
    assert read("text", "anything at all") is None
