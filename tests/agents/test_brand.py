"""The shop's settings: what is refused, and when staff answer."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from shopfloor.agents.brand import Brand, Guideline
from shopfloor.agents.settings import shipped_brand
from shopfloor.identity.identity import GUEST, Identity
from shopfloor.kernel.ids import AgentId, CustomerId

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


def test_a_holiday_is_closed_and_the_next_opening_is_after_it() -> None:
    closed = brand(closed={"2026-11-20": "Founders' Day"}, hours={"friday": {"opens": "09:00", "closes": "00:00"}})
    assert not closed.is_open(datetime(2026, 11, 20, 15, 0, tzinfo=UTC))
    assert closed.is_open(datetime(2026, 11, 28, 4, 59, tzinfo=UTC)), "midnight is the end of the day"
    assert closed.opens_next(datetime(2026, 11, 18, 12, 0, tzinfo=UTC)) == datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
    assert brand(hours={}).opens_next(datetime(2026, 11, 18, 12, 0, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("customers", "agents", "known", "signed_in"),
    [
        ("everyone", [], True, True),
        ("guests", [], True, False),
        ("signed_in", [], False, True),
        (["c-1"], [], False, True),
        (["c-2"], [], False, False),
        ("everyone", ["someone_else"], False, False),
    ],
)
def test_a_guideline_is_for_the_agents_and_customers_it_names(
    customers: object, agents: list[str], known: bool, signed_in: bool
) -> None:
    rule = Guideline.model_validate({"id": "a", "when": "x", "do": "y", "customers": customers, "agents": agents})
    assert rule.concerns(AgentId("product_expert"), GUEST) is known
    assert rule.concerns(AgentId("product_expert"), Identity(customer_id=CustomerId("c-1"))) is signed_in


def test_a_topic_has_its_own_refusal() -> None:
    ours = brand(refusals=[{"id": "medical", "phrases": ["see a doctor", "medicine"], "message": "Ask a doctor."}])
    assert ours.refusal_for("which medicine helps?") == "Ask a doctor."
    assert ours.refusal_for("what is the capital of France?") == BRAND.refusal


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
