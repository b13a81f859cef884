"""A product index that follows its catalogue: what changes there is found, and not, within a second.

Each process has an index of its own, in memory, made from the catalogue when it starts. What is in it can be lost at
any point, since the catalogue holds all there is; and as a mark is moved only once what lies before it is indexed,
what a failure interrupts is taken in again.
"""

import logging
from time import monotonic

import anyio
from anyio import to_thread

from shopfloor.kernel.errors import NotFound, StorageError, Unavailable
from shopfloor.kernel.ids import ProductId
from shopfloor.search.contract import Embedder
from shopfloor.search.products import CatalogueSearch
from shopfloor.shop.contract import Catalogue
from shopfloor.shop.models import Product

PAGE = 200
"""Products that are read at once."""
LOOK_S = 0.3
"""How often it is looked whether anything has changed."""

logger = logging.getLogger(__name__)


class Follower:
    """Keeps an index at what its catalogue holds."""

    def __init__(self, catalogue: Catalogue, search: CatalogueSearch, mark: str) -> None:
        """Take a catalogue, its index, and the mark of the catalogue from before it was indexed."""
        self._catalogue = catalogue
        self.search = search
        self._mark = mark
        self._following = anyio.Lock()
        self._looked_at = monotonic()

    @classmethod
    async def start(cls, catalogue: Catalogue, embedder: Embedder | None = None) -> "Follower":
        """Index everything a catalogue holds, in a thread."""
        changes = await catalogue.changes()  # before it is read: what changes meanwhile is read again
        products = await _all_products(catalogue)
        return cls(catalogue, await to_thread.run_sync(CatalogueSearch, products, embedder), changes.mark)

    async def run(self) -> None:
        """Keep the index up for ever."""
        while True:
            await self.keep_up()
            await anyio.sleep(LOOK_S)

    async def keep_up(self) -> None:
        """Take in what has changed, unless it was looked for just now or somebody is at it.

        Where the catalogue fails, the index serves on as it is.
        """
        if self._following.locked() or monotonic() - self._looked_at < LOOK_S / 2:
            return
        async with self._following:
            try:
                while await self._take_in():
                    pass
            except (StorageError, Unavailable) as error:
                logger.warning("the product index stays as it was: %s", error)
            self._looked_at = monotonic()

    async def _take_in(self) -> bool:
        """Take in a page of changes, and say whether there were any."""
        try:
            changes = await self._catalogue.changes(self._mark, limit=PAGE)
        except NotFound:  # such as a database that was restored
            self._mark = (await self._catalogue.changes()).mark
            await to_thread.run_sync(self.search.replace, await _all_products(self._catalogue))
            return True
        if not changes.keys:
            self._mark = changes.mark
            return False
        changed = [ProductId(key) for key in changes.keys]
        products = await self._catalogue.get_products(changed)
        gone = set(changed).difference(product.id for product in products)
        await to_thread.run_sync(self.search.change, products, gone)
        self._mark = changes.mark
        return True


async def _all_products(catalogue: Catalogue) -> list[Product]:
    products: list[Product] = []
    while page := await catalogue.list_products(after=products[-1].id if products else None, limit=PAGE):
        products.extend(page)
    return products
