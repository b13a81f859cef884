"""Products called by their names in running text."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from shopfloor.kernel.ids import ProductId
from shopfloor.language.attributes import FAMILIES
from shopfloor.language.english import STOP_WORDS
from shopfloor.language.text import stem, stems, words
from shopfloor.search.synonyms import ASKING
from shopfloor.search.vocabulary import Vocabulary
from shopfloor.shop.models import Product

CERTAIN = 3
"""Words of a title in a row that name a product even where each is common."""
MANY, TOO_MANY = 200, 5_000
"""Titles with a word from which on a second one has to tell, and those beyond which nothing is looked at."""
SHORTEST_NAME = 5
"""Letters that a word needs to name a product by itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mention:
    """A stretch of text that names products."""

    start: int
    end: int
    products: tuple[ProductId, ...]
    """More than one where the words fit several names equally."""


class Names:
    """The names of a catalogue's products."""

    def __init__(self, products: Iterable[tuple[Product, Product]], vocabulary: Vocabulary) -> None:
        """Take the products, each beside itself in English, and what their catalogue calls things."""
        self._vocabulary = vocabulary
        self._titles: dict[ProductId, Sequence[Sequence[str]]] = {}
        """The stems of each product's title, and of its English where that is another."""
        self._bearing: defaultdict[str, list[ProductId]] = defaultdict(list)
        """The products whose titles hold a word."""
        self._common = {stem(word) for word in STOP_WORDS | ASKING}
        """The stems that describe rather than name: basic colours, categories, words of other texts."""
        self._common |= {stem(name) for name, family in FAMILIES.items() if name == family}
        self.put(products)

    def put(self, products: Iterable[tuple[Product, Product]]) -> None:
        """Take in products, in place of those of the same ids; the vocabulary knows them."""
        for product, english in products:
            self.remove(product.id)
            titles = [stems(one, keep_stop_words=True) for one in dict.fromkeys((product.title, english.title))]
            self._titles[product.id] = titles
            bearing = {word for title in titles for word in title}
            for word in bearing:
                self._bearing[word].append(product.id)
            for one in (product,) if english is product else (product, english):
                texts = " ".join((one.description, one.best_for, one.material, one.brand, *one.tags))
                self._common |= set(stems(texts, keep_stop_words=True)).difference(bearing)
        self._common |= {word for name in self._vocabulary.categories for word in name}

    def remove(self, product_id: ProductId) -> None:
        """Let go of a product, where there is such a one."""
        for word in {word for title in self._titles.pop(product_id, ()) for word in title}:
            self._bearing[word] = [each for each in self._bearing[word] if each != product_id]

    def find(self, text: str) -> tuple[ProductId, ...]:
        """Return the products that a text names, in the order of the text.

        A name is a whole title, or three of its words in a row, or two of which one is not common in the catalogue, or
        one that is in no other title and nowhere else in the catalogue.
        """
        named = [stem(self._vocabulary.correct(word)) for word in words(text) if word not in ("the", "a")]
        mentions = sorted(self._mentions(named), key=lambda mention: (mention.start - mention.end, mention.start))
        taken: set[int] = set()
        chosen: list[Mention] = []
        for mention in mentions:
            if taken.isdisjoint(range(mention.start, mention.end)):
                taken.update(range(mention.start, mention.end))
                chosen.append(mention)
        chosen.sort(key=lambda mention: mention.start)
        return tuple(dict.fromkeys(product for mention in chosen for product in mention.products))

    def _mentions(self, named: list[str]) -> Iterator[Mention]:
        """Yield at each word the longest stretch of any title that starts there."""
        for start, word in enumerate(named):
            lengths: dict[ProductId, int] = {}
            for product_id in self._candidates(named[start : start + CERTAIN]):
                for title in self._titles.get(product_id, ()):
                    for place in (place for place, one in enumerate(title) if one == word):
                        length = _run(title[place:], named[start:])
                        if self._is_name(title, named[start : start + length]):
                            lengths[product_id] = max(length, lengths.get(product_id, 0))
            if longest := max(lengths.values(), default=0):
                products = tuple(product_id for product_id, length in lengths.items() if length == longest)
                yield Mention(start=start, end=start + longest, products=products)

    def _candidates(self, written: list[str]) -> Sequence[ProductId]:
        """Return the products that a stretch of text may name which begins with these words.

        Where many titles hold the first word, a name needs the next one too, and a third where neither is rare; what is
        in thousands of titles names none.
        """
        bearing = self._bearing.get(written[0], [])
        if len(bearing) <= MANY:
            return bearing
        needed = written if self._common.issuperset(written[:2]) else written[:2]
        if len(needed) < (CERTAIN if needed is written else 2):
            return ()
        fewest = min((self._bearing.get(word, []) for word in needed), key=len)
        return fewest if len(fewest) <= TOO_MANY else ()

    def _is_name(self, title: Sequence[str], written: list[str]) -> bool:
        rare = [word for word in written if word not in self._common]
        if len(written) == 1:
            return bool(rare) and len(rare[0]) >= SHORTEST_NAME and len(self._bearing[rare[0]]) == 1
        return bool(rare) or len(written) in (len(title), CERTAIN)


def _run(title: Sequence[str], named: list[str]) -> int:
    """Return how many words of a title stand in a row; the title may have words between that the text leaves out."""
    place = count = 0
    for word in named:
        if word not in title[place:]:
            break
        place = title.index(word, place) + 1
        count += 1
    return count
