"""Finding products in a catalogue held in memory: constraints decide what is shown, BM25 and small boosts the order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from shopfloor.kernel.ids import ProductId
from shopfloor.language.text import stem, stems, words
from shopfloor.search.bm25 import Bm25
from shopfloor.search.contract import ProductHit, ProductQuery, ProductResults
from shopfloor.search.fit import COSTS, Fit, best_fits, shelve
from shopfloor.search.naming import Names
from shopfloor.search.reasons import reasons
from shopfloor.search.understanding import understand
from shopfloor.search.vocabulary import Vocabulary
from shopfloor.shop.contract import Catalogue
from shopfloor.shop.models import Product

WEIGHTS = {"title": 3.0, "category": 2.0, "best_for": 2.0, "tags": 2.0, "colours": 1.5, "brand": 1.5, "text": 1.0}
"""What a word counts in each field."""
PRAISED = 0.3
"""What it adds when all the words stand in what a product is best for or its tags."""
EXACT_COLOUR = 0.05
"""What it adds when the colour is just the one named, not one of its family."""
LACKING = 0.2
"""What it adds when a product says itself that it is without what is not wanted."""
MOST = 0.4
"""The share of the words from which on they describe a product."""
RATED = 0.02
"""What five stars add."""
MIDDLING = 4.0
MIDDLING_REVIEWS = 10
"""A product without reviews ranks as if it had this many of this mean."""
PAGE = 200


class CatalogueSearch:
    """A `ProductSearch` over products as they were when it was built."""

    def __init__(self, products: Iterable[Product]) -> None:
        """Index products."""
        self._vocabulary: Vocabulary
        self.rebuild(products)

    @classmethod
    async def build(cls, catalogue: Catalogue) -> "CatalogueSearch":
        """Index everything a catalogue holds."""
        return cls(await _all_products(catalogue))

    async def refresh(self, catalogue: Catalogue) -> None:
        """Index a catalogue again, after prices or stock have changed."""
        self.rebuild(await _all_products(catalogue))

    def rebuild(self, products: Iterable[Product]) -> None:
        """Take other products in place of those held."""
        held = sorted(products, key=lambda product: product.id)
        self._vocabulary = Vocabulary(held)
        self._names = Names(held, self._vocabulary)
        self._title_words = {product.id: frozenset(words(product.title)) for product in held}
        self._shelf = [shelve(product) for product in held]
        self._categories = {product.id: product.category for product in held}
        self._index = Bm25(WEIGHTS)
        self._praise = {product.id: frozenset(stems(" ".join((product.best_for, *product.tags)))) for product in held}
        for product in held:
            self._index.add(product.id, _fields(product))

    def understand(self, text: str) -> ProductQuery:
        """Read the constraints out of a customer's words, against what the catalogue has.

        Words that are part of a product's name do not ask for another category.
        """
        query = understand(text, self._vocabulary)
        named = {product_id: self._categories[product_id] for product_id in self.named(text)}
        is_elsewhere = bool(named) and not any(query.category in path for path in named.values())
        return replace(query, category=None) if is_elsewhere else query

    def named(self, text: str) -> Sequence[ProductId]:
        """Return the products whose names a text mentions, misspellings allowed, in the order they are mentioned."""
        return self._names.find(text)

    def title_words(self, product_id: ProductId) -> frozenset[str]:
        """Return the words of a product's name, normalised; none where there is no such product."""
        return self._title_words.get(product_id, frozenset())

    async def search(self, query: ProductQuery, *, limit: int = 3) -> ProductResults:
        """Return the best products; constraints are dropped, the least costly first, where nothing meets them all.

        Where no category is named, a product must hold at least one of the words. Where the words
        describe some of the products found, the others are left out.
        """
        wanted = {stem(word): self._index.idf(stem(word)) for word in query.words}
        matches = self._index.scores(wanted)
        is_open = query.category is None and bool(wanted)
        shelf = [shelved for shelved in self._shelf if shelved.product.id in matches] if is_open else self._shelf
        fits = _described(best_fits(shelf, query), wanted)
        best = max((matches.get(fit.shelved.product.id, 0.0) for fit in fits), default=0.0) or 1.0
        ranked = sorted(
            ((self._score(fit, query, wanted, matches.get(fit.shelved.product.id, 0.0) / best), fit) for fit in fits),
            key=lambda scored: (-scored[0], scored[1].shelved.product.id),
        )
        missed = {name for fit in fits for name in fit.missed}
        return ProductResults(
            query=query,
            hits=tuple(_hit(fit, query, score) for score, fit in ranked[:limit]),
            relaxed=tuple(name for name in COSTS if name in missed),
            total=len(fits),
        )

    def _score(self, fit: Fit, query: ProductQuery, wanted: Mapping[str, float], match: float) -> float:
        product = fit.shelved.product
        score = match + PRAISED * _share(wanted, self._praise[product.id])
        score += EXACT_COLOUR * (fit.variant.colour in query.colours)
        score += LACKING * any(stem(word) in fit.shelved.lacking for word in query.without)
        return round(score + RATED * _stars(product) / 5, 6)


def _described(fits: list[Fit], wanted: Mapping[str, float]) -> list[Fit]:
    """Keep the products that the words describe, or all where there are none such."""
    return [fit for fit in fits if _share(wanted, fit.shelved.described) > MOST] or fits


def _share(wanted: Mapping[str, float], has: frozenset[str]) -> float:
    """Return what share of the words, by their weight, a product has."""
    return sum(weight for word, weight in wanted.items() if word in has) / (sum(wanted.values()) or 1.0)


def _fields(product: Product) -> dict[str, list[str]]:
    colours = {variant.colour for variant in product.variants if variant.colour}
    return {
        "title": stems(product.title),
        "category": stems(" ".join(product.category)),
        "best_for": stems(product.best_for),
        "tags": stems(" ".join(product.tags)),
        "colours": stems(" ".join(sorted(colours))),
        "brand": stems(product.brand),
        "text": stems(f"{product.description} {product.material}"),
    }


def _stars(product: Product) -> float:
    reviews = product.review_count if product.rating is not None else 0
    return ((product.rating or 0.0) * reviews + MIDDLING * MIDDLING_REVIEWS) / (reviews + MIDDLING_REVIEWS)


def _hit(fit: Fit, query: ProductQuery, score: float) -> ProductHit:
    return ProductHit(product=fit.shelved.product, sku=fit.variant.sku, score=score, reasons=reasons(fit, query))


async def _all_products(catalogue: Catalogue) -> list[Product]:
    products: list[Product] = []
    while page := await catalogue.list_products(after=products[-1].id if products else None, limit=PAGE):
        products.extend(page)
    return products
