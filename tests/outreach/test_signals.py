"""Signals as they come in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shopfloor.kernel.errors import InvalidFields
from shopfloor.outreach.recipients import purpose_of
from shopfloor.outreach.signals import (
    OWN,
    REPORTED,
    SIGNALS,
    ActionSettled,
    ParcelDelayed,
    Purpose,
    parse_signal,
    settled_signal,
)

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
        ({"signal_id": "action:0123"}, ["id"]),
        ({"kind": "action_settled", "data": {"action_key": "k", "state": "executed"}}, ["kind"]),
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


def test_only_the_installation_itself_says_that_an_action_was_settled() -> None:
    """Else whoever may report signals could make agents speak in anybody's conversation."""
    assert "action_settled" not in REPORTED
    assert set(REPORTED) == set(SIGNALS) - {"action_settled"}
    own = settled_signal("conv_1/turn_1/t1/3/cancel_order", "executed", at=NOW)
    assert own.id.startswith(OWN)
    for kind, data in (("action_settled", own.values), ("parcel_delayed", {"order_number": "123"})):
        with pytest.raises(InvalidFields):
            parse_signal(own.id, kind, data, at=None, now=NOW)


def test_what_is_told_of_a_settled_action_is_its_key_and_state_and_nothing_personal() -> None:
    assert set(ActionSettled.model_fields) == {"action_key", "state"}


@pytest.mark.parametrize("stated", ["service", "marketing"])
def test_an_answer_to_a_request_is_service_whatever_a_card_says(stated: Purpose) -> None:
    assert purpose_of("action_settled", stated) == "service"
    assert purpose_of("parcel_delayed", stated) == stated
    assert purpose_of("cart_abandoned", stated) == "marketing"
