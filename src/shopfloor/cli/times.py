"""Instants as people type and read them: in the shop's zone, or counted from now."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from shopfloor.kernel.errors import InvalidInput

AGO = re.compile(r"(?P<count>[0-9]{1,9}) *(?P<unit>s|min|m|h|d|w)(?: ago)?")
UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
DAYS = {"today": 0, "yesterday": 1}
NAMED = ((timedelta(days=2), timedelta(days=1), "day"), (timedelta(hours=1), timedelta(hours=1), "hour"))
"""From which span on which unit is named; below, it is minutes."""
HOW = "write 2h, 30m, 3d, today, yesterday, 2026-05-04 or 2026-05-04T14:00"


def length(text: str) -> timedelta:
    """Return the time that a text means: `3d`.

    Raises:
        InvalidInput: it means none.
    """
    found = AGO.fullmatch(text.strip().lower())
    if not found:
        raise InvalidInput(f"{text!r} is no time: write 30m, 12h or 3d")
    try:
        return int(found["count"]) * UNITS[found["unit"]]
    except OverflowError as error:
        raise InvalidInput(f"{text!r} is too long a time") from error


def instant(text: str, now: datetime, zone: tzinfo) -> datetime:
    """Return the instant that a text means: so long ago, the beginning of a day, or a time of the zone's clocks.

    A time with an offset from UTC is what it says.

    Raises:
        InvalidInput: it means none.
    """
    typed = text.strip()
    try:
        if ago := AGO.fullmatch(typed.lower()):
            return now - int(ago["count"]) * UNITS[ago["unit"]]
        if typed.lower() in DAYS:
            day = now.astimezone(zone).date() - timedelta(days=DAYS[typed.lower()])
            return _begins(day, zone)
        if len(typed) == len("2026-05-04"):
            return _begins(date.fromisoformat(typed), zone)
        at = datetime.fromisoformat(typed)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{text!r} is no time: {HOW}") from None


def moment(at: datetime, zone: tzinfo) -> str:
    """Write an instant to the minute."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def from_now(at: datetime, now: datetime) -> str:
    """Write how far off an instant is: `in 3 hours`, `2 days ago`, `now` within a minute."""
    distance = abs(at - now)
    if distance < timedelta(minutes=1):
        return "now"
    words = span(distance)
    return f"in {words}" if at > now else f"{words} ago"


def span(length: timedelta) -> str:
    """Write how long something takes, in whole days, hours or minutes, rounded down."""
    unit, name = next(
        ((unit, name) for least, unit, name in NAMED if length >= least), (timedelta(minutes=1), "minute")
    )
    count = length // unit
    return f"{count} {name}{'' if count == 1 else 's'}"


def _begins(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
