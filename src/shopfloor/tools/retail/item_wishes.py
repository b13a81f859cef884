"""What a customer would like in place of what they ordered, read from their words against what is in stock."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, JsonValue

from shopfloor.journal.events import Source
from shopfloor.kernel.ids import ProductId
from shopfloor.language.attributes import colour_families
from shopfloor.language.entities import entities
from shopfloor.language.text import normalise
from shopfloor.search.fit import is_size
from shopfloor.shop import rules
from shopfloor.shop.contract import Shop
from shopfloor.shop.models import Order, OrderLine, Product, Variant
from shopfloor.shop.paying import OrderCase
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult
from shopfloor.tools.retail.naming import named_lines, wants_one
from shopfloor.tools.retail.orders import NEEDS_CHECK, Number
from shopfloor.tools.retail.views import View, line_name, looks, variant_view

Words = Annotated[str, Field(max_length=8_200)]
ANOTHER = re.compile(
    r"\b(?:sizes?|colou?rs?|variants?|versions?|models?|bigger|smaller|larger|swap(?:ped)?|switch(?:ed)?|exchange[ds]?"
    r"|replace[ds]?|instead of|in place of)\b"
)
"""Words of somebody who wants a thing in another way, whichever that is."""
MORE = re.compile(
    r"\b(?:add(?:ed)?|forgot(?:ten)?|remove[ds]?|take (?:off|out)|taken (?:off|out)|quantit(?:y|ies)|deliver(?:y|ed)?"
    r"|ship(?:ping|ped) (?:date|day)|date|day|time|gift ?wrap|note|engrav\w*|discount|code|coupon)\b"
)
"""Words of somebody who wants something else of an order changed."""


class ItemWishArgs(ToolArgs):
    """What of an order the customer would like to have in another way."""

    order_number: Number
    request: Annotated[Words, Field(description="The customer's request in their own words; it may name items.")] = ""
    item: Annotated[Words, Field(description="Which item, in the customer's words.")] = ""
    wanted: Annotated[Words, Field(description="What they want instead, in their words: `blue, size M`.")] = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wish:
    """What is wanted in place of a position, as far as it was said."""

    line: OrderLine
    others: tuple[Variant, ...]
    """What of the same product can be had."""
    said: str

    @property
    def sizes(self) -> list[str]:
        """Return the sizes named that are not the one ordered."""
        return [size for size in entities(self.said).sizes if not is_size(self.line.size, size)]

    @property
    def colours(self) -> set[str]:
        """Return the basic colours named that are not the one ordered."""
        return set(colour_families(self.said)) - set(colour_families(self.line.colour or "", is_colour=True))

    @property
    def fitting(self) -> tuple[Variant, ...]:
        """Return what the words leave; nothing where they name nothing."""
        sizes = self.sizes
        values = [v for v in self.others if self._names_option(v)] or [v for v in self.others if self._names_colour(v)]
        colours = set[str]() if values else self.colours
        if not sizes and not colours and not values:
            return ()
        left = [v for v in values or self.others if not sizes or is_size(v.size, sizes[-1])]
        if colours:
            left = [v for v in left if colours & set(colour_families(v.colour or "", is_colour=True))]
        is_recoloured = bool(values or colours)
        # What they did not speak of stays as it is.
        same = [v for v in left if sizes or v.size == self.line.size]
        same = [v for v in same if is_recoloured or v.colour == self.line.colour]
        return tuple(same or (left if is_recoloured else ()))

    def _names_colour(self, variant: Variant) -> bool:
        """Whether the words name the colour of a variant, as the shop calls it, and it is not the position's."""
        colour, plain = normalise(variant.colour or ""), normalise(self.said)
        return bool(colour) and variant.colour != self.line.colour and _is_named(colour, plain)

    def _names_option(self, variant: Variant) -> bool:
        """Whether the words name an option in which a variant is not as the position."""
        own, plain = dict(self.line.options), normalise(self.said)
        new = [value for name, value in variant.options if own.get(name) != value]
        return bool(new) and all(_is_named(normalise(value), plain) for value in new)


