"""Suggesting what goes with what somebody buys, from the shop's own baskets; and knowing when to be quiet.

What was suggested and declined in a conversation stands in its journal, as calls of these tools: nothing else remembers
it, and nothing else is needed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from anyio import to_thread
from pydantic import Field, JsonValue

from shopfloor.journal.events import Source
from shopfloor.kernel.canonical import digest
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.language.text import words
from shopfloor.search.associations import Associations
from shopfloor.search.companions import Companion, Item, Wanted, colour_of, companions
from shopfloor.search.contract import ProductQuery, ProductSearch
from shopfloor.search.harmony import NEUTRAL
from shopfloor.shop.contract import Orders, Shop
from shopfloor.shop.models import Product
from shopfloor.tools.contract import NoArgs, Tool, ToolArgs, ToolContext, ToolResult
from shopfloor.tools.retail.carts import held_in, own_cart
from shopfloor.tools.retail.views import View, variant_view

SHOWN = 3
"""Suggestions at once, at most."""
SHOWN_UNASKED = 2
KINDS = 4
"""Kinds of products that are looked through, the surest first."""
LOOKED_THROUGH = 60
"""Products of one kind."""
BASKETS = 5_000
"""The newest orders that rules are fitted from."""
REFIT = timedelta(hours=6)
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """A companion with why it is one."""

    companion: Companion
    reason: str
    """As a shop assistant would say it, from the shop's own baskets; empty where these do not tell."""


class Habits:
    """What is bought together in a shop, fitted at first use and anew from time to time."""

    def __init__(self, orders: Orders, kind_of: Callable[[ProductId], Sequence[str]], clock: Clock) -> None:
        """Take the orders, what tells a product's category, and the clock."""
        self._orders = orders
        self._kind_of = kind_of
        self._clock = clock
        self._fitted: tuple[datetime, Associations] | None = None

    async def associations(self) -> Associations:
        """Return the rules as they were fitted last."""
        now = self._clock.now()
        if self._fitted is None or now - self._fitted[0] > REFIT:
            baskets = await self._orders.baskets(limit=BASKETS)
            paths = {product: self._kind_of(product) for basket in baskets for product in basket}
            kinds = {product: path[-1] for product, path in paths.items() if path}
            self._fitted = now, await to_thread.run_sync(Associations, baskets, kinds)
        return self._fitted[1]


class UpsellTools:
    """The tools that suggest."""

    def __init__(self, shop: Shop, search: ProductSearch, habits: Habits) -> None:
        """Take the shop, the index over its catalogue, and what is bought together."""
        self._shop = shop
        self._search = search
        self._habits = habits

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
        beside = await self._beside(args, basket, query.category if query else None)
        if beside is None:
            return ToolResult(output={"outcome": "no_anchor"})
        found = await self._suggestions(beside, basket, query, args)
        found = found[: SHOWN if args.is_asked else SHOWN_UNASKED]
        views: list[JsonValue] = [_view(each, beside) for each in found]
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

    async def _beside(self, args: SuggestArgs, basket: Sequence[Item], kind: str | None) -> Item | None:
        """Return what suggestions go with: what is named or was talked about, else what was put into the cart last.

        What is of the kind that is looked for is not what it goes with: `find matching socks` names no socks.
        """
        catalogue = self._shop.catalogue
        products = [await catalogue.find_product(args.sku)] if args.sku else []
        products += [await catalogue.get_product(named) for named in (args.product_id, args.about) if named]
        named = [_item(product, args.sku, basket) for product in products if product]
        others = (item for item in (*named, *reversed(basket)) if kind not in item.product.category)
        return next(others, None)

    async def _suggestions(
        self, beside: Item, basket: Sequence[Item], query: ProductQuery | None, args: SuggestArgs
    ) -> list[Suggestion]:
        """Return suggestions, the best first: of the kind asked for, or one of each kind that is bought with it."""
        price = query.price_max if query and query.price_max else beside.variant.price
        wanted = Wanted(
            beside=beside,
            basket=tuple(basket),
            price_max=price,
            size=query.size if query else None,
            colours=query.colours if query else frozenset(),
        )
        habits = await self._habits.associations()
        rules = habits.with_kind(beside.product.category[-1])
        reasons = {rule.then: _together(rule.then, beside.product) for rule in rules}
        if query and query.category:
            at_any_price = replace(wanted, price_max=query.price_max)
            fitting = await self._of_kind(query.category, wanted) or await self._of_kind(query.category, at_any_price)
            return [Suggestion(companion=each, reason=reasons.get(each.product.category[-1], "")) for each in fitting]
        taken = {item.product.category[-1] for item in basket} | {beside.product.category[-1]}
        found: list[Suggestion] = []
        for rule in habits.with_product(beside.product.id)[:SHOWN]:
            product = await self._shop.catalogue.get_product(rule.then)
            best = companions([product] if product else [], wanted)[:1]
            found += [
                Suggestion(companion=e, reason=f"often bought together with {beside.product.title}") for e in best
            ]
        taken |= {each.companion.product.category[-1] for each in found}
        for kind in [kind for kind in reasons if kind not in taken][:KINDS]:
            best = (await self._of_kind(kind, wanted))[:1]
            found += [Suggestion(companion=each, reason=reasons[kind]) for each in best]
        return found

    async def _of_kind(self, kind: str, wanted: Wanted) -> list[Companion]:
        """Return companions of a category, as the catalogue has them at this moment."""
        query = ProductQuery(text=kind, category=kind)
        results = await self._search.search(query, limit=LOOKED_THROUGH)
        likely = companions([hit.product for hit in results.hits], wanted)
        live = [await self._shop.catalogue.get_product(each.product.id) for each in likely[: 2 * SHOWN]]
        return list(companions([product for product in live if product], wanted))[:SHOWN]


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


def _together(kind: str, product: Product) -> str:
    return f"{kind.lower()} are often bought together with {product.category[-1].lower()}"


def _view(suggestion: Suggestion, beside: Item) -> View:
    each = suggestion.companion
    reasons: list[JsonValue] = [reason for reason in (suggestion.reason, _colours(each, beside)) if reason]
    return {
        "product_id": each.product.id,
        "title": each.product.title,
        "brand": each.product.brand,
        "best_for": each.product.best_for,
        "variant": variant_view(each.variant),
        "size": each.variant.size if each.has_size else None,
        "rating": each.product.rating,
        "reasons": reasons,
    }


def _colours(each: Companion, beside: Item) -> str:
    """Say why the colours go together, where one can say so."""
    mine, other = set(colour_of(each.variant)), set(colour_of(beside.variant))
    if mine & other:
        return f"its {each.variant.colour} matches the {beside.variant.colour}"
    return f"its {each.variant.colour} goes with everything" if mine and mine <= NEUTRAL else ""
