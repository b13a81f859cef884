"""Finding, reading and comparing products."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, JsonValue

from shopfloor.journal.events import Source
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import ProductId
from shopfloor.search.contract import ProductSearch, refined
from shopfloor.shop.contract import Catalogue
from shopfloor.shop.models import Product, Variant
from shopfloor.tools.contract import NoArgs, Tool, ToolArgs, ToolContext, ToolResult
from shopfloor.tools.retail.views import hit_view, product_view, promotion_view, variant_view

SHOWN = 3
"""Products shown at once."""


class SearchArgs(ToolArgs):
    """What to look for."""

    query: Annotated[
        str, Field(description="The customer's words, with colour, size, price and so on.", max_length=8_200)
    ]
    refines: Annotated[str | None, Field(description="An earlier query that these words narrow down or change.")] = None


class ProductArgs(ToolArgs):
    """Which product."""

    product_id: ProductId


class AvailabilityArgs(ToolArgs):
    """Which product, in which colour and size."""

    product_id: ProductId
    colour: Annotated[str | None, Field(description="Basic colour; none for any.")] = None
    size: str | None = None


class CompareArgs(ToolArgs):
    """Which products."""

    product_ids: Annotated[tuple[ProductId, ...], Field(min_length=2, max_length=3)]


class ProductTools:
    """The tools over a catalogue and its index."""

    def __init__(self, catalogue: Catalogue, search: ProductSearch, clock: Clock) -> None:
        """Take the catalogue, the index over it, and the clock that promotions run by."""
        self._catalogue = catalogue
        self._search = search
        self._clock = clock

    def tools(self) -> Sequence[Tool[Any]]:
        """Return the tools; all of them only read."""
        return (
            Tool(
                name="search_products",
                description="Find products by a customer's words; understands colour, size, gender, price, 'without'.",
                args=SearchArgs,
                run=self._search_products,
            ),
            Tool(
                name="get_product",
                description="Read all about one product: description, material, care, colours, sizes, price, stock.",
                args=ProductArgs,
                run=self._get_product,
            ),
            Tool(
                name="check_availability",
                description="Say whether a product can be had in a colour and size, and in which it can.",
                args=AvailabilityArgs,
                run=self._check_availability,
            ),
            Tool(
                name="compare_products",
                description="Read two or three products side by side.",
                args=CompareArgs,
                run=self._compare_products,
            ),
            Tool(
                name="list_promotions",
                description="List the promotions that run now.",
                args=NoArgs,
                run=self._list_promotions,
            ),
        )

    async def _search_products(self, args: SearchArgs, context: ToolContext) -> ToolResult:
        query = self._search.understand(args.query)
        if args.refines:
            query = refined(self._search.understand(args.refines), query)
        results = await self._search.search(query, limit=SHOWN)
        hits: list[JsonValue] = [hit_view(hit) for hit in results.hits]
        return ToolResult(
            output={
                "outcome": "found" if hits else "none",
                "products": hits,
                "relaxed": list(results.relaxed),
                "total": results.total,
            },
            sources=_sources([hit.product for hit in results.hits], context),
        )

    async def _get_product(self, args: ProductArgs, context: ToolContext) -> ToolResult:
        product = await self._catalogue.get_product(args.product_id)
        if product is None:
            return ToolResult(output={"outcome": "not_found"})
        return ToolResult(
            output={"outcome": "found", "product": product_view(product)}, sources=_sources([product], context)
        )

    async def _check_availability(self, args: AvailabilityArgs, context: ToolContext) -> ToolResult:
        product = await self._catalogue.get_product(args.product_id)
        if product is None:
            return ToolResult(output={"outcome": "not_found"})
        colours = self._search.understand(args.colour).colours if args.colour else frozenset[str]()
        wanted = [v for v in product.variants if _fits(v, args, colours, self._search)]
        in_stock = [variant for variant in wanted if variant.stock > 0]
        others = [variant for variant in product.variants if variant.stock > 0 and variant not in wanted]
        outcome = "in_stock" if in_stock else ("sold_out" if wanted else "not_made")
        return ToolResult(
            output={
                "outcome": outcome,
                "product": product_view(product),
                "variants": [variant_view(variant) for variant in in_stock],
                "others": [variant_view(variant) for variant in others],
            },
            sources=_sources([product], context),
        )

    async def _compare_products(self, args: CompareArgs, context: ToolContext) -> ToolResult:
        found = [await self._catalogue.get_product(product_id) for product_id in args.product_ids]
        products = [product for product in found if product]
        if len(products) < len(found):
            return ToolResult(output={"outcome": "not_found"})
        views: list[JsonValue] = [product_view(product) for product in products]
        return ToolResult(output={"outcome": "found", "products": views}, sources=_sources(products, context))

    async def _list_promotions(self, args: NoArgs, context: ToolContext) -> ToolResult:
        promotions = await self._catalogue.active_promotions(self._clock.now())
        views: list[JsonValue] = [promotion_view(promotion) for promotion in promotions]
        return ToolResult(output={"outcome": "found" if views else "none", "promotions": views})


def _fits(variant: Variant, args: AvailabilityArgs, colours: frozenset[str], search: ProductSearch) -> bool:
    if args.size and (variant.size or "").casefold() != args.size.casefold():
        return False
    if not args.colour:
        return True
    own = variant.colour or ""
    return own.casefold() == args.colour.casefold() or bool(search.understand(own).colours & colours)


def _sources(products: Sequence[Product], context: ToolContext) -> tuple[Source, ...]:
    return tuple(Source(kind="product", id=product.id, agent=context.agent) for product in products)
