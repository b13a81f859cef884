"""Postal addresses out of free text."""

import re
from typing import TypedDict

from shopfloor.language.english import (
    COUNTRIES,
    POLITE,
    PROVINCES,
    QUANTITY_NOUNS,
    STATES,
    STOP_WORDS,
    STREET_ENDINGS,
    STREET_STARTS,
    STREET_TYPES,
    TIMES,
    UNIT_TYPES,
)
from shopfloor.language.text import STRAIGHT


class AddressParts(TypedDict, total=False):
    """The parts of an address that a text holds; those it does not hold are not there."""

    line1: str
    line2: str
    city: str
    region: str
    """State or province: its code where it is one of the United States or of Canada."""
    postal_code: str
    country: str
    """ISO 3166-1 alpha-2."""


def _any(names: frozenset[str] | tuple[str, ...] | dict[str, str]) -> str:
    return "|".join(sorted((re.escape(name) for name in names), key=len, reverse=True))


HOUSE = r"\d{1,5}(?:[a-z](?![a-z])|-\d{1,4}[a-z]?|/\d{1,3})?"
NAME = r"[^\W\d_][\w.'-]*"
DIRECTION = r"(?:[nesw]|ne|nw|se|sw|north|south|east|west)"
STREET = re.compile(
    rf"(?<![\w#$-])(?:{HOUSE} (?:(?:{NAME}|\d{{1,3}}(?:st|nd|rd|th)) ){{1,4}}?(?:{_any(STREET_TYPES)})(?!\w)\.?"
    rf"(?: {DIRECTION}(?![\w']))?"
    rf"|{HOUSE},? (?:{_any(STREET_STARTS)}) (?:(?:de|du|des|della|del|la|le|les) ){{0,2}}{NAME}(?: (?!\d){NAME})?"
    rf"|{HOUSE} broadway(?!\w)|(?:{NAME} ){{0,2}}[^\W\d_]*(?:{_any(STREET_ENDINGS)}) ?{HOUSE}(?!\w)"
    r"|p\.? ?o\.? box \d+)",
    re.IGNORECASE,
)
UNIT = re.compile(
    rf"(?<!\w)(?:(?:{_any(UNIT_TYPES)})\.? ?#?(?=\w*\d|[a-z]\b)[\w-]{{1,4}}(?!\w)|#\d+[a-z]?"
    r"|\d{1,2}(?:st|nd|rd|th) floor)(?!\w)",
    re.IGNORECASE,
)
COUNTRY = re.compile(rf"(?:^|[\s,])(?P<name>{_any(COUNTRIES)})[\s.,!]*$", re.IGNORECASE)
STATE = rf"(?P<state>{_any(tuple(STATES.values()))}|{_any(STATES)})"
STATE_AND_ZIP = re.compile(rf"(?:^|[\s,]){STATE}\.?,? (?P<zip>\d{{5}}(?:-\d{{4}})?)(?![\w-])", re.IGNORECASE)
STATE_AT_END = re.compile(rf"(?:^|,)\s*{STATE}\.?[\s.,!]*$", re.IGNORECASE)
CANADIAN = re.compile(
    rf"(?:[\s,](?P<state>{_any(PROVINCES)})\.?,? )?(?<!\w)(?P<zip>[abceghj-nprstvxy]\d[a-z] ?\d[a-z]\d)(?!\w)",
    re.IGNORECASE,
)
BRITISH = re.compile(r"(?<!\w)(?P<zip>[a-z]{1,2}\d[a-z\d]? ?\d[abd-hjlnp-uw-z]{2})(?!\w)", re.IGNORECASE)
NUMERIC = re.compile(r"(?<![\w#-])(?P<zip>\d{5}(?:-\d{4})?|\d{4}(?: [a-z]{2}(?![a-z]))?)(?![\w-])", re.IGNORECASE)
TAIL = re.compile(r"[.!?;\n]\s+(?=\S*[^\W\d])|\s+(?:please|thanks|thank you|instead|asap)\b.*$", re.IGNORECASE)
PLACE = re.compile(r"\b(?:to|in|at|is) ", re.IGNORECASE)
NO_CITY = STOP_WORDS | POLITE | TIMES
LONGEST_ABBREVIATION = 2
LONGEST_CITY = 3
"""Words in the name of a city that stands without a comma."""


