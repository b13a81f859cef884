"""What is sold, in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from shopfloor.kernel.changes import Changed
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.shop import putting, rules, writes
from shopfloor.shop.memory.shelves import Part
from shopfloor.shop.models import (
    Product,
    Promotion,
    Variant,
)


class MemoryCatalogue(Part):
    """What is sold."""

    async def get_product(self, product_id: ProductId) -> Product | None:
        """Return a product, or None."""
        return self._shelves.products.get(product_id)

    async def get_products(self, product_ids: Sequence[ProductId]) -> Sequence[Product]:
        """Return products in the order in which they are asked for."""
        return [self._shelves.products[each] for each in product_ids if each in self._shelves.products]

    async def find_product(self, sku: Sku) -> Product | None:
        """Return the product that a variant is of, or None."""
        return self._shelves.product_of(sku)

    async def list_products(self, *, after: ProductId | None = None, limit: int = 100) -> Sequence[Product]:
        """Return a page of products in the order of their ids."""
        return [product for id_, product in self._shelves.products.items() if after is None or id_ > after][:limit]

    async def active_promotions(self, at: datetime) -> Sequence[Promotion]:
        """Return the promotions that run at an instant."""
        return [promotion for promotion in self._shelves.promotions if rules.is_active(promotion, at)]

    async def changes(self, after: str | None = None, *, limit: int = 1_000) -> Changed:
        """Return which products changed behind a mark."""
        return self._shelves.changes.behind(after, limit)

    async def find_owners(self, skus: Collection[Sku]) -> Mapping[Sku, ProductId]:
        """Return of which products variants are."""
        return {sku: product.id for sku, product in self._shelves.products_of(skus).items()}

    async def put_products(self, products: Sequence[Product], *, seen: Sequence[Product] | None = None) -> None:
        """Put products under their ids, all of them or none."""
        putting.check(products)
        putting.check_seen(products, self._shelves.products, seen)
        putting.check_owners(products, await self.find_owners([each.sku for one in products for each in one.variants]))
        self._shelves.put([putting.merged(self._shelves.products.get(product.id), product) for product in products])

    async def remove_variants(self, skus: Collection[Sku]) -> Collection[ProductId]:
        """Remove variants, and products with their last ones."""
        return self._shelves.remove(frozenset(skus))

    async def set_stock(self, sku: Sku, quantity: int, *, key: str) -> Variant:
        """Say how many pieces of a variant can be sold now."""
        rules.check_stock(quantity)

        def set_stock() -> Variant:
            variant = replace(self._shelves.variant(sku), stock=quantity)
            self._shelves.restock(sku, quantity)
            return variant

        return self._shelves.once(writes.set_stock(sku, quantity, key=key), set_stock)
