"""What customers write of the thing they want: size, colour, whom it is for, and what it must not have."""

import re
from functools import lru_cache
from typing import Literal

from shopfloor.language.english import (
    COLOURS,
    FREE_OF_NOTHING,
    GENDERS,
    NOT_PROPERTIES,
    NOT_SIZED,
    NUMBERS,
    RELATIONS,
    SIZES,
    TOO,
    UNITS,
    WEAK_COLOURS,
)
from shopfloor.language.gloss import gloss
from shopfloor.language.languages import DEFAULT, LANGUAGES
from shopfloor.language.text import STRAIGHT, normalise

Wearer = Literal["men", "women", "kids", "unisex"]

FAMILIES = {name: family for family, names in COLOURS.items() for name in names.split()}
_MULTI = {"rose gold": "pink", "off white": "white", "royal blue": "blue", "multi colour": "multicolour"}
COLOUR = re.compile(r"\b(" + "|".join(sorted([*_MULTI, *FAMILIES], key=len, reverse=True)) + r")(?:ish)?\b")

NUMBER = r"\d{1,2}(?:\.5)?"
LETTERS = r"(?:xxs|xs|xl|xxl|xxxl|[23]xl)"
SPOKEN = r"(?:extra extra large|extra large|extra small|double xl|xx large|x large|x small|one size|small|medium|large)"
ANY = rf"(?:{SPOKEN}|{LETTERS}|(?:eu|uk|us)\s?{NUMBER}|{NUMBER}|[sml])"
NOT_MORE = r"(?![\w%'\"*]|\.\d|-\w)"
LABELLED = re.compile(
    rf"\b(?:size[sd]?|sz|waist|(?:wo)?men'?s|ladies'?|kids'?)(?: sizes?)?"
    rf"(?: is| of|:| in| number| no\.?| us)?(?: |(?=\d))"
    rf"(?P<list>{ANY}{NOT_MORE}(?:\s?(?:,|/|or|and|to|-)\s?(?:an? )?{ANY}{NOT_MORE})*)"
)
IN_A = re.compile(rf"\bin (?:an? )?(?P<list>{ANY}{NOT_MORE}(?: or (?:an? )?{ANY}{NOT_MORE})*)(?! ?-?[a-z%$€£]| \d)")
IN_A_BEFORE_PLEASE = re.compile(rf"\bin an? (?P<list>{NUMBER}{NOT_MORE})(?= please| too| instead| if)")
REGIONAL = re.compile(rf"\b(?P<list>(?:eu|uk|us)\s?{NUMBER}){NOT_MORE}")
CROSSED = re.compile(r"\b(?:w\s?)?(\d{2})\s?(?:x|[/ ]?\s?l)\s?(\d{2})\b")
HALF = re.compile(
    r"(?<![\w.,$€£#])(?P<list>\d{1,2}\.5)(?![\w%]|\.\d|\s?[$€£])"
    r"(?! (?!or\b|and\b|in\b|please|if\b|for\b|wide|men|women)[a-z])"
)
AND_A_HALF = re.compile(r"\b(\d{1,2})(?: and a half| 1/2)")
SPELT = re.compile(r"(?<=size )(" + "|".join(NUMBERS) + r")\b")
STANDING = re.compile(rf"(?<![\w&'.-])(?P<list>{LETTERS}|{SPOKEN})(?![\w&'])")
CAPITAL = re.compile(r"(?<![\w&'./-])([SML])(?![\w&'./-])")
ONE_SIZE = re.compile(ANY)

WEARER = re.compile(
    r"(?<![\w'])("
    + "|".join(sorted((name for names in GENDERS.values() for name in names.split()), key=len, reverse=True))
    + r")(?![\w']|-)"
)
_RELATION = (
    r"(?P<who>"
    + "|".join(sorted((name for names in RELATIONS.values() for name in names.split()), key=len, reverse=True))
    + r")"
)
FOR_WHOM = re.compile(
    rf"\bfor (?:(?:my|his|her|our|a|an|the|your)\s+)?(?:[\w'-]+ )?{_RELATION}(?![\w])"
    rf"|\b(?:my|our) {_RELATION.replace('who', 'wants')}"
    r"(?:'s birthday| (?:needs|wants|would|is looking|wears|loves|likes))"
)
WEARERS = {name: wearer for wearer, names in GENDERS.items() for name in names.split()}
RELATED = {name: wearer for wearer, names in RELATIONS.items() for name in names.split()}

PROPERTY = r"(?P<{0}>[a-z][a-z'-]*[a-z])"
WITHOUT = re.compile(
    r"\b(?:without|w/o|lacking|(?:free|nothing|none) (?:of|with)|except|non(?=-))[ -](?:any |an? |the )?"
    + PROPERTY.format("first")
    + r"(?: (?:or|and|nor) (?:any |an? |the )?"
    + PROPERTY.format("second")
    + r"(?![\w]))?"
)
LACKING = re.compile(r"without|w/o|lacking|free|nothing|none|except|non-|\b(?:no|not|nor|don't|dont)\b")
"""What stands in a text that says what a thing does not have; most texts hold none of it, which is soon seen."""
AUXILIARIES = ("do", "does", "did", "can", "could", "will", "would", "should", "have", "has", "had")
BEING = ("am", "is", "are", "was", "were", "be", "it's", "its", "that's", "i'm", "im", "he's", "she's", "they're")
AFTER_NONE = "".join(rf"(?<!\b{verb} )" for verb in AUXILIARIES + BEING)
NO = re.compile(
    rf"(?<![\w'-])(?:no|{AFTER_NONE}not|nor|(?:don't|dont|do not) (?:want|like|need))(?: any| an?| in)? "
    + PROPERTY.format("first")
    + r"(?!')"
)
FREE = re.compile(r"\b" + PROPERTY.format("first").replace("'-", "'") + r"-free\b")