class ItemWishTools:
    """The tool that finds what is wanted instead."""

    def __init__(self, shop: Shop) -> None:
        """Take the shop."""
        self._shop = shop

    def tools(self) -> Sequence[Tool[Any]]:
        """Return the tool; it only reads."""
        return (
            Tool(
                name="find_item_change",
                description="Find which item of an order, not shipped yet, the customer wants in another size, colour "
                "or make, and which variant that is.",
                args=ItemWishArgs,
                run=self._find,
            ),
        )

    async def _find(self, args: ItemWishArgs, context: ToolContext) -> ToolResult:
        identity = context.session.identity
        case = await self._shop.orders.get_case(args.order_number)
        if case is None or not identity.may_see(case.order):
            return ToolResult(output={"outcome": "not_found"}) if identity.is_signed_in else NEEDS_CHECK
        order = case.order
        output: View = {"outcome": "", "item": "", "choices": [], "variants": [], "changes": []}
        output |= _found(case, await self._products(order), args)
        return ToolResult(output=output, sources=(Source(kind="order", id=order.number, agent=context.agent),))

    async def _products(self, order: Order) -> Mapping[ProductId, Product]:
        found = [await self._shop.catalogue.get_product(line.product_id) for line in order.lines]
        return {product.id: product for product in found if product}


def _found(case: OrderCase, products: Mapping[ProductId, Product], args: ItemWishArgs) -> View:
    order = case.order
    if why := rules.unchangeable(order):
        return {"outcome": "unchangeable", "unchangeable": why}
    if all(way.id != order.payment_method_id for way in case.wallet.ways()):  # a difference could not be settled
        return {"outcome": "no_way_to_pay"}
    wishes = [_wish(line, products.get(line.product_id), args) for line in order.lines]
    if not args.item and not args.wanted and not _is_swap(args.request, wishes):
        return {"outcome": "another_matter"}
    meant = _meant(order, products, wishes, args)
    if meant is None:
        held: list[JsonValue] = [line_name(line) for line in order.lines]
        return {"outcome": "which_item", "choices": held}
    name = line_name(meant.line)
    if not meant.others:
        return {"outcome": "no_choice", "item": name}
    fitting = meant.fitting
    if len(fitting) == 1:
        quantity = 1 if wants_one(args.item or args.request) else meant.line.quantity
        change: JsonValue = {"sku": meant.line.sku, "new_sku": fitting[0].sku, "quantity": quantity}
        changes: list[JsonValue] = [change]
        return {"outcome": "chosen", "item": name, "changes": changes}
    shown = fitting or meant.others
    choices: list[JsonValue] = [looks(variant) or variant.sku for variant in shown]
    variants: list[JsonValue] = [variant_view(variant) for variant in shown]
    return {"outcome": "which_variant", "item": name, "choices": choices, "variants": variants}


def _wish(line: OrderLine, product: Product | None, args: ItemWishArgs) -> _Wish:
    variants = product.variants if product else ()
    others = tuple(v for v in variants if v.sku != line.sku and v.has(line.quantity))
    return _Wish(line=line, others=others, said=args.wanted or args.request)


def _is_named(words: str, text: str) -> bool:
    """Whether words stand in a text, both normalised."""
    return re.search(rf"\b{re.escape(words)}\b", text) is not None


def _is_swap(request: str, wishes: Sequence[_Wish]) -> bool:
    """Whether a request is for a thing in another way, and for nothing else."""
    plain = normalise(request)
    is_changed = any(wish.sizes or wish.colours or wish.fitting for wish in wishes)
    return not MORE.search(plain) and (is_changed or ANOTHER.search(plain) is not None)


def _meant(
    order: Order, products: Mapping[ProductId, Product], wishes: Sequence[_Wish], args: ItemWishArgs
) -> _Wish | None:
    """Return the position that is meant; None where that is not clear."""
    named = named_lines(args.item or args.request, order.lines, [products.get(line.product_id) for line in order.lines])
    if named is not None:
        return wishes[named[0]] if len(named) == 1 else None
    left = [wish for wish in wishes if wish.others]
    fitting = [wish for wish in left if wish.fitting]
    for those in (fitting, left, wishes):
        if len(those) == 1:
            return those[0]
    return None
