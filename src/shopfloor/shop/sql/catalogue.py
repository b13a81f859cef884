"""The catalogue on the database."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from shopfloor.database.changes import ChangeLog
from shopfloor.database.engine import Database
from shopfloor.kernel.changes import Changed
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop import putting, rules, writes
from shopfloor.shop.models import Options, Product, Promotion, Variant
from shopfloor.shop.sql.effects import Writer
from shopfloor.shop.sql.rows import ProductRow, PromotionRow, VariantRow

CHANGES = ChangeLog("shop_changes", key="product_id")
"""As triggers note them in the transaction of the change."""


class SqlCatalogue:
    """What is sold."""

    def __init__(self, database: Database, writer: Writer) -> None:
        """Take the database and what writes to it."""
        self._database = database
        self._writer = writer

    async def get_product(self, product_id: ProductId) -> Product | None:
        """Return a product, or None."""

        def read(session: Session) -> Product | None:
            row = session.get(ProductRow, product_id)
            return row and product_of(row)

        return await self._database.read(read)

    async def get_products(self, product_ids: Sequence[ProductId]) -> Sequence[Product]:
        """Return products in the order in which they are asked for."""
        wanted = select(ProductRow).where(ProductRow.id.in_(product_ids))

        def read(session: Session) -> Sequence[Product]:
            found = {row.id: product_of(row) for row in session.scalars(wanted)}
            return [found[each] for each in product_ids if each in found]

        return await self._database.read(read)

    async def find_product(self, sku: Sku) -> Product | None:
        """Return the product that a variant is of, or None."""
        of_variant = select(ProductRow).join(VariantRow).where(VariantRow.sku == sku)

        def read(session: Session) -> Product | None:
            row = session.scalar(of_variant)
            return row and product_of(row)

        return await self._database.read(read)

    async def list_products(self, *, after: ProductId | None = None, limit: int = 100) -> Sequence[Product]:
        """Return a page of products in the order of their ids."""
        page = select(ProductRow).order_by(ProductRow.id).limit(limit)
        if after is not None:
            page = page.where(ProductRow.id > after)
        return await self._database.read(lambda session: [product_of(row) for row in session.scalars(page)])

    async def active_promotions(self, at: datetime) -> Sequence[Promotion]:
        """Return the promotions that run at an instant."""
        running = select(PromotionRow).where(PromotionRow.starts_at <= at, PromotionRow.ends_at > at)
        ordered = running.order_by(PromotionRow.code)
        return await self._database.read(lambda session: [promotion_of(row) for row in session.scalars(ordered)])

    async def changes(self, after: str | None = None, *, limit: int = 1_000) -> Changed:
        """Return which products changed behind a mark."""
        return await self._database.read(lambda session: CHANGES.behind(session, after, limit))

    async def find_owners(self, skus: Collection[Sku]) -> Mapping[Sku, ProductId]:
        """Return of which products variants are."""
        return await self._database.read(lambda session: owners_of(session, skus))

    async def put_products(self, products: Sequence[Product], *, seen: Sequence[Product] | None = None) -> None:
        """Put products under their ids, all of them or none."""
        putting.check(products)

        def put(session: Session) -> None:
            putting.check_owners(products, owners_of(session, [each.sku for one in products for each in one.variants]))
            found = select(ProductRow).where(ProductRow.id.in_([product.id for product in products]))
            there = {row.id: product_of(row) for row in session.scalars(found)}
            putting.check_seen(products, there, seen)
            for product in products:
                if earlier := there.get(product.id):
                    session.merge(product_row(putting.merged(earlier, product)))
                else:
                    session.add(product_row(product))

        await self._database.write(put)

    async def remove_variants(self, skus: Collection[Sku]) -> Collection[ProductId]:
        """Remove variants, and products with their last ones."""

        def remove(session: Session) -> Collection[ProductId]:
            touched = set(owners_of(session, skus).values())
            session.execute(delete(VariantRow).where(VariantRow.sku.in_(skus)))
            kept = select(VariantRow.product_id).where(VariantRow.product_id.in_(touched))
            gone = sorted(touched - set(session.scalars(kept)))
            session.execute(delete(ProductRow).where(ProductRow.id.in_(gone)))
            return gone

        return await self._database.write(remove)

    async def set_stock(self, sku: Sku, quantity: int, *, key: str) -> Variant:
        """Say how many pieces of a variant can be sold now."""
        rules.check_stock(quantity)

        def set_stock(session: Session) -> Variant:
            row = session.get(VariantRow, sku, with_for_update=True)
            if row is None:
                raise NotFound(f"there is no variant {sku}: write its SKU as the catalogue has it")
            row.stock = quantity
            return variant_of(row)

        return await self._writer.once(writes.set_stock(sku, quantity, key=key), set_stock)


def product_of(row: ProductRow) -> Product:
    """Return the product of a row."""
    return Product(
        id=row.id,
        title=row.title,
        brand=row.brand,
        category=tuple(row.category),
        gender=row.gender,
        description=row.description,
        best_for=row.best_for,
        material=row.material,
        care=row.care,
        tags=tuple(row.tags),
        attributes=options_of(row.attributes or ()),
        rating=row.rating,
        review_count=row.review_count,
        variants=tuple(variant_of(variant) for variant in row.variants),
    )


def variant_of(row: VariantRow) -> Variant:
    """Return the variant of a row."""
    return Variant(
        sku=row.sku,
        colour=row.colour,
        size=row.size,
        price=Money(row.currency, row.price),
        compare_at=None if row.compare_at is None else Money(row.currency, row.compare_at),
        cost=None if row.cost is None else Money(row.currency, row.cost),
        stock=row.stock,
        options=options_of(row.options),
        tracks_stock=row.tracks_stock,
    )


def options_of(pairs: Sequence[Sequence[str]]) -> Options:
    """Return options as they are stored."""
    return tuple((name, value) for name, value in pairs)


def owners_of(session: Session, skus: Collection[Sku]) -> dict[Sku, ProductId]:
    """Return of which products variants are, as far as they are there."""
    owned = select(VariantRow.sku, VariantRow.product_id).where(VariantRow.sku.in_(skus))
    return {row.sku: row.product_id for row in session.execute(owned)}


def grow_stock(session: Session, grown: Mapping[Sku, int]) -> None:
    """Let stocks grow by pieces of orders, or shrink, where the variant is still sold and counted."""
    for sku in sorted(grown):
        counted = update(VariantRow).where(VariantRow.sku == sku, VariantRow.tracks_stock)
        session.execute(counted.values(stock=VariantRow.stock + grown[sku]))


def products_of(session: Session, skus: Iterable[Sku]) -> dict[Sku, Product]:
    """Return the products of variants, as far as there are any; nobody else changes their stock meanwhile."""
    wanted = select(VariantRow).where(VariantRow.sku.in_(set(skus))).order_by(VariantRow.sku).with_for_update()
    found = list(session.scalars(wanted.execution_options(populate_existing=True)))
    return {row.sku: product_of(session.get_one(ProductRow, row.product_id)) for row in found}


def variant_in(session: Session, sku: Sku) -> Variant:
    """Return a variant.

    Raises:
        NotFound: no such variant.
    """
    row = session.get(VariantRow, sku)
    if row is None:
        raise NotFound(f"there is no variant {sku}: write its SKU as the catalogue has it")
    return variant_of(row)


def promotion_of(row: PromotionRow) -> Promotion:
    """Return the promotion of a row."""
    return Promotion(
        code=row.code,
        title=row.title,
        percent_off=row.percent_off,
        category=row.category,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
    )


def product_row(product: Product) -> ProductRow:
    """Return the row of a product, with those of its variants."""
    return ProductRow(
        id=product.id,
        title=product.title,
        brand=product.brand,
        category=list(product.category),
        gender=product.gender,
        description=product.description,
        best_for=product.best_for,
        material=product.material,
        care=product.care,
        tags=list(product.tags),
        attributes=[list(attribute) for attribute in product.attributes],
        rating=product.rating,
        review_count=product.review_count,
        variants=[variant_row(variant, position) for position, variant in enumerate(product.variants)],
    )


def variant_row(variant: Variant, position: int) -> VariantRow:
    """Return the row of a variant."""
    return VariantRow(
        sku=variant.sku,
        position=position,
        colour=variant.colour,
        size=variant.size,
        price=variant.price.minor,
        compare_at=variant.compare_at and variant.compare_at.minor,
        cost=_minor_of_cost(variant),
        currency=variant.price.currency,
        stock=variant.stock,
        options=[list(option) for option in variant.options],
        tracks_stock=variant.tracks_stock,
    )


def _minor_of_cost(variant: Variant) -> int | None:
    """Return what a variant costs the shop in the currency of its price; None where that is not known."""
    return variant.cost.minor if variant.cost and variant.cost.currency == variant.price.currency else None


def promotion_row(promotion: Promotion) -> PromotionRow:
    """Return the row of a promotion."""
    return PromotionRow(
        code=promotion.code,
        title=promotion.title,
        percent_off=promotion.percent_off,
        category=promotion.category,
        starts_at=promotion.starts_at,
        ends_at=promotion.ends_at,
    )
