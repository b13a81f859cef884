"""The facts in a customer's message, read without a model: order numbers, sizes, prices and the like."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from shopfloor.language.amounts import Amount, prices
from shopfloor.language.attributes import Wearer, colour_families, sizes, wearer, without
from shopfloor.language.dates import full_dates
from shopfloor.language.english import CURRENCIES, MANY, NUMBERS, ORDINALS, QUANTITY_NOUNS, STATES, UNITS
from shopfloor.language.text import STRAIGHT, normalise

EMAIL = re.compile(r"(?<![\w.+-])[\w.+'-]+@[\w-]+(?:\.[\w-]+|,com?\b)*")

NUMBER = r"(?:[a-z]{1,4}-?)?\d+(?:-\d+)*(?![\w@]|\.\d|,\d{3}|%)"
COUNTED = (
    r"(?!\s?(?:(?:"
    + "|".join(
        re.escape(word)
        for word in sorted({*UNITS, *QUANTITY_NOUNS, *CURRENCIES, "of"} - {"in", "am", "g", "m", "second"})
    )
    + r")(?!\w)))"
)
SIGNED = rf"#\s?(?P<signed>{NUMBER})"
NAMED = (
    r"\b(?:order|purchase)s?(?:\s?(?:confirmation|reference))?\s?(?:numbers?|no\.?|nos\.?|num\.?|nr\.?|ids?|ref\.?|#)"
    rf"(?: of mine)?(?:\s?(?:is|was|are|:|=|-))?\s*[#(]?(?P<named>{NUMBER})"
)
LONG_NUMBER = rf"(?=#?[a-z-]{{0,5}}\d{{3}})#?{NUMBER}"
BARE = rf"\b(?:order|purchase)s?(?:\s?[:=(-]| is)?\s*(?P<bare>{LONG_NUMBER}){COUNTED}"
ORDER = re.compile(f"{SIGNED}|{NAMED}|{BARE}")
NEXT_ORDER = re.compile(rf"\)?\s?(?:,|and|&|or|\+)(?: and)?(?: also)?(?: order)?\s?(?P<more>{LONG_NUMBER}){COUNTED}")
WHOLE_NUMBER = re.compile(
    r"(?:(?:it's|its|it is|that's|number|no\.?|the number is|sure|yes|ok),? )*"
    r"#?(?P<number>(?:[a-z]{1,4}-)?\d{1,20})[.!]?"
)

TRACKING = re.compile(r"(?<![\w@.#/-])(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{6,34}(?![\w@/-]|\.\w)")
COUNT_AND_UNIT = re.compile(r"\d+[a-z]+(?:x\d+[a-z]+)?|[a-z]+\d{1,2}")
CODE_BEFORE = re.compile(r"(?:code|coupon|promo|voucher|card|password)(?: is|:)? $")

ORDINAL = "|".join(ORDINALS)
CHOICES = r"(?:one|pair|option|item|product|result|choice|link|shoe|sneaker|jacket|hoodie|shirt|model)"
TAKEN = re.compile(
    rf"\b(?:the |your |that )?(?P<word>{ORDINAL}) {CHOICES}\b"
    rf"|(?<!on )\bthe (?P<the>{ORDINAL})(?=$|[.,!?;]| (?:please|in|and|or|instead|too|looks|is|sounds|thanks|for)\b)"
    rf"|^(?P<alone>{ORDINAL})(?: please)?[.!]?$"
)
NUMBERED = re.compile(
    r"(?<!order )(?<!phone )(?<!tracking )(?<!card )(?<!account )(?<!house )\b(?:number|option|choice|item) "
    rf"(?P<number>\d|{'|'.join(NUMBERS)})(?![\w.-])"
)

COUNT = r"(?P<count>\d{1,3}|" + "|".join(sorted([*NUMBERS, *MANY], key=len, reverse=True)) + ")"
QUANTITY = re.compile(
    rf"(?<![\w.$€£#-]){COUNT} "
    rf"(?:(?<!one )of (?:the|these|those|them|each)\b"
    rf"|(?:more |new )?(?:[a-z-]+ )?(?:{'|'.join(sorted(QUANTITY_NOUNS))})\b)"
    r"|\b(?:quantity|qty)(?: of|:)? ?(?P<labelled>\d{1,3})\b"
    r"|(?<![\w.])(?P<times>\d{1,2}) ?x(?= [a-z])|(?<![\d'\"] )\bx ?(?P<x>\d{1,2})(?![\w.])"
)

POSTAL = re.compile(
    r"\b(?:zip(?: ?code)?|post(?:al)? ?code|postcode)(?: is|:)? (?P<labelled>[a-z]{0,2}-?\d{4,6}(?:-\d{4})?)\b"
    rf"|(?<=, )(?:{'|'.join(code.lower() for code in STATES.values())})\.?,? (?P<us>\d{{5}}(?:-\d{{4}})?)(?![\w-])"
    r"|\b(?P<uk>[a-z]{1,2}\d[a-z\d]? ?\d[abd-hjlnp-uw-z]{2})\b|\b(?P<ca>[abceghj-nprstvxy]\d[a-z] ?\d[a-z]\d)\b"
    r"|\b(?:ship|deliver|send|sent|mail|live)\w*\b[^.?!#\d]{0,30}\b(?:to|in) (?P<place>\d{5}(?:-\d{4})?)(?![\w-])"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entities:
    """What one message names; every list is in the order of the message, without repeats."""

    order_numbers: tuple[str, ...] = ()
    """Without the sign before them, letters in capitals: `123`, `HL-123`."""
    bare_number: str | None = None
    """The number that is the whole message: what it counts is for the question before it to say."""
    emails: tuple[str, ...] = ()
    """In lower case, otherwise as written, misspellings too."""
    tracking_ids: tuple[str, ...] = ()
    """In capitals: at least six letters and digits, both."""
    sizes: tuple[str, ...] = ()
    """As a shop writes them: `9`, `9.5`, `XL`, `32x34`, `EU 42`."""
    colours: tuple[str, ...] = ()
    """Basic colours wanted: `crimson` is `red`; those that are not wanted stand in `without`."""
    gender: Wearer | None = None
    """Whom it is for; None where the message does not say, or names more than one."""
    price_min: Amount | None = None
    price_max: Amount | None = None
    price_about: Amount | None = None
    amounts: tuple[Amount, ...] = ()
    """Every sum written with a currency."""
    dates: tuple[date, ...] = ()
    """Days written with their year; `find_days` reads the others too."""
    ordinals: tuple[int, ...] = ()
    """Which of the things offered: 1 for the first; -1 for the last."""
    quantities: tuple[int, ...] = ()
    without: tuple[str, ...] = ()
    """Properties that are not wanted: `laces`, `leather`."""
    postal_codes: tuple[str, ...] = ()
    """In capitals."""


@lru_cache(maxsize=512)
def entities(text: str) -> Entities:
    """Read what a message names."""
    plain = normalise(text)
    written = text.translate(STRAIGHT)
    orders, emails, price, unwanted = order_numbers(plain), _emails(plain), prices(plain), without(plain)
    avoided = {family for word in unwanted for family in colour_families(word)}
    return Entities(
        order_numbers=orders,
        bare_number=_bare_number(plain),
        emails=emails,
        tracking_ids=_tracking_ids(plain, orders),
        sizes=sizes(written),
        colours=tuple(colour for colour in colour_families(plain) if colour not in avoided),
        gender=wearer(plain),
        price_min=price.low,
        price_max=price.high,
        price_about=price.about,
        amounts=price.amounts,
        dates=full_dates(plain),
        ordinals=_ordinals(plain),
        quantities=_quantities(plain),
        without=unwanted,
        postal_codes=_postal_codes(plain),
    )


def order_numbers(text: str) -> tuple[str, ...]:
    """Return the order numbers a text names, in their order.

    After `order` alone a number needs three digits and must not count anything: `order 2 pairs` names no order.
    """
    plain = normalise(text)
    found: list[str] = []
    for match in ORDER.finditer(plain):
        found.append(match["signed"] or match["named"] or match["bare"])
        end = match.end()
        while following := NEXT_ORDER.match(plain, end):
            found.append(following["more"])
            end = following.end()
    return tuple(dict.fromkeys(number.lstrip("#").upper() for number in found))


def _bare_number(text: str) -> str | None:
    match = WHOLE_NUMBER.fullmatch(text)
    return match["number"].upper() if match else None


def _emails(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.strip(".'-") for found in EMAIL.findall(text)))


def _tracking_ids(text: str, orders: tuple[str, ...]) -> tuple[str, ...]:
    found = [
        match[0].upper()
        for match in TRACKING.finditer(text)
        if not COUNT_AND_UNIT.fullmatch(match[0]) and not CODE_BEFORE.search(text[: match.start()])
    ]
    return tuple(dict.fromkeys(id_ for id_ in found if id_ not in orders))


def _ordinals(text: str) -> tuple[int, ...]:
    found = {match.start(): ORDINALS[match["word"] or match["the"] or match["alone"]] for match in TAKEN.finditer(text)}
    for match in NUMBERED.finditer(text):
        found[match.start()] = _count(match["number"])
    return tuple(dict.fromkeys(found[start] for start in sorted(found)))


def _quantities(text: str) -> tuple[int, ...]:
    matches = QUANTITY.finditer(text)
    return tuple(_count(match["count"] or match["labelled"] or match["times"] or match["x"]) for match in matches)


def _count(written: str) -> int:
    return MANY.get(written) or NUMBERS.get(written) or int(written)


def _postal_codes(text: str) -> tuple[str, ...]:
    found = [next(code for code in match.groups() if code) for match in POSTAL.finditer(text)]
    return tuple(dict.fromkeys(code.upper() for code in found))
