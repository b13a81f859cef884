"""Times as people type and read them."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopfloor.cli.times import from_now, instant, moment
from shopfloor.kernel.errors import InvalidInput

NOW = datetime(2026, 5, 4, 3, 30, tzinfo=UTC)
"""Half past eleven in the evening of 3 May in New York."""
ZONE = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2h", NOW - timedelta(hours=2)),
        (" 30 min ago ", NOW - timedelta(minutes=30)),
        ("90m", NOW - timedelta(minutes=90)),
        ("1W", NOW - timedelta(weeks=1)),
        ("0s", NOW),
        ("today", datetime(2026, 5, 3, 4, 0, tzinfo=UTC)),
        ("Yesterday", datetime(2026, 5, 2, 4, 0, tzinfo=UTC)),
        ("2026-03-08", datetime(2026, 3, 8, 5, 0, tzinfo=UTC)),
        ("2026-03-09", datetime(2026, 3, 9, 4, 0, tzinfo=UTC)),
        ("2026-05-04T14:00", datetime(2026, 5, 4, 18, 0, tzinfo=UTC)),
        ("2026-05-04 14:00:30", datetime(2026, 5, 4, 18, 0, 30, tzinfo=UTC)),
        ("2026-05-04T14:00Z", datetime(2026, 5, 4, 14, 0, tzinfo=UTC)),
        ("2026-05-04T14:00+02:00", datetime(2026, 5, 4, 12, 0, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_the_shops_zone_or_counted_from_now(typed: str, meant: datetime) -> None:
    assert instant(typed, NOW, ZONE) == meant


@pytest.mark.parametrize(
    "typed",
    ["", "soon", "2x", "-2h", "h", "2026-13-01", "2026-5-4", "999999999w", "0001-01-01T00:00+14:00", "14:00", "٣h"],
)
def test_what_is_no_time_says_how_one_is_written(typed: str) -> None:
    with pytest.raises(InvalidInput, match="is no time: write 2h, "):
        instant(typed, NOW, ZONE)


@given(typed=st.text() | st.from_regex(r"[0-9T:+ -]{1,30}|[0-9]+ ?[smhdw]", fullmatch=True))
def test_any_text_is_a_time_or_an_error_of_ours(typed: str) -> None:
    with suppress(InvalidInput):
        assert instant(typed, NOW, ZONE).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"),
        (59, "now"),
        (60, "in 1 minute"),
        (3_599, "in 59 minutes"),
        (-3_600, "1 hour ago"),
        (3 * 3_600 + 1, "in 3 hours"),
        (47 * 3_600, "in 47 hours"),
        (-48 * 3_600, "2 days ago"),
        (30 * 86_400, "in 30 days"),
    ],
)
def test_how_far_off_a_time_is_reads_as_one_would_say_it(seconds: int, words: str) -> None:
    assert from_now(NOW + timedelta(seconds=seconds), NOW) == words


def test_a_moment_is_that_of_the_shops_clocks() -> None:
    assert moment(NOW, ZONE) == "2026-05-03 23:30"
