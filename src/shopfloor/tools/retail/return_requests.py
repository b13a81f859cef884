"""Asking for goods to be taken back, and calling it off; no money moves here: the staff decide on a request."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Annotated, Any

from pydantic import Field, JsonValue

from shopfloor.actions.kind import ActionArgs, ActionKind, Done, Inverse, Preview
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import NotFound, Refused
from shopfloor.kernel.ids import OrderNumber, Sku
from shopfloor.kernel.money import Money
from shopfloor.language.dates import dated
from shopfloor.shop import rules
from shopfloor.shop.contract import Capability, Shop
from shopfloor.shop.item_changes import check_wanted
from shopfloor.shop.models import Order, PaymentMethod, Product, Return, ReturnKind, ReturnLine, Variant
from shopfloor.shop.return_policy import (
    OUR_FAULT,
    REASONS,
    ReturnableLine,
    ReturnReason,
    check_money_to,
    check_once,
    refund_due,
)
from shopfloor.shop.rules import ReturnWish
from shopfloor.shop.writes import RETURN
from shopfloor.tools.retail.looking_up import by_key
from shopfloor.tools.retail.order_facts import METHOD_FACTS, ORDER_FACTS, order_facts
from shopfloor.tools.retail.return_cases import Case, Cases, Policy
from shopfloor.tools.retail.undoing import given
from shopfloor.tools.retail.views import View, line_name, looks, money_view, return_view

RETURN_FACTS = frozenset(
    {
        "return_kind",
        "reason",
        "pieces_back",
        "days_since_delivery",
        "is_original_method",
        "refund",
        "difference",
    }
)
"""Beside those of the order: what is asked for and why, by how many pieces, how many whole days after the last parcel
came (None where no day is known), whether the money goes to how the order was paid, and, in the smallest unit of the
currency, the refund, or what an exchange costs more (less where it is negative); 0 where there is none."""


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
    payment_method_id: Annotated[
        str,
        Field(
            max_length=120,
            description="Where the refund goes, or the difference of an exchange is settled: the id of one of the "
            "customer's ways to pay; empty for how the order was paid.",
        ),
    ] = ""


class OneReturn(ActionArgs):
    """A return of an order."""

    order_number: OrderNumber
    return_id: Annotated[str, Field(max_length=60)]


class WithdrawReturn(OneReturn):
    """Call a return off."""


class ReinstateReturn(OneReturn):
    """Take a return up again that was called off."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Request:
    """What is asked for, held against the policy and the shop's rules."""

    case: Case
    method: PaymentMethod | None
    """Named for the money; None for how the order was paid."""
    refund: Money
    """What goes back for the goods; nothing in an exchange."""
    difference: Money | None
    """Of an exchange."""

    @property
    def paid_to(self) -> str:
        """Return where the money goes, as the customer knows it."""
        return self.method.label if self.method else self.case.order.payment_method


