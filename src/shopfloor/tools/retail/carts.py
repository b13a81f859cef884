"""Carts: whose cart is which, what lies in it, and the writes that change it.

Whose cart it is is decided here and nowhere else. A signed-in customer has the one they touched last, or a new one; a
guest has one that belongs to the conversation, so that nobody reaches it from another. Who proposes a write names a
cart, and the gate asks `owns_cart` whether it is theirs.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field, JsonValue

from shopfloor.actions.kind import ActionArgs, ActionKind, Direction, Done, Injected, Inverse, Preview
from shopfloor.identity.identity import Identity
from shopfloor.journal.events import Source
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import Refused
from shopfloor.kernel.ids import ConversationId, CustomerId, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop.contract import Capability, Carts, Catalogue, Shop
from shopfloor.shop.models import Cart, CartLine, OrderLine, Product, Variant
from shopfloor.shop.writes import CART
from shopfloor.tools.contract import NoArgs, Tool, ToolArgs, ToolContext, ToolResult
from shopfloor.tools.retail.looking_up import by_key
from shopfloor.tools.retail.naming import named_lines
from shopfloor.tools.retail.undoing import earlier
from shopfloor.tools.retail.views import looks, money_view, variant_view

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
ALL_OF_IT = re.compile(
    r"\b(?:empty|clear|delete|reset) (?:my |the |out my )?(?:whole |entire )?(?:shopping )?(?:cart|basket)\b",
    re.IGNORECASE,
)
NOT_YOURS = "I cannot find that in our shop any more."
INJECTED: frozenset[Injected] = frozenset({"conversation_id", "customer_id"})
LINES: tuple[tuple[str, Direction], ...] = (("lines", "set"),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A position of a cart, with the product as it is now."""

    product: Product
    variant: Variant
    quantity: int

    @property
    def price(self) -> Money:
        """Return what the position costs now."""
        return self.variant.price * self.quantity


class WordsArgs(ToolArgs):
    """Which position."""

    words: Annotated[str, Field(description="The customer's words for it.", max_length=8_200)]


class CartArgs(ActionArgs):
    """Which cart; code fills in whose it is."""

    cart_id: Annotated[str, Field(min_length=1, max_length=120)]
    conversation_id: ConversationId
    customer_id: CustomerId | None = None


class SetCartLine(CartArgs):
    """Put a quantity of a variant into a cart."""

    sku: Annotated[Sku, Field(min_length=1, max_length=100)]
    quantity: Annotated[int, Field(ge=0, description="In place of what the cart holds of it; 0 takes it out.")]


class EmptyCart(CartArgs):
    """Take everything out of a cart."""


class RestoredLine(ActionArgs):
    """A position of a cart as it was."""

    sku: Sku
    quantity: Annotated[int, Field(ge=1)]


class RestoreCart(CartArgs):
    """Let a cart hold just what it held before."""

    lines: tuple[RestoredLine, ...]


class CartTools:
    """The tools that read a cart."""

    def __init__(self, carts: Carts, catalogue: Catalogue) -> None:
        """Take the carts, and the catalogue that tells what lies in them."""
        self._carts = carts
        self._catalogue = catalogue

    def tools(self) -> Sequence[Tool[Any]]:
        """Return the tools; all of them only read."""
        return (
            Tool(
                name="get_cart",
                description="Read the customer's cart: what lies in it, in which quantity, and what it costs now.",
                args=NoArgs,
                run=self._get_cart,
            ),
            Tool(
                name="find_in_cart",
                description="Find the positions of the cart that a customer's words mean.",
                args=WordsArgs,
                run=self._find_in_cart,
            ),
        )

    async def _get_cart(self, args: NoArgs, context: ToolContext) -> ToolResult:
        cart = await own_cart(self._carts, context)
        held = await held_in(self._catalogue, cart)
        view = cart_view(cart, held)
        return ToolResult(
            output={"outcome": "found" if held else "empty", **view},
            sources=tuple(Source(kind="product", id=each.product.id, agent=context.agent) for each in held),
        )

    async def _find_in_cart(self, args: WordsArgs, context: ToolContext) -> ToolResult:
        cart = await own_cart(self._carts, context)
        held = await held_in(self._catalogue, cart)
        if not held:
            return ToolResult(output={"outcome": "empty", **cart_view(cart, held)})
        places = named_lines(args.words, [_as_sold(each) for each in held], [each.product for each in held])
        if ALL_OF_IT.search(args.words):
            places = range(len(held))
        if not places and len(held) == 1:
            places = [0]
        meant = [held[place] for place in places or ()]
        outcome = ("none", "one")[len(meant)] if len(meant) < 2 else "all" if len(meant) == len(held) else "several"
        lines: list[JsonValue] = [line_view(each) for each in meant]
        return ToolResult(output={"outcome": outcome, **cart_view(cart, held), "meant": lines})


