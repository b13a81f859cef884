"""The rules of outreach: what may be sent, when, and how often."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopfloor.outreach.rules import DAY, MAX_LATE, WEEK, Case, OutreachRules, Verdict, is_quiet, judge, quiet_until

NEW_YORK = ZoneInfo("America/New_York")
RULES = OutreachRules()
"""Quiet from 21:00 to 9:00; two a day, four a week."""
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)
"""When New York's clocks are put forward from 2:00 to 3:00, and back from 2:00 to 1:00."""
ZONES = st.sampled_from(
    ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"]
)
MOMENTS = st.integers(0, 4 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
HOURS = st.times().map(lambda each: each.replace(second=0, microsecond=0))
LIMITS = st.builds(
    OutreachRules,
    quiet_from=HOURS,
    quiet_until=HOURS,
    max_per_day=st.integers(0, 4),
    max_per_week=st.integers(0, 8),
)


def local(day: date, hour: int, minute: int = 0, fold: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=NEW_YORK).replace(fold=fold).astimezone(UTC)


def case(now: datetime, **changes: object) -> Case:
    given_ = {"planned_for": now, "purpose": "marketing", "is_enabled": True, "gone": None, "has_consent": True}
    return Case(now=now, **{**given_, **changes})  # type: ignore[arg-type]


NOON = local(date(2026, 11, 21), 12)


@pytest.mark.parametrize(
    ("at", "end"),
    [
        (local(date(2026, 11, 21), 20, 59), None),
        (local(date(2026, 11, 21), 21), local(date(2026, 11, 22), 9)),
        (local(date(2026, 11, 21), 23), local(date(2026, 11, 22), 9)),
        (local(date(2026, 11, 22), 0), local(date(2026, 11, 22), 9)),
        (local(date(2026, 11, 22), 8, 59), local(date(2026, 11, 22), 9)),
        (local(date(2026, 11, 22), 9), None),
        (local(date(2026, 3, 7), 23), local(SPRING, 9)),
        (local(date(2026, 10, 31), 23), local(AUTUMN, 9)),
    ],
)
def test_quiet_hours_end_at_nine_by_the_shops_clock(at: datetime, end: datetime | None) -> None:
    assert quiet_until(at, RULES, NEW_YORK) == end


def test_a_night_in_which_the_clock_is_changed_is_an_hour_shorter_or_longer() -> None:
    for day, hours in ((SPRING, 9), (AUTUMN, 11), (date(2026, 11, 22), 10)):
        at = local(day - timedelta(days=1), 23)
        end = quiet_until(at, RULES, NEW_YORK)
        assert end is not None
        assert end - at == timedelta(hours=hours)


def test_an_end_that_the_clock_jumps_over_is_past_the_jump() -> None:
    rules = OutreachRules(quiet_from=time(1), quiet_until=time(2, 30))
    assert quiet_until(local(SPRING, 1, 30), rules, NEW_YORK) == local(SPRING, 3, 30)


def test_an_end_that_comes_twice_is_the_second_one() -> None:
    rules = OutreachRules(quiet_from=time(22), quiet_until=time(1, 30))
    assert quiet_until(local(AUTUMN, 0, 30), rules, NEW_YORK) == local(AUTUMN, 1, 30, fold=1)
    assert quiet_until(local(AUTUMN, 1, 10, fold=1), rules, NEW_YORK) == local(AUTUMN, 1, 30, fold=1)


def test_equal_hours_mean_that_no_hour_is_quiet() -> None:
    rules = OutreachRules(quiet_from=time(9), quiet_until=time(9))
    assert [is_quiet(NOON + n * timedelta(hours=1), rules, NEW_YORK) for n in range(24)] == [False] * 24


@given(at=MOMENTS, rules=LIMITS, zone=ZONES.map(ZoneInfo))
def test_the_end_of_quiet_hours_is_later_and_not_quiet(at: datetime, rules: OutreachRules, zone: ZoneInfo) -> None:
    end = quiet_until(at, rules, zone)
    assert (end is None) == (not is_quiet(at, rules, zone))
    if end is not None:
        assert at < end <= at + timedelta(hours=50)
        assert not is_quiet(end, rules, zone)


@given(
    at=MOMENTS,
    rules=LIMITS,
    zone=ZONES.map(ZoneInfo),
    marketing=st.booleans(),
    enabled=st.booleans(),
    consent=st.booleans(),
    ago=st.lists(st.integers(0, 10 * 24 * 60), max_size=10),
)
def test_nothing_is_ever_sent_in_quiet_hours_above_the_caps_or_without_consent(
    at: datetime, rules: OutreachRules, zone: ZoneInfo, marketing: bool, enabled: bool, consent: bool, ago: list[int]
) -> None:
    sent = [at - timedelta(minutes=minutes) for minutes in ago]
    known = case(at, purpose="marketing" if marketing else "service", is_enabled=enabled, has_consent=consent)
    verdict = judge(known, sent, rules, zone)
    if verdict.outcome == "send":
        assert enabled
        assert not is_quiet(at, rules, zone)
        if marketing:
            assert consent
            assert sum(each > at - DAY for each in sent) < rules.max_per_day
            assert sum(each > at - WEEK for each in sent) < rules.max_per_week
    assert (verdict.until is not None) == (verdict.outcome == "wait")
    assert verdict.until is None or verdict.until > at


@given(rules=LIMITS, zone=ZONES.map(ZoneInfo), at=MOMENTS, gaps=st.lists(st.integers(0, 3 * 24 * 60), max_size=30))
def test_however_signals_come_no_day_and_no_week_holds_more_than_its_cap(
    rules: OutreachRules, zone: ZoneInfo, at: datetime, gaps: list[int]
) -> None:
    sent: list[datetime] = []
    for gap in gaps:
        at += timedelta(minutes=gap)
        if judge(case(at), sent, rules, zone).outcome == "send":
            sent.append(at)
    for end in sent:
        assert sum(end - DAY < each <= end for each in sent) <= rules.max_per_day
        assert sum(end - WEEK < each <= end for each in sent) <= rules.max_per_week


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"is_enabled": False}, "agent.disabled"),
        ({"gone": "lead.withdrawn"}, "lead.withdrawn"),
        ({"has_consent": False}, "consent.missing"),
        ({"planned_for": NOON - MAX_LATE - timedelta(minutes=1)}, "signal.too_late"),
    ],
)
def test_what_must_not_be_sent_is_dropped_and_the_rule_named(changes: dict[str, object], rule: str) -> None:
    assert judge(case(NOON, **changes), [], RULES, NEW_YORK) == Verdict(outcome="suppress", rule=rule)


