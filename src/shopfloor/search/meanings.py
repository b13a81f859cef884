"""What a question asks for: each of its words, and what else that may be called on a page."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from shopfloor.language.text import normalise, stem, words
from shopfloor.search.everyday_words import EVERYDAY, SAYINGS
from shopfloor.search.readings import stems_of

Correct = Callable[[str], str]
"""Returns the word that a misspelt one stands for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A part of a question."""

    stem: str
    """Empty for a saying, which only means something as a whole."""
    others: tuple[str, ...] = ()
    """Stems of what it may be called besides."""


def asked_for(text: str, correct: Correct) -> list[Asked]:
    """Return what an English question asks for, each once, in the order of its words."""
    plain = normalise(text)
    written = [word if stem(word) in _everyday() else correct(word) for word in words(plain)]
    found: dict[str, dict[str, None]] = {one: {} for one in stems_of(" ".join(written))}
    for word in written:
        others = _everyday().get(stem(word), ())
        for one in stems_of(word)[:1] if others else ():
            found.setdefault(one, {}).update(dict.fromkeys(others))
    asked = [Asked(stem=one, others=tuple(other for other in others if other != one)) for one, others in found.items()]
    said = [Asked(stem="", others=others) for saying, others in _sayings().items() if saying.search(plain)]
    return [*asked, *said]


@cache
def _everyday() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for listed, meant in EVERYDAY.items():
        for word in listed.split():
            found.setdefault(stem(word), []).extend(stems_of(meant))
    return {word: _once(others) for word, others in found.items()}


@cache
def _sayings() -> Mapping[re.Pattern[str], tuple[str, ...]]:
    return {re.compile(rf"\b(?:{listed})\b"): _once(stems_of(meant)) for listed, meant in SAYINGS.items()}


def _once(stems: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stems))
