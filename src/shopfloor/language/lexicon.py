"""The words of one language and their English, read from the data beside this module. Floor 0."""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pydantic import BaseModel, ConfigDict

from shopfloor.kernel.yaml_files import read_shipped
from shopfloor.language.languages import Language

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "œ": "oe", "æ": "ae", "’": "'", "ʼ": "'"})
DIGRAPHS = re.compile(r"(?<=[^aeiouq])([aou])e(?!u)|^([aou])e(?=[^aeiou])")
NUMBER = "@"
END = "$"
WHOLE = "$$"
"""How data write any number, the end of a clause, and a phrase that is a clause of its own."""


class Data(BaseModel):
    """What a language's file holds; see `shipped/de.yaml`, which says how it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    common: str
    words: dict[str, str]
    phrases: dict[str, str]
    parts: dict[str, str] = {}
    heads: dict[str, str] = {}
    apart: dict[str, str] = {}
    wanting: str = ""
    modals: str = ""
    perfect: str = ""
    pronouns: str = ""
    adverbs: str = ""
    negations: str = ""
    polite: str = ""
    infinitives: str = ""
    purpose: str = ""
    objects: dict[str, str] = {}
    participles: str = ""
    clause: str = ""
    separable: str = ""
    links: str = ""
    elided: str = ""
    attached: dict[str, str] = {}
    endings: str
    stem: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Lexicon:
    """A language's words, each in the key that `key` gives it."""

    common: frozenset[str]
    """Words that tell the language."""
    words: Mapping[str, str]
    """English by word, exactly as written in lower case, and by its plainer spellings where those are no other word."""
    capitals: Mapping[str, str]
    """English of words that mean something else with a capital inside a sentence."""
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    """Phrases as keys by their first one, the longest first."""
    known: frozenset[str]
    """Every word of the data, as keys."""
    parts: Mapping[str, str]
    heads: Mapping[str, str]
    """What stands first and last in words written together."""
    apart: Mapping[tuple[str, str], str]
    """English by verb and by what stands at the clause's end."""
    data: Data


@lru_cache(maxsize=16_384)
def key(word: str) -> str:
    """Write a word so that its usual spellings are one: lower case, no accents, `ä`, `ae` and `a` alike."""
    return DIGRAPHS.sub(r"\1\2", spelt(word)).replace("'", "", word.count("'") - word.endswith("'"))


def spelt(word: str) -> str:
    """Return a word in lower case with umlauts as two letters and without accents."""
    plain = word.lower().translate(UMLAUTS)
    if plain.isascii():
        return plain
    return "".join(letter for letter in unicodedata.normalize("NFD", plain) if not unicodedata.combining(letter))


@lru_cache(maxsize=4)
def lexicon(language: Language) -> Lexicon:
    """Return the words of a language other than English."""
    data = Data.model_validate(read_shipped("shopfloor.language", f"{language}.yaml"))
    words, capitals = _words(data.words)
    phrases = _phrases(data.phrases)
    in_phrases = {one for listed in phrases.values() for phrase, _ in listed for one in phrase}
    return Lexicon(
        common=frozenset(data.common.split()),
        words=words,
        capitals=capitals,
        phrases=phrases,
        known=frozenset(map(key, words)) | in_phrases - {NUMBER, END, WHOLE},
        parts=_words(data.parts)[0] | _long(words),
        heads=_long(words) | _words(data.heads)[0],
        apart={
            (key(verb), key(end)): english
            for english, listed in data.apart.items()
            for verb, end in (pair.split() for pair in listed.split("|"))
        },
        data=data,
    )


def _words(listed: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    pairs = [(word, english) for english, forms in listed.items() for word in forms.split()]
    capitals = {word: english for word, english in pairs if word != word.lower()}
    found: dict[str, str] = {}
    for spelling in (str.lower, spelt, key):
        for word, english in pairs:
            if word not in capitals:
                found.setdefault(spelling(word), english)
    return found, capitals


def _long(words: Mapping[str, str]) -> dict[str, str]:
    return {word: english for word, english in words.items() if len(word) > 4 and english}


def _phrases(listed: Mapping[str, str]) -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    found: dict[tuple[str, ...], str] = {}
    for english, patterns in listed.items():
        for pattern in patterns.split("|"):
            for phrase in _expanded(pattern.split()):
                found.setdefault(phrase, english)
    by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for phrase, english in sorted(found.items(), key=lambda pair: -len(pair[0])):
        by_first.setdefault(phrase[0], []).append((phrase, english))
    return {first: tuple(listed) for first, listed in by_first.items()}


def _expanded(pattern: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield every phrase that a pattern stands for."""
    places = [_choices(part) for part in pattern]
    for chosen in itertools.product(*places):
        yield tuple(one for part in chosen for one in part)


def _choices(part: str) -> list[tuple[str, ...]]:
    inner = part.strip("()").rstrip(END)
    choices = [(NUMBER if choice == NUMBER else key(choice),) for choice in inner.split("/")]
    if part.endswith(END):
        choices = [(*choice, WHOLE if part.endswith(WHOLE) else END) for choice in choices]
    return [*choices, ()] if part.startswith("(") else choices
