"""What counts as nearly the same text."""

import pytest

from shopfloor.evals.nearness import Neighbours, fingerprint, plain


@pytest.mark.parametrize(
    ("one", "other", "is_near"),
    [
        ("where is my order 123?", "Where is my order #98765", True),
        ("I want to cancel the delivery of my parcel", "i wanted to cancel the deliveries of my parcels", True),
        ("I want to cancel the delivery of my parcel", "I want to cancel the newsletter", False),
        ("how much is it", "how long is it", False),
    ],
)
def test_texts_are_near_whose_stems_are_mostly_the_same(one: str, other: str, is_near: bool) -> None:
    assert bool(list(Neighbours([fingerprint(one)]).of(fingerprint(other)))) is is_near


def test_a_part_of_a_message_is_found_in_it() -> None:
    known = Neighbours([fingerprint("cancel my parcel's delivery"), fingerprint("a gift card for my sister")])
    assert list(known.within(fingerprint("do you ship abroad? and please cancel the delivery of my parcel"))) == [0]


def test_texts_are_the_same_but_for_case_numbers_and_marks() -> None:
    assert plain("Where is order 12?") == plain("where is order #77!!")
