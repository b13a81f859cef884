"""Finding products in a catalogue held in memory: constraints decide what is shown, BM25 and small boosts the order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from anyio import to_thread

from shopfloor.kernel.ids import ProductId
from shopfloor.language.text import stem, stems, words
from shopfloor.search.bm25 import Bm25
from shopfloor.search.contract import NO_TASTES, ProductHit, ProductQuery, ProductResults, Tastes
from shopfloor.search.fit import COSTS, Fit, Shelved, best_fits, liking, shelve
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Index:
    """A catalogue made ready to be searched."""

    vocabulary: Vocabulary
    names: Names
    shelf: tuple[Shelved, ...]
    words: Bm25
    categories: dict[ProductId, tuple[str, ...]]
    titles: dict[ProductId, frozenset[str]]
    """The words of each product's name."""
    praise: dict[ProductId, frozenset[str]]
    """The stems of what each product is best for and of its tags."""


class CatalogueSearch:
    """A `ProductSearch` over products as they were when they were last indexed."""

    def __init__(self, products: Iterable[Product]) -> None:
        """Index products."""
        self._index = _index(products)

    @classmethod
    async def build(cls, catalogue: Catalogue) -> "CatalogueSearch":
        """Index everything a catalogue holds, in a thread."""
        return await to_thread.run_sync(cls, await _all_products(catalogue))

    async def refresh(self, catalogue: Catalogue) -> None:
        """Index a catalogue again, after prices or stock have changed; searches meanwhile find what was."""
        self._index = await to_thread.run_sync(_index, await _all_products(catalogue))

    def understand(self, text: str) -> ProductQuery:
        """Read the constraints out of a customer's words, against what the catalogue has.

        Words that are part of a product's name do not ask for another category.
        """
        query = understand(text, self._index.vocabulary)
        named = set(self.named(text))
        paths = [shelved.product.category for shelved in self._index.shelf if shelved.product.id in named]
        is_elsewhere = bool(paths) and not any(query.category in path for path in paths)
        return replace(query, category=None) if is_elsewhere else query

    def named(self, text: str) -> Sequence[ProductId]:
        """Return the products whose names a text mentions, misspellings allowed, in the order they are mentioned."""
        return self._index.names.find(text)

    def words(self) -> frozenset[str]:
        """Return the words that the catalogue is written in, normalised."""
        return self._index.vocabulary.words

    def title_words(self, product_id: ProductId) -> frozenset[str]:
        """Return the words of a product's name, normalised; none where there is no such product."""
        return self._index.titles.get(product_id, frozenset())

    def category_of(self, product_id: ProductId) -> Sequence[str]:
        """Return the path of a product's category; empty where there is no such product."""
        return self._index.categories.get(product_id, ())

    async def search(self, query: ProductQuery, *, limit: int = 3, tastes: Tastes = NO_TASTES) -> ProductResults:
        """Return the best products; constraints are dropped, the least costly first, where nothing meets them all.

        Where no category is named, a product must hold at least one of the words. Where the words
        describe some of the products found, the others are left out.
        """
        index = self._index
        wanted = {stem(word): index.words.idf(stem(word)) for word in query.words}
        matches = index.words.scores(wanted)
        is_open = query.category is None and bool(wanted)
        shelf = [shelved for shelved in index.shelf if shelved.product.id in matches] if is_open else index.shelf
        fits = _described(best_fits(shelf, query, tastes), wanted)
        best = max((matches.get(fit.shelved.product.id, 0.0) for fit in fits), default=0.0) or 1.0
        scores = {fit.shelved.product.id: _score(fit, query, wanted, index) + liking(fit, tastes) for fit in fits}
        scores = {id_: round(matches.get(id_, 0.0) / best + score, 6) for id_, score in scores.items()}
        ranked = sorted(
            fits, key=lambda fit: (fit.is_other_size, -scores[fit.shelved.product.id], fit.shelved.product.id)
        )
        missed = {name for fit in fits for name in fit.missed}
        return ProductResults(
            query=query,
            hits=tuple(_hit(fit, query, scores[fit.shelved.product.id]) for fit in ranked[:limit]),
            relaxed=tuple(label for name in COSTS if name in missed for label in _labels(name, query)),
            total=len(fits),
        )


def _index(products: Iterable[Product]) -> Index:
    held = sorted(products, key=lambda product: product.id)
    vocabulary = Vocabulary(held)
    index = Index(
        vocabulary=vocabulary,
        names=Names(held, vocabulary),
        shelf=tuple(map(shelve, held)),
        words=Bm25(WEIGHTS),
        categories={product.id: product.category for product in held},
        titles={product.id: frozenset(words(product.title)) for product in held},
        praise={product.id: frozenset(stems(" ".join((product.best_for, *product.tags)))) for product in held},
    )
    for product in held:
        index.words.add(product.id, _fields(product))
    return index


def _score(fit: Fit, query: ProductQuery, wanted: Mapping[str, float], index: Index) -> float:
    """Return what a product gains beyond the match of its words."""
    product = fit.shelved.product
    score = PRAISED * _share(wanted, index.praise[product.id])
    score += EXACT_COLOUR * (fit.variant.colour in query.colours)
    score += LACKING * any(stem(word) in fit.shelved.lacking for word in query.without)
    return score + RATED * _stars(product) / 5


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


def _labels(constraint: str, query: ProductQuery) -> list[str]:
    """Return how a dropped constraint is called: a feature by its own name."""
    return sorted(query.features) if constraint == "features" else [constraint]


def _hit(fit: Fit, query: ProductQuery, score: float) -> ProductHit:
    return ProductHit(product=fit.shelved.product, sku=fit.variant.sku, score=score, reasons=reasons(fit, query))


async def _all_products(catalogue: Catalogue) -> list[Product]:
    products: list[Product] = []
    while page := await catalogue.list_products(after=products[-1].id if products else None, limit=PAGE):
        products.extend(page)
    return products
