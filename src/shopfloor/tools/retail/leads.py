"""What there is to sign up for: the sold-out variant that somebody waits for, and what a customer is signed up for.

What the tools say to a guest about an address is the same whether the shop knows it or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, JsonValue

from shopfloor.journal.events import Source
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.language.emails import check_email
from shopfloor.search.contract import ProductQuery, ProductSearch
from shopfloor.search.fit import is_size
from shopfloor.shop.contract import Shop
from shopfloor.shop.models import Product, Variant
from shopfloor.tools.contract import NoArgs, Tool, ToolArgs, ToolContext, ToolResult
from shopfloor.tools.retail.views import product_view, variant_view

LOOKED_AT = 40
"""Products of a wish that are looked through."""
OFFERED = 4
"""Products between which a customer is asked to choose."""


class EmailArgs(ToolArgs):
    """An address as the customer typed it."""

    email: Annotated[str, Field(max_length=254)]


class RestockArgs(ToolArgs):
    """What somebody waits for, as far as they said it."""

    product_id: ProductId | None = None
    wish: Annotated[str | None, Field(description="The customer's words for it.", max_length=8_200)] = None
    colour: Annotated[str | None, Field(description="Basic colour; none for any.")] = None
    size: str | None = None


class VariantArgs(ToolArgs):
    """Which variant."""

    sku: Sku


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """A product with the variants that are meant."""

    product: Product
    wanted: tuple[Variant, ...]

    @property
    def sold_out(self) -> list[Variant]:
        return [variant for variant in self.wanted if variant.stock < 1]


class LeadTools:
    """The tools that read what leads are about."""

    def __init__(self, shop: Shop, search: ProductSearch) -> None:
        """Take the shop and the index over its catalogue."""
        self._shop = shop
        self._search = search

    def tools(self) -> Sequence[Tool[Any]]:
        """Return the tools; all of them only read."""
        return (
            Tool(
                name="find_restock",
                description="Find the sold-out variant that a customer wants to hear of when it is back.",
                args=RestockArgs,
                run=self._find_restock,
            ),
            Tool(
                name="get_variant",
                description="Read one variant of a product by its SKU: name, colour, size, price and stock of now.",
                args=VariantArgs,
                run=self._get_variant,
            ),
            Tool(
                name="check_email",
                description="Say whether an e-mail address can be written to, and whether it was mistyped.",
                args=EmailArgs,
                run=self._check_email,
            ),
            Tool(
                name="my_sign_ups",
                description="List what the signed-in customer is signed up for.",
                args=NoArgs,
                run=self._my_sign_ups,
            ),
        )

    async def _find_restock(self, args: RestockArgs, context: ToolContext) -> ToolResult:
        found = await self._found(args)
        if not found:
            return ToolResult(output={"outcome": "not_found"})
        waiting = [each for each in found if each.sold_out]
        if len(waiting) > 1:
            return _choice(waiting, context)
        one = waiting[0] if waiting else found[0]
        product = product_view(one.product)
        sources = (Source(kind="product", id=one.product.id, agent=context.agent),)
        if not one.wanted:
            return ToolResult(output={"outcome": "not_made", "product": product}, sources=sources)
        if not waiting:
            in_stock: list[JsonValue] = [variant_view(variant) for each in found for variant in each.wanted]
            named: list[JsonValue] = [_named(each.product, each.wanted[0]) for each in found[:OFFERED] if each.wanted]
            output: dict[str, JsonValue] = {"outcome": "in_stock", "variants": in_stock[:OFFERED], "products": named}
            if len(found) == 1:
                output["product"] = product
            return ToolResult(output=output, sources=sources)
        variants = one.sold_out
        open_ones = _open(variants)
        outcome = f"choose_{open_ones[0]}" if open_ones else "sold_out"
        views: list[JsonValue] = [variant_view(variant) for variant in variants]
        return ToolResult(output={"outcome": outcome, "product": product, "variants": views}, sources=sources)

    async def _found(self, args: RestockArgs) -> list[_Found]:
        colours = self._search.understand(args.colour).colours if args.colour else frozenset[str]()
        if args.product_id:
            product = await self._shop.catalogue.get_product(args.product_id)
            return [_Found(product=product, wanted=self._wanted(product, args, colours))] if product else []
        query = self._search.understand(args.wish or "")
        if query.category is None and not query.words:
            return []
        results = await self._search.search(_of_any_stock(query), limit=LOOKED_AT)
        live = [await self._shop.catalogue.get_product(hit.product.id) for hit in results.hits]
        found = [_Found(product=each, wanted=self._wanted(each, args, colours)) for each in live if each]
        return [each for each in found if each.wanted]

    def _wanted(self, product: Product, args: RestockArgs, colours: frozenset[str]) -> tuple[Variant, ...]:
        """Return the variants of a colour and size; those of just the colour named go before those of its family."""
        sized = [v for v in product.variants if not args.size or is_size(v.size, args.size)]
        if not args.colour:
            return tuple(sized)
        exact = [v for v in sized if (v.colour or "").casefold() == args.colour.casefold()]
        return tuple(exact or (v for v in sized if self._search.understand(v.colour or "").colours & colours))

    async def _get_variant(self, args: VariantArgs, context: ToolContext) -> ToolResult:
        product = await self._shop.catalogue.find_product(args.sku)
        variant = _variant(product, args.sku)
        if product is None or variant is None:
            return ToolResult(output={"outcome": "not_found"})
        return ToolResult(
            output={
                "outcome": "in_stock" if variant.stock > 0 else "sold_out",
                "product": product_view(product),
                "variant": variant_view(variant),
            },
            sources=(Source(kind="product", id=product.id, agent=context.agent),),
        )

    async def _check_email(self, args: EmailArgs, context: ToolContext) -> ToolResult:
        checked = check_email(args.email)
        return ToolResult(
            output={
                "outcome": checked.problem or "ok",
                "email": checked.address,
                "suggestion": checked.suggestion,
            }
        )

    async def _my_sign_ups(self, args: NoArgs, context: ToolContext) -> ToolResult:
        customer_id = context.session.identity.customer_id
        customer = await self._shop.customers.get_customer(customer_id) if customer_id else None
        if customer is None:
            return ToolResult(output={"outcome": "sign_in"})
        leads = await self._shop.leads.leads_of(customer.email)
        waits: list[JsonValue] = []
        for lead in leads:
            product = await self._shop.catalogue.find_product(lead.sku) if lead.sku else None
            variant = _variant(product, lead.sku) if lead.sku else None
            if product and variant and lead.kind == "back_in_stock":
                waits.append(_named(product, variant))
        has_newsletter = customer.marketing_consent or any(lead.kind == "newsletter" for lead in leads)
        return ToolResult(
            output={
                "outcome": "found" if waits or has_newsletter else "none",
                "email": customer.email,
                "newsletter": has_newsletter,
                "waits": waits,
            }
        )


def _of_any_stock(query: ProductQuery) -> ProductQuery:
    """Return a wish as a query for what is sold out too; `back in stock` is no word to look for."""
    return ProductQuery(
        text=query.text,
        words=query.words,
        category=query.category,
        colours=query.colours,
        size=query.size,
        gender=query.gender,
        brand=query.brand,
        in_stock=False,
    )


def _choice(waiting: Sequence[_Found], context: ToolContext) -> ToolResult:
    """Return the products between which the customer has to choose."""
    shown = waiting[:OFFERED]
    rows: list[JsonValue] = [_named(each.product, each.sold_out[0]) for each in shown]
    sources = tuple(Source(kind="product", id=each.product.id, agent=context.agent) for each in shown)
    return ToolResult(output={"outcome": "choose_product", "products": rows}, sources=sources)


def _open(variants: Sequence[Variant]) -> list[str]:
    """Return what tells variants apart: their colour first, then their size."""
    colours, sizes = {variant.colour for variant in variants}, {variant.size for variant in variants}
    return ["colour"] * (len(colours) > 1) + ["size"] * (len(sizes) > 1)


def _named(product: Product, variant: Variant) -> dict[str, JsonValue]:
    return {"product_id": product.id, "title": product.title, "variant": variant_view(variant)}


def _variant(product: Product | None, sku: Sku) -> Variant | None:
    return next((variant for variant in product.variants if variant.sku == sku), None) if product else None
