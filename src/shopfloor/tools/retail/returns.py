"""What may come back: of which order, until when, and what for."""

from collections import Counter
from collections.abc import Sequence
from datetime import tzinfo
from typing import Annotated, Any

from pydantic import Field, JsonValue

from shopfloor.journal.events import Source
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import OrderNumber, Sku
from shopfloor.language.entities import entities
from shopfloor.language.text import words
from shopfloor.shop.contract import Shop
from shopfloor.shop.models import Order, Return, ReturnKind, Variant
from shopfloor.shop.return_policy import OUR_FAULT, ReturnableLine, ReturnReason, kinds_of, live, refund_due
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult
from shopfloor.tools.retail.naming import likeness, named_lines, wants_one
from shopfloor.tools.retail.orders import NEEDS_CHECK, SIGNED_IN_ONLY, Number
from shopfloor.tools.retail.return_cases import Case, Cases, Policy
from shopfloor.tools.retail.views import View, line_name, money_view, order_line_view, return_view, variant_view

Words = Annotated[str, Field(max_length=8_200)]


LOOKED_AT = 20
"""Orders of a customer, the newest, that their words may be about."""


class CheckReturnArgs(ToolArgs):
    """What a customer would like to send back, as far as it is known."""

    order_number: Number
    request: Annotated[Words, Field(description="The customer's request in their own words; it may name items.")] = ""
    item: Annotated[Words, Field(description="Which items, in the customer's words: `the boots`, `all of it`.")] = ""
    reason: ReturnReason | None = None
    kind: ReturnKind | None = None
    size: Annotated[str | None, Field(description="The size wanted instead, in an exchange.", max_length=40)] = None


class ReturnableOrdersArgs(ToolArgs):
    """What a customer said, and the order that the conversation was about."""

    request: Annotated[Words, Field(description="The customer's request in their own words.")]
    order_number: Annotated[OrderNumber | None, Field(description="The order talked about.", max_length=40)] = None


class ReturnTools:
    """The tools that read what may come back."""

    def __init__(self, shop: Shop, policy: Policy, clock: Clock, zone: tzinfo) -> None:
        """Take the shop, what reads its policy, the clock, and the zone that its days are meant in."""
        self._shop = shop
        self._cases = Cases(shop, policy, clock, zone)

    def tools(self) -> Sequence[Tool[Any]]:
        """Return the tools that read."""
        return (
            Tool(
                name="returnable_orders",
                description="Find which delivered order of the signed-in customer their words are about.",
                args=ReturnableOrdersArgs,
                run=self._returnable_orders,
            ),
            Tool(
                name="check_return",
                description="Find out what of an order may come back, until when, for which refund or other sizes.",
                args=CheckReturnArgs,
                run=self._check_return,
            ),
        )

    async def _returnable_orders(self, args: ReturnableOrdersArgs, context: ToolContext) -> ToolResult:
        identity = context.session.identity
        if identity.customer_id is None:
            return SIGNED_IN_ONLY
        if args.order_number and args.order_number.casefold() in words(args.request):
            return ToolResult(output={"outcome": "found", "order_number": args.order_number, "orders": []})
        orders = await self._shop.orders.orders_of(identity.customer_id, limit=LOOKED_AT)
        delivered = [order for order in orders if order.state == "delivered"]
        meant = [order for order in delivered if order.number == args.order_number]
        named = [] if meant else list(await self._most_alike(delivered, args.request))
        candidates = meant or named or delivered
        number = candidates[0].number if len(candidates) == 1 else None
        return ToolResult(
            output={
                "outcome": "found" if delivered or args.order_number else "none",
                "order_number": number or (None if delivered else args.order_number),
                "orders": [order_line_view(order) for order in candidates],
            },
            sources=tuple(Source(kind="order", id=order.number, agent=context.agent) for order in candidates),
        )

    async def _most_alike(self, orders: Sequence[Order], text: str) -> Sequence[Order]:
        """Return the orders whose goods a text names best; none where it names none."""
        found: list[tuple[float, Order]] = []
        for order in orders:
            products = [await self._shop.catalogue.get_product(line.product_id) for line in order.lines]
            found.append((likeness(text, order.lines, products), order))
        best = max((score for score, _ in found), default=0.0)
        return [order for score, order in found if score == best > 0]

    async def _check_return(self, args: CheckReturnArgs, context: ToolContext) -> ToolResult:
        identity = context.session.identity
        known = await self._shop.orders.get_case(args.order_number)
        if known is None or not identity.may_see(known.order):
            return ToolResult(output={"outcome": "not_found"}) if identity.is_signed_in else NEEDS_CHECK
        order, case = known.order, await self._cases.of(known, args.reason)
        meant = _meant(case, args)
        chosen = [each for each in meant or () if each.state == "returnable"]
        output: View = {
            "outcome": _outcome(case, meant),
            "goods": [_line_view(each, case) for each in case.lines],
            "is_named": _named(case, args) is not None,
            "chosen": [_line_view(each, case) for each in chosen],
            "left_out": [_line_view(each, case) for each in meant or () if each.state != "returnable"],
            "returns": [return_view(back) for back in case.earlier],
            "has_label": order.shipping_address.country in case.policy.label_in,
            "exchanges_here": order.shipping_address.country in case.policy.exchange_in,
            "condition": case.policy.condition,
            "how": case.policy.how(order.shipping_address.country),
            "refunded_in": case.policy.refunded_in,
            "days": case.policy.days_for(order.shipping_address.country),
            "kinds": ["refund"],
            "sizes": [],
            "exchanges": [],
            "once_per_order": case.policy.once_per_order,
            "refund_to": case.policy.refund_to,
        }
        if output["outcome"] == "returnable":
            output |= _offer(case, chosen, args)
        return ToolResult(output=output, sources=(Source(kind="order", id=order.number, agent=context.agent),))


