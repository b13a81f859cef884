"""Finding products: constraints decide what is shown, the words the order."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from anyio import to_thread

from shopfloor.kernel.ids import ProductId
from shopfloor.search.contract import NO_TASTES, Embedder, Page, ProductHit, ProductQuery, ProductResults, Tastes
from shopfloor.search.index import Index
from shopfloor.search.searching import Searching
from shopfloor.search.understanding import like, understand
from shopfloor.shop.contract import Catalogue
from shopfloor.shop.models import Product

PAGE = 200


class CatalogueSearch:
    """A `ProductSearch` over products as they were when they were last indexed."""

    def __init__(self, products: Iterable[Product], embedder: Embedder | None = None) -> None:
        """Index products; `embedder` says what they mean, None where nothing does."""
        self._embedder = embedder
        self._index = Index(products, embedder)

    @classmethod
    async def build(cls, catalogue: Catalogue, embedder: Embedder | None = None) -> "CatalogueSearch":
        """Index everything a catalogue holds, in a thread."""
        return await to_thread.run_sync(cls, await _all_products(catalogue), embedder)

    async def refresh(self, catalogue: Catalogue) -> None:
        """Index a catalogue again, after prices or stock have changed; searches meanwhile find what was."""
        self._index = await to_thread.run_sync(Index, await _all_products(catalogue), self._embedder)

    def understand(self, text: str) -> ProductQuery:
        """Read the constraints out of a customer's words, against what the catalogue has.

        Words that are part of a product's name do not ask for another category.
        """
        query = understand(text, self._index.vocabulary)
        paths = [self._index.row(product_id).product.category for product_id in self.named(text)]
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
        product = self._index.find_product(product_id)
        return product.category if product else ()

    async def search(
        self, query: ProductQuery, *, limit: int = 3, tastes: Tastes = NO_TASTES, page: Page | None = None
    ) -> ProductResults:
        """Return the best products; constraints are dropped, the least costly first, where nothing meets them all.

        Where no category is named, a product must hold at least one of the words. Where the words
        describe some of the products found, the others are left out. A word that names a category or a brand is only
        a word where products of another hold more of the query: the `drill bit set` is no `Set`.
        """
        search = Searching(self._index, self._embedder, query, tastes, page)
        return await to_thread.run_sync(search.results, limit)

    async def similar(self, product_id: ProductId, *, limit: int = 3) -> Sequence[ProductHit]:
        """Return what is most like a product, in stock, the best first; nothing where there is no such product."""
        product = self._index.find_product(product_id)
        if product is None:
            return ()
        results = await self.search(like(product), limit=limit + 1, page=Page())
        return [hit for hit in results.hits if hit.product.id != product_id][:limit]


async def _all_products(catalogue: Catalogue) -> list[Product]:
    products: list[Product] = []
    while page := await catalogue.list_products(after=products[-1].id if products else None, limit=PAGE):
        products.extend(page)
    return products