def is_street(text: str) -> bool:
    """Tell whether a text names a street with its number, or a post office box."""
    return _street(_plain(text)) is not None


def parse_address(text: str) -> AddressParts:
    """Read the parts of an address out of a text; nothing where it holds none.

    Parts written in lower case come back capitalised. The country is read from the form of the postal code
    where it is not named and that form is one country's own.
    """
    plain = _plain(text)
    parts = AddressParts()
    street = _street(plain)
    rest = plain[street.end() :] if street else plain
    if street:
        parts["line1"] = _written(street[0].strip(" ,."))
    if unit := UNIT.search(rest):
        parts["line2"] = _written(unit[0])
        rest = f"{rest[: unit.start()]},{rest[unit.end() :]}"
    rest = _end(rest)
    rest = _country(rest, parts)
    rest = _region_and_code(rest, parts)
    if (street or "postal_code" in parts) and (city := _city(rest, is_after_street=street is not None)):
        parts["city"] = _written(city)
    return parts if street or "postal_code" in parts else AddressParts()


def _street(text: str) -> re.Match[str] | None:
    for match in STREET.finditer(text):
        following = text[match.end() :].lower().split()[:1]
        named = {word.strip(".,") for word in match[0].lower().split()} - {"the", "of"}
        if not named & STOP_WORDS and not QUANTITY_NOUNS.intersection(following):
            return match
    return None


def _plain(text: str) -> str:
    lines = [line.strip(" ,") for line in text.translate(STRAIGHT).strip().splitlines()]
    return " ".join(", ".join(line for line in lines if line).split())


def _written(part: str) -> str:
    """Capitalise a part that was written in lower case throughout."""
    if part != part.lower():
        return part
    return " ".join(word[:1].upper() + word[1:] for word in part.split())


def _end(rest: str) -> str:
    """Cut off what follows the address: another sentence, a please."""
    for match in TAIL.finditer(rest):
        before = rest[: match.start()].split()[-1:]
        is_abbreviation = match[0].strip() == "." and before and len(before[0]) <= LONGEST_ABBREVIATION
        if not is_abbreviation:
            return rest[: match.start()]
    return rest


def _country(rest: str, parts: AddressParts) -> str:
    match = COUNTRY.search(rest)
    if not match or (match["name"] == "us" and "," not in rest):
        return rest
    parts["country"] = COUNTRIES[match["name"].lower()]
    return rest[: match.start()]


def _region_and_code(rest: str, parts: AddressParts) -> str:
    """Take state and postal code out of the rest, the surest form first."""
    for pattern, country in (
        (STATE_AND_ZIP, "US"),
        (CANADIAN, "CA"),
        (BRITISH, "GB"),
        (NUMERIC, None),
        (STATE_AT_END, "US"),
    ):
        match = pattern.search(rest)
        if not match or not ("line1" in parts or _is_sure(pattern, match, rest)):
            continue
        groups = match.groupdict()
        if code := groups.get("zip"):
            parts["postal_code"] = code.upper()
        if state := groups.get("state"):
            parts["region"] = STATES.get(state.lower(), state.upper())
        if country:
            parts.setdefault("country", country)
        return f"{rest[: match.start()]}, {rest[match.end() :]}"
    return rest


def _is_sure(pattern: re.Pattern[str], match: re.Match[str], rest: str) -> bool:
    """Tell whether what looks like a postal code is one though no street stands before it: not `tell me 12345`."""
    if pattern is NUMERIC:
        return match[0] == rest.strip(" .,!")
    return pattern is not STATE_AND_ZIP or match["state"].isupper() or match[0].startswith(",") or ", " in match[0]


def _city(rest: str, *, is_after_street: bool) -> str | None:
    """Return the first piece between commas that reads like a place's name."""
    pieces = [piece.strip(" .,!") for piece in rest.split(",")]
    for piece in pieces if is_after_street else [PLACE.split(piece)[-1] for piece in reversed(pieces)]:
        named = piece.split()
        is_name = all(re.fullmatch(NAME, word) and word.lower() not in NO_CITY for word in named)
        if 0 < len(named) <= LONGEST_CITY and is_name:
            return piece
    return None
