"""What a message leans on, and what follows on what was shown or done."""

import pytest

from shopfloor.planning.leaning import closing, goes_on, is_leaning, points
from shopfloor.planning.sequels import TAKES, UNDOES


@pytest.mark.parametrize(
    "message",
    ["could I have that as a PDF for my taxes", "even for things on sale?", "dishwasher safe?", "no, not wallets"],
)
def test_what_points_goes_on_or_is_short_leans(message: str) -> None:
    assert is_leaning(message, has_products=False)


@pytest.mark.parametrize(
    "message", ["where can I see all of the orders I made last year", "yes", "no thanks", "thank you!", "I hate you"]
)
def test_what_stands_by_itself_leans_on_nothing(message: str) -> None:
    assert not is_leaning(message, has_products=False)


def test_a_place_points_only_at_what_was_shown() -> None:
    assert points("how much does the second weigh, or the second one", has_products=True)
    assert not points("how much does the second weigh, or the second pair", has_products=False)


def test_going_on_is_told_behind_an_outcry() -> None:
    assert goes_on("nah, not wallets")
    assert not goes_on("nah, show me wallets")


def test_an_ending_is_none_where_something_is_asked() -> None:
    assert closing("awesome, cheers, that was easy") is not None
    assert closing("where is it? thanks") is None


@pytest.mark.parametrize(
    "message", ["sold! the fleece one", "I'll have the loafers", "gimme a 12 then", "15 lb, do it"]
)
def test_taking_is_known(message: str) -> None:
    assert TAKES.search(message)


@pytest.mark.parametrize("message", ["give me more details", "can I have a look", "what would you take"])
def test_asking_for_more_takes_nothing(message: str) -> None:
    assert not TAKES.search(message)


@pytest.mark.parametrize("message", ["undo that", "take them out again", "put me back on", "scrap that"])
def test_undoing_is_known(message: str) -> None:
    assert UNDOES.search(message)
