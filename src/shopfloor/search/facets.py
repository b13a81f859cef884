"""What tells the products found apart, counted, so that a page of results can be narrowed down."""

from collections import Counter
from collections.abc import Sequence

from shopfloor.search.contract import Facet
from shopfloor.search.rows import Row


def facets(rows: Sequence[Row], *, in_stock: bool) -> tuple[Facet, ...]:
    """Return how many of some products are of each category, brand, colour and size, and whom they are for.

    The most frequent values come first, then by name. A product counts once for each value that any of its variants
    has; `in_stock` says whether only those count that can be had.
    """
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("category", "brand", "colour", "size", "gender")}
    for row in rows:
        product = row.product
        variants = [
            (variant, families)
            for variant, families in zip(product.variants, row.families, strict=True)
            if variant.stock > 0 or not in_stock
        ]
        counts["category"].update(product.category[-1:])
        counts["brand"].update([product.brand] if product.brand else [])
        counts["gender"].update([product.gender] if product.gender else [])
        counts["colour"].update({family for _, families in variants for family in families})
        counts["size"].update({variant.size for variant, _ in variants if variant.size})
    return tuple(
        Facet(name=name, counts=tuple(sorted(found.items(), key=lambda each: (-each[1], each[0]))))
        for name, found in counts.items()
        if found
    )
