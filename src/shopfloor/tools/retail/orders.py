"""Reading orders, the guest check, and the two writes that an order takes before it is shipped."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Annotated, Any

from pydantic import Field, JsonValue

from shopfloor.actions.kind import ActionArgs, ActionKind, Inverse, Preview
from shopfloor.identity.guest_check import GuestCheck
from shopfloor.identity.identity import Identity
from shopfloor.journal.events import IdentityVerified, Source
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import OrderNumber
from shopfloor.language.dates import day
from shopfloor.shop import rules
from shopfloor.shop.contract import Capability, Orders, Shop
from shopfloor.shop.models import Address, Order
from shopfloor.tools.contract import NoArgs, Tool, ToolArgs, ToolContext, ToolResult
from shopfloor.tools.retail.views import address_view, order_line_view, order_view, return_view

Number = Annotated[OrderNumber, Field(description="The order's number, without a sign before it.", max_length=40)]
SIGNED_IN_ONLY = ToolResult(output={"outcome": "sign_in"})
NEEDS_CHECK = ToolResult(output={"outcome": "needs_check"})
"""Says no word on whether the order exists: a guest must name its e-mail address first."""


class OrderArgs(ToolArgs):
    """Which order."""

    order_number: Number


class GuestArgs(ToolArgs):
    """What a guest names to see an order."""

    order_number: Number
    email: Annotated[str, Field(description="The e-mail address the order was placed with.", max_length=254)]


class AddressArgs(ToolArgs):
    """An address as far as the customer named it."""

    order_number: Number
    line1: Annotated[str, Field(description="Street and house number.", max_length=200)]
    line2: Annotated[str, Field(max_length=200)] = ""
    city: Annotated[str, Field(max_length=100)] = ""
    region: Annotated[str, Field(max_length=100)] = ""
    postal_code: Annotated[str, Field(max_length=20)] = ""
    country: Annotated[str, Field(max_length=2, description="ISO 3166-1 alpha-2.")] = ""


class CancelOrder(ActionArgs):
    """Cancel an order."""

    order_number: OrderNumber
    reason: Annotated[str, Field(max_length=200)]


class ChangeShippingAddress(ActionArgs):
    """Send an order to another address."""

    order_number: OrderNumber
    name: Annotated[str, Field(max_length=200)]
    line1: Annotated[str, Field(min_length=3, max_length=200)]
    line2: Annotated[str, Field(max_length=200)] = ""
    city: Annotated[str, Field(min_length=1, max_length=100)]
    region: Annotated[str, Field(max_length=100)] = ""
    postal_code: Annotated[str, Field(min_length=2, max_length=20)]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]

    def address(self) -> Address:
        """Return the address named."""
        return Address(**self.model_dump(exclude={"order_number"}))


class OrderTools:
    """The tools over a shop's orders."""

    def __init__(self, shop: Shop, guest_check: GuestCheck) -> None:
        """Take the shop and the guest check."""
        self._shop = shop
        self._guest_check = guest_check

    def tools(self) -> Sequence[Tool[Any]]:
        """Return the tools that read, and the guest check."""
        return (
            Tool(
                name="list_orders",
                description="List the signed-in customer's orders, newest first.",
                args=NoArgs,
                run=self._list_orders,
            ),
            Tool(
                name="get_order",
                description="Read an order of the customer: state, parcels with tracking, refunds, returns, address.",
                args=OrderArgs,
                run=self._get_order,
            ),
            Tool(
                name="verify_guest",
                description="Check a guest's order number and e-mail address; opens that one order.",
                args=GuestArgs,
                run=self._verify_guest,
                is_read=False,
            ),
            Tool(
                name="complete_address",
                description="Fill up a new shipping address for an order from its present one.",
                args=AddressArgs,
                run=self._complete_address,
            ),
        )

    async def _list_orders(self, args: NoArgs, context: ToolContext) -> ToolResult:
        identity = context.session.identity
        if identity.customer_id is None:
            return SIGNED_IN_ONLY
        orders = await self._shop.orders.orders_of(identity.customer_id, limit=10)
        sources = tuple(Source(kind="order", id=order.number, agent=context.agent) for order in orders)
        return ToolResult(
            output={
                "outcome": "found",
                "orders": [order_line_view(order) for order in orders],
                "open": [order.number for order in orders if order.state not in {"delivered", "cancelled"}],
                "changeable": [order.number for order in orders if rules.is_changeable(order)],
            },
            sources=sources,
        )

    async def _get_order(self, args: OrderArgs, context: ToolContext) -> ToolResult:
        identity = context.session.identity
        order = await self._shop.orders.get_order(args.order_number)
        if order is None or not identity.may_see(order):
            return ToolResult(output={"outcome": "not_found"}) if identity.is_signed_in else NEEDS_CHECK
        returns = await self._shop.returns.returns_of(order.number)
        return ToolResult(
            output={
                "outcome": "found",
                "order": order_view(order),
                "returns": [return_view(returned) for returned in returns],
            },
            sources=(Source(kind="order", id=order.number, agent=context.agent),),
        )

    async def _verify_guest(self, args: GuestArgs, context: ToolContext) -> ToolResult:
        session = context.session
        result = await self._guest_check.check(session.conversation_id, args.order_number, args.email)
        if result.outcome == "verified":
            opened = session.identity.order_numbers | {args.order_number}
            event = IdentityVerified(
                method="order_and_email",
                customer_id=session.identity.customer_id,
                order_numbers=tuple(sorted(opened)),
                name=session.identity.name,
                email=session.identity.email or args.email.strip().lower(),
            )
            await session.record(event)
        return ToolResult(output={"outcome": result.outcome, "tries_left": result.tries_left})

    async def _complete_address(self, args: AddressArgs, context: ToolContext) -> ToolResult:
        order = await self._shop.orders.get_order(args.order_number)
        if order is None or not context.session.identity.may_see(order):
            return ToolResult(output={"outcome": "not_found"})
        old = order.shipping_address
        missing = _missing(args, old)
        if missing:
            return ToolResult(output={"outcome": "incomplete", "missing": missing})
        moved = _is_other(args.city, old.city) or _is_other(args.country, old.country)
        address = Address(
            name=old.name,
            line1=args.line1,
            line2=args.line2,
            city=args.city or old.city,
            region=args.region or ("" if moved else old.region),
            postal_code=args.postal_code or old.postal_code,
            country=(args.country or old.country).upper(),
        )
        same = address == old
        return ToolResult(output={"outcome": "same" if same else "complete", "address": address_view(address)})