class ReturnRequests:
    """The kinds of writes over a shop's returns."""

    def __init__(self, shop: Shop, policy: Policy, clock: Clock, zone: tzinfo) -> None:
        """Take the shop, what reads its policy, the clock, and the zone that its days are meant in."""
        self._shop = shop
        self._policy = policy
        self._cases = Cases(shop, policy, clock, zone)
        self._clock = clock
        self._zone = zone

    def kinds(self) -> tuple[ActionKind[Any], ...]:
        """Return the kinds; taking a return up again is for undoing only."""
        return (self._asking(), self._withdrawing(), self._reinstating())

    def _asking(self) -> ActionKind[RequestReturn]:
        return ActionKind(
            name="request_return",
            description="Propose to ask for delivered goods to be taken back, for money or in exchange for another "
            "variant of the same product.",
            needs=Capability.RETURNS,
            args=RequestReturn,
            resources=_order_resource,
            preview=self._preview_request,
            execute=self._request,
            confirmation="yes",
            assurance="verified",
            attributes=(("return", "set"),),
            look_up=by_key(self._shop, RETURN, self._asked_view),
            inverse=Inverse(kind="withdraw_return", args=_called_off),
            facts=ORDER_FACTS | METHOD_FACTS | RETURN_FACTS,
        )

    def _withdrawing(self) -> ActionKind[WithdrawReturn]:
        return ActionKind(
            name="withdraw_return",
            description="Propose to call off a return that nobody has looked at yet.",
            needs=Capability.RETURNS,
            args=WithdrawReturn,
            opposite="request_return",
            resources=_order_resource,
            preview=self._preview_withdrawal,
            execute=self._withdraw,
            confirmation="yes",
            assurance="verified",
            attributes=(("return", "set"),),
            look_up=by_key(self._shop, RETURN, return_view),
            inverse=Inverse(kind="reinstate_return", args=_same_return),
            facts=frozenset({"return_kind", "return_state"}),
        )

    def _reinstating(self) -> ActionKind[ReinstateReturn]:
        return ActionKind(
            name="reinstate_return",
            description="Take up a return again that was called off.",
            needs=Capability.RETURNS,
            args=ReinstateReturn,
            resources=_order_resource,
            preview=self._preview_reinstatement,
            execute=self._reinstate,
            confirmation="yes",
            assurance="verified",
            attributes=(("return", "set"),),
            look_up=by_key(self._shop, RETURN, return_view),
            inverse=Inverse(kind="withdraw_return", args=_same_return),
            facts=frozenset({"return_kind", "return_state"}),
            is_offered=False,
        )

    # -- asking for it -----------------------------------------------------------------------------------------------

    async def _preview_request(self, args: RequestReturn) -> Preview:
        asked = await self._checked(args)
        case, order = asked.case, asked.case.order
        goods = ", ".join(f"{piece.quantity} × {line_name(case.of(piece.sku)[0].line)}" for piece in args.pieces)
        days = [each.until for piece in args.pieces for each in case.of(piece.sku) if each.until]
        refund = f"for a refund of {asked.refund} to {asked.paid_to}"
        gives = _exchanged(case, args, asked) if args.kind == "exchange" else refund
        why = REASONS[args.reason].lower()
        summary = f"Return from order #{order.number}: {goods} ({why}), {gives}."
        if days:
            until = _by(dated(min(days), self._zone)).removeprefix("by ")
            summary = f"Return from order #{order.number}: {goods} ({why}), {gives}, to be handed in by {until}."
        return Preview(
            summary=summary,
            amount=Money(asked.refund.currency, abs(asked.difference.minor)) if asked.difference else asked.refund,
            facts=self._facts(asked, args),
            # Order number and e-mail open the order, not what else its owner pays with, nor their purse.
            assurance="signed_in" if asked.method or _costs(asked.difference) else None,
        )

    async def _checked(self, args: RequestReturn) -> _Request:
        """Hold a request against the policy, and then against the shop's own rules.

        Raises:
            Refused: naming the rule that it breaks.
        """
        known = await self._shop.orders.get_case(args.order_number)
        if known is None:
            raise NotFound(f"there is no order {args.order_number}")
        case = await self._cases.of(known, args.reason)
        order, wallet = case.order, case.wallet
        if order.state != "delivered":
            raise Refused("return.not_delivered", f"Order #{order.number} has not been delivered yet.")
        check_once(order, case.earlier, case.policy)
        method = wallet.own(args.payment_method_id) if args.payment_method_id else None
        pieces = Counter[Sku]()
        for piece in args.pieces:
            pieces[piece.sku] += piece.quantity
        for sku, quantity in pieces.items():
            _check_line(case, sku, quantity)
        products = await self._products(args)
        if args.kind == "exchange":
            for piece in args.pieces:
                _check_exchange(case, args, piece, products)
        else:
            _check_no_exchange(args)
        wish = _wish(args, case.policy.label_in, order, self._clock)
        back = rules.requested_return(known.account, case.earlier, wish, products)
        if method and (back.difference is None or back.difference.minor < 0):
            check_money_to(order, method, case.policy.money_to(back.difference))
        nothing = Money(order.shipping.currency, 0)
        due = nothing if args.kind == "exchange" else refund_due(order, pieces, case.policy, args.reason, case.earlier)
        return _Request(case=case, method=method, refund=due, difference=back.difference)

    def _facts(self, asked: _Request, args: RequestReturn) -> dict[str, JsonValue]:
        case, now = asked.case, self._clock.now()
        order = case.order
        facts = order_facts(order, asked.case.wallet, case.earlier, now)
        arrived = [parcel.delivered_at for parcel in order.shipments if parcel.delivered_at]
        return {
            **facts,
            "method": asked.method.kind if asked.method else facts["paid_by"],
            "method_id": asked.method.id if asked.method else order.payment_method_id,
            "is_original_method": asked.method is None or asked.method.id == order.payment_method_id,
            "return_kind": args.kind,
            "reason": args.reason,
            "pieces_back": sum(piece.quantity for piece in args.pieces),
            "days_since_delivery": (now - max(arrived)).days if arrived else None,
            "refund": money_view(asked.refund),
            "difference": money_view(asked.difference or Money(order.shipping.currency, 0)),
        }

    async def _request(self, key: str, args: RequestReturn) -> JsonValue:
        order, policy = await self._order(args.order_number), await self._policy()
        wish = _wish(args, policy.label_in, order, self._clock)
        back = await self._shop.returns.request_return(
            order.number,
            wish.kind,
            wish.lines,
            has_label=wish.has_label,
            payment_method_id=wish.payment_method_id,
            at=wish.at,
            key=key,
        )
        return await self._asked_view(back)

    async def _asked_view(self, back: Return) -> View:
        policy, order = await self._policy(), await self._order(back.order_number)
        country = order.shipping_address.country
        return {**return_view(back), "how": policy.how(country), "refunded_in": policy.refunded_in}

    async def _products(self, args: RequestReturn) -> dict[Sku, Product]:
        found: dict[Sku, Product] = {}
        for piece in args.pieces:
            product = await self._shop.catalogue.find_product(piece.exchange_sku) if piece.exchange_sku else None
            if product and piece.exchange_sku:
                found[piece.exchange_sku] = product
        return found

    # -- calling it off, and taking it up again ----------------------------------------------------------------------

    async def _preview_withdrawal(self, args: WithdrawReturn) -> Preview:
        back = await self._return(args)
        rules.withdrawn(back)
        asked = self._asked(back)
        summary = f"Withdraw return {back.id} of order #{back.order_number}, asked for {asked}; you keep the goods."
        return Preview(summary=summary, facts=_return_facts(back))

    async def _withdraw(self, key: str, args: WithdrawReturn) -> JsonValue:
        back = await self._return(args)
        return return_view(await self._shop.returns.withdraw_return(back.id, key=key))

    async def _preview_reinstatement(self, args: ReinstateReturn) -> Preview:
        back = await self._return(args)
        case = await self._shop.orders.get_case(args.order_number)
        if case is None:
            raise NotFound(f"there is no order {args.order_number}")
        check_once(case.order, case.returns, await self._policy())
        rules.reinstated(case.account, case.returns, back, at=self._clock.now())
        summary = f"Take up return {back.id} of order #{back.order_number} again, asked for {self._asked(back)}."
        return Preview(summary=summary, facts=_return_facts(back))

    async def _reinstate(self, key: str, args: ReinstateReturn) -> JsonValue:
        back = await self._return(args)
        return return_view(await self._shop.returns.reinstate_return(back.id, at=self._clock.now(), key=key))

    def _asked(self, back: Return) -> str:
        return dated(back.requested_at, self._zone)

    async def _return(self, args: OneReturn) -> Return:
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


