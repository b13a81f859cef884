"""The words of one catalogue: what its categories and brands are called, and which word a misspelt one stands for."""

from collections.abc import Iterable, Sequence

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
Stems = tuple[str, ...]


FEATURE_CATEGORIES = 4
"""A tag in so many categories is a feature rather than a kind of product."""


class Vocabulary:
    """What a catalogue calls things."""

    def __init__(self, products: Sequence[Product]) -> None:
        """Read the words of products."""
        self.categories = _categories(products)
        self.brands = {tuple(words(product.brand)): product.brand for product in products}
        self.sizes = {
            variant.size.lower(): variant.size for product in products for variant in product.variants if variant.size
        }
        self.currency = next((variant.price.currency for product in products for variant in product.variants), None)
        self.words = frozenset(_words(products))
        stemmed = (word for names in self.categories for word in names)
        self.features = _features(products)
        self.correct = Speller(self.words, right=ASKING.union(stemmed)).correct

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


def _categories(products: Iterable[Product]) -> dict[Stems, tuple[str, ...]]:
    """Return the paths of the categories by the stems of their names; a category's own name goes before a synonym."""
    paths = {product.category[: depth + 1] for product in products for depth in range(len(product.category))}
    own: dict[Stems, tuple[str, ...]] = {}
    others: dict[Stems, tuple[str, ...]] = {}
    for path in sorted(paths, key=lambda path: (len(path), path)):
        name = path[-1].lower().replace(" and ", " & ")
        if WORN.issuperset(words(name)):
            continue
        for part in (name, *name.split(" & ")):
            own[_stems(part)] = path
            for other in (*CATEGORY_NAMES.get(part, ()), *KINDS.get(part, ())):
                others[_stems(other)] = path
    return others | own


def _features(products: Sequence[Product]) -> frozenset[str]:
    """Return the stems of tags that say what products of several categories are like."""
    categories: dict[str, set[str]] = {}
    for product in products:
        for tag in product.tags:
            if len(words(tag)) == 1:
                categories.setdefault(stem(tag), set()).add(product.category[-1] if product.category else "")
    own = {stem(word) for product in products for part in product.category for word in words(part)}
    return frozenset(tag for tag, found in categories.items() if len(found) >= FEATURE_CATEGORIES and tag not in own)


def _stems(name: str) -> Stems:
    return tuple(stem(word) for word in words(name))


def _words(products: Iterable[Product]) -> set[str]:
    texts = {
        text
        for product in products
        for text in (
            product.title,
            product.brand,
            product.best_for,
            product.description,
            product.material,
            *product.tags,
            *product.category,
        )
    }
    colours = {variant.colour or "" for product in products for variant in product.variants}
    synonyms = {name for listed in (CATEGORY_NAMES, KINDS) for names in listed.values() for name in names}
    return {word for text in texts | colours | synonyms for word in words(text)}
