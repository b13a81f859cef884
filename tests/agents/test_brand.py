"""The shop's settings: what is refused, and when staff answer."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from shopfloor.agents.brand import Brand
from shopfloor.agents.registry import shipped_brand

BRAND = shipped_brand()


def brand(**changes: Any) -> Brand:
    return Brand.model_validate({**BRAND.model_dump(mode="json"), **changes})


def test_settings_read_from_what_they_were_written_to_are_the_same() -> None:
    assert brand() == BRAND


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (datetime(2026, 11, 20, 13, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 20, 14, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 20, 22, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 20, 23, 0, tzinfo=UTC), False),
        (datetime(2026, 7, 20, 13, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 21, 14, 30, tzinfo=UTC), False),
        (datetime(2026, 11, 21, 15, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 22, 17, 0, tzinfo=UTC), False),
    ],
    ids=["before", "opening", "last minute", "closing", "summer", "early on Saturday", "Saturday", "Sunday"],
)
def test_staff_answer_in_the_shops_hours_and_zone(at: datetime, is_open: bool) -> None:
    assert BRAND.is_open(at) is is_open


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("zone", "Mars/Olympus"),
        ("zone", "America"),
        ("zone", ""),
        ("zone", "../../etc/passwd"),
        ("country", "usa"),
        ("currency", "usd"),
        ("irreversible_limit_minor", -1),
        ("hours", {"someday": {"opens": "09:00", "closes": "18:00"}}),
        ("hours", {"monday": {"opens": "nine", "closes": "18:00"}}),
        ("slogan", "Buy more"),
    ],
)
def test_wrong_settings_are_refused_and_named(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        brand(**{field: value})