def _order_resource(args: RequestReturn | OneReturn) -> tuple[str, ...]:
    return (f"order:{args.order_number}",)


def _called_off(args: RequestReturn, done: Done) -> dict[str, JsonValue]:
    return {"order_number": args.order_number, "return_id": given(done, "id")}


def _same_return(args: OneReturn, _done: Done) -> dict[str, JsonValue]:
    return {"order_number": args.order_number, "return_id": args.return_id}


def _return_facts(back: Return) -> dict[str, JsonValue]:
    return {"return_kind": back.kind, "return_state": back.state}


def _wish(args: RequestReturn, label_in: Sequence[str], order: Order, clock: Clock) -> ReturnWish:
    lines = [
        ReturnLine(sku=p.sku, quantity=p.quantity, reason=REASONS[args.reason], exchange_sku=p.exchange_sku)
        for p in args.pieces
    ]
    return ReturnWish(
        kind=args.kind,
        lines=tuple(lines),
        has_label=order.shipping_address.country in label_in,
        payment_method_id=args.payment_method_id,
        at=clock.now(),
    )


def _check_line(case: Case, sku: Sku, quantity: int) -> None:
    order, lines = case.order, case.of(sku)
    if quantity > sum(each.line.quantity for each in lines):
        raise Refused("return.not_in_order", f"Order #{order.number} does not hold that.")
    each = lines[0]
    title = each.line.title
    if quantity > case.left()[sku] or {one.state for one in lines} == {"already_requested"}:
        raise Refused("return.already_requested", f"A return of {title} from order #{order.number} exists already.")
    if any(one.state == "too_late" for one in lines):
        raise Refused("return.too_late", f"The time to return {title} from order #{order.number} is over.")
    if any(one.state == "excluded" for one in lines):
        raise Refused("return.excluded", f"{title} cannot be returned: {each.why}.")


