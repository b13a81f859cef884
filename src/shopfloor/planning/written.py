"""A message in another language as it is matched: as its customer wrote it, with placeholders for what it names.

Its gloss tells what is named: the numbers of orders, goods and colours are read in English.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shopfloor.agents.slots import address_parts, named_orders
from shopfloor.language.entities import entities
from shopfloor.language.gloss import Glossed, GlossedWord
from shopfloor.language.text import normalise, words
from shopfloor.planning.masking import PLACEHOLDERS, PLACES, is_colour
from shopfloor.planning.vocabulary import Vocabulary

NAMED = frozenset({*PLACEHOLDERS.values(), "emailref", "numref", "colourref"})
"""What stands for something that a message names."""
LONGEST_NAME = 2
"""English words of what is named by one: `running shoes`."""


@dataclass(frozen=True, slots=True)
class WrittenWord:
    """A word as it is matched."""

    text: str
    """Plain, or a placeholder."""
    matters: frozenset[str]
    """Those of a shop and of the world that it stands for."""
    start: int
    end: int
    """Of its English in the gloss."""
    place: int
    """Of itself in the message."""


def written_words(
    message: Glossed,
    known: Vocabulary,
    is_kind: Callable[[str], bool],
    product_words: frozenset[str] = frozenset(),
) -> Sequence[WrittenWord]:
    """Return the words of a message in the order in which they were written, masked.

    `is_kind` says whether an English word names a kind of product; `product_words` are those of names of products.
    """
    found = entities(message.english)
    loose: Sequence[str] = ()
    if not PLACES.search(normalise(message.english)):
        loose = named_orders(message.english, found, address_parts(message.english))
    orders = frozenset(number.lower().lstrip("#") for number in (*found.order_numbers, *loose))
    texts: list[tuple[str, GlossedWord]] = []
    for word in sorted(message.words, key=lambda word: word.place):
        for text in _masked(word, message.english[word.start : word.end], known, orders, product_words, is_kind):
            if not texts or texts[-1][0] != text or text not in NAMED:
                texts.append((text, word))
    matters = known.matters([text for text, _ in texts])
    named = [
        text if text in NAMED or of or not known.is_goods(text) else "kindref"
        for (text, _), of in zip(texts, matters, strict=True)
    ]
    return [
        WrittenWord(text, of, word.start, word.end, word.place)
        for (_, word), text, of in zip(texts, named, matters, strict=True)
    ]


def _masked(
    word: GlossedWord,
    english: str,
    known: Vocabulary,
    orders: frozenset[str],
    product_words: frozenset[str],
    is_kind: Callable[[str], bool],
) -> Sequence[str]:
    """Return a word as it is compared, or what stands for it."""
    text = word.written.lower()
    if text in NAMED:
        return [text]
    if "@" in text:
        return ["emailref"]
    if any(letter.isdigit() for letter in text):
        is_order = text.lstrip("#") in orders
        return ["orderref" if is_order else "addressref" if len(text.split()) > 1 else "numref"]
    if text in product_words:
        return ["productref"]
    named = words(english)
    if 0 < len(named) <= LONGEST_NAME and is_kind(named[-1]):
        return ["kindref"]
    if 0 < len(named) <= LONGEST_NAME and any(map(is_colour, named)):
        return ["colourref"]
    return known.plain(word.written)