def _missing(args: AddressArgs, old: Address) -> str | None:
    """Return what a new town lacks: it needs its name and its postal code."""
    is_abroad = _is_other(args.country, old.country)
    if not args.city and (is_abroad or _is_other(args.postal_code, old.postal_code)):
        return "city"
    if not args.postal_code and (is_abroad or _is_other(args.city, old.city)):
        return "postal code"
    return None


def _is_other(named: str, old: str) -> bool:
    return bool(named) and named.casefold() != old.casefold()


async def owns_resource(orders: Orders, identity: Identity, resource: str) -> bool:
    """Whether a resource such as `order:123` is a customer's own; what is nobody's, such as `ticket:new`, is open."""
    kind, _, number = resource.partition(":")
    if kind == "profile":
        return identity.is_signed_in and identity.customer_id == number
    if kind != "order":
        return kind == "ticket"
    order = await orders.get_order(OrderNumber(number))
    return order is not None and identity.may_see(order)


def order_kinds(orders: Orders, clock: Clock, zone: tzinfo) -> tuple[ActionKind[Any], ...]:
    """Return the kinds of writes that an order takes."""

    async def preview_cancel(args: CancelOrder) -> Preview:
        order = await _changeable(orders, args.order_number)
        placed = day(order.placed_at, clock.now(), zone)
        is_paid = order.payment_state == "paid"
        money = f"the money goes back to {order.payment_method}" if is_paid else "no money was taken yet"
        summary = f"Cancel order #{order.number}, placed {placed}, over {order.total}; {money}."
        return Preview(summary=summary, amount=order.total)

    async def cancel(key: str, args: CancelOrder) -> JsonValue:
        order = await orders.cancel_order(args.order_number, reason=args.reason, at=clock.now(), key=key)
        return order_view(order)

    async def preview_address(args: ChangeShippingAddress) -> Preview:
        order = await _changeable(orders, args.order_number)
        return Preview(summary=f"Send order #{order.number} to {args.address().one_line()}.")

    async def change_address(key: str, args: ChangeShippingAddress) -> JsonValue:
        order = await orders.change_shipping_address(args.order_number, args.address(), key=key)
        return order_view(order)

    return (
        ActionKind(
            name="cancel_order",
            description="Propose to cancel an order of which nothing has been shipped.",
            needs=Capability.CANCEL_ORDER,
            args=CancelOrder,
            resources=lambda args: (f"order:{args.order_number}",),
            preview=preview_cancel,
            execute=cancel,
            confirmation="yes",
            assurance="verified",
            irreversible=True,
        ),
        ActionKind(
            name="change_shipping_address",
            description="Propose to send an order to another address while nothing of it has been shipped.",
            needs=Capability.CHANGE_ADDRESS,
            args=ChangeShippingAddress,
            resources=lambda args: (f"order:{args.order_number}",),
            preview=preview_address,
            execute=change_address,
            confirmation="yes",
            # Order number and e-mail stand on a parcel's label and in every mail: enough to look, not to redirect it.
            assurance="signed_in",
            inverse=Inverse(kind="change_shipping_address", args=lambda args, done: {}),
        ),
    )


async def _changeable(orders: Orders, number: OrderNumber) -> Order:
    order = await orders.get_order(number)
    if order is None:
        raise NotFound(f"there is no order {number}")
    rules.check_changeable(order)
    return order
