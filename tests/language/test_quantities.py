"""How many pieces customers want."""

import pytest

from shopfloor.language.quantities import quantity


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("add 3 of them to my cart", 3),
        ("two pairs of socks", 2),
        ("make it 3", 3),
        ("change the quantity of the socks to 4", 4),
        ("put 2 Speedster in my cart", 2),
        ("remove one of the socks", 1),
        ("I'll take two", 2),
        ("quantity 4", 4),
        ("a dozen of them", 12),
        ("1,000,000 pieces please", 1_000_000),
        ("a million of them", 1_000_000),
        ("10^9 pieces of it", 10**9),
        ("add 1e9 of it", 10**9),
        ("10^99 pieces", 10**15),
        ("I'll take the second one", None),
        ("add the Speedster in 9 to my cart", None),
        ("change it to size 9", None),
        ("size 10 please", None),
        ("I have 20 dollars", None),
        ("order 123", None),
    ],
)
def test_a_number_of_pieces_is_read_and_no_other_number(text: str, count: int | None) -> None:
    assert quantity(text) == count


@pytest.mark.parametrize(
    ("text", "count"), [("3", 3), ("three please", 3), ("just 2", 2), ("none", None), ("9.5", None)]
)
def test_a_number_alone_answers_the_question_for_it(text: str, count: int | None) -> None:
    assert quantity(text, is_answer=True) == count
