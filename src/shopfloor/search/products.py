"""Finding products: constraints decide what is shown, the words the order."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from anyio import to_thread

from shopfloor.kernel.ids import ProductId
from shopfloor.language.text import words
from shopfloor.search.contract import NO_TASTES, Embedder, Page, ProductHit, ProductQuery, ProductResults, Tastes
from shopfloor.search.glossing import query_in_english
from shopfloor.search.index import Index
from shopfloor.search.searching import Searching
from shopfloor.search.understanding import like, understand
from shopfloor.shop.models import Product


class CatalogueSearch:
    """A `ProductSearch` over products as they were when it last heard of them."""

    def __init__(self, products: Iterable[Product], embedder: Embedder | None = None) -> None:
        """Index products; `embedder` says what they mean, None where nothing does."""
        self._embedder = embedder
        self._index = Index(products, embedder)

    def change(self, products: Sequence[Product], gone: Iterable[ProductId] = ()) -> None:
        """Take in products that are new or have changed, and let go of others; one thread at a time may.

        Searches go on meanwhile. Where much was reworded, all is indexed anew beside what serves, and put in its place.
        """
        self._index.change(products, gone)
        if self._index.is_outdated:
            self.replace(self._index.products())

    def replace(self, products: Iterable[Product]) -> None:
        """Index products in place of all there were; one thread at a time may."""
        self._index = Index(products, self._embedder)

    def understand(self, text: str) -> ProductQuery:
        """Read the constraints out of a customer's words, in any of the team's languages, against the catalogue.

        Words that are part of a product's name do not ask for another category.
        """
        read = query_in_english(text, self._index.language, self._index.vocabulary.words)
        query = replace(understand(read, self._index.vocabulary), text=text)
        paths = [self.category_of(product_id) for product_id in self.named(read)]
        is_elsewhere = bool(paths) and not any(query.category in path for path in paths)
        return replace(query, category=None) if is_elsewhere else query

    def named(self, text: str) -> Sequence[ProductId]:
        """Return the products whose names a text mentions, misspellings allowed, in the order they are mentioned."""
        return self._index.names.find(text)

    def words(self) -> frozenset[str]:
        """Return the words that the catalogue is written in, normalised."""
        return frozenset(self._index.vocabulary.words)

    def title_words(self, product_id: ProductId) -> frozenset[str]:
        """Return the words of a product's name, normalised; none where there is no such product."""
        product = self._index.find_product(product_id)
        return frozenset(words(product.title)) if product else frozenset()

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
        search = Searching(self._index, self._embedder, self._as_written(query), tastes, page)
        return await to_thread.run_sync(search.results, limit)

    def _as_written(self, query: ProductQuery) -> ProductQuery:
        """Return a query whose filters are named as the catalogue names them, in whatever case they were set."""
        names = self._index.vocabulary.names
        held = {"category": query.category, "brand": query.brand}
        written = {kind: names.get(name.lower(), name) for kind, name in held.items() if name and kind in query.held}
        return replace(query, **written)

    async def similar(self, product_id: ProductId, *, limit: int = 3) -> Sequence[ProductHit]:
        """Return what is most like a product, in stock, the best first; nothing where there is no such product."""
        product = self._index.find_product(product_id)
        if product is None:
            return ()
        results = await self.search(like(product), limit=limit + 1, page=Page())
        return [hit for hit in results.hits if hit.product.id != product_id][:limit]
