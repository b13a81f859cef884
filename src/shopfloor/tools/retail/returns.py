"""What may come back, asking for it, and calling it off; money never moves here: the staff decide on a request."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Annotated, Any

from pydantic import Field, JsonValue

from shopfloor.actions.kind import ActionArgs, ActionKind, Inverse, Preview
from shopfloor.journal.events import Source
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import NotFound, Refused
from shopfloor.kernel.ids import OrderNumber, ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.language.dates import day
from shopfloor.language.entities import entities
from shopfloor.language.text import words
from shopfloor.shop import rules
from shopfloor.shop.contract import Capability, Shop
from shopfloor.shop.models import Order, OrderLine, Product, Return, ReturnKind, ReturnLine, Variant
from shopfloor.shop.return_policy import (
    OUR_FAULT,
    REASONS,
    ReturnableLine,
    ReturnPolicy,
    ReturnReason,
    assess,
    kinds_of,
    refund_due,
)
from shopfloor.shop.rules import GONE
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult
from shopfloor.tools.retail.naming import likeness, named_lines, wants_one
from shopfloor.tools.retail.orders import NEEDS_CHECK, SIGNED_IN_ONLY, Number
from shopfloor.tools.retail.views import View, money_view, order_line_view, return_view

Policy = Callable[[], Awaitable[ReturnPolicy]]
"""Reads the shop's policy anew, since a merchant may change it at any time."""
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


class ReturnPiece(ActionArgs):
    """Pieces of one position of an order."""

    sku: Sku
    quantity: Annotated[int, Field(ge=1, le=1_000)]
    exchange_sku: Sku | None = None
    """What is wanted for them, in an exchange."""


class RequestReturn(ActionArgs):
    """Ask for goods to be taken back."""

    order_number: OrderNumber
    kind: ReturnKind
    reason: ReturnReason
    pieces: Annotated[tuple[ReturnPiece, ...], Field(min_length=1, max_length=50)]


class WithdrawReturn(ActionArgs):
    """Call a return off."""

    order_number: OrderNumber
    return_id: Annotated[str, Field(max_length=60)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """An order with all that a return of it is decided by."""

    order: Order
    earlier: Sequence[Return]
    products: Mapping[ProductId, Product]
    policy: ReturnPolicy
    lines: tuple[ReturnableLine, ...]


class ReturnTools:
    """Reads and writes over a shop's returns."""

    def __init__(self, shop: Shop, policy: Policy, clock: Clock, zone: tzinfo) -> None:
        """Take the shop, what reads its policy, the clock, and the zone that its days are meant in."""
        self._shop = shop
        self._policy = policy
        self._clock = clock
        self._zone = zone

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

    def kinds(self) -> tuple[ActionKind[Any], ...]:
        """Return the kinds of writes."""
        return (
            ActionKind(
                name="request_return",
                description="Propose to ask for delivered goods to be taken back, for money or another size.",
                needs=Capability.RETURNS,
                args=RequestReturn,
                resources=lambda args: (f"order:{args.order_number}",),
                preview=self._preview_request,
                execute=self._request,
                confirmation="yes",
                assurance="verified",
                inverse=Inverse(kind="withdraw_return", args=lambda args, done: {}),
            ),
            ActionKind(
                name="withdraw_return",
                description="Propose to call off a return that nobody has looked at yet.",
                needs=Capability.RETURNS,
                args=WithdrawReturn,
                resources=lambda args: (f"order:{args.order_number}",),
                preview=self._preview_withdrawal,
                execute=self._withdraw,
                confirmation="yes",
                assurance="verified",
                inverse=Inverse(kind="request_return", args=lambda args, done: {}),
            ),
        )

    # -- reading -----------------------------------------------------------------------------------------------------

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
        order = await self._shop.orders.get_order(args.order_number)
        if order is None or not identity.may_see(order):
            return ToolResult(output={"outcome": "not_found"}) if identity.is_signed_in else NEEDS_CHECK
        case = await self._case(order, args.reason)
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
        }
        if output["outcome"] == "returnable":
            output |= _offer(case, chosen, args)
        return ToolResult(output=output, sources=(Source(kind="order", id=order.number, agent=context.agent),))

    async def _case(self, order: Order, reason: ReturnReason | None) -> Case:
        earlier = await self._shop.returns.returns_of(order.number)
        policy = await self._policy()
        products: dict[ProductId, Product] = {}
        for line in order.lines:
            if product := await self._shop.catalogue.get_product(line.product_id):
                products[product.id] = product
        lines = assess(order, earlier, products, policy, reason=reason, at=self._clock.now(), zone=self._zone)
        return Case(order=order, earlier=earlier, products=products, policy=policy, lines=lines)

    # -- asking for it -----------------------------------------------------------------------------------------------

    async def _preview_request(self, args: RequestReturn) -> Preview:
        case = await self._case(await self._order(args.order_number), args.reason)
        due = self._checked(case, args)
        order = case.order
        lines = {each.line.sku: each for each in case.lines}
        goods = ", ".join(f"{piece.quantity} × {_label(lines[piece.sku].line)}" for piece in args.pieces)
        until = min(each.until for each in (lines[piece.sku] for piece in args.pieces) if each.until)
        if args.kind == "exchange":
            sizes = [_variant(case, piece).size for piece in args.pieces]
            wanted = ", ".join(f"size {size}" if size else "the same again" for size in sizes)
            gives = f"in exchange for {wanted}"
        else:
            gives = f"for a refund of {due} to {order.payment_method}"
        hand_in = f"to be handed in {_by(day(until, self._clock.now(), self._zone))}"
        return Preview(
            summary=f"Return from order #{order.number}: {goods} ({REASONS[args.reason].lower()}), {gives}, {hand_in}."
        )

    def _checked(self, case: Case, args: RequestReturn) -> Money:
        """Check a request against the policy, and return the money that it comes to.

        Raises:
            Refused: naming the rule of the policy that it breaks.
        """
        order = case.order
        if order.state != "delivered":
            raise Refused("return.not_delivered", f"Order #{order.number} has not been delivered yet.")
        pieces: dict[Sku, int] = {}
        for piece in args.pieces:
            pieces[piece.sku] = pieces.get(piece.sku, 0) + piece.quantity
        lines = {each.line.sku: each for each in case.lines}
        for sku, quantity in pieces.items():
            _check_line(order, lines.get(sku), quantity)
        if args.kind == "exchange":
            for piece in args.pieces:
                _check_exchange(case, lines[piece.sku], piece)
        elif any(piece.exchange_sku for piece in args.pieces):
            raise Refused("return.not_an_exchange", "For a refund nothing can be sent in exchange.")
        return refund_due(order, pieces, case.policy, args.reason)

    async def _request(self, key: str, args: RequestReturn) -> JsonValue:
        order = await self._order(args.order_number)
        policy = await self._policy()
        country = order.shipping_address.country
        lines = [
            ReturnLine(sku=p.sku, quantity=p.quantity, reason=REASONS[args.reason], exchange_sku=p.exchange_sku)
            for p in args.pieces
        ]
        back = await self._shop.returns.request_return(
            order.number, args.kind, lines, has_label=country in policy.label_in, at=self._clock.now(), key=key
        )
        return {**return_view(back), "how": policy.how(country), "refunded_in": policy.refunded_in}

    # -- calling it off ----------------------------------------------------------------------------------------------

    async def _preview_withdrawal(self, args: WithdrawReturn) -> Preview:
        back = await self._return(args)
        rules.withdrawn(back)
        asked = day(back.requested_at, self._clock.now(), self._zone)
        return Preview(
            summary=f"Withdraw return {back.id} of order #{back.order_number}, asked for {asked}; you keep the goods."
        )

    async def _withdraw(self, key: str, args: WithdrawReturn) -> JsonValue:
        back = await self._return(args)
        return return_view(await self._shop.returns.withdraw_return(back.id, key=key))

    async def _return(self, args: WithdrawReturn) -> Return:
        """Return the return named, which has to be one of the order named: that one's owner was checked."""
        returns = await self._shop.returns.returns_of(args.order_number)
        back = next((each for each in returns if each.id == args.return_id), None)
        if back is None:
            raise Refused("return.unknown", f"There is no such return of order #{args.order_number}.")
        return back

    async def _order(self, number: OrderNumber) -> Order:
        order = await self._shop.orders.get_order(number)
        if order is None:
            raise NotFound(f"there is no order {number}")
        return order


