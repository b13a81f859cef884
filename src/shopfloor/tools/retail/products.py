"""Finding, reading and comparing products."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any, cast

from pydantic import Field, JsonValue

from shopfloor.journal.events import Source
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import ProductId
from shopfloor.kernel.money import Money
from shopfloor.language.attributes import colour_families
from shopfloor.search.contract import ProductHit, ProductResults, ProductSearch, refined
from shopfloor.search.product_text import answer_from
from shopfloor.search.size_systems import shoe_size
from shopfloor.shop.contract import Catalogue
from shopfloor.shop.garments import garment_of
from shopfloor.shop.models import Product, Variant
from shopfloor.tools.contract import NoArgs, Tool, ToolArgs, ToolContext, ToolResult
from shopfloor.tools.retail.follow_ups import ASKED, follow_up, times
from shopfloor.tools.retail.tastes import Personal, personal, size_asked_for, size_of_theirs, with_size
from shopfloor.tools.retail.tastes import sources as profile_sources
from shopfloor.tools.retail.views import hit_view, looks, product_view, promotion_view, variant_view

SHOWN = 3
"""Products shown at once."""
RERANKED = 12
"""Products that a model puts in order, where one shall."""
READ = 200
"""Letters of a description that it reads."""
ALL = 100
"""Products among which the cheapest is looked for."""


class SearchArgs(ToolArgs):
    """What to look for."""

    query: Annotated[
        str, Field(description="The customer's words, with colour, size, price and so on.", max_length=8_200)
    ]
    refines: Annotated[str | None, Field(description="An earlier query that these words narrow down or change.")] = None


class ProductArgs(ToolArgs):
    """Which product."""

    product_id: ProductId


class QuestionAboutArgs(ToolArgs):
    """Which product, and what about it."""

    product_id: ProductId
    question: Annotated[str, Field(description="The question in the customer's words.", max_length=8_200)]


class AvailabilityArgs(ToolArgs):
    """Which product, in which colour and size."""

    product_id: ProductId
    colour: Annotated[str | None, Field(description="Basic colour; none for any.")] = None
    size: str | None = None


class CompareArgs(ToolArgs):
    """Which products."""

    product_ids: Annotated[tuple[ProductId, ...], Field(min_length=2, max_length=3)]
    question: Annotated[
        str | None, Field(description="In what they shall be compared, in the customer's words.", max_length=8_200)
    ] = None


class ProductTools:
    """The tools over a catalogue and its index."""

    def __init__(
        self,
        catalogue: Catalogue,
        search: ProductSearch,
        clock: Clock,
        keep_up: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Take the catalogue, the index over it, the clock of promotions, and what lets the index look for changes."""
        self._catalogue = catalogue
        self._search = search
        self._clock = clock
        self._keep_up = keep_up

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
                name="ask_product",
                description="Answer a question about one product from its description, material and care.",
                args=QuestionAboutArgs,
                run=self._ask_product,
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
        if self._keep_up:
            await self._keep_up()
        query = self._search.understand(args.query)
        before = self._search.understand(args.refines) if args.refines else None
        asks = follow_up(args.query) if before else None
        if before:
            query = before if asks else refined(before, query)
        made = personal(query, context.profile)
        results = await self._ordered(made, args, asks, context)
        live = await self._live(results)
        # The earlier words hold the follow-ups before this one: each `cheaper` goes lower.
        for _ in range(times("cheaper", f"{args.refines}, {args.query}") if asks == "cheaper" else 0):
            if live:
                lowest = min(map(_price, live), key=_minor)
                made = replace(made, query=replace(made.query, price_max=replace(lowest, minor=lowest.minor - 1)))
                results = await self._search.search(made.query, limit=2 * SHOWN, tastes=made.tastes)
                live = [] if "price" in results.relaxed else await self._live(results)
                live = [
                    replace(hit, reasons=tuple(r for r in hit.reasons if not r.startswith("under "))) for hit in live
                ]
        if asks == "cheapest" and live:
            live = live[:1]
        hits: list[JsonValue] = [hit_view(with_size(hit, made.tastes, context.profile)) for hit in live]
        has_left_out = bool(made.left_out) and (await self._search.search(query, limit=1)).total > results.total
        return ToolResult(
            output={
                "outcome": "found" if hits else "no_more" if asks else "none",
                "products": hits,
                "asks": asks,
                "relaxed": list(results.relaxed),
                "total": results.total,
                **({"left_out": list(made.left_out)} if has_left_out else {}),
                **size_asked_for(query, context.profile),
            },
            sources=(
                *_sources([hit.product for hit in live], context),
                *profile_sources(live, made, context),
            ),
        )

    async def _ordered(
        self, made: Personal, args: SearchArgs, asks: str | None, context: ToolContext
    ) -> ProductResults:
        """Return what is found in the order in which it is shown, without what earlier answers showed of it."""
        is_cheapest = ASKED["cheapest"].search(args.query.lower()) is not None
        # The earlier words hold the follow-ups before this one: each `more` goes on by a list.
        seen = SHOWN * times("more", f"{args.refines}, {args.query}") if asks == "more" else 0
        limit = ALL if is_cheapest else max(seen + 2 * SHOWN, RERANKED if context.rerank else 0)
        results = await self._search.search(made.query, limit=limit, tastes=made.tastes)
        hits = results.hits[seen:]
        if is_cheapest:
            hits = tuple(sorted(results.hits, key=lambda hit: _minor(_price(hit))))
        elif context.rerank and asks == "more":
            shown = _shown_before(context)
            hits = tuple(hit for hit in results.hits if hit.product.id not in shown)
        elif context.rerank and not asks and len(hits) > 1:
            asked = ", ".join(part for part in (args.refines, args.query) if part)
            order = await context.rerank(asked, [_as_text(hit) for hit in hits])
            hits = tuple(hits[place] for place in order)
        return replace(results, hits=hits)

    async def _live(self, results: ProductResults) -> list[ProductHit]:
        """Return the first products found as the catalogue has them now, without what has sold out since."""
        live: list[ProductHit] = []
        for hit in results.hits:
            product = await self._catalogue.get_product(hit.product.id) if len(live) < SHOWN else None
            variant = next((one for one in product.variants if one.sku == hit.sku), None) if product else None
            if product and variant and (variant.stock > 0 or not results.query.in_stock):
                live.append(replace(hit, product=product))
        return live

    async def _get_product(self, args: ProductArgs, context: ToolContext) -> ToolResult:
        product = await self._catalogue.get_product(args.product_id)
        if product is None:
            return ToolResult(output={"outcome": "not_found"})
        return ToolResult(
            output={"outcome": "found", "product": product_view(product)}, sources=_sources([product], context)
        )

    async def _ask_product(self, args: QuestionAboutArgs, context: ToolContext) -> ToolResult:
        product = await self._catalogue.get_product(args.product_id)
        if product is None:
            return ToolResult(output={"outcome": "not_found"})
        answer = answer_from(product, args.question)
        output: dict[str, JsonValue] = {
            "outcome": answer.kind,
            "topic": answer.topic,
            "said": list(answer.said),
            "product": product_view(product),
        }
        return ToolResult(output=output, sources=_sources([product], context))

    async def _check_availability(self, args: AvailabilityArgs, context: ToolContext) -> ToolResult:
        product = await self._catalogue.get_product(args.product_id)
        if product is None:
            return ToolResult(output={"outcome": "not_found"})
        colours = frozenset(colour_families(args.colour or "", is_colour=True))
        args = args.model_copy(update={"size": _as_written(product, args.size)})
        wanted = [v for v in product.variants if _fits(v, args, colours)]
        in_stock = [variant for variant in wanted if variant.stock > 0]
        others = [variant for variant in product.variants if variant.stock > 0 and variant not in wanted]
        outcome = "in_stock" if in_stock else ("sold_out" if wanted else "not_made")
        return ToolResult(
            output={
                "outcome": outcome,
                "product": product_view(product),
                "variants": [variant_view(variant) for variant in in_stock],
                "others": [variant_view(variant) for variant in others],
                **({} if args.size else size_of_theirs(product, wanted, context.profile)),
            },
            sources=_sources([product], context),
        )

    async def _compare_products(self, args: CompareArgs, context: ToolContext) -> ToolResult:
        found = [await self._catalogue.get_product(product_id) for product_id in args.product_ids]
        products = [product for product in found if product]
        if len(products) < len(found):
            return ToolResult(output={"outcome": "not_found"})
        views: list[JsonValue] = []
        for product in products:
            answer = answer_from(product, args.question or "")
            said: list[JsonValue] = [*answer.said] if answer.kind == "answered" else []
            views.append({**product_view(product), "said": said})
        return ToolResult(output={"outcome": "found", "products": views}, sources=_sources(products, context))

    async def _list_promotions(self, args: NoArgs, context: ToolContext) -> ToolResult:
        promotions = await self._catalogue.active_promotions(self._clock.now())
        views: list[JsonValue] = [promotion_view(promotion) for promotion in promotions]
        return ToolResult(output={"outcome": "found" if views else "none", "promotions": views})


