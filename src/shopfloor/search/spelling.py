"""Which of the words known a misspelt one stands for."""

from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz.distance import OSA

from shopfloor.language.english import CURRENCIES, GENDERS, NUMBERS, RELATIONS, SIZES, STOP_WORDS, UNITS
from shopfloor.language.text import stem

SHORTEST_CORRECTED = 5
LONG = 7
"""Letters from which on a word may have two mistakes, or a letter in place of another: `hiring` is not `hiking`."""
PEOPLE = {word for names in (GENDERS, RELATIONS) for listed in names.values() for word in listed.split()}
ENGLISH = STOP_WORDS.union(PEOPLE, CURRENCIES, NUMBERS, SIZES, UNITS, ("without", "nothing"))
"""Words that are right whether or not a text of ours has them."""


class Speller:
    """Corrects words to those it knows; a first letter is taken to be right."""

    def __init__(self, known: Iterable[str], *, right: Iterable[str] = ()) -> None:
        """Take the words to correct to, and words that are right as they are besides."""
        self._right = set(ENGLISH)
        self._by_letter: dict[str, list[str]] = {}
        self.correct = lru_cache(maxsize=4096)(self._correct)
        self.add(known, right=right)

    def add(self, known: Iterable[str], *, right: Iterable[str] = ()) -> None:
        """Take further words to correct to, and such as are right as they are."""
        for word in known:
            if len(word) >= SHORTEST_CORRECTED:
                self._by_letter.setdefault(word[0], []).append(word)
            self._right.update((word, stem(word)))
        self._right.update(right)
        self.correct.cache_clear()

    def _correct(self, word: str) -> str:
        """Return the known word that a misspelt one stands for, and any other word as it is."""
        if len(word) < SHORTEST_CORRECTED or not word.isalpha() or word in self._right or stem(word) in self._right:
            return word
        allowed = 2 if len(word) >= LONG else 1
        near = (
            (distance, -len(known), known)
            for known in self._by_letter.get(word[0], ())
            if (distance := OSA.distance(word, known, score_cutoff=allowed)) <= allowed
            and (len(word) >= LONG or len(word) != len(known) or sorted(word) == sorted(known))
        )
        return min(near, default=(0, 0, word))[2]