def colour_families(text: str, *, is_colour: bool = False) -> tuple[str, ...]:
    """Return the basic colours a text names, in their order: `crimson` is red.

    Names that are things first (`sand`, `wine`) count where `is_colour` says that the text is a colour's name,
    or where the text itself does: `in wine`. A colour's name may be in any language of the team's: `rot` is red.
    """
    found = _families_in(normalise(text), is_colour=is_colour)
    return found or (_families_in_other(text) if is_colour and text else ())


@lru_cache(maxsize=4_096)
def _families_in_other(name: str) -> tuple[str, ...]:
    glosses = (normalise(gloss(name, language)) for language in LANGUAGES if language != DEFAULT)
    return next((found for text in glosses if (found := _families_in(text, is_colour=True))), ())


def _families_in(plain: str, *, is_colour: bool) -> tuple[str, ...]:
    names = [
        match[1]
        for match in COLOUR.finditer(plain)
        if is_colour or match[1] not in WEAK_COLOURS or "colo" in plain or plain[: match.start()].endswith("in ")
    ]
    return tuple(dict.fromkeys(_MULTI.get(name) or FAMILIES[name] for name in names))


def sizes(text: str) -> tuple[str, ...]:
    """Return the sizes a text names, in their order, as a shop writes them: `9`, `9.5`, `XL`, `32x34`, `EU 42`.

    A size of the United States is written without `US`. A bare number is no size.
    """
    plain = SPELT.sub(lambda match: str(NUMBERS[match[1]]), normalise(text))
    plain = AND_A_HALF.sub(r"\1.5", plain).replace("x-", "x ").replace("extra-", "extra ")
    found = {match.start(): [f"{match[1]}x{match[2]}"] for match in CROSSED.finditer(plain)}
    for pattern in (LABELLED, IN_A, IN_A_BEFORE_PLEASE, REGIONAL, HALF, STANDING):
        for match in pattern.finditer(plain):
            if _is_sized(plain, pattern, match):
                found.setdefault(match.start("list"), [_size(size) for size in ONE_SIZE.findall(match["list"])])
    capitals = [
        match[1] for match in CAPITAL.finditer(text.translate(STRAIGHT)) if not text.isupper() or len(text) == 1
    ]
    ordered = [size for _, group in sorted(found.items()) for size in group]
    return tuple(dict.fromkeys([*ordered, *capitals]))


def _size(written: str) -> str:
    region, _, number = written.replace("eu", "EU ").replace("uk", "UK ").replace("us", "").strip().partition(" ")
    return SIZES.get(written) or (f"{region} {number.strip()}" if number else region)


def _is_sized(text: str, pattern: re.Pattern[str], match: re.Match[str]) -> bool:
    """Tell whether what looks like a size is one: not `too small`, `a large order`, `in 10 days`."""
    before, after = text[: match.start()].split()[-1:], text[match.end() :].split()[:1]
    following = after[0].strip(".,!?") if after else ""
    if pattern is not STANDING:
        return following not in UNITS or following in {"in", "m", "size", "sizes"}
    if match[0] not in {"small", "medium", "large"}:
        return True
    return following not in NOT_SIZED and not (before and before[0].endswith((*TOO, "'s")))


def wearer(text: str) -> Wearer | None:
    """Tell whom a thing shall fit; None where a text does not say, or names more than one."""
    plain = normalise(text)
    found = {WEARERS[match[1]] for match in WEARER.finditer(plain)}
    found |= {RELATED[match["who"] or match["wants"]] for match in FOR_WHOM.finditer(plain)}
    for wearer_ in ("men", "women", "kids", "unisex"):
        if found == {wearer_}:
            return wearer_
    return "unisex" if "unisex" in found else None


def without(text: str) -> tuple[str, ...]:
    """Return the properties that a text says a thing must not have, in their order: `laces`, `leather`."""
    plain = normalise(text)
    if not LACKING.search(plain):
        return ()
    found: dict[int, str] = {}
    for match in WITHOUT.finditer(plain):
        found |= {match.start(group): match[group] for group in ("first", "second") if match[group]}
    for match in NO.finditer(plain):
        if not match["first"].endswith("ing"):
            found[match.start("first")] = match["first"]
    for match in FREE.finditer(plain):
        if match["first"] not in FREE_OF_NOTHING:
            found[match.start("first")] = match["first"]
    properties = [found[start].removesuffix("-free") for start in sorted(found)]
    return tuple(dict.fromkeys(word for word in properties if word not in NOT_PROPERTIES))
