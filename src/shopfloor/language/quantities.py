"""How many pieces a customer wants: `two pairs of`, `make it 3`, `10^9 pieces`."""

import re

from shopfloor.language.english import MANY, NUMBERS
from shopfloor.language.entities import entities
from shopfloor.language.text import normalise

_WORDS = "|".join(sorted([*MANY, *NUMBERS], key=len, reverse=True))
_COUNT = rf"(?P<count>\d{{1,15}}|{_WORDS})"
POWER = re.compile(r"\b(?P<base>\d{1,3})\s?\^\s?(?P<power>\d{1,2})\b|\b(?P<digit>\d)e(?P<zeros>\d{1,2})\b")
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
WORD_OF_MANY = re.compile(r"\b(?:an? |one )?(?P<many>hundred|thousand|million|billion)\b")
MANY_OF = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
WANTED = re.compile(
    rf"\b(?:make (?:it|that|them)|(?:quantity|number|amount)(?: of [\w -]{{1,60}})? to|change (?:it|that|them) to"
    rf"|set (?:it|that|them) to|i(?:'ll| will) (?:have|take)|only|just|instead)\s+{_COUNT}\b"
    r"(?!\s*(?:dollars?|usd|eur|st|nd|rd|th|one|ones)\b|\s*[\w.]*\.com)"
    rf"|\b(?:add|put|buy|order|get|take|want|need|have|remove)(?: me)?\s+{_COUNT.replace('count', 'before')}\s+"
    r"(?!of these\b|ones?\b|dollars?\b|bucks\b|euros?\b|days?\b|weeks?\b|orders?\b|questions?\b)(?=[a-z])"
    rf"|(?<![\w.$€£#-]){_COUNT.replace('count', 'pieces')} "
    r"(?:pieces|pcs|pairs|units|copies|times|of (?:the|them|it|those))\b"
)
ALONE = re.compile(rf"(?:(?:just|only|make it|i want|x)\s*)?{_COUNT}(?:\s*(?:please|pieces?|pairs?|of them))?")


def quantity(text: str, *, is_answer: bool = False) -> int | None:
    """Return how many pieces a text asks for, or None; of an answer, a number alone counts too."""
    plain = THOUSANDS.sub("", normalise(text)).strip(" .!")
    if power := POWER.search(plain):
        base, exponent = (power["base"], power["power"]) if power["base"] else ("10", power["zeros"])
        return int(power["digit"] or 1) * int(base) ** min(int(exponent), 15)
    if many := WORD_OF_MANY.search(plain):
        return MANY_OF[many["many"]]
    if match := WANTED.search(plain):
        return _count(match["count"] or match["before"] or match["pieces"])
    if is_answer and (alone := ALONE.fullmatch(plain)):
        return _count(alone["count"])
    if plain.endswith("twice"):
        return 2
    return next(iter(entities(text).quantities), None)


def _count(written: str) -> int:
    return MANY.get(written) or NUMBERS.get(written) or int(written)
