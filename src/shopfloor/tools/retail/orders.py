"""Reading orders, the guest check, and whose order is whose."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from shopfloor.identity.guest_check import GuestCheck
from shopfloor.identity.identity import Identity
from shopfloor.journal.events import IdentityVerified, Source
from shopfloor.kernel.ids import OrderNumber
from shopfloor.kernel.keyed_locks import KeyedLocks
from shopfloor.shop import rules
from shopfloor.shop.contract import Orders, Shop
from shopfloor.shop.models import Address
from shopfloor.tools.contract import NoArgs, Session, Tool, ToolArgs, ToolContext, ToolResult
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

    order_number: Annotated[
        OrderNumber | None,
        Field(description="The order that shall go there; none for the address of the account.", max_length=40),
    ] = None
    line1: Annotated[str, Field(description="Street and house number.", max_length=200)]
    line2: Annotated[str, Field(max_length=200)] = ""
    city: Annotated[str, Field(max_length=100)] = ""
    region: Annotated[str, Field(max_length=100)] = ""
    postal_code: Annotated[str, Field(max_length=20)] = ""
    country: Annotated[str, Field(max_length=2, description="ISO 3166-1 alpha-2.")] = ""


class OrderTools:
    """The tools over a shop's orders."""

    def __init__(self, shop: Shop, guest_check: GuestCheck) -> None:
        """Take the shop and the guest check."""
        self._shop = shop
        self._guest_check = guest_check
        self._checks = KeyedLocks()

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
                description="Check a guest's order number and e-mail address; opens that one order. All orders of a "
                "conversation are of one address.",
                args=GuestArgs,
                run=self._verify_guest,
                is_read=False,
            ),
            Tool(
                name="complete_address",
                description="Fill up a new address for an order, or for the account, from the present one.",
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
        async with self._checks.hold(context.session.conversation_id):  # of two at once the second sees the first's
            return await self._check_guest(args, context.session)

    async def _check_guest(self, args: GuestArgs, session: Session) -> ToolResult:
        if await self._is_another(session.identity, args.email):
            return ToolResult(output={"outcome": "other_person"})
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

    async def _is_another(self, identity: Identity, email: str) -> bool:
        """Whether an address is not that of who was known before: a conversation is one person's, with all in it."""
        known = identity.email
        if known is None and identity.customer_id:
            customer = await self._shop.customers.get_customer(identity.customer_id)
            known = customer.email if customer else ""
        elif known is None and identity.order_numbers:
            order = await self._shop.orders.get_order(min(identity.order_numbers))
            known = order.email if order else ""
        return known is not None and rules.email_key(known) != rules.email_key(email)

    async def _complete_address(self, args: AddressArgs, context: ToolContext) -> ToolResult:
        old = await self._present_address(args.order_number, context.session.identity)
        if old is None:
            return ToolResult(output={"outcome": "not_found"})
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

    async def _present_address(self, number: OrderNumber | None, identity: Identity) -> Address | None:
        if number is not None:
            order = await self._shop.orders.get_order(number)
            return order.shipping_address if order and identity.may_see(order) else None
        customer = await self._shop.customers.get_customer(identity.customer_id) if identity.customer_id else None
        return customer.address if customer else None


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
    if kind in {"profile", "customer"}:
        return identity.is_signed_in and identity.customer_id == number
    if kind != "order":
        return kind == "ticket"
    if number in identity.order_numbers:
        return True
    return identity.is_signed_in and await orders.owner_of(OrderNumber(number)) == identity.customer_id
