"""Products by a customer's words, for a shop's own search page and for whoever wants to know what the team finds."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from shopfloor.http.access import Viewer
from shopfloor.http.running import Here
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import ProductId
from shopfloor.kernel.money import Money
from shopfloor.search.contract import LONGEST_QUERY, Page, ProductHit, ProductResults, Sort, narrowed, understood

router = APIRouter(prefix="/v1/products", tags=["products"])

DEEPEST = 900
"""Products before the first that is shown: a thousand are looked at closely."""

Text = Annotated[
    str, Query(alias="q", min_length=1, max_length=LONGEST_QUERY, description="What is looked for, in any words.")
]
Limit = Annotated[int, Query(ge=1, le=100, description="How many products.")]
Offset = Annotated[int, Query(ge=0, le=DEEPEST, description="How many of the first to leave out.")]
SortBy = Annotated[Sort, Query(description="What comes first.")]
Facets = Annotated[bool, Query(description="Whether what was found is counted by category, brand, colour and so on.")]
Category = Annotated[str | None, Query(max_length=200, description="Only of this category.")]
Brand = Annotated[str | None, Query(max_length=200, description="Only of this brand.")]
Size = Annotated[str | None, Query(max_length=100, description="Only in this size.")]
SoldOut = Annotated[bool, Query(description="Whether what is sold out is shown too.")]


class AmountShown(BaseModel):
    """An amount of money."""

    currency: str
    minor: int
    """In the smallest unit of the currency."""

    @classmethod
    def of(cls, money: Money) -> "AmountShown":
        """Write an amount."""
        return cls(currency=money.currency, minor=money.minor)


class ProductShown(BaseModel):
    """A product, the variant of it that fits best, and why it was found."""

    id: str
    title: str
    brand: str
    category: list[str]
    sku: str
    colour: str | None
    size: str | None
    price: AmountShown
    stock: int
    rating: float | None
    review_count: int
    reasons: list[str]
    score: float
    """Comparable within one search only."""

    @classmethod
    def of(cls, hit: ProductHit) -> "ProductShown":
        """Write a product that was found."""
        product, variant = hit.product, hit.product.variant(hit.sku)
        return cls(
            id=product.id,
            title=product.title,
            brand=product.brand,
            category=list(product.category),
            sku=variant.sku,
            colour=variant.colour,
            size=variant.size,
            price=AmountShown.of(variant.price),
            stock=variant.stock,
            rating=product.rating,
            review_count=product.review_count,
            reasons=list(hit.reasons),
            score=hit.score,
        )


class ProductsShown(BaseModel):
    """Products, the best first."""

    products: list[ProductShown]


class ResultsShown(ProductsShown):
    """What a search found."""

    understood: dict[str, str]
    """The constraints that were read out of the words, by name."""
    relaxed: list[str]
    """Those that had to be dropped to find anything."""
    total: int
    """How many products met the query, beyond those shown."""
    facets: dict[str, dict[str, int]]
    """How many of them have each value of a property, the most frequent first."""


@router.get("/search")
async def search_products(
    _viewer: Viewer,
    here: Here,
    text: Text,
    limit: Limit = 10,
    offset: Offset = 0,
    sort: SortBy = "relevance",
    facets: Facets = False,
    category: Category = None,
    brand: Brand = None,
    size: Size = None,
    sold_out: SoldOut = False,
) -> ResultsShown:
    """Find products by a customer's words: constraints among them hold, and are dropped one by one if nothing fits."""
    search = here.services.search
    query = narrowed(search.understand(text), category=category, brand=brand, size=size, has_sold_out=sold_out)
    results = await search.search(query, limit=offset + limit, page=Page(sort=sort, has_facets=facets))
    return _shown(results, offset)


@router.get("/{product_id}/similar")
async def similar_products(_viewer: Viewer, here: Here, product_id: ProductId, limit: Limit = 3) -> ProductsShown:
    """Find what is most like a product, in stock."""
    search = here.services.search
    hits = await search.similar(product_id, limit=limit)
    if not hits and not search.title_words(product_id):
        raise NotFound(f"there is no product {product_id}: a search shows ids")
    return ProductsShown(products=_each(hits))


def _shown(results: ProductResults, offset: int) -> ResultsShown:
    return ResultsShown(
        products=_each(results.hits[offset:]),
        understood=understood(results.query),
        relaxed=list(results.relaxed),
        total=results.total,
        facets={facet.name: dict(facet.counts) for facet in results.facets},
    )


def _each(hits: Sequence[ProductHit]) -> list[ProductShown]:
    return list(map(ProductShown.of, hits))
