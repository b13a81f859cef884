"""Which option a customer's words mean."""

import pytest

from shopfloor.agents.choices import chosen, holds

WANTED = {"refund": ("refund", "money back"), "exchange": ("exchange", "another size", "swap"), "other": ()}


@pytest.mark.parametrize(
    ("says", "option"),
    [
        ("a refund please", "refund"),
        ("I want my MONEY BACK!", "refund"),
        ("could you swap it", "exchange"),
        ("exchanged, please", "exchange"),
        ("not a refund, an exchange", "exchange"),
        ("I don't want a refund but an exchange", "exchange"),
        ("no exchange, just the money back", "refund"),
        ("another size instead of a refund", "exchange"),
        ("refund or exchange?", None),
        ("hello", None),
        ("", None),
        ("moneyback", None),
        ("not a refund", None),
    ],
)
def test_an_option_is_known_by_its_phrases_unless_they_are_taken_back(says: str, option: str | None) -> None:
    assert chosen(WANTED, says) == option


def test_a_phrase_inside_a_longer_one_of_another_option_is_not_counted() -> None:
    options = {"size": ("wrong size",), "item": ("wrong",)}
    assert chosen(options, "it is the wrong size") == "size"
    assert chosen(options, "it is wrong") == "item"


@pytest.mark.parametrize(
    ("says", "is_held"),
    [
        ("I will SUE you!", True),
        ("my lawyers will write", True),
        ("send it to Sue Miller", False),
        ("you two", False),
        ("a lawyer", False),
        ("", False),
    ],
)
def test_phrases_are_words_in_a_row_whatever_their_endings(says: str, is_held: bool) -> None:
    assert holds(("will sue", "my lawyer"), says) is is_held
