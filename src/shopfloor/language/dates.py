"""Days as a customer reads them, and reading them back."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo

from shopfloor.language.english import MONTHS, WEEKDAYS
from shopfloor.language.text import normalise

NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}
DAYS_BY_NAME = 6
"""How many days ahead a weekday's name alone says which one is meant."""

MONTH = "(?P<month>" + "|".join(rf"{name.lower()}|{name[:3].lower()}\b\.?" for name in MONTHS) + r"|sept\b\.?)"
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
YEAR = r"(?P<year>\d{4})"
DAY_FIRST = re.compile(rf"\b{DAY} (?:of )?{MONTH}(?:,? {YEAR})?(?!\w)")
MONTH_FIRST = re.compile(rf"\b{MONTH} (?:the )?{DAY}(?!\d|[.:]\d)(?:,? {YEAR}(?!\w))?")
ISO = re.compile(r"(?<!\d)(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?!\d)")
SLASHED = re.compile(r"(?<![\d/])(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4}|\d{2})(?![\d/])")
DOTTED = re.compile(r"(?<![\d.])(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})(?!\d)")
RELATIVE = re.compile(
    r"\b(?P<near>(?:the )?day after tomorrow|(?:the )?day before yesterday|yesterday|today|tonight|tomorrow)\b"
    rf"|\b(?P<last>last )?(?P<weekday>{'|'.join(WEEKDAYS).lower()})\b"
)
OFFSETS = {
    "yesterday": -1,
    "today": 0,
    "tonight": 0,
    "tomorrow": 1,
    "day after tomorrow": 2,
    "day before yesterday": -2,
}
NUMBERS = {name[:3].lower(): number for number, name in enumerate(MONTHS, 1)}


def local_day(at: date, zone: tzinfo) -> date:
    """Return the day an instant falls on in a zone; a day is itself."""
    return at.astimezone(zone).date() if isinstance(at, datetime) else at


def day(at: date, now: datetime, zone: tzinfo) -> str:
    """Write an instant's or a day's date for somebody in a zone: `today`, `on Friday`, `on 14 November`.

    Weekdays stand for the six days ahead only; the year is written where it is not this year.
    """
    that, today = local_day(at, zone), local_day(now, zone)
    distance = (that - today).days
    if distance in NEAR:
        return NEAR[distance]
    if 0 < distance <= DAYS_BY_NAME:
        return f"on {WEEKDAYS[that.weekday()]}"
    written = f"on {that.day} {MONTHS[that.month - 1]}"
    return written if that.year == today.year else f"{written} {that.year:04d}"


def dated(at: date, zone: tzinfo) -> str:
    """Write an instant's or a day's date so that it reads the same on every day: `on 14 November 2026`."""
    that = local_day(at, zone)
    return f"on {that.day} {MONTHS[that.month - 1]} {that.year:04d}"


def find_days(text: str, now: datetime, zone: tzinfo) -> set[date]:
    """Return every day a text names, in all the ways that `day` writes and those customers use.

    A weekday is the next one from today on (the one before with `last`); a date without a year is in this year.
    `11/14/2026` has its month first unless that is impossible.
    """
    return days_named(text, local_day(now, zone))


def days_named(text: str, today: date) -> set[date]:
    """Return every day a text names, read on a day as `find_days` does."""
    plain = normalise(text)
    return {*_written(plain, today.year), *_relative(plain, today)}


def full_dates(text: str) -> tuple[date, ...]:
    """Return the days that a text names with their year, without repeats."""
    return tuple(dict.fromkeys(_written(normalise(text), None)))


def _written(text: str, year: int | None) -> Iterator[date]:
    """Find dates; `year` stands in where none is written, and None leaves those out."""
    taken: set[int] = set()
    for pattern in (ISO, SLASHED, DOTTED, DAY_FIRST, MONTH_FIRST):
        for match in pattern.finditer(text):
            found = _date(match, year)
            if found and match.start("month") not in taken:
                taken.add(match.start("month"))
                yield found


def _date(match: re.Match[str], year: int | None) -> date | None:
    month = NUMBERS.get(match["month"][:3]) or int(match["month"])
    number = int(match["day"])
    if match.re is SLASHED and month > len(MONTHS):
        month, number = number, month
    written = match["year"]
    if written is None and year is None:
        return None
    try:
        return date(int(f"20{written}"[-4:]) if written else year or 0, month, number)
    except ValueError:
        return None


def _relative(text: str, today: date) -> Iterator[date]:
    for match in RELATIVE.finditer(text):
        if match["near"]:
            yield today + timedelta(days=OFFSETS[match["near"].removeprefix("the ")])
            continue
        ahead = (WEEKDAYS.index(match["weekday"].capitalize()) - today.weekday()) % len(WEEKDAYS)
        yield today + timedelta(days=ahead - (len(WEEKDAYS) if match["last"] else 0))