async def own_cart(carts: Carts, context: ToolContext) -> Cart:
    """Return the cart that is the customer's in this conversation, an empty one where there is none yet."""
    identity, conversation = context.session.identity, context.session.conversation_id
    if identity.customer_id is None:
        cart_id = guest_cart(conversation)
        return await carts.get_cart(cart_id) or Cart(id=cart_id, customer_id=None, lines=(), updated_at=NEVER)
    theirs = await carts.carts_of(identity.customer_id)
    new = Cart(id=first_cart(identity.customer_id), customer_id=identity.customer_id, lines=(), updated_at=NEVER)
    return theirs[0] if theirs else new


def guest_cart(conversation: ConversationId) -> str:
    """Return the id of the cart that a conversation's guest has."""
    return f"guest/{conversation}"


def first_cart(customer: CustomerId) -> str:
    """Return the id of the cart that a customer without one gets."""
    return f"customer/{customer}"


async def owns_cart(carts: Carts, identity: Identity, resource: str) -> bool:
    """Whether a resource `guest_cart:<id>`, of this conversation, or `cart:<id>`, an account's, is a customer's own."""
    kind, _, cart_id = resource.partition(":")
    if kind == "guest_cart" or identity.customer_id is None:
        return kind == "guest_cart" and identity.customer_id is None
    cart = await carts.get_cart(cart_id)
    return cart.customer_id == identity.customer_id if cart else cart_id == first_cart(identity.customer_id)


async def held_in(catalogue: Catalogue, cart: Cart) -> list[Held]:
    """Return a cart's positions as the catalogue has them now; what is no longer sold is left out."""
    held: list[Held] = []
    for line in cart.lines:
        product = await catalogue.find_product(line.sku)
        variant = _variant(product, line.sku)
        if product and variant:
            held.append(Held(product=product, variant=variant, quantity=line.quantity))
    return held


def cart_view(cart: Cart, held: Sequence[Held]) -> dict[str, JsonValue]:
    """Write a cart with what it costs now, each currency by itself."""
    lines: list[JsonValue] = [line_view(each) for each in held]
    totals: dict[str, Money] = {}
    for each in held:
        code = each.price.currency
        totals[code] = totals.get(code, Money(code, 0)) + each.price
    sums: list[JsonValue] = [money_view(total) for total in totals.values()]
    return {"cart_id": cart.id, "lines": lines, "pieces": sum(each.quantity for each in held), "totals": sums}


def line_view(each: Held) -> dict[str, JsonValue]:
    """Write a position, with how many of it could be had now."""
    return {
        "sku": each.variant.sku,
        "product_id": each.product.id,
        "title": each.product.title,
        "variant": variant_view(each.variant),
        "quantity": each.quantity,
        "price": money_view(each.price),
        "is_available": each.variant.has(each.quantity),
    }


def cart_kinds(shop: Shop, clock: Clock) -> tuple[ActionKind[Any], ...]:
    """Return the kinds of writes that a cart takes; guests may, without a yes. Restoring it is for undoing only."""
    writes = _Writes(shop.carts, shop.catalogue, clock)
    look_up = by_key(shop, CART, writes.view)
    return (
        ActionKind(
            name="set_cart_line",
            description="Put a quantity of a variant into the customer's cart, or take it out with 0.",
            needs=Capability.CARTS,
            args=SetCartLine,
            opposite="set_cart_line",
            resources=_resource,
            preview=writes.preview_line,
            execute=writes.set_line,
            confirmation="none",
            assurance="anyone",
            injects=INJECTED,
            attributes=LINES,
            snapshot=writes.snapshot,
            look_up=look_up,
            inverse=Inverse(kind="restore_cart", args=_as_before),
            facts=frozenset({"pieces"}),
        ),
        ActionKind(
            name="empty_cart",
            description="Take everything out of the customer's cart.",
            needs=Capability.CARTS,
            args=EmptyCart,
            opposite="set_cart_line",
            resources=_resource,
            preview=writes.preview_empty,
            execute=writes.empty,
            confirmation="none",
            assurance="anyone",
            injects=INJECTED,
            attributes=LINES,
            snapshot=writes.snapshot,
            look_up=look_up,
            inverse=Inverse(kind="restore_cart", args=_as_before),
            facts=frozenset({"pieces"}),
        ),
        ActionKind(
            name="restore_cart",
            description="Let the customer's cart hold just what it held before.",
            needs=Capability.CARTS,
            args=RestoreCart,
            resources=_resource,
            preview=writes.preview_restore,
            execute=writes.restore,
            confirmation="none",
            assurance="anyone",
            injects=INJECTED,
            attributes=LINES,
            snapshot=writes.snapshot,
            look_up=look_up,
            inverse=Inverse(kind="restore_cart", args=_as_before),
            facts=frozenset({"pieces"}),
            is_offered=False,
        ),
    )


