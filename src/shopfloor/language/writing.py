"""Days, money and lists as each language writes them; and what was written so, put back into English for readers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cache

from shopfloor.kernel.money import DECIMALS, SYMBOLS, Money
from shopfloor.language import english
from shopfloor.language.dates import DAYS_BY_NAME, day, local_day
from shopfloor.language.languages import DEFAULT, LANGUAGES, Language
from shopfloor.language.text import sentences

BLANK = "\u00a0"
"""Does not break: between an amount and its sign, and before French marks."""
NARROW = "\u202f"


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    """How one language writes days and numbers."""

    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    """Monday first."""
    near: Mapping[int, str]
    """Days that have a name of their own, by their distance from today."""
    on_weekday: str
    on_date: str
    with_year: str
    until: Mapping[str, str]
    """How `until` puts those that begin like this; the empty one stands for all others."""
    thousands: str
    grouped_from: int
    """Digits of the shortest number that is written in groups."""
    last: tuple[str, str]
    """The words for `and` and `or`."""


CALENDARS: Mapping[Language, Calendar] = {
    "de": Calendar(
        months=(
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ),
        weekdays=("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
        near={-2: "vorgestern", -1: "gestern", 0: "heute", 1: "morgen", 2: "übermorgen"},
        on_weekday="am {}",
        on_date="am {}. {}",
        with_year="{} {}",
        until={"am ": "bis zum ", "": "bis "},
        thousands=".",
        grouped_from=4,
        last=("und", "oder"),
    ),
    "es": Calendar(
        months=(
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ),
        weekdays=("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
        near={-2: "anteayer", -1: "ayer", 0: "hoy", 1: "mañana", 2: "pasado mañana"},
        on_weekday="el {}",
        on_date="el {} de {}",
        with_year="{} de {}",
        until={"": "hasta "},
        thousands=".",
        grouped_from=5,
        last=("y", "o"),
    ),
    "fr": Calendar(
        months=(
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ),
        weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        near={-2: "avant-hier", -1: "hier", 0: "aujourd’hui", 1: "demain", 2: "après-demain"},
        on_weekday="{}",
        on_date="le {} {}",
        with_year="{} {}",
        until={"le ": "jusqu’au ", "aujourd’hui": "jusqu’à aujourd’hui", "": "jusqu’à "},
        thousands=NARROW,
        grouped_from=4,
        last=("et", "ou"),
    ),
}
NAMES: Mapping[str, Language] = {one: one for one in LANGUAGES}
SAID_NEAR = (-1, 0, 1)
"""The days that are written by their own name; the others are only understood."""
ENGLISH_NEAR = {-2: "the day before yesterday", -1: "yesterday", 0: "today", 1: "tomorrow", 2: "the day after tomorrow"}


def known_language(name: object) -> Language:
    """Return the language of a name; English where it is none of ours."""
    return NAMES.get(name, DEFAULT) if isinstance(name, str) else DEFAULT


def day_in(language: Language, at: date, now: datetime, zone: tzinfo) -> str:
    """Write a day as `dates.day` does: `heute`, `am Freitag`, `el 14 de noviembre`, `le 1er janvier 2027`."""
    if language == DEFAULT:
        return day(at, now, zone)
    calendar = CALENDARS[language]
    that, today = local_day(at, zone), local_day(now, zone)
    distance = (that - today).days
    if distance in SAID_NEAR:
        return calendar.near[distance]
    if 0 < distance <= DAYS_BY_NAME:
        return calendar.on_weekday.format(calendar.weekdays[that.weekday()])
    number = "1er" if language == "fr" and that.day == 1 else str(that.day)
    written = calendar.on_date.format(number, calendar.months[that.month - 1])
    return written if that.year == today.year else calendar.with_year.format(written, f"{that.year:04d}")


def until_in(language: Language, at: date, now: datetime, zone: tzinfo) -> str:
    """Write the last day of something: `until Friday`, `bis zum 14. November`, `jusqu'au 14 novembre`."""
    written = day_in(language, at, now, zone)
    if language == DEFAULT:
        return f"until {written.removeprefix('on ')}"
    begins = CALENDARS[language].until
    found = next(begin for begin in begins if written.startswith(begin))
    if language == "fr" and found == "aujourd’hui":
        return begins[found]
    return begins[found] + written.removeprefix(found)


def money_in(language: Language, amount: Money) -> str:
    """Write an amount: `$1,249.00`, `1.249,00 $`; the blank before the sign does not break."""
    if language == DEFAULT:
        return str(amount)
    calendar = CALENDARS[language]
    decimals = DECIMALS.get(amount.currency, 2)
    whole, part = divmod(abs(amount.minor), 10**decimals)
    is_grouped = len(str(whole)) >= calendar.grouped_from
    digits = f"{whole:,}".replace(",", calendar.thousands if is_grouped else "")
    digits += f",{part:0{decimals}d}" if decimals else ""
    return f"{'-' if amount.minor < 0 else ''}{digits}{BLANK}{SYMBOLS.get(amount.currency, amount.currency)}"


def listing_in(language: Language, values: Sequence[object], last: str | None = None) -> str:
    """Join values as one says them: `red, blue and green`, `rojo e índigo`; `last` is what stands before the last."""
    words = [str(value) for value in values]
    joint = last or ("and" if language == DEFAULT else CALENDARS[language].last[0])
    if len(words) < 2:
        return "".join(words)
    if language == "es" and re.match(r"h?[ií](?!e)", words[-1], re.IGNORECASE) and joint == "y":
        joint = "e"
    if language == "es" and re.match(r"h?[oó]|8|11\b", words[-1], re.IGNORECASE) and joint == "o":
        joint = "u"
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"


def set_in(language: Language, text: str) -> str:
    """Set a text as its language is printed: French marks stand off by a blank that does not break."""
    if language != "fr":
        return text
    text = re.sub(r"(?<=\w)'(?=\w)", "’", text)
    return re.sub(r" (?=[?!:;»])", BLANK, text).replace("« ", f"«{BLANK}")


# -- back into English -----------------------------------------------------------------------------------------------

AMOUNT = re.compile(
    r"(?<![\w.,])(?P<whole>\d{1,3}(?:[.\u202f\u00a0]\d{3})+|\d+)(?:,(?P<part>\d{1,3}))?[ \u00a0\u202f]?"
    r"(?P<sign>[$€£¥]|(?:[A-Z]{3}|[Ee]uros?|[Dd]ollars?|d[oó]lares|d[oó]lar)\b)"
)
NAMED = {"e": "€", "d": "$"}
ORDER = {
    "de": re.compile(r"\b(?:Bestell(?:ung|nummer)|Auftrag)(?: Nr\.)? (?=\d)", re.IGNORECASE),
    "es": re.compile(r"\b(?:pedido|orden)(?: n[.º°]*)? (?=\d)", re.IGNORECASE),
    "fr": re.compile(r"\bcommande(?: n[.º°]*)? (?=\d)", re.IGNORECASE),
}
DATE = {
    "de": r"\b(?P<day>\d{1,2})\. (?P<month>{months})(?: (?P<year>\d{4}))?\b",
    "es": r"\b(?P<day>\d{1,2}) de (?P<month>{months})(?: de (?P<year>\d{4}))?\b",
    "fr": r"\b(?P<day>\d{1,2})(?:er)? (?P<month>{months})(?: (?P<year>\d{4}))?\b",
}
NO_DAY = {
    "de": re.compile(r"\b(?:guten|heute|gestern|am) morgen\b|(?<!^)(?<![.!?:] )\bMorgen\b"),
    "es": re.compile(
        r"\b(?:la|esta|una) mañana\b|\b(?:los|de|a) (?:lunes|martes|miércoles|jueves|viernes)\b", re.IGNORECASE
    ),
    "fr": re.compile(r"\b(?:du|au|le) (?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\b", re.IGNORECASE),
}
"""Words that look like a day and name none: mornings, and weekdays of every week."""
PARTED = re.compile(r"(?:^|\s)\d{1,2}\.\s+$")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Days:
    """What finds a language's days in a text, and what they are in English."""

    dated: re.Pattern[str]
    none: re.Pattern[str]
    named: re.Pattern[str]
    months: Mapping[str, str]
    names: Mapping[str, str]


