"""Which of several things a customer means, by the words that a card gives for each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from shopfloor.language.text import stem, words

NEGATIONS = frozenset({"not", "no", "don't", "dont", "never", "without", "isn't", "isnt", "instead", "than", "nor"})
"""A word of these shortly before a phrase takes it back: `not a refund`, `rather than a refund`."""
REACH = 3
"""How many words before a phrase that may be."""
PARTING = ",.;:!?\n"
BEYOND = frozenset({"but", "so", "because", "since"})
"""Words and marks that a negation does not reach across."""


def chosen(options: Mapping[str, Sequence[str]], text: str) -> str | None:
    """Return the one option whose phrases a text holds; None where it holds none, or those of several.

    A phrase is found as words in a row, whatever their endings. One inside a longer phrase of another option is not
    counted, nor one that is taken back.
    """
    said = [_stemmed(part) for part in _parts(text)]
    spans = [
        (place, start, end, option)
        for option, phrases in options.items()
        for phrase in phrases
        for place, part in enumerate(said)
        for start, end in _spans(_phrase(phrase), part)
        if not NEGATIONS.intersection(part[max(0, start - REACH) : start])
    ]
    found = {
        option
        for place, start, end, option in spans
        if not any(
            place == p and s <= start and end <= e and e - s > end - start
            for p, s, e, other in spans
            if other != option
        )
    }
    return found.pop() if len(found) == 1 else None


def holds(phrases: Iterable[str], text: str) -> bool:
    """Say whether a text holds one of some phrases, as words in a row, whatever their endings."""
    said = _stemmed(words(text))
    return any(next(_spans(_phrase(phrase), said), None) is not None for phrase in phrases)


def _parts(text: str) -> list[list[str]]:
    """Return the words of a text, parted where a negation ends."""
    marks = str.maketrans(dict.fromkeys(PARTING, "\n"))
    parts: list[list[str]] = []
    for piece in text.translate(marks).split("\n"):
        said = words(piece)
        cuts = [0, *(place for place, word in enumerate(said) if word in BEYOND), len(said)]
        parts += [said[start:end] for start, end in pairwise(cuts) if end > start]
    return parts


@lru_cache(maxsize=4_096)
def _phrase(phrase: str) -> Sequence[str]:
    """Return the stems of a phrase of a card's, which comes with every message."""
    return tuple(_stemmed(words(phrase)))


def _stemmed(said: Sequence[str]) -> list[str]:
    return [word if word in NEGATIONS else stem(word) for word in said]


def _spans(phrase: Sequence[str], said: Sequence[str]) -> Iterator[tuple[int, int]]:
    length, wanted = len(phrase), [*phrase]
    for start in range(len(said) - length + 1) if length else ():
        if said[start] == wanted[0] and list(said[start : start + length]) == wanted:
            yield start, start + length