def _named(case: Case, args: CheckReturnArgs) -> Sequence[int] | None:
    """Return the places of the positions that the customer's words name; what they answered counts alone."""
    lines = [each.line for each in case.lines]
    return named_lines(args.item or args.request, lines, [case.products.get(line.product_id) for line in lines])


def _meant(case: Case, args: CheckReturnArgs) -> Sequence[ReturnableLine] | None:
    """Return the positions that are meant; None where that is not clear."""
    named = _named(case, args)
    if named is not None:
        return [case.lines[place] for place in named]
    if len(case.lines) == 1:
        return case.lines
    if args.item:
        return None
    left = [each for each in case.lines if each.state == "returnable"]
    if len(left) > 1 and args.reason == "wrong_size":
        left = [each for each in left if each.line.size]
    return left if len(left) == 1 else None


def _outcome(case: Case, meant: Sequence[ReturnableLine] | None) -> str:
    if case.order.state == "cancelled":
        return "cancelled"
    if case.order.state != "delivered":
        return "not_delivered"
    states = {each.state for each in meant or case.lines}
    if "returnable" in states:
        return "returnable" if meant else "which_item"
    return next(state for state in ("already_requested", "too_late", "excluded") if state in states)


def _offer(case: Case, chosen: Sequence[ReturnableLine], args: CheckReturnArgs) -> View:
    """Return what the customer may have for goods, and the pieces as they are to be asked for."""
    one = wants_one(args.item or args.request)
    kinds = kinds_of(case.order, chosen, case.policy)
    counts = Counter[Sku]()
    variants = [_wanted(each, args) for each in chosen]
    is_exchange = args.kind == "exchange" and "exchange" in kinds
    pieces: list[JsonValue] = []
    for each, variant in zip(chosen, variants, strict=True):
        piece: View = {"sku": each.line.sku, "quantity": 1 if one else each.left}
        counts[each.line.sku] += 1 if one else each.left
        pieces.append(piece | {"exchange_sku": variant.sku} if is_exchange and variant else piece)
    return {
        "kinds": list[JsonValue](kinds),
        "sizes": list[JsonValue](dict.fromkeys(v.size for v in chosen[0].exchanges if v.size)),
        "exchanges": [variant_view(variant) for variant in chosen[0].exchanges] if len(chosen) == 1 else [],
        "has_size": all(variants),
        "pieces": pieces,
        "refund": money_view(refund_due(case.order, counts, case.policy, args.reason, case.earlier)),
        "is_free": args.reason in OUR_FAULT or not case.policy.fee_minor.get(case.order.shipping_address.country),
        "until": min(each.until for each in chosen if each.until).isoformat(),
        "conditions": list[JsonValue](dict.fromkeys(each.condition for each in chosen if each.condition)),
    }


def _wanted(each: ReturnableLine, args: CheckReturnArgs) -> Variant | None:
    """Return the variant that is wanted instead, or None where that is not known or not in stock.

    It is the one in the size named last; the size that was bought is none, unless it is not the one that came.
    """
    if not any(variant.size for variant in each.exchanges):
        return each.exchanges[0] if each.exchanges else None
    named = [size for size in (args.size, *reversed(entities(args.request).sizes)) if size]
    for size in named:
        plain = size.casefold().removeprefix("size ").strip()
        if variant := next((v for v in each.exchanges if v.size and v.size.casefold() == plain), None):
            return variant
        if size == args.size and plain != (each.line.size or "").casefold():
            return None  # it was asked for and is not there: what was said before does not count any more
    return None


def _line_view(each: ReturnableLine, case: Case) -> View:
    coming = [back.id for back in live(case.earlier) if _holds(back, each.line.sku)]
    return {
        "sku": each.line.sku,
        "title": each.line.title,
        "label": line_name(each.line),
        "size": each.line.size,
        "quantity": each.line.quantity,
        "left": each.left,
        "state": each.state,
        "why": each.why,
        "until": each.until.isoformat() if each.until else None,
        "return_id": coming[-1] if coming else None,
    }


def _holds(back: Return, sku: Sku) -> bool:
    return any(line.sku == sku for line in back.lines)