@cache
def _days(language: Language) -> _Days:
    calendar = CALENDARS[language]
    names = {name.lower(): ENGLISH_NEAR[distance] for distance, name in calendar.near.items()}
    names |= {name.lower(): own for name, own in zip(calendar.weekdays, english.WEEKDAYS, strict=True)}
    longest_first = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return _Days(
        dated=re.compile(DATE[language].replace("{months}", "|".join(calendar.months)), re.IGNORECASE),
        none=NO_DAY[language],
        named=re.compile(rf"\b(?:{longest_first})(?!\w)", re.IGNORECASE),
        months={name.lower(): own for name, own in zip(calendar.months, english.MONTHS, strict=True)},
        names=names,
    )


def in_english(text: str, language: Language) -> str:
    """Return a text with the amounts, days and order numbers that it states written as in English.

    What is English already stays as it is; all other words do.
    """
    if language == DEFAULT:
        return text
    days = _days(language)
    plain = ORDER[language].sub("order ", AMOUNT.sub(_amount, text.replace("'", "’")))
    plain = days.dated.sub(
        lambda match: f"{match['day']} {days.months[match['month'].lower()]} {match['year'] or ''}".strip(), plain
    )
    plain = days.none.sub(" ", plain)
    return days.named.sub(lambda match: days.names[match[0].lower()], plain).replace("’", "'")


def sentences_in(language: Language, text: str) -> list[str]:
    """Divide a text into sentences; a German day, `14. November`, is none."""
    pieces: list[str] = []
    for piece in sentences(text):
        if language == "de" and pieces and PARTED.search(pieces[-1]) and piece.startswith(CALENDARS["de"].months):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def _amount(match: re.Match[str]) -> str:
    whole = int("".join(letter for letter in match["whole"] if letter.isdecimal()))
    digits = f"{whole:,}"
    number = f"{digits}.{match['part']}" if match["part"] else digits
    sign = match["sign"]
    if len(sign) > 1 and not sign.isupper():
        sign = NAMED[sign[0].lower()]
    return f"{sign}{number}" if len(sign) == 1 else f"{sign} {number}"
