"""The words of one catalogue: what its categories and brands are called, and which word a misspelt one stands for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from shopfloor.language.english import GENDERS, RELATIONS
from shopfloor.language.text import stem, words
from shopfloor.search.spelling import Speller
from shopfloor.search.synonyms import ASKING, CATEGORY_NAMES, KINDS, NO_CATEGORY
from shopfloor.shop.models import Product

LONGEST_NAME = 3
"""Words of the longest name of a category or brand that is looked for."""
NARROWER = frozenset(tuple(stem(word) for word in words(kind)) for kinds in KINDS.values() for kind in kinds)
"""The stems of the names that are narrower than their category."""
WORN = frozenset(name for names in (GENDERS, RELATIONS) for listed in names.values() for name in listed.split())
"""Words for who wears a thing: `women` is no category that somebody names, but whom it is for."""
SYNONYMS = {name for listed in (CATEGORY_NAMES, KINDS) for names in listed.values() for name in names}
Stems = tuple[str, ...]

FEATURE_CATEGORIES = 4
"""A tag in so many categories is a feature rather than a kind of product."""


class Vocabulary:
    """What a catalogue calls things."""

    def __init__(self, products: Iterable[tuple[Product, Product]]) -> None:
        """Read the words of products, each given beside itself in English."""
        self.categories: dict[Stems, tuple[str, ...]] = {}
        """The paths of the categories by the stems of their names."""
        self.brands: dict[tuple[str, ...], str] = {}
        self.names: dict[str, str] = {}
        """Of categories and brands, as the shop writes them, by lower case."""
        self.sizes: dict[str, str] = {}
        """As the shop writes them, by lower case."""
        self.currency: str | None = None
        self.features: frozenset[str] = frozenset()
        """The stems of tags that say what products of several categories are like."""
        self.words = {word for names in SYNONYMS for word in words(names)}
        self._paths: dict[tuple[str, ...], str] = {}
        """All categories with their names in English."""
        self._tagged: dict[str, set[str]] = {}
        self._speller = Speller(self.words, right=ASKING)
        self.correct = self._speller.correct
        self.add(products)

    def add(self, products: Iterable[tuple[Product, Product]]) -> None:
        """Read the words of further products; what was read before is not forgotten."""
        texts: set[str] = set()
        for product, english in products:
            path = product.category
            self._paths.update((path[: depth + 1], english.category[depth]) for depth in range(len(path)))
            self.brands[tuple(words(product.brand))] = product.brand
            self.names.update((name.lower(), name) for name in (*path, product.brand))
            for tag in {*product.tags, *english.tags}:
                if len(words(tag)) == 1:
                    self._tagged.setdefault(stem(tag), set()).add(path[-1] if path else "")
            for variant in product.variants:
                self.currency = self.currency or variant.price.currency
                if variant.size:
                    self.sizes[variant.size.lower()] = variant.size
            texts.update(_texts(product))
            if english is not product:
                texts.update(_texts(english))
        self.categories = _categories(self._paths)
        own = {stem(word) for path, english in self._paths.items() for word in words(f"{path[-1]} {english}")}
        self.features = frozenset(
            tag for tag, found in self._tagged.items() if len(found) >= FEATURE_CATEGORIES and tag not in own
        )
        new = {word for text in texts for word in words(text)} - self.words
        self._speller.add(new, right=(word for name in self.categories for word in name))
        self.words |= new

    def category_at(self, named: Sequence[str], start: int) -> tuple[tuple[str, ...], int] | None:
        """Return the path of the category named by the words from a place on, and how many words name it."""
        for length in range(min(LONGEST_NAME, len(named) - start), 0, -1):
            written = named[start : start + length]
            if length == 1 and written[0] in NO_CATEGORY:
                continue
            stemmed = tuple(stem(word) for word in written)
            for name in (stemmed, ("".join(written),)) if length > 1 else (stemmed,):
                if name in self.categories:
                    return self.categories[name], length
        return None

    def brand_at(self, named: Sequence[str], start: int) -> tuple[str, int] | None:
        """Return the brand named by the words from a place on and how many words name it."""
        for length in range(min(LONGEST_NAME, len(named) - start), 0, -1):
            if brand := self.brands.get(tuple(named[start : start + length])):
                return brand, length
        return None


def _categories(paths: Mapping[tuple[str, ...], str]) -> dict[Stems, tuple[str, ...]]:
    """Return the paths of the categories by the stems of their names; a category's own name goes before a synonym."""
    own: dict[Stems, tuple[str, ...]] = {}
    others: dict[Stems, tuple[str, ...]] = {}
    for path in sorted(paths, key=lambda path: (len(path), path)):
        for name in dict.fromkeys((path[-1], paths[path])):
            plain = name.lower().replace(" and ", " & ")
            if WORN.issuperset(words(plain)):
                continue
            for part in (plain, *plain.split(" & ")):
                own[_stems(part)] = path
                for other in (*CATEGORY_NAMES.get(part, ()), *KINDS.get(part, ())):
                    others[_stems(other)] = path
    return others | own


def _stems(name: str) -> Stems:
    return tuple(stem(word) for word in words(name))


def _texts(product: Product) -> Iterator[str]:
    yield from (product.title, product.brand, product.best_for, product.description, product.material)
    yield from (*product.tags, *product.category)
    yield from (variant.colour for variant in product.variants if variant.colour)