class _Writes:
    """What the kinds do to carts."""

    def __init__(self, carts: Carts, catalogue: Catalogue, clock: Clock) -> None:
        self._carts = carts
        self._catalogue = catalogue
        self._clock = clock

    async def preview_line(self, args: SetCartLine) -> Preview:
        name = await self._check(args.sku, args.quantity)
        return Preview(summary=f"{name}: {args.quantity} in the cart.", facts={"pieces": args.quantity})

    async def _check(self, sku: Sku, quantity: int) -> str:
        """Check that pieces can be had, and return what they are.

        Raises:
            Refused: `cart.unknown_variant`, `cart.out_of_stock`.
        """
        product = await self._catalogue.find_product(sku)
        variant = _variant(product, sku)
        if product is None or variant is None:
            raise Refused("cart.unknown_variant", NOT_YOURS)
        if quantity and not variant.has(quantity):
            left = f"Only {variant.stock} of it can be had right now." if variant.stock else "It is sold out."
            raise Refused("cart.out_of_stock", left)
        return f"{product.title} ({label})" if (label := looks(variant)) else product.title

    async def set_line(self, key: str, args: SetCartLine) -> JsonValue:
        now = await self._open(key, args)
        return await self.view(await self._carts.set_cart_line(args.cart_id, args.sku, args.quantity, at=now, key=key))

    async def preview_empty(self, args: EmptyCart) -> Preview:
        cart = await self._carts.get_cart(args.cart_id)
        count = len(cart.lines) if cart else 0
        summary = f"Take everything out of the cart, {count} {'thing' if count == 1 else 'things'}."
        return Preview(summary=summary, facts={"pieces": 0})

    async def empty(self, key: str, args: EmptyCart) -> JsonValue:
        return await self._fill(key, args, ())

    async def preview_restore(self, args: RestoreCart) -> Preview:
        for line in args.lines:
            await self._check(line.sku, line.quantity)
        count = len(args.lines)
        summary = f"Let the cart hold the {count} {'thing' if count == 1 else 'things'} again that it held before."
        return Preview(summary=summary, facts={"pieces": sum(line.quantity for line in args.lines)})

    async def restore(self, key: str, args: RestoreCart) -> JsonValue:
        return await self._fill(key, args, [CartLine(sku=line.sku, quantity=line.quantity) for line in args.lines])

    async def snapshot(self, args: CartArgs) -> JsonValue:
        cart = await self._carts.get_cart(args.cart_id)
        held = cart.lines if cart else ()
        return {"lines": [{"sku": line.sku, "quantity": line.quantity} for line in held]}

    async def view(self, cart: Cart) -> JsonValue:
        return cart_view(cart, await held_in(self._catalogue, cart))

    async def _fill(self, key: str, args: CartArgs, lines: Sequence[CartLine]) -> JsonValue:
        now = await self._open(key, args)
        return await self.view(await self._carts.fill_cart(args.cart_id, lines, at=now, key=key))

    async def _open(self, key: str, args: CartArgs) -> datetime:
        """Make the cart if it is not there yet, and return the hour."""
        now = self._clock.now()
        await self._carts.open_cart(args.cart_id, args.customer_id, at=now, key=f"{key}/open")
        return now


def _as_before(args: CartArgs, done: Done) -> dict[str, JsonValue]:
    whose: dict[str, JsonValue] = args.model_dump(mode="json", include=set(CartArgs.model_fields))
    return {**whose, "lines": earlier(done)["lines"]}


def _resource(args: CartArgs) -> tuple[str, ...]:
    is_guests = args.cart_id == guest_cart(args.conversation_id)
    return (f"guest_cart:{args.cart_id}" if is_guests else f"cart:{args.cart_id}",)


def _variant(product: Product | None, sku: Sku) -> Variant | None:
    return next((variant for variant in product.variants if variant.sku == sku), None) if product else None


def _as_sold(each: Held) -> OrderLine:
    return OrderLine(
        sku=each.variant.sku,
        product_id=each.product.id,
        title=each.product.title,
        colour=each.variant.colour,
        size=each.variant.size,
        quantity=each.quantity,
        unit_price=each.variant.price,
    )
