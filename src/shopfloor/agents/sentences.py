"""What code says, in another language: refusals, summaries of actions, labels, reasons; and a tool's output with them.

Code writes English: so it is journaled, what a customer's yes is bound to does not change with the language, and the
staff read it. Only where a template shows it is it said in the conversation's language, by a table of English sentences
with gaps, `Order #{number} is already cancelled.`; what fills a gap is said in that language too, if it can be.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from typing import cast

from shopfloor.agents.brand import Brand
from shopfloor.kernel.money import DECIMALS, SYMBOLS, Money
from shopfloor.kernel.yaml_files import read_shipped
from shopfloor.language.dates import find_days
from shopfloor.language.english import MONTHS, WEEKDAYS
from shopfloor.language.languages import DEFAULT, Language
from shopfloor.language.writing import day_in, known_language, money_in, set_in, until_in

FIELDS = frozenset(
    {"summary", "reason", "reasons", "label", "lines", "told", "why", "condition", "conditions", "how", "refunded_in"}
    | {"relaxed", "missing", "colour", "colours", "colours_in_stock", "left_out", "payment_method", "method", "name"}
)
"""What of a tool's output holds words that code or the settings wrote; all else is the shop's own data."""
GAP = re.compile(r"\\\{(\w+)\\\}")
AMOUNT = re.compile(r"(?P<sign>-?)(?:(?P<symbol>[$€£¥])|(?P<code>[A-Z]{3}) )(?P<whole>[\d,]+)(?:\.(?P<part>\d+))?")
DAY = re.compile(
    rf"(?:on )?(?:yesterday|today|tomorrow|{'|'.join(WEEKDAYS)}|\d{{1,2}} (?:{'|'.join(MONTHS)})(?: \d{{4}})?)"
)
CODES = {symbol: code for code, symbol in SYMBOLS.items()}
LONG = frozenset({"goods", "title"})
"""Gaps that are filled up to the last of what may follow them: a title may have brackets of its own."""
KNOWN = "known"
"""What the name of a gap begins with that only words of the table may fill, so that no merchant's text is said half."""
LONGEST = 2_000
"""Letters of what is looked up; the longest sentence of the code has a quarter of it."""
DEEPEST = 3
"""How far gaps are filled with sentences that have gaps."""
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A sentence with gaps."""

    found: re.Pattern[str]
    text: str


@dataclass(frozen=True, slots=True)
class _Table:
    whole: Mapping[str, str]
    patterns: tuple[_Pattern, ...]


@cache
def _table(language: Language) -> _Table:
    texts = {source: set_in(language, text) for source, text in sentences(language).items()}
    patterns = tuple(_pattern(source, text) for source, text in texts.items() if "{" in source)
    return _Table({source: text for source, text in texts.items() if "{" not in source}, patterns)


@cache
def sentences(language: Language) -> Texts:
    """Return the table of a language, by the English sentences; it is read from its file once."""
    if language == DEFAULT:
        return {}
    return cast("dict[str, str]", read_shipped("shopfloor.agents", f"sentences/{language}.yaml"))


def _pattern(source: str, text: str) -> _Pattern:
    found = GAP.sub(lambda gap: f"(?P<{gap[1]}>.+{'' if gap[1] in LONG else '?'})", re.escape(source))
    return _Pattern(re.compile(found, re.DOTALL), text)


def speaker(scope: Mapping[str, object]) -> "Speaker":
    """Return who says code's words in the `language` among a playbook's names, English where there is none."""
    language = known_language(scope.get("language"))
    brand, now, zone = scope.get("brand"), scope.get("now"), scope.get("zone")
    return Speaker(
        language=language,
        texts=brand.said(language) if isinstance(brand, Brand) else {},
        now=now if isinstance(now, datetime) else datetime.fromtimestamp(0, UTC),
        zone=zone if isinstance(zone, tzinfo) else UTC,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Speaker:
    """Says English words in a language."""

    language: Language
    texts: Texts
    """Whole texts of the shop's own, such as its settings, that go before the table."""
    now: datetime
    zone: tzinfo

    def say(self, words: str) -> str:
        """Return words of the code or of the settings in the language; as they are, where they are not known."""
        return self._said(words, 0) if self.language != DEFAULT else words

    def show(self, output: object) -> object:
        """Return a tool's output with what is words in it in the language; what is data stays."""
        if self.language == DEFAULT:
            return output
        if isinstance(output, Mapping):
            known = cast("Mapping[str, object]", output)
            return {name: self._shown(value) if name in FIELDS else self.show(value) for name, value in known.items()}
        if isinstance(output, list | tuple):
            return [self.show(one) for one in cast("Sequence[object]", output)]
        return output

    def _shown(self, value: object) -> object:
        if isinstance(value, str):
            return self._said(value, 0)
        if isinstance(value, list | tuple):
            return [self._shown(one) for one in cast("Sequence[object]", value)]
        return self.show(value)

    def _said(self, words: str, depth: int) -> str:
        if words in self.texts:
            return self.texts[words]
        if len(words) > LONGEST or depth > DEEPEST:
            return words
        if amount := AMOUNT.fullmatch(words):
            return money_in(self.language, _money(amount))
        if DAY.fullmatch(words) and (days := self._days(words)):
            return day_in(self.language, days, self.now, self.zone)
        table = _table(self.language)
        if words in table.whole:
            return table.whole[words]
        for pattern in table.patterns:
            match = pattern.found.fullmatch(words)
            filled = self._filled(pattern.text, match.groupdict(), depth) if match else None
            if filled is not None:
                return filled
        return words

    def _filled(self, text: str, gaps: Mapping[str, str], depth: int) -> str | None:
        """Return a sentence with its gaps filled; None where a gap that must be known is not."""
        filled = {
            name: until_in(self.language, day, self.now, self.zone)
            if name == "until" and (day := self._days(value))
            else self._said(value, depth + 1)
            for name, value in gaps.items()
        }
        if any(name.startswith(KNOWN) and filled[name] == value for name, value in gaps.items()):
            return None
        return re.sub(r"\{(\w+)\}", lambda gap: filled[gap[1]], text)

    def _days(self, words: str) -> date | None:
        return next(iter(find_days(words, self.now, self.zone)), None)


def _money(match: re.Match[str]) -> Money:
    code = match["code"] or CODES[match["symbol"]]
    decimals = DECIMALS.get(code, 2)
    minor = int(match["whole"].replace(",", "")) * 10**decimals
    minor += int((match["part"] or "0").ljust(decimals, "0")[:decimals] or "0")
    return Money(code, -minor if match["sign"] else minor)
