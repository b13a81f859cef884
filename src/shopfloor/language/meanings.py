"""The English of one word in another language: inflected, misspelt, written together with others. Floor 0."""

from functools import lru_cache

from rapidfuzz.distance import OSA

from shopfloor.language.english import STOP_WORDS, word_set
from shopfloor.language.lexicon import Lexicon, key, spelt
from shopfloor.language.stemming import stem_in

LONGEST = 40
"""Letters: what is longer is no word."""
SHORTEST_STEMMED = 5
SHORTEST_CORRECTED = 6
LONG = 9
"""Letters from which on a word may have two mistakes."""
SHORTEST_COMPOUND = 7
SHORTEST_PART = 3
VERB_ENDS = "adeinr"
"""Letters that a verb ends in before pronouns that are written to it."""


ENGLISH_NAMES = word_set(
    """rocket gutter commuter letter wanderer basecamp skipper slipper jogger mitten signal mercer courier plover junior
    linden parade cargo sports runner trainer winter summer hiking garden corner button bottom hunter marker matcher
    leader letter bitter butter better rather either little middle center counter"""
)
"""Words of English names that look like forms or slips of other words."""


class Meanings:
    """Knows the words of one language."""

    def __init__(self, lexicon: Lexicon) -> None:
        """Take the words."""
        self._lexicon = lexicon
        self._links = ("", *lexicon.data.links.split())
        self._separable = tuple(f"{prefix}zu" for prefix in lexicon.data.separable.split())
        self._attached = sorted(lexicon.data.attached.items(), key=lambda pair: -len(pair[0]))
        listed = (*lexicon.words.values(), *(english for found in lexicon.phrases.values() for _, english in found))
        self._english = frozenset(word for english in listed for word in english.split()) | STOP_WORDS | ENGLISH_NAMES
        self._endings = frozenset(("", *lexicon.data.endings.split()))
        self._stems: dict[str, list[str]] = {}
        for word in lexicon.words:
            if len(word) >= SHORTEST_STEMMED:
                self._stems.setdefault(self._stem(word), []).append(word)
        self._near: dict[tuple[str, int], list[str]] = {}
        for word in sorted(lexicon.known):
            self._near.setdefault((word[0], len(word)), []).append(word)
        self.english = lru_cache(maxsize=16_384)(self._meaning)
        """Return the English of a word in lower case, or None where it is not known."""
        self.key = lru_cache(maxsize=16_384)(self._key)
        """Return the key of a word in lower case, or of the known word that a misspelt one stands for."""

    def is_listed(self, word: str) -> bool:
        """Tell whether the data have a word in just this form or spelling."""
        return self._listed(word) is not None

    def _key(self, word: str) -> str:
        plain = key(word)
        if plain in self._lexicon.known or self._inflected(word) is not None:
            return plain
        return self._corrected(plain) or plain

    def _meaning(self, word: str) -> str | None:
        if len(word) > LONGEST:
            return None
        found = self._inflected(word)
        if found is not None:
            return found
        corrected = self._corrected(key(word))
        return self._lexicon.words.get(corrected) if corrected else None

    def _inflected(self, word: str) -> str | None:
        found = self._listed(word)
        if found is not None or len(word) > LONGEST:
            return found
        for read in (self._with_attached, self._with_particle, self._by_stem, self._together):
            found = read(word)
            if found is not None:
                return found
        return None

    def _listed(self, word: str) -> str | None:
        words = self._lexicon.words
        for spelling in (word, spelt(word), key(word)):
            if spelling in words:
                return words[spelling]
        return None

    def _with_attached(self, word: str) -> str | None:
        """Read a verb with pronouns written to its end: `devolverlo`."""
        plain = key(word)
        for ending, english in self._attached:
            base = plain.removesuffix(ending)
            if base != plain and len(base) >= SHORTEST_PART and base[-1] in VERB_ENDS:
                found = self._lexicon.words.get(base)
                if found:
                    return f"{found} {english}".strip()
        return None

    def _with_particle(self, word: str) -> str | None:
        """Read an infinitive with its `zu` inside: `abzuholen`."""
        for prefix in self._separable:
            if word.startswith(prefix):
                return self._listed(prefix.removesuffix("zu") + word.removeprefix(prefix))
        return None

    def _by_stem(self, word: str) -> str | None:
        if len(word) < SHORTEST_STEMMED or word in self._english:
            return None
        for spelling in dict.fromkeys((word, key(word))):
            for listed in self._stems.get(self._stem(spelling), ()):
                if self._is_form(spelling, listed):
                    return self._lexicon.words[listed]
        return None

    def _is_form(self, word: str, listed: str) -> bool:
        """Tell whether two words of one stem differ by endings that the language has."""
        forms = (spelt(word), spelt(listed))
        pairs = enumerate(zip(*forms, strict=False))
        same = next((place for place, (one, other) in pairs if one != other), min(map(len, forms)))
        return all(form[same:] in self._endings for form in forms)

    def _together(self, word: str) -> str | None:
        """Read a compound, its last word the longest that is known."""
        plain = key(word)
        if len(self._links) == 1 or len(plain) < SHORTEST_COMPOUND or plain in self._english:
            return None
        for place in range(SHORTEST_PART, len(plain) - SHORTEST_PART + 1):
            head = self._lexicon.heads.get(plain[place:])
            front = self._front(plain[:place]) if head else None
            if head and front:
                return f"{front} {head}"
        return None

    def _front(self, written: str, depth: int = 1) -> str | None:
        parts = self._lexicon.parts
        for link in self._links:
            base = written.removesuffix(link)
            if (base != written or not link) and base in parts:
                return parts[base]
        if not depth:
            return None
        for place in range(SHORTEST_PART, len(written) - SHORTEST_PART + 1):
            second = self._front(written[place:], 0)
            first = self._front(written[:place], 0) if second else None
            if first:
                return f"{first} {second}"
        return None

    def _corrected(self, word: str) -> str | None:
        if not SHORTEST_CORRECTED <= len(word) <= LONGEST or word in self._english:
            return None
        allowed = 2 if len(word) >= LONG else 1
        best, fewest = None, allowed + 1
        for length in range(len(word) - allowed, len(word) + allowed + 1):
            for known in self._near.get((word[0], length), ()):
                distance = OSA.distance(word, known, score_cutoff=allowed)
                if distance < fewest:
                    best, fewest = known, distance
        return best

    def _stem(self, word: str) -> str:
        return stem_in(self._lexicon.data.stem, word)
