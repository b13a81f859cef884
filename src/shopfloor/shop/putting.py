"""What becomes of products that are put into a catalogue: the same in every implementation of the shop."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from shopfloor.kernel.errors import Conflict, InvalidInput
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.shop import rules
from shopfloor.shop.models import Product


def merged(earlier: Product | None, given: Product) -> Product:
    """Return a product with those of its earlier variants that it does not name behind its own, as they were."""
    named = {variant.sku for variant in given.variants}
    others = [variant for variant in earlier.variants if variant.sku not in named] if earlier else []
    return replace(given, variants=(*given.variants, *others))


def check(products: Sequence[Product]) -> None:
    """Check what can be told of products by themselves.

    Raises:
        InvalidInput: a negative stock, a product without variants or with prices in several currencies, or a product
            or a variant that is named twice.
    """
    for id_, count in Counter(product.id for product in products).items():
        if count > 1:
            raise InvalidInput(f"product {id_} is named {count} times: put each once")
    for sku, count in Counter(variant.sku for product in products for variant in product.variants).items():
        if count > 1:
            raise InvalidInput(f"variant {sku} is named {count} times: put each once")
    for product in products:
        if not product.variants:
            raise InvalidInput(f"product {product.id} has no variant: give it one that can be bought")
        check_currency(product)
        for variant in product.variants:
            rules.check_stock(variant.stock)


def check_currency(product: Product) -> None:
    """Check that all that a product costs is in one currency.

    Raises:
        InvalidInput: it is not.
    """
    codes = sorted({variant.price.currency for variant in product.variants})
    if len(codes) > 1:
        raise InvalidInput(f"product {product.id} has prices in {' and '.join(codes)}: give all in one currency")


def check_seen(products: Sequence[Product], there: Mapping[ProductId, Product], seen: Sequence[Product] | None) -> None:
    """Check that what is there of products is as it was seen, if that is asked for.

    Raises:
        Conflict: it is not.
    """
    known = {product.id: product for product in seen or ()}
    for product in products if seen is not None else ():
        if there.get(product.id) != known.get(product.id):
            raise Conflict(f"product {product.id} changed meanwhile: read it again")


def check_owners(products: Sequence[Product], owners: Mapping[Sku, ProductId]) -> None:
    """Check that no variant is taken from another product.

    Raises:
        Conflict: one is.
    """
    for product in products:
        for variant in product.variants:
            if (owner := owners.get(variant.sku, product.id)) != product.id:
                raise Conflict(f"variant {variant.sku} is one of product {owner}: remove it there first")
