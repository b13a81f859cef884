"""Telling which of the team's languages a message is in, from its common words and its letters. Floor 0.

Short and neutral messages say nothing and leave the language as it was: an order number, a product's name, `ok`.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import cast

from shopfloor.kernel.yaml_files import read_shipped
from shopfloor.language.english import GREETING_STARTS, STOP_WORDS, THANKS, word_set
from shopfloor.language.languages import DEFAULT, LANGUAGES, Language
from shopfloor.language.lexicon import lexicon, spelt

UNSPOKEN = re.compile(r"(?<!\S)[^\s@]{1,64}@\S{1,255}|(?:https?://|www\.)\S{1,2000}|\b(?i:eu|uk|us) ?(?=\d)")
"""What is of no language: addresses, links, and systems of sizes (`EU 42`, though French has a word `eu`)."""
WORD = re.compile(r"(?<![\w@#./-])[^\W\d_]+(?:['’][^\W\d_]+)*(?![@\d]|\.\w)")
ELIDED = re.compile(r"['’]")
LOOKED_AT = 300
"""Words of a message that are looked at: the first."""
SURE = 1.0
"""What the words of another language than before must weigh together; a common word that only it has weighs that."""
NAMED = 0.5
"""What a word of the shop's matters weighs: names of products hold some in any language."""
LONG_NAMED = 8
"""Letters from which on such a word weighs as much as a common one, outside English."""
AHEAD = 0.5
"""How much more a language that is none of the team's must weigh than the best of theirs."""
WRITTEN_SURE = 20.0
"""What the words of a language must weigh together for texts to be in it."""
WRITTEN_AHEAD = 1.5
"""How many times as much as those of the next one."""
LEAST_SHARE = 0.3
"""Share of the words that its common words must have."""
FOREIGN_SHARE = 0.5
"""Share of letters in another script from which on a message is in another language."""
SIGNS = frozenset("¿¡")
OF_LATIN = ("LATIN", "MODIFIER", "FEMININE", "MASCULINE", "FULLWIDTH LATIN", "MATHEMATICAL")
OF_NAMES = "names"
LONGEST = 8_000
"""Letters of a message that are looked at: the first."""
SHORTEST_NAMED = 3
LETTERS = {"de": frozenset("äöüß"), "es": frozenset("ñ¿¡"), "fr": frozenset("çèêœ")}
"""Letters that speak for a language where nothing else does."""
OTHER_LETTERS = frozenset("ąćęłńśźżčďěňřšťůžőűğışțăãõåæøðþħėįųūāēīļņķđơưạảấầẩậắằặẹẻẽếềểễệỉịọỏốồổộớờởợụủứừửữựỳỷỹ")
"""Letters that none of the team's languages has."""
ENGLISH = word_set(
    """the an is are were be been my your our their his her its this that these those i'm you he she we they them us do
    does did don't doesn't didn't have has had haven't hasn't can can't could would should will won't what what's where
    where's when when's why how who which but without from into at by about if than then there here please thanks
    hello yeah yep sure want need like get got just still any some all more much many too very again now today tomorrow
    yesterday good wheres whats dont cant im ive may might must let's tell show give make take know think it's he's
    she's that's there's nope never nothing something anything anyone someone out up off as no me a hi am was so not
    it i"""
)
NEUTRAL = word_set(
    "ok okay k hi hey hallo hullo yo sup thx ty stop sorry cool super merci ciao mm hm lol wow u ur r id"
)
"""What people write in any of the team's languages."""
JOINING = word_set("and or with no on of in for to day two three one half a please up down")
"""Common English words that names of products hold too."""
ENGLISH_NAMES = word_set(
    """pullover cardigan parka jean jeans pull pulls pumps slipper loafer loafers sandal sandals leggings legging top
    hood canvas polyester nickel car main sale sport chance regular sauce double original international accessories
    mocha espresso camel tan bronze crème rose rosé olive noir blanc grande petite piece set collection edition bag
    order orders code card status mail email online service support shop gift club basic basics classic hat hut rock
    man men also after art artist mode fest bad tag brand pro max plus mini air run trail marathon tour grip
    current promotion promotions track"""
)
"""English names of things that look like words of another of the team's languages."""
MOST_NAMED = 0.45
"""What English words of the shop's matters weigh together at most: every language's customers write them."""


def detect(text: str, before: Language) -> Language | None:
    """Return the language of a message, or None where it is surely in none of the team's.

    What says too little, or as much for it as for another, is in the language `before`.
    """
    if _is_other_script(text):
        return None
    ours, other, is_mostly_other = _weighed(text)
    best = max(LANGUAGES, key=lambda one: (ours.get(one, 0.0), one == before))
    weight = ours.get(best, 0.0)
    if is_mostly_other and other >= max(SURE, weight + AHEAD):
        return None
    return best if weight >= SURE else before


