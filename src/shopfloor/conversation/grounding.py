"""Whether what a sentence states stems from the turn's evidence: tool results, documents, the customer's own words.

Checked are amounts of money, order numbers, days, tracking ids, e-mail addresses and links. Evidence is read with the
same recognisers as the sentence, so a value may be written in any way that both understand; amounts and days as
another language writes them are put into English before.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import NamedTuple

from pydantic import JsonValue

from shopfloor.language.amounts import prices
from shopfloor.language.dates import days_named, local_day
from shopfloor.language.entities import entities
from shopfloor.language.languages import DEFAULT, Language
from shopfloor.language.writing import in_english

URL = re.compile(r"https?://[^\s<>\"')\]]+[^\s<>\"')\].,;:!?]")
AMOUNT = re.compile(r"(?:[$€£¥]|\b[A-Z]{3} )\d[\d,]*(?:\.\d+)?|\d[\d,]*(?:\.\d+)? ?(?:dollars|euros?|USD|EUR|GBP)\b")
WORD = re.compile(r"[\w.@+-]*\w")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:T[\d:.+Z-]+)?")

SHORTEST_DAY = 5
"""A text of so few letters names no day."""


@dataclass(slots=True)
class Evidence:
    """What a turn knows."""

    now: datetime
    zone: tzinfo
    language: Language = DEFAULT
    """That is spoken; English is understood beside it."""
    amounts: set[tuple[str | None, int]] = field(default_factory=set[tuple[str | None, int]])
    """With their currencies, in the smallest unit."""
    days: set[date] = field(default_factory=set[date])
    words: set[str] = field(default_factory=set[str])
    """Ids, numbers, addresses and links, in lower case."""

    def __post_init__(self) -> None:
        """Know what day it is."""
        self.days.add(local_day(self.now, self.zone))

    def take(self, other: "Evidence") -> None:
        """Take in what another knows."""
        self.amounts |= other.amounts
        self.days |= other.days
        self.words |= other.words

    def add(self, value: JsonValue) -> None:
        """Take a tool's output or a document in."""
        if isinstance(value, str):
            self._add_text(value)
        elif isinstance(value, dict):
            minor, currency = value.get("minor"), value.get("currency")
            if isinstance(minor, int) and isinstance(currency, str):
                self.amounts.add((currency, minor))
            self.add_all(value.values())
        elif isinstance(value, list):
            self.add_all(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self.words.add(str(value))

    def add_all(self, values: Iterable[JsonValue]) -> None:
        """Take several values in."""
        for value in values:
            self.add(value)

    def hear(self, text: str) -> None:
        """Take a customer's words in: what they named may be named again, but a price or a day is not so for that."""
        self.words.update(WORD.findall(text.lower()))

    def _add_text(self, text: str) -> None:
        if ISO_DAY.fullmatch(text):
            self.days.add(
                local_day(datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text), self.zone)
            )
            return
        stated = _stated(text, local_day(self.now, self.zone), self.language)
        self.words.update(stated.words)
        self.amounts.update(stated.amounts)
        self.days.update(stated.days)

    def missing(self, sentence: str) -> tuple[str, ...]:
        """Return what a sentence states without evidence, as it is written; empty for a sentence that may be said."""
        claims = _claims(sentence, local_day(self.now, self.zone), self.language)
        missing = [written for written, amounts in claims.amounts if not amounts <= self.amounts]
        missing += [name for name in claims.names if name.lower() not in self.words]
        missing += [day.isoformat() for day in claims.days if day not in self.days]
        return tuple(dict.fromkeys(missing))


class _Claims(NamedTuple):
    amounts: tuple[tuple[str, frozenset[tuple[str | None, int]]], ...]
    names: tuple[str, ...]
    days: tuple[date, ...]


@lru_cache(maxsize=256)
def _claims(sentence: str, today: date, language: Language) -> _Claims:
    """Return what a sentence states; it is held against several evidences."""
    links = URL.findall(sentence)
    bare = in_english(URL.sub(" ", sentence), language)
    found = entities(bare)
    return _Claims(
        amounts=tuple((written, frozenset(_amounts(written))) for written in AMOUNT.findall(bare)),
        names=(*found.order_numbers, *found.tracking_ids, *found.emails, *links),
        days=tuple(sorted(days_named(bare, today))),
    )


class _Stated(NamedTuple):
    words: frozenset[str]
    amounts: frozenset[tuple[str | None, int]]
    days: frozenset[date]


@lru_cache(maxsize=4_096)
def _stated(text: str, today: date, language: Language) -> _Stated:
    """Read a text; most come turn after turn, such as the products' and the settings'."""
    plain = in_english(text, language)
    return _Stated(
        words=frozenset((*WORD.findall(text.lower()), *(link.lower() for link in URL.findall(text)))),
        amounts=frozenset(amount for written in AMOUNT.findall(plain) for amount in _amounts(written)),
        days=frozenset(days_named(plain, today)) if len(plain) > SHORTEST_DAY else frozenset(),
    )


def _amounts(written: str) -> set[tuple[str | None, int]]:
    """Return what a written amount says, so that `$75`, `$75.00` and `75 dollars` are one."""
    return {(amount.currency, amount.minor) for amount in prices(written).amounts}
