"""The signed-in customer's account: their ways to pay, and the address that their parcels go to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, JsonValue, TypeAdapter

from shopfloor.actions.kind import ActionArgs, ActionKind, Done, Inverse, Preview
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import NotFound, Refused
from shopfloor.kernel.ids import CustomerId, OrderNumber
from shopfloor.shop.contract import Capability, Customers, Shop
from shopfloor.shop.models import Address, Customer, Order, PaymentMethod
from shopfloor.shop.paying import Wallet, has_expired
from shopfloor.shop.writes import CUSTOMER
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult
from shopfloor.tools.retail.looking_up import by_key
from shopfloor.tools.retail.undoing import earlier
from shopfloor.tools.retail.views import View, address_view, money_view

ADDRESS = TypeAdapter(Address)
SIGN_IN = ToolResult(output={"outcome": "sign_in"})


class AccountArgs(ToolArgs):
    """What the ways to pay are looked at for."""

    order_number: Annotated[
        OrderNumber | None, Field(description="The order that is to be paid by one of them.", max_length=40)
    ] = None


class AddressFields(ActionArgs):
    """An address, whole."""

    name: Annotated[str, Field(max_length=200)]
    line1: Annotated[str, Field(min_length=3, max_length=200)]
    line2: Annotated[str, Field(max_length=200)] = ""
    city: Annotated[str, Field(min_length=1, max_length=100)]
    region: Annotated[str, Field(max_length=100)] = ""
    postal_code: Annotated[str, Field(min_length=2, max_length=20)]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]

    def address(self) -> Address:
        """Return the address named."""
        return Address(**self.model_dump(include=set(AddressFields.model_fields)))

    def told(self, known: Address) -> str:
        """Return the address in one line as it is said before the yes: with who receives it, if that is another now."""
        line = self.address().one_line()
        return line if self.name.casefold() == known.name.casefold() else f"{self.name}, {line}"


class ChangeDefaultAddress(AddressFields):
    """Send a customer's parcels to another address from now on."""

    customer_id: CustomerId | None = None


class AccountTools:
    """The tool that reads a customer's account."""

    def __init__(self, shop: Shop, clock: Clock) -> None:
        """Take the shop, and the clock that tells which gift card has expired."""
        self._shop = shop
        self._clock = clock

    def tools(self) -> Sequence[Tool[Any]]:
        """Return the tool; it only reads."""
        return (
            Tool(
                name="show_account",
                description="Read the signed-in customer's account: name, e-mail, default address, and stored ways to "
                "pay with their ids, gift cards with their balances among them.",
                args=AccountArgs,
                run=self._show_account,
            ),
        )

    async def _show_account(self, args: AccountArgs, context: ToolContext) -> ToolResult:
        identity = context.session.identity
        customer = await self._shop.customers.get_customer(identity.customer_id) if identity.customer_id else None
        if customer is None:
            return SIGN_IN
        order = await self._shop.orders.get_order(args.order_number) if args.order_number else None
        if args.order_number and (order is None or not identity.may_see(order)):
            return ToolResult(output={"outcome": "not_found"})
        wallet = await wallet_of(self._shop.customers, customer.id)
        ways: list[JsonValue] = [way_view(way, wallet, order, self._clock.now()) for way in wallet.ways()]
        return ToolResult(
            output={
                "outcome": "found",
                "name": customer.name,
                "email": customer.email,
                "phone": customer.phone,
                "address": address_view(customer.address),
                "ways_to_pay": ways,
            }
        )


def way_view(way: PaymentMethod, wallet: Wallet, order: Order | None, at: datetime) -> View:
    """Write a way to pay; of a gift card what is left on it, and of an order whether it is paid by it."""
    view: View = {"id": way.id, "kind": way.kind, "label": way.label}
    if card := wallet.card(way.id):
        view["balance"] = money_view(card.balance)
        view["expires_on"] = card.expires_on.isoformat() if card.expires_on else None
        view["has_expired"] = has_expired(card, at)
    if order:
        view["pays_order"] = way.id == order.payment_method_id
    return view


async def wallet_of(customers: Customers, customer_id: CustomerId | None) -> Wallet:
    """Return what a customer can pay with; nothing of a guest's."""
    customer = await customers.get_customer(customer_id) if customer_id else None
    if customer is None:
        return Wallet(customer_id=customer_id)
    cards = await customers.gift_cards_of(customer.id)
    return Wallet(customer_id=customer.id, methods=customer.payment_methods, cards=tuple(cards))


def account_kinds(shop: Shop) -> tuple[ActionKind[Any], ...]:
    """Return the kind of write that a customer's account takes."""
    writes = _Writes(shop.customers)
    return (
        ActionKind(
            name="change_default_address",
            description="Propose to send the customer's later orders to another address; placed orders keep theirs.",
            needs=Capability.PROFILES,
            args=ChangeDefaultAddress,
            resources=lambda args: (f"customer:{args.customer_id}",),
            preview=writes.preview,
            execute=writes.execute,
            confirmation="yes",
            assurance="signed_in",
            injects=frozenset({"customer_id"}),
            attributes=(("address", "set"),),
            snapshot=writes.snapshot,
            look_up=by_key(shop, CUSTOMER, account_view),
            inverse=Inverse(kind="change_default_address", args=_back),
            facts=frozenset({"country", "earlier_country"}),
        ),
    )


class _Writes:
    """What the kind does to accounts."""

    def __init__(self, customers: Customers) -> None:
        self._customers = customers

    async def preview(self, args: ChangeDefaultAddress) -> Preview:
        known = (await self._customer(args)).address
        return Preview(
            summary=f"Send your later orders to {args.told(known)}, instead of {known.one_line()}.",
            facts={"country": args.country, "earlier_country": known.country},
        )

    async def execute(self, key: str, args: ChangeDefaultAddress) -> JsonValue:
        customer = await self._customers.set_default_address(_owner(args), args.address(), key=key)
        return account_view(customer)

    async def snapshot(self, args: ChangeDefaultAddress) -> JsonValue:
        view: JsonValue = ADDRESS.dump_python((await self._customer(args)).address, mode="json")
        return view

    async def _customer(self, args: ChangeDefaultAddress) -> Customer:
        customer = await self._customers.get_customer(_owner(args))
        if customer is None:
            raise NotFound(f"there is no customer {args.customer_id}")
        return customer


def account_view(customer: Customer) -> View:
    """Write where a customer's parcels go."""
    return {"address": address_view(customer.address)}


def _back(args: ChangeDefaultAddress, done: Done) -> dict[str, JsonValue]:
    return {"customer_id": args.customer_id, **earlier(done)}


def _owner(args: ChangeDefaultAddress) -> CustomerId:
    if args.customer_id is None:  # the gate asks for a sign-in before
        raise Refused("identity.signed_in", "Please sign in to your account first.")
    return args.customer_id
