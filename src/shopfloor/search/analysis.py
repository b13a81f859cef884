"""Texts as the product index reads them: terms, which are stems of words, numbers, measures, pairs of CJK characters.

Accents and case say nothing, so `Müsli` and `musli` are one. Chinese, Japanese and Korean are written without blanks:
each two characters that stand together are a term, as Kwok, "Comparing representations in Chinese information
retrieval" (SIGIR 1997) found to do as well as dividing them into words.
"""

import re
import unicodedata
from collections.abc import Iterator

from shopfloor.kernel.errors import InvalidInput
from shopfloor.language.stemming import STEMMERS, stem_in
from shopfloor.search.units import joined_units

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
WORD = re.compile(rf"\d+(?:[.,]\d+)+|[{CJK}]+|[^\W_{CJK}]+")
IS_CJK = re.compile(f"[{CJK}]")
POSSESSIVE = re.compile(r"['’]s?\b")
ACCENT = re.compile(r"[\u0300-\u036f]")


class Analyzer:
    """Reads the texts of one language."""

    def __init__(self, language: str = "en") -> None:
        """Take the ISO 639-1 code of the language.

        Raises:
            InvalidInput: there is no stemmer for it.
        """
        if language not in STEMMERS:
            raise InvalidInput(f"no stemmer for the language {language!r}; there is one for {', '.join(STEMMERS)}")
        self._language = STEMMERS[language]

    def terms(self, text: str) -> list[str]:
        """Return the terms of a text in their order."""
        words: list[str] = WORD.findall(joined_units(folded(text)))
        if text.isascii():
            return [stem_in(self._language, word) for word in words]
        return [term for word in words for term in self._of_word(word)]

    def _of_word(self, word: str) -> Iterator[str]:
        if IS_CJK.match(word):
            yield from (word[place : place + 2] for place in range(max(len(word) - 1, 1)))
            return
        yield stem_in(self._language, word)


def folded(text: str) -> str:
    """Return a text in lower case without accents and without the endings of possessives."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", ACCENT.sub("", unicodedata.normalize("NFKD", text)))
    return POSSESSIVE.sub("", text.lower())