def written_in(texts: Iterable[str]) -> str | None:
    """Return the language that texts are in all together, by ISO 639-1 code, whether the team reads it or not.

    None where their common words say too little, or as much for another language.
    """
    weights = _weights()
    found: dict[str, float] = {"": 0.0, OF_NAMES: 0.0}
    for text in texts:
        for match in itertools.islice(WORD.finditer(text.lower()), LOOKED_AT):
            for language, weight in weights.get(match[0], {}).items():
                found[language] = found.get(language, 0.0) + weight
    del found[OF_NAMES]
    (best, weight), (_, next_weight) = [*sorted(found.items(), key=lambda each: -each[1]), ("", 0.0)][:2]
    return best if weight >= WRITTEN_SURE and weight >= WRITTEN_AHEAD * next_weight else None


def is_loaded() -> bool:
    """Whether the languages' words were read from their files."""
    return _weights.cache_info().currsize > 0


def _weighed(text: str) -> tuple[dict[str, float], float, bool]:
    """Return what speaks for each of ours and for the best of the others, and whether that has enough of the words."""
    weights = _weights()
    lower = unicodedata.normalize("NFC", UNSPOKEN.sub(" ", text[:LONGEST])).lower().replace("’", "'")
    written = [match[0] for match in itertools.islice(WORD.finditer(lower), LOOKED_AT)]
    found: dict[str, float] = {}
    marked = 0
    for word in written:
        letters = set(word)
        marked += bool(letters & OTHER_LETTERS)
        listed = weights.get(word) or weights.get(spelt(word)) or _elided(word) or _lettered(letters)
        for language, weight in listed.items():
            found[language] = found.get(language, 0.0) + weight
    for language, letters in LETTERS.items():
        if letters & SIGNS & set(lower):
            found[language] = found.get(language, 0.0) + NAMED
    found["en"] = found.get("en", 0.0) + min(found.pop(OF_NAMES, 0.0), MOST_NAMED)
    other = marked + max((weight for one, weight in found.items() if one not in LANGUAGES), default=0.0)
    ours = {one: weight for one, weight in found.items() if one in LANGUAGES}
    return ours, other, other >= LEAST_SHARE * len(written)


def _elided(word: str) -> dict[str, float]:
    """Weigh a word with an elided one before it: `l'adresse`."""
    start, mark, rest = word.partition("'")
    if not mark:
        return {}
    first, second = _weights().get(f"{start}'", {}), _weights().get(rest, {})
    return {one: max(first.get(one, 0.0), second.get(one, 0.0)) for one in {*first, *second}}


def _lettered(letters: set[str]) -> dict[str, float]:
    return {one: NAMED for one, own in LETTERS.items() if own & letters}


@lru_cache(maxsize=1)
def _weights() -> dict[str, dict[str, float]]:
    """Return what each word weighs for each language that has it."""
    common: dict[Language, set[str]] = {"en": {*STOP_WORDS, *ENGLISH, *GREETING_STARTS, *THANKS} - NEUTRAL}
    named: dict[Language, set[str]] = {"en": set(ENGLISH_NAMES)}
    for language in LANGUAGES:
        if language != DEFAULT:
            data = lexicon(language).data
            common[language] = set(data.common.split())
            named[language] = _forms(" ".join(data.words.values()))
            named["en"] |= _forms(" ".join(data.words))
    weights: dict[str, dict[str, float]] = {}
    for language, listed in common.items():
        for word in listed:
            sharing = sum(1 for other in common.values() if word in other) + (
                language != "en" and word in named["en"] and word not in common["en"]
            )
            is_weak = (len(word) == 1 and word != "i") or (language == "en" and word in JOINING)
            weights.setdefault(word, {})[language] = (NAMED if is_weak else 1.0) / sharing
    for language, listed in named.items():
        for word in listed - common[language]:
            sharing = sum(1 for other in (*named.values(), *common.values()) if word in other)
            weight = 1.0 if len(word) >= LONG_NAMED and language != DEFAULT else NAMED
            tag = OF_NAMES if language == DEFAULT else language
            weights.setdefault(word, {})[tag] = weight / sharing
    others = cast("dict[str, str]", read_shipped("shopfloor.language", "others.yaml"))
    for language, words in others.items():
        for word in words.split():
            if len(word) > 1 and word not in NEUTRAL:
                is_ours = any(word in listed for listed in (*common.values(), named["en"]))
                weights.setdefault(word, {})[str(language)] = NAMED if is_ours else 1.0
    return weights


def _forms(listed: str) -> set[str]:
    words = listed.lower().split()
    return {word for word in (*words, *map(spelt, words)) if len(word) >= SHORTEST_NAMED}


def _is_other_script(text: str) -> bool:
    letters = [letter for letter in text[:LONGEST] if letter.isalpha()]
    foreign = sum(1 for letter in letters if not _is_latin(letter))
    return bool(letters) and foreign / len(letters) >= FOREIGN_SHARE


@lru_cache(maxsize=4_096)
def _is_latin(letter: str) -> bool:
    return letter.isascii() or unicodedata.name(letter, "LATIN").startswith(OF_LATIN)