def _check_no_exchange(args: RequestReturn) -> None:
    if any(piece.exchange_sku for piece in args.pieces):
        raise Refused("return.not_an_exchange", "For a refund nothing can be sent in exchange.")


def _check_exchange(case: Case, args: RequestReturn, piece: ReturnPiece, products: dict[Sku, Product]) -> None:
    """Check one piece of an exchange against the policy.

    Raises:
        Refused: `return.no_exchange`, `return.exchange_for`, `return.not_in_stock`, `items.unknown_variant`,
            `items.other_product`, `items.same_variant`.
    """
    if case.order.shipping_address.country not in case.policy.exchange_in:
        raise Refused("return.no_exchange", "Exchanges by mail are not available there; a return for a refund is.")
    each: ReturnableLine = case.of(piece.sku)[0]
    title = each.line.title
    if piece.exchange_sku is None:
        raise Refused("return.exchange_for", f"What would you like in exchange for {title}?")
    variant = check_wanted(each.line.product_id, piece.exchange_sku, products)
    if variant.sku == piece.sku and args.reason not in OUR_FAULT:
        raise Refused("items.same_variant", f"That is what you have already, {line_name(each.line)}.")
    if not variant.has(piece.quantity):
        if case.policy.exchange_for == "size":
            raise Refused("return.not_in_stock", f"{title} is not in stock in that size.")
        raise Refused("return.not_in_stock", f"{title} is not in stock like that.")
    if variant not in each.exchanges:
        raise Refused("return.exchange_for", f"{title} can be exchanged for another size in the same colour only.")


def _costs(difference: Money | None) -> bool:
    return difference is not None and difference.minor > 0


def _exchanged(case: Case, args: RequestReturn, asked: _Request) -> str:
    """Write what is had in exchange, and the difference where there is one."""
    wanted = ", ".join(_wanted(case, piece) for piece in args.pieces)
    if not asked.difference or not asked.difference.minor:
        return f"in exchange for {wanted}"
    amount = Money(asked.difference.currency, abs(asked.difference.minor))
    settled = f"{amount} more, by" if asked.difference.minor > 0 else f"{amount} back to"
    return f"in exchange for {wanted}, {settled} {asked.paid_to}"


def _wanted(case: Case, piece: ReturnPiece) -> str:
    line = case.of(piece.sku)[0].line
    product = case.products.get(line.product_id)
    if product is None or piece.exchange_sku is None:
        return "the same again"
    variant: Variant = product.variant(piece.exchange_sku)
    if (variant.colour, variant.options) == (line.colour, line.options):
        return f"size {variant.size}" if variant.size else "the same again"
    return looks(variant) or variant.sku


def _by(written: str) -> str:
    """Write a last day: `by 12 December 2026`."""
    return f"by {written.removeprefix('on ')}"
