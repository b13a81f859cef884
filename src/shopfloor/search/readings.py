"""What a text is found by: the stems of its words, one for those that mean the same, or pairs of letters."""

import re
from collections.abc import Callable
from functools import cache, partial

from shopfloor.language.english import STOP_WORDS
from shopfloor.language.languages import LANGUAGES
from shopfloor.language.lexicon import lexicon
from shopfloor.language.stemming import STEMMERS, stem_in
from shopfloor.language.text import normalise, stem, words
from shopfloor.search.synonyms import KNOWLEDGE_NAMES, KNOWLEDGE_PHRASES, SMALL_TALK

Reading = Callable[[str], list[str]]
"""Returns what a text is found by, in the order of its words."""
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0e7f]+")
"""Letters of scripts that put no blanks between words, or join them as they like."""


GIVE_BACK = re.compile(
    r"\b(?:sen[dt]|sending|give|giving|take|bring) (?:it |them |that |this |something |things )?back\b"
)
PHRASE = re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, KNOWLEDGE_PHRASES), key=len, reverse=True)) + r")\b")
SAME = {stem(word): stem(group.split()[0]) for group in reversed(KNOWLEDGE_NAMES) for word in group.split()}
"""The stem that stands for a group of words, by the stem of each."""


def stems_of(text: str) -> list[str]:
    """Return the stems of what an English text is about, one stem for words that mean the same."""
    given = GIVE_BACK.sub("return", normalise(text))
    plain = PHRASE.sub(lambda match: KNOWLEDGE_PHRASES[match[0]], given)
    content = [word for word in words(plain) if word not in STOP_WORDS and word not in SMALL_TALK]
    return [SAME.get(found, found) for word in content for found in _parts("english", word)]


@cache
def reading_of(language: str) -> Reading:
    """Return how texts of a language are read; one that is not known is read word by word."""
    common = frozenset[str]()
    if language in LANGUAGES:
        common = frozenset(lexicon(language).data.common.split())
    return partial(_read, STEMMERS.get(language, ""), common)


def _read(stemmer: str, common: frozenset[str], text: str) -> list[str]:
    return [found for word in words(text) if word not in common for found in _parts(stemmer, word)]


def _parts(stemmer: str, word: str) -> list[str]:
    return _pairs(word) if UNSPACED.search(word) else [stem_in(stemmer, word) if stemmer else word]


def _pairs(word: str) -> list[str]:
    """Return the letters of a word in pairs, each with the next; what is of other scripts stays a word."""
    found: list[str] = []
    end = 0
    for match in UNSPACED.finditer(word):
        found += [word[end : match.start()]] if match.start() > end else []
        run, end = match[0], match.end()
        found += [run[at : at + 2] for at in range(max(len(run) - 1, 1))]
    return [*found, word[end:]] if end < len(word) else found
