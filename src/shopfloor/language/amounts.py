"""Money in what customers write: amounts, and the bounds they set."""

import re
from dataclasses import dataclass
from decimal import Decimal

from shopfloor.kernel.money import DECIMALS
from shopfloor.language.english import CURRENCIES, UNITS
from shopfloor.language.text import normalise

SIGN = r"(?:us\$|[$€£¥]|usd|eur|gbp|chf|cad|aud|jpy)"
NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d{1,2})?(?![\d,.]*\d)"
NAME = "(?:" + "|".join(sorted((re.escape(word) for word in CURRENCIES), key=len, reverse=True)) + r")(?!\w)"


def _money(tag: str) -> str:
    return rf"(?:(?P<sign{tag}>{SIGN})\s?)?(?P<number{tag}>{NUMBER})(?:\s?(?P<name{tag}>{NAME}))?(?![a-z])"


AMOUNT = re.compile(rf"(?<![\w.#]){_money('')}")
RANGE = re.compile(rf"(?:\b(?:between|from)\s+)?(?<![\w.#-]){_money('_low')}\s?(?:-|to|and)\s?{_money('_high')}")
LESS = r"under|below|less than|cheaper than|lower than|up to|at most|max(?:imum)?(?: of)?|within|<=?"
MORE = r"over|above|more than|at least|starting (?:at|from)|min(?:imum)?(?: of)?|higher than|upwards of|>=?"
NEAR = r"around|about|roughly|approx(?:imately|\.)?|circa|close to|~"
BUDGET = r"(?:budget|limit)(?: (?:is|of|around|about|was|up to))*:?|(?:can|could|want to|willing to|to) (?:spend|pay)"
NEGATED = r"(?:not? |nothing |isn't |don't want )"
BOUND = re.compile(
    rf"(?:(?P<negated>{NEGATED})?(?<!\w)(?:(?P<less>{LESS})|(?P<more>{MORE})|(?P<near>{NEAR})|(?P<budget>{BUDGET}))\s*)"
    rf"{_money('')}"
)
AFTER = re.compile(
    rf"(?<![\w.#-]){_money('')}\s?"
    r"(?:(?P<less>(?:or|and) (?:less|under|below|cheaper)|max\b|maximum|tops\b)"
    r"|(?P<more>(?:or|and) (?:more|up|above|over|higher)|\+|minimum)|(?P<near>or so|-?ish\b))"
)
NEXT_WORD = re.compile(r"\s*-?(%|[a-z']+)")
LEAST_UNMARKED = 10
"""A smaller number without a currency is no price after `about` or `between`: those are hours of the clock."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Amount:
    """A sum of money as a customer wrote it."""

    minor: int
    """In the currency's smallest unit; in hundredths where no currency was written."""
    currency: str | None
    """ISO 4217 code; None where none was written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prices:
    """The amounts in a text, and what they bound."""

    amounts: tuple[Amount, ...] = ()
    """Every sum with a currency, in their order."""
    low: Amount | None = None
    high: Amount | None = None
    about: Amount | None = None


def prices(text: str) -> Prices:
    """Read the sums and the bounds of a price out of a text.

    A number without a currency is a bound only beside a word of comparison, and not where it counts something else
    (`under 5 days`).
    """
    plain = normalise(text)
    amounts = tuple(_amount(match) for match in AMOUNT.finditer(plain) if match["sign"] or match["name"])
    low, high, about = _range(plain) or _bounds(plain)
    return Prices(amounts=amounts, low=low, high=high, about=about)


def _range(text: str) -> tuple[Amount | None, Amount | None, None] | None:
    for match in RANGE.finditer(text):
        currency = next(
            (match[group] for group in ("sign_low", "sign_high", "name_low", "name_high") if match[group]), None
        )
        is_named = (
            match[0].startswith("between") and int(match["number_low"].replace(",", "").split(".")[0]) >= LEAST_UNMARKED
        )
        if currency or (is_named and not _counts_something_else(text, match)):
            low, high = _amount(match, "_low", currency), _amount(match, "_high", currency)
            return min(low, high, key=_minor), max(low, high, key=_minor), None
    return None


def _bounds(text: str) -> tuple[Amount | None, Amount | None, Amount | None]:
    low = high = about = None
    for match in [*BOUND.finditer(text), *AFTER.finditer(text)]:
        marked = bool(match["sign"] or match["name"])
        if not marked and _counts_something_else(text, match):
            continue
        amount = _amount(match)
        groups = match.groupdict()
        negated = bool(groups.get("negated"))
        if groups["near"]:
            about = about or (amount if marked or amount.minor >= LEAST_UNMARKED * 100 else None)
        elif bool(groups["less"] or groups.get("budget")) != (negated and not groups.get("budget")):
            high = high or amount
        else:
            low = low or amount
    return low, high, None if low or high else about


def _counts_something_else(text: str, match: re.Match[str]) -> bool:
    following = NEXT_WORD.match(text, match.end())
    return following is not None and following[1] in UNITS


def _amount(match: re.Match[str], tag: str = "", currency: str | None = None) -> Amount:
    written = match[f"sign{tag}"] or match[f"name{tag}"] or currency
    code = CURRENCIES[written] if written else None
    number = Decimal(match[f"number{tag}"].replace(",", ""))
    return Amount(minor=int(number.scaleb(DECIMALS.get(code or "", 2)).to_integral_value()), currency=code)


def _minor(amount: Amount) -> int:
    return amount.minor
