"""What customers of another language call the matters of a shop, and what shops sell. Data, and what reads it.

Words are told by their stems, whatever the accents; in German also last in a word that is written together.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import cast

from shopfloor.kernel.yaml_files import read_shipped
from shopfloor.language.english import word_set
from shopfloor.language.languages import Language
from shopfloor.language.lexicon import key, lexicon, spelt
from shopfloor.language.stemming import stem_in
from shopfloor.language.text import normalise, words

TOGETHER: frozenset[Language] = frozenset({"de"})
"""Languages that write words together."""
SHORTEST_TOGETHER, SHORTEST_FIRST, SHORTEST_LAST = 7, 3, 4
"""Letters of a word written together, of what stands first in it, and of what stands last."""
SHORTEST_STEMMED = 5
"""Letters of a word for goods that is told by its stem: shorter ones look like forms of others."""
ELIDED = word_set("l d j s m t c n qu")
"""What is left of short words before an apostrophe."""


class Vocabulary:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        """Read the language's words."""
        self._is_joining = language in TOGETHER
        self._fold = key if language in TOGETHER else spelt
        data = lexicon(language).data
        self.stem = partial(stem_in, data.stem)
        """Return the stem of a word that is written plainly."""
        listed = cast(Mapping[str, Mapping[str, str]], read_shipped("shopfloor.planning", f"matters.{language}.yaml"))
        idle = f"{data.common} {listed['idle']}"
        self._stop_words = frozenset(plain for word in idle.split() for plain in self.plain(word)) | ELIDED
        goods = [plain for word in str(listed["goods"]).split() for plain in self.plain(word)]
        self._goods = frozenset(goods)
        self._goods_stems = frozenset(self.stem(word) for word in goods if len(word) >= SHORTEST_STEMMED)
        self._matters: dict[str, set[str]] = {}
        self._phrases: dict[str, list[tuple[list[str], str]]] = {}
        for matter, text in (*listed["shop"].items(), *listed["world"].items()):
            single, *phrases = text.split(",")
            for word in single.split():
                self._matters.setdefault(self.stem(self._fold(word)), set()).add(matter)
            for phrase in (self.plain(phrase) for phrase in phrases):
                self._phrases.setdefault(phrase[0], []).append((phrase, matter))
        self.matters_of_word = lru_cache(maxsize=16_384)(self._matters_of_word)
        """Return the matters that a plain word stands for."""
        self.is_goods = lru_cache(maxsize=16_384)(self._is_goods)
        """Return whether a plain word names something that shops sell."""

    def plain(self, text: str) -> list[str]:
        """Return a text's words as they are compared: in lower case and without accents."""
        return [self._fold(word) for word in words(normalise(text).replace("'", " "))]

    def is_stop_word(self, word: str) -> bool:
        """Return whether a plain word says nothing of what is asked for."""
        return word in self._stop_words

    def matters(self, said: Sequence[str]) -> list[frozenset[str]]:
        """Return the matters that each of some plain words stands for; those of a phrase stand with its first."""
        found = [self.matters_of_word(word) for word in said]
        for place, word in enumerate(said):
            for phrase, matter in self._phrases.get(word, ()):
                if list(said[place : place + len(phrase)]) == phrase:
                    found[place] |= {matter}
        return found

    def _matters_of_word(self, word: str) -> frozenset[str]:
        stems = (self.stem(word), *self._ends(word))
        found = next((self._matters[stem] for stem in stems if stem in self._matters), None)
        return frozenset(found or ())

    def _is_goods(self, word: str) -> bool:
        if word in self._goods or self.is_stop_word(word):
            return word in self._goods
        is_form = len(word) >= SHORTEST_STEMMED and self.stem(word) in self._goods_stems
        return is_form or any(end in self._goods_stems for end in self._ends(word))

    def _ends(self, word: str) -> list[str]:
        """Return the stems of what may stand last in a word that is written together, the longest first."""
        if not self._is_joining or len(word) < SHORTEST_TOGETHER:
            return []
        return [self.stem(word[start:]) for start in range(SHORTEST_FIRST, len(word) - SHORTEST_LAST + 1)]


@lru_cache(maxsize=3)
def vocabulary(language: Language) -> Vocabulary:
    """Return the words of a language other than English, read once."""
    return Vocabulary(language)
