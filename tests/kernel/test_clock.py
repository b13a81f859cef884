"""Clocks tell aware instants in UTC."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from shopfloor.kernel.clock import FixedClock, SystemClock


def test_the_machines_clock_tells_aware_instants_that_do_not_go_back() -> None:
    first, second = SystemClock().now(), SystemClock().now()
    assert first.tzinfo is UTC
    assert first <= second


def test_a_fixed_clock_stands_still_until_it_is_moved() -> None:
    clock = FixedClock(datetime(2026, 5, 4, 9, 30, tzinfo=ZoneInfo("America/New_York")))
    assert clock.now() == clock.now() == datetime(2026, 5, 4, 13, 30, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    clock.at = datetime(2026, 5, 5, tzinfo=UTC)
    assert clock.now() == datetime(2026, 5, 5, tzinfo=UTC)
