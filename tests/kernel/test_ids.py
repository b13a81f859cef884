"""Ids: new each time, sorted by time, and never misread."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shopfloor.kernel.clock import FixedClock, SystemClock
from shopfloor.kernel.ids import ALPHABET, SeededIds, TimedIds, base32

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def test_ids_made_later_sort_later() -> None:
    clock = FixedClock(NOW)
    ids = TimedIds(clock)
    made: list[str] = []
    for _ in range(50):
        made.append(ids.new("msg"))
        clock.at += timedelta(milliseconds=1)
    assert made == sorted(made)


def test_ids_made_in_one_millisecond_are_all_different() -> None:
    ids = TimedIds(FixedClock(NOW))
    assert len({ids.new("msg") for _ in range(2_000)}) == 2_000


def test_an_id_is_its_prefix_and_26_letters_that_read_like_no_digit() -> None:
    prefix, _, letters = TimedIds(SystemClock()).new("turn").partition("_")
    assert (prefix, len(letters)) == ("turn", 26)
    assert set(letters) <= set(ALPHABET)
    assert not set("ilou") & set(ALPHABET)


def test_seeded_ids_come_out_the_same_in_every_run() -> None:
    first, second, other = SeededIds(7), SeededIds(7), SeededIds(8)
    run = [first.new("x") for _ in range(20)]
    assert run == [second.new("x") for _ in range(20)]
    assert run == sorted(set(run))
    assert run[0] != other.new("x")


@given(st.integers(0, 2**50 - 1), st.integers(0, 2**50 - 1))
def test_numbers_in_base_32_sort_as_numbers(a: int, b: int) -> None:
    assert (base32(a, 10) < base32(b, 10)) == (a < b)
