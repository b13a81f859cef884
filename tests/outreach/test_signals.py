"""Signals as they come in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shopfloor.kernel.errors import InvalidFields
from shopfloor.outreach.signals import ParcelDelayed, parse_signal

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)


def test_a_signal_without_a_time_happened_now() -> None:
    signal = parse_signal("s1", "parcel_delayed", {"order_number": "123"}, at=None, now=NOW)
    assert (signal.at, signal.data) == (NOW, ParcelDelayed(order_number="123"))
    assert signal.values == {"order_number": "123"}


def test_its_time_is_kept_in_utc() -> None:
    at = datetime(2026, 11, 21, 9, tzinfo=timezone(timedelta(hours=-5)))
    assert parse_signal("s1", "parcel_delayed", {"order_number": "123"}, at=at, now=NOW).at.tzinfo is UTC


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"signal_id": " "}, ["id"]),
        ({"signal_id": "x" * 201}, ["id"]),
        ({"signal_id": "a\x00b"}, ["id"]),
        ({"kind": "moon_landing"}, ["kind"]),
        ({"data": {}}, ["data.order_number"]),
        ({"data": {"order_number": "1", "more": 2}}, ["data.more"]),
        ({"data": {"order_number": "9" * 41}}, ["data.order_number"]),
        ({"at": NOW + timedelta(minutes=6)}, ["at"]),
        ({"at": NOW.replace(tzinfo=None)}, ["at"]),
        ({"at": datetime.fromisoformat("0001-01-01T00:00:00+14:00")}, ["at"]),
        ({"signal_id": "", "at": NOW + timedelta(days=1), "data": {}}, ["id", "at", "data.order_number"]),
    ],
)
def test_what_is_wrong_is_refused_with_the_field_named(changes: dict, fields: list[str]) -> None:
    given = {"signal_id": "s1", "kind": "parcel_delayed", "data": {"order_number": "123"}, "at": NOW, "now": NOW}
    with pytest.raises(InvalidFields) as refused:
        parse_signal(**{**given, **changes})
    assert [problem.field for problem in refused.value.problems] == fields
