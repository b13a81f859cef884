from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopfloor.language.dates import day, find_days

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
"""In New York still Friday, 20 November."""
INSTANTS = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(
    INSTANTS,
    INSTANTS,
    st.sampled_from([UTC, NEW_YORK, ZoneInfo("Asia/Tokyo")]),
)
def test_a_day_that_was_written_is_read_back(at: datetime, now: datetime, zone: ZoneInfo) -> None:
    assert find_days(f"It arrives {day(at, now, zone)}.", now, zone) == {at.astimezone(zone).date()}


@given(st.integers(-12, 12))
def test_a_near_day_that_was_written_is_read_back(distance: int) -> None:
    that = date(2026, 11, 20) + timedelta(days=distance)
    assert find_days(f"It shipped {day(that, NOW, NEW_YORK)}, at last", NOW, NEW_YORK) == {that}


@pytest.mark.parametrize(
    ("that", "written"),
    [
        (date(2026, 11, 19), "yesterday"),
        (date(2026, 11, 20), "today"),
        (date(2026, 11, 21), "tomorrow"),
        (date(2026, 11, 26), "on Thursday"),
        (date(2026, 11, 27), "on 27 November"),
        (date(2025, 11, 14), "on 14 November 2025"),
    ],
)
def test_a_day_is_written_as_one_says_it(that: date, written: str) -> None:
    assert day(that, NOW, NEW_YORK) == written


@pytest.mark.parametrize(
    "text", ["2026-11-14", "November 14", "Nov. 14th", "14 Nov", "the 14th of November", "11/14/2026", "14.11.2026"]
)
def test_every_way_of_writing_a_date_is_read(text: str) -> None:
    assert find_days(f"by {text}, please", NOW, NEW_YORK) == {date(2026, 11, 14)}


def test_days_are_read_beside_each_other() -> None:
    found = find_days("the day after tomorrow or last Friday", NOW, NEW_YORK)
    assert found == {date(2026, 11, 22), date(2026, 11, 13)}


@pytest.mark.parametrize("text", ["30 February", "in 3 days", "size 9", "99/99/2026"])
def test_what_is_no_day_is_not_read(text: str) -> None:
    assert find_days(text, NOW, NEW_YORK) == set()
