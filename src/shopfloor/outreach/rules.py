"""What must hold before a customer hears something that they did not ask for: pure functions of what is known then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shopfloor.outreach.signals import Purpose

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
MAX_LATE = timedelta(days=3)
"""Behind its time, whatever held it up, a message tells old news."""


class OutreachRules(BaseModel):
    """The shop's limits; times are in its own zone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    quiet_from: time = time(21)
    quiet_until: time = time(9)
    """Between these hours nothing is sent: it waits for the end. Equal ones mean that no hour is quiet."""
    max_per_day: Annotated[int, Field(ge=0)] = 2
    max_per_week: Annotated[int, Field(ge=0)] = 4
    """Marketing messages to one customer within any 24 hours and 7 days; service messages are not counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What is known of an outreach that is due."""

    now: datetime
    planned_for: datetime
    purpose: Purpose
    is_enabled: bool
    """Whether its agent is in force and still subscribes to the signal."""
    gone: str | None
    """The rule by which it has nothing to go on any more, such as a withdrawn lead; None while it has."""
    has_consent: bool
    """To marketing."""
    is_answer: bool = False
    """Whether the customer asked for it: neither quiet hours nor age keep it from being said where they did."""
    busy_until: datetime | None = None
    """Until when the customer is asked for a yes in the same conversation; None where nothing is open."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What becomes of an outreach, and the rule that says so."""

    outcome: Literal["send", "wait", "suppress"]
    rule: str
    until: datetime | None = None
    """When it is judged again; in `wait` only."""


def judge(case: Case, sent: Sequence[datetime], rules: OutreachRules, zone: tzinfo) -> Verdict:
    """Return whether an outreach may be sent now.

    `sent` holds when the same customer was sent marketing before; one that would be too many is dropped, not kept for
    later, since by then it is old news.
    """
    rule = _forbidden(case)
    if rule:
        return Verdict(outcome="suppress", rule=rule)
    end = None if case.is_answer else quiet_until(case.now, rules, zone)
    if end:
        return Verdict(outcome="wait", rule="quiet_hours", until=end)
    if case.busy_until and case.busy_until > case.now:
        return Verdict(outcome="wait", rule="open_question", until=case.busy_until)
    if case.purpose == "marketing" and (rule := _too_many(case.now, sent, rules)):
        return Verdict(outcome="suppress", rule=rule)
    return Verdict(outcome="send", rule="allowed")


def _forbidden(case: Case) -> str | None:
    if not case.is_enabled:
        return "agent.disabled"
    if case.gone:
        return case.gone
    if case.purpose == "marketing" and not case.has_consent:
        return "consent.missing"
    is_late = case.now - case.planned_for > MAX_LATE
    return "signal.too_late" if is_late and not case.is_answer else None


def _too_many(now: datetime, sent: Sequence[datetime], rules: OutreachRules) -> str | None:
    if sum(at > now - DAY for at in sent) >= rules.max_per_day:
        return "cap.day"
    if sum(at > now - WEEK for at in sent) >= rules.max_per_week:
        return "cap.week"
    return None


def is_quiet(at: datetime, rules: OutreachRules, zone: tzinfo) -> bool:
    """Whether the shop's clock shows a quiet hour; the first instant is quiet, the last is not."""
    shown = at.astimezone(zone).time()
    if rules.quiet_from <= rules.quiet_until:
        return rules.quiet_from <= shown < rules.quiet_until
    return shown >= rules.quiet_from or shown < rules.quiet_until


def quiet_until(at: datetime, rules: OutreachRules, zone: tzinfo) -> datetime | None:
    """Return the end of the quiet hours that an instant lies in, in UTC; None where it lies in none."""
    if not is_quiet(at, rules, zone):
        return None
    end = _next(at, rules.quiet_until, zone)
    while is_quiet(end, rules, zone):  # the clock jumped over the end into the next quiet hours
        end = _next(end, rules.quiet_until, zone)
    return end


def _next(at: datetime, shown: time, zone: tzinfo) -> datetime:
    """Return the first instant after another at which the clock has come to an hour, in UTC.

    Where the clock is put forward over the hour it is the instant as far behind the jump; where it is put back, so that
    the hour comes twice, it is the second one: before it, quiet hours would begin anew.
    """
    day = at.astimezone(zone).date()
    while True:
        local = datetime.combine(day, shown, tzinfo=zone)
        end = max(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        if end > at:
            return end
        day += DAY
