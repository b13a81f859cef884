"""Suggesting what goes with what somebody buys, from the shop's own baskets; and knowing when to be quiet.

What was suggested and declined in a conversation stands in its journal, as calls of these tools: nothing else remembers
it, and nothing else is needed.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field, JsonValue

from shopfloor.journal.events import Source
from shopfloor.kernel.canonical import digest
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.language.text import words
from shopfloor.search.companions import Companion, Item, Wanted, colour_of
from shopfloor.search.contract import ProductSearch
from shopfloor.search.harmony import NEUTRAL
from shopfloor.shop.contract import Shop
from shopfloor.shop.models import Product
from shopfloor.tools.contract import NoArgs, Tool, ToolArgs, ToolContext, ToolResult
from shopfloor.tools.retail.carts import held_in, own_cart
from shopfloor.tools.retail.habits import Habits
from shopfloor.tools.retail.suggestions import SHOWN, Suggestion, Suggestions
from shopfloor.tools.retail.views import View, variant_view

SHOWN_UNASKED = 2
TOOL, DECLINED = "suggest_products", "decline_suggestions"


class SuggestArgs(ToolArgs):
    """Beside what, and what of."""

    product_id: Annotated[
        ProductId | None, Field(description="What it shall go with; the newest of the cart if left out.")
    ] = None
    about: Annotated[ProductId | None, Field(description="What was talked about, if no product is named.")] = None
    sku: Annotated[Sku | None, Field(description="The same, as a variant.")] = None
    wish: Annotated[
        str | None, Field(description="What the customer asks for: 'matching socks'.", max_length=8_200)
    ] = None
    is_asked: Annotated[bool, Field(description="Whether the customer asked for suggestions.")] = False


class UpsellTools:
    """The tools that suggest."""

    def __init__(self, shop: Shop, search: ProductSearch, habits: Habits) -> None:
        """Take the shop, the index over its catalogue, and what is bought together."""
        self._shop = shop
        self._search = search
        self._suggestions = Suggestions(shop.catalogue, search, habits)

    def tools(self) -> Sequence[Tool[Any]]:
        """Return the tools; both only read."""
        return (
            Tool(
                name=TOOL,
                description="Suggest what goes with the cart or a product, in stock and with the reason; unasked "
                "suggestions are made once for a cart, and none after they were declined.",
                args=SuggestArgs,
                run=self._suggest,
            ),
            Tool(
                name=DECLINED,
                description="Note that the customer wants no suggestions in this conversation.",
                args=NoArgs,
                run=self._decline,
            ),
        )

    async def _decline(self, args: NoArgs, context: ToolContext) -> ToolResult:
        return ToolResult(output={"outcome": "noted"})

    async def _suggest(self, args: SuggestArgs, context: ToolContext) -> ToolResult:
        basket = await self._basket(context)
        skus: list[JsonValue] = [item.variant.sku for item in sorted(basket, key=lambda item: item.variant.sku)]
        state = digest(skus)
        if not args.is_asked and (quiet := _quiet(context, state)):
            return ToolResult(output={"outcome": quiet})
        query = self._search.understand(self._without_names(args)) if args.wish else None
        named = await self._named(args, basket)
        # What is of the kind that is looked for is not what it goes with: `find matching socks` names no socks.
        others = (
            item for item in (*named, *reversed(basket)) if not query or query.category not in item.product.category
        )
        beside = next(others, None)
        if beside is None:
            return ToolResult(output={"outcome": "no_anchor"})
        wanted = Wanted(
            beside=beside,
            basket=tuple(basket),
            price_max=query.price_max if query and query.price_max else beside.variant.price,
            size=query.size if query else None,
            colours=query.colours if query else frozenset(),
        )
        customer = context.session.identity.customer_id
        found = await self._suggestions.find(wanted, query, customer, is_named=beside in named)
        found = found[: SHOWN if args.is_asked else SHOWN_UNASKED]
        views: list[JsonValue] = [_view(each) for each in found]
        return ToolResult(
            output={
                "outcome": "found" if views else "none",
                "is_asked": args.is_asked,
                "cart_state": state,
                "beside": beside.product.title,
                "kind": query.category if query else None,
                "products": views,
            },
            sources=tuple(Source(kind="product", id=e.companion.product.id, agent=context.agent) for e in found),
        )

    def _without_names(self, args: SuggestArgs) -> str:
        """Leave the named product out of a wish: what goes with the Speedster Red need not be red."""
        wish = args.wish or ""
        is_named = args.product_id is not None and args.product_id in self._search.named(wish)
        names = self._search.title_words(args.product_id) if args.product_id and is_named else frozenset[str]()
        return " ".join(word for word in wish.split() if not names.issuperset(words(word)))

    async def _basket(self, context: ToolContext) -> list[Item]:
        cart = await own_cart(self._shop.carts, context)
        return [Item(product=e.product, variant=e.variant) for e in await held_in(self._shop.catalogue, cart)]

    async def _named(self, args: SuggestArgs, basket: Sequence[Item]) -> list[Item]:
        """Return what suggestions shall go with: what is named, and what was talked about."""
        catalogue = self._shop.catalogue
        products = [await catalogue.find_product(args.sku)] if args.sku else []
        products += [await catalogue.get_product(named) for named in (args.product_id, args.about) if named]
        return [_item(product, args.sku, basket) for product in products if product]


def _item(product: Product, sku: Sku | None, basket: Sequence[Item]) -> Item:
    """Return a product as it lies in the cart; where it does not, nothing is known of its colour and size."""
    mine = (item for item in reversed(basket) if item.product.id == product.id and sku in {None, item.variant.sku})
    exact = (Item(product=product, variant=variant) for variant in product.variants if variant.sku == sku)
    known = next(mine, None) or next(exact, None)
    dearest = max(product.variants, key=lambda variant: variant.price.minor)
    return known or Item(product=product, variant=replace(dearest, colour=None, size=None))


def _quiet(context: ToolContext, state: str) -> str | None:
    """Return why nothing is suggested unasked: it was declined, or made for this cart or in this turn already."""
    if context.session.earlier(DECLINED):
        return "declined"
    for call in context.session.earlier(TOOL):
        is_made = call.output.get("outcome") == "found" and not call.output.get("is_asked")
        if is_made and (call.turns_ago == 0 or call.output.get("cart_state") == state):
            return "suggested_before"
    return None


def _view(suggestion: Suggestion) -> View:
    each, counted = suggestion.companion, suggestion.addition
    reasons: list[JsonValue] = [*suggestion.reasons, *_colours(each, suggestion.beside)]
    return {
        "product_id": each.product.id,
        "title": each.product.title,
        "brand": each.product.brand,
        "best_for": each.product.best_for,
        "variant": variant_view(each.variant),
        "size": each.variant.size if each.has_size else None,
        "rating": each.product.rating,
        "beside": suggestion.beside.product.id,
        "together": counted.together if counted else 0,
        "of": counted.of if counted else 0,
        "reasons": reasons,
    }


def _colours(each: Companion, beside: Item) -> list[str]:
    """Say why the colours go together, where one can say so."""
    mine, other = set(colour_of(each.variant)), set(colour_of(beside.variant))
    if mine & other:
        return [f"its {each.variant.colour} matches the {beside.variant.colour}"]
    return [f"its {each.variant.colour} goes with everything"] if mine and mine <= NEUTRAL else []
