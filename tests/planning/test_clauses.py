"""Cutting a message into the parts that ask for different things."""

from time import process_time

import pytest
from planning.demo_planner import recogniser

from shopfloor.planning.clauses import clauses


def cut(message: str) -> list[str]:
    known = recogniser()
    return [part.text for part in clauses(message, lambda text: known.match(text, False), known.is_dependent)]


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("where is order 123", ["where is order 123"]),
        ("where is 123, and do you have red socks?", ["where is 123", "do you have red socks?"]),
        ("cancel order 141 and then where is order 123?", ["cancel order 141", "where is order 123?"]),
        ("track 123; what is your return policy", ["track 123", "what is your return policy"]),
        ("1) cancel order 141 2) show me backpacks", ["cancel order 141", "show me backpacks"]),
        ("Where is 123? By the way, do you ship to Canada?", ["Where is 123?", "do you ship to Canada?"]),
        ("where is 123\ndo you have tents", ["where is 123", "do you have tents"]),
    ],
)
def test_a_message_is_cut_where_something_else_is_asked_for(message: str, parts: list[str]) -> None:
    assert cut(message) == parts


@pytest.mark.parametrize(
    "message",
    [
        "send order 141 to 15 Market Street, Portland, OR 97204",
        "do you have waterproof hiking boots for women, size 8",
        "what's the difference between the Hollow Two Trail Tent and the Whiteout Four-Season Dome",
        "a warm and light jacket for winter",
        "cancel 123 and 141",
    ],
)
def test_what_belongs_together_is_not_cut(message: str) -> None:
    assert cut(message) == [message]


def test_what_only_tells_about_a_request_goes_with_it() -> None:
    assert cut("It was meant for my trip on Saturday. Cancel order 141 please.") == [
        "It was meant for my trip on Saturday. Cancel order 141 please."
    ]


def test_nothing_is_put_away_where_nothing_is_sure() -> None:
    assert cut("blah blah. foo bar.") == cut("blah blah. foo bar.")


def test_a_very_long_message_is_cut_in_bounded_time() -> None:
    message = ", ".join(f"and where is order {number}" for number in range(100, 400))
    assert len(cut(message)) <= 14


@pytest.mark.parametrize("joint", [", ", "and ", "how, ", "and how do "])
def test_a_message_of_nothing_but_joints_is_cut_quickly(joint: str) -> None:
    before = process_time()
    cut(joint * (8_000 // len(joint)))
    assert process_time() - before < 5