def _as_text(hit: ProductHit) -> str:
    """Write what a model reads of a product."""
    product, variant = hit.product, hit.product.variant(hit.sku)
    kind = " > ".join(product.category)
    parts = (product.title, product.brand, kind, looks(variant), str(variant.price), product.best_for)
    return " | ".join(part for part in (*parts, product.description[:READ]) if part)


def _shown_before(context: ToolContext) -> set[str]:
    """Return the ids of the products that earlier searches of the conversation showed."""
    outputs = (call.output.get("products", []) for call in context.session.earlier("search_products"))
    return {each["product_id"] for listed in outputs for each in cast("list[dict[str, str]]", listed)}


def _price(hit: ProductHit) -> Money:
    return next(variant.price for variant in hit.product.variants if variant.sku == hit.sku)


def _minor(price: Money) -> int:
    """Return by what prices are ordered: a catalogue may have several currencies."""
    return price.minor


def _fits(variant: Variant, args: AvailabilityArgs, colours: frozenset[str]) -> bool:
    if args.size and (variant.size or "").casefold() != args.size.casefold():
        return False
    if not args.colour:
        return True
    own = variant.colour or ""
    return own.casefold() == args.colour.casefold() or not colours.isdisjoint(colour_families(own, is_colour=True))


def _as_written(product: Product, size: str | None) -> str | None:
    """Return a size as a product has it, where it is a shoe and the size is of another system."""
    there = {variant.size.lower(): variant.size for variant in product.variants if variant.size}
    if size is None or size.lower() in there or garment_of(product.category) != "shoes":
        return size
    return shoe_size(size, product.gender, there) or size


def _sources(products: Sequence[Product], context: ToolContext) -> tuple[Source, ...]:
    return tuple(Source(kind="product", id=product.id, agent=context.agent) for product in products)