def _by(written: str) -> str:
    """Write a last day: `by 12 December`, but `by today`, not `by on Monday`."""
    return f"by {written.removeprefix('on ')}"


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
    counts = {each.line.sku: 1 if one else each.left for each in chosen}
    variants = [_wanted(each, args) for each in chosen]
    is_exchange = args.kind == "exchange" and "exchange" in kinds
    pieces: list[JsonValue] = []
    for each, variant in zip(chosen, variants, strict=True):
        piece: View = {"sku": each.line.sku, "quantity": counts[each.line.sku]}
        pieces.append(piece | {"exchange_sku": variant.sku} if is_exchange and variant else piece)
    return {
        "kinds": list[JsonValue](kinds),
        "sizes": list[JsonValue](dict.fromkeys(v.size for v in chosen[0].exchanges if v.size)),
        "has_size": all(variants),
        "pieces": pieces,
        "refund": money_view(refund_due(case.order, counts, case.policy, args.reason)),
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


def _check_line(order: Order, each: ReturnableLine | None, quantity: int) -> None:
    if each is None or quantity > each.line.quantity:
        raise Refused("return.not_in_order", f"Order #{order.number} does not hold that.")
    title = each.line.title
    if quantity > each.left:
        raise Refused("return.already_requested", f"A return of {title} from order #{order.number} exists already.")
    if each.state == "too_late":
        raise Refused("return.too_late", f"The time to return {title} from order #{order.number} is over.")
    if each.state == "excluded":
        raise Refused("return.excluded", f"{title} cannot be returned: {each.why}.")


def _check_exchange(case: Case, each: ReturnableLine, piece: ReturnPiece) -> None:
    if case.order.shipping_address.country not in case.policy.exchange_in:
        raise Refused("return.no_exchange", "Exchanges by mail are not available there; a return for a refund is.")
    variant = next((v for v in each.exchanges if v.sku == piece.exchange_sku), None)
    if variant is None or variant.stock < piece.quantity:
        raise Refused("return.not_in_stock", f"{each.line.title} is not in stock in that size.")


def _variant(case: Case, piece: ReturnPiece) -> Variant:
    lines = {each.line.sku: each for each in case.lines}
    return next(v for v in lines[piece.sku].exchanges if v.sku == piece.exchange_sku)


def _label(line: OrderLine) -> str:
    parts = [line.colour, f"size {line.size}" if line.size else None]
    told = ", ".join(part for part in parts if part)
    return f"{line.title} ({told})" if told else line.title


def _line_view(each: ReturnableLine, case: Case) -> View:
    coming = [back.id for back in case.earlier if back.state not in GONE and _holds(back, each.line.sku)]
    return {
        "sku": each.line.sku,
        "title": each.line.title,
        "label": _label(each.line),
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