def test_what_must_not_be_sent_does_not_wait_for_the_end_of_quiet_hours() -> None:
    night = local(date(2026, 11, 21), 23)
    assert judge(case(night, has_consent=False), [], RULES, NEW_YORK).rule == "consent.missing"


def test_service_needs_no_marketing_consent_and_is_not_counted() -> None:
    verdict = judge(case(NOON, purpose="service", has_consent=False), [NOON] * 9, RULES, NEW_YORK)
    assert verdict == Verdict(outcome="send", rule="allowed")


def test_an_open_question_is_let_be() -> None:
    until = NOON + timedelta(minutes=10)
    assert judge(case(NOON, busy_until=until), [], RULES, NEW_YORK) == Verdict(
        outcome="wait", rule="open_question", until=until
    )
    assert judge(case(NOON, busy_until=NOON), [], RULES, NEW_YORK).outcome == "send"


@given(at=MOMENTS, rules=LIMITS, zone=ZONES.map(ZoneInfo), days=st.integers(0, 30))
def test_an_answer_waits_for_no_hour_and_is_never_too_late(
    at: datetime, rules: OutreachRules, zone: ZoneInfo, days: int
) -> None:
    answer = case(at, purpose="service", is_answer=True, planned_for=at - timedelta(days=days), has_consent=False)
    assert judge(answer, [], rules, zone) == Verdict(outcome="send", rule="allowed")


def test_an_answer_waits_for_an_open_question_and_is_dropped_where_it_is_void() -> None:
    asked = case(NOON, purpose="service", is_answer=True, busy_until=NOON + timedelta(minutes=1))
    assert judge(asked, [], RULES, NEW_YORK).rule == "open_question"
    assert judge(case(NOON, purpose="service", is_answer=True, gone="action.moved"), [], RULES, NEW_YORK) == Verdict(
        outcome="suppress", rule="action.moved"
    )
    assert judge(case(NOON, is_answer=True, is_enabled=False), [], RULES, NEW_YORK).rule == "agent.disabled"
