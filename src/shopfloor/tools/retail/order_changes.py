"""The writes that an order takes while it is here: cancelled, sent elsewhere, paid or made up in another way.

What the shop allows is tried out on the order as it stands, by the rules that the shop itself goes by; the customer
reads what would come of it before they say yes.
"""

from datetime import tzinfo
from typing import Annotated, Any

from pydantic import Field, JsonValue, TypeAdapter

from shopfloor.actions.kind import ActionArgs, ActionKind, Done, Inverse, Preview
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import NotFound, Refused
from shopfloor.kernel.ids import OrderNumber, Sku
from shopfloor.kernel.money import Money
from shopfloor.language.dates import dated
from shopfloor.shop import rules
from shopfloor.shop.contract import Capability, Shop
from shopfloor.shop.item_changes import Products
from shopfloor.shop.models import Address, ItemChange, Order, OrderLine, PaymentMethod, Product
from shopfloor.shop.paying import OrderCase, net_by_method
from shopfloor.shop.return_policy import check_money_to
from shopfloor.shop.writes import ORDER
from shopfloor.tools.retail.accounts import AddressFields
from shopfloor.tools.retail.looking_up import by_key
from shopfloor.tools.retail.order_facts import METHOD_FACTS, ORDER_FACTS, method_facts, order_facts
from shopfloor.tools.retail.return_cases import Policy
from shopfloor.tools.retail.undoing import earlier
from shopfloor.tools.retail.views import line_name, looks, money_view, order_view

ADDRESS = TypeAdapter(Address)
Method = Annotated[
    str, Field(max_length=120, description="The id of one of the customer's ways to pay, as `show_account` has it.")
]


class CancelOrder(ActionArgs):
    """Cancel an order."""

    order_number: OrderNumber
    reason: Annotated[str, Field(max_length=200)]


class ChangeShippingAddress(AddressFields):
    """Send an order to another address."""

    order_number: OrderNumber


class ChangePaymentMethod(ActionArgs):
    """Let an order be paid in another way."""

    order_number: OrderNumber
    method_id: Annotated[Method, Field(min_length=1)]


class PieceChange(ActionArgs):
    """Pieces of an order that become another variant of the same product."""

    sku: Sku
    new_sku: Sku
    quantity: Annotated[int, Field(ge=1, le=1_000)] = 1


class ChangeOrderItems(ActionArgs):
    """Replace pieces of an order, once and all together."""

    order_number: OrderNumber
    changes: Annotated[tuple[PieceChange, ...], Field(min_length=1, max_length=50)]
    method_id: Annotated[
        Method,
        Field(description="Where the difference is taken from or goes to; empty for how the order is paid."),
    ] = ""

    def asked(self) -> tuple[ItemChange, ...]:
        """Return the changes as the shop takes them."""
        return tuple(ItemChange(sku=each.sku, new_sku=each.new_sku, quantity=each.quantity) for each in self.changes)


class OrderChanges:
    """The kinds of writes."""

    def __init__(self, shop: Shop, return_policy: Policy, clock: Clock, zone: tzinfo) -> None:
        """Take the shop, what reads where money goes back to, the clock, and the zone that its days are meant in."""
        self._shop = shop
        self._return_policy = return_policy
        self._clock = clock
        self._zone = zone

    def kinds(self) -> tuple[ActionKind[Any], ...]:
        """Return the kinds."""
        return (self._cancelling(), self._sending(), self._paying(), self._replacing())

    def _cancelling(self) -> ActionKind[CancelOrder]:
        return ActionKind(
            name="cancel_order",
            description="Propose to cancel an order of which nothing has been shipped.",
            needs=Capability.CANCEL_ORDER,
            args=CancelOrder,
            resources=_resources,
            preview=self._preview_cancel,
            execute=self._cancel,
            confirmation="yes",
            assurance="verified",
            look_up=by_key(self._shop, ORDER, order_view),
            irreversible=True,
            facts=ORDER_FACTS | {"reason"},
        )

    def _sending(self) -> ActionKind[ChangeShippingAddress]:
        return ActionKind(
            name="change_shipping_address",
            description="Propose to send an order to another address while nothing of it has been shipped.",
            needs=Capability.CHANGE_ADDRESS,
            args=ChangeShippingAddress,
            resources=_resources,
            preview=self._preview_address,
            execute=self._send,
            confirmation="yes",
            # Order number and e-mail stand on a parcel's label and in every mail: enough to look, not to redirect it.
            assurance="signed_in",
            attributes=(("address", "set"),),
            snapshot=self._address,
            look_up=by_key(self._shop, ORDER, order_view),
            inverse=Inverse(kind="change_shipping_address", args=_sent_back),
            facts=ORDER_FACTS | {"country", "earlier_country"},
        )

    def _paying(self) -> ActionKind[ChangePaymentMethod]:
        return ActionKind(
            name="change_payment_method",
            description="Propose to let an order, of which nothing has been shipped, be paid in another way that the "
            "customer has stored.",
            needs=Capability.CHANGE_PAYMENT,
            args=ChangePaymentMethod,
            resources=_resources,
            preview=self._preview_payment,
            execute=self._pay,
            confirmation="yes",
            assurance="signed_in",
            attributes=(("payment", "set"),),
            snapshot=self._payment,
            look_up=by_key(self._shop, ORDER, order_view),
            inverse=Inverse(kind="change_payment_method", args=_paid_as_before),
            facts=ORDER_FACTS | METHOD_FACTS,
        )

    def _replacing(self) -> ActionKind[ChangeOrderItems]:
        return ActionKind(
            name="change_order_items",
            description="Propose to replace items of an order, of which nothing has been shipped, by other variants of "
            "the same products. It can be done once, so name all changes together; after it, nothing else of the "
            "order can be changed and it cannot be cancelled.",
            needs=Capability.CHANGE_ITEMS,
            args=ChangeOrderItems,
            resources=_resources,
            preview=self._preview_items,
            execute=self._replace,
            confirmation="yes",
            assurance="signed_in",
            look_up=by_key(self._shop, ORDER, order_view),
            irreversible=True,
            facts=ORDER_FACTS | METHOD_FACTS | {"difference", "pieces_changed"},
        )

    # -- cancelled ---------------------------------------------------------------------------------------------------

    async def _preview_cancel(self, args: CancelOrder) -> Preview:
        case = await self._case(args.order_number)
        order = case.order
        gone = rules.cancelled(case.account, reason=args.reason, at=self._clock.now()).order
        refunds = gone.refunds[len(order.refunds) :]
        if len(refunds) == 1 and refunds[0].amount == order.total:
            money = f"the money goes back to {refunds[0].method}"
        else:
            money = " and ".join(f"{refund.amount} goes back to {refund.method}" for refund in refunds)
        summary = f"Cancel {self._named(order)}, over {order.total}; {money or 'no money was taken yet'}."
        return Preview(summary=summary, amount=order.total, facts={**self._facts(case), "reason": args.reason})

    async def _cancel(self, key: str, args: CancelOrder) -> JsonValue:
        now = self._clock.now()
        return order_view(await self._shop.orders.cancel_order(args.order_number, reason=args.reason, at=now, key=key))

    # -- sent elsewhere ----------------------------------------------------------------------------------------------

    async def _preview_address(self, args: ChangeShippingAddress) -> Preview:
        case = await self._case(args.order_number)
        rules.check_changeable(case.order)
        known = case.order.shipping_address
        countries = {"country": args.country, "earlier_country": known.country}
        return Preview(
            summary=f"Send order #{case.order.number} to {args.told(known)}.",
            facts={**self._facts(case), **countries},
        )

    async def _send(self, key: str, args: ChangeShippingAddress) -> JsonValue:
        return order_view(await self._shop.orders.change_shipping_address(args.order_number, args.address(), key=key))

    async def _address(self, args: ChangeShippingAddress) -> JsonValue:
        view: JsonValue = ADDRESS.dump_python((await self._case(args.order_number)).order.shipping_address, mode="json")
        return view

    # -- paid otherwise ----------------------------------------------------------------------------------------------

    async def _preview_payment(self, args: ChangePaymentMethod) -> Preview:
        case = await self._case(args.order_number)
        rules.repaid(case.account, args.method_id, at=self._clock.now())
        order, method = case.order, case.wallet.own(args.method_id)
        back = " and ".join(f"{amount} to {_label(id_, case)}" for id_, amount in case.account.taken)
        gives = f"; what was paid goes back, {back}" if back else ""
        summary = f"Pay {self._named(order)}, over {order.total}, by {method.label}, not {order.payment_method}{gives}."
        return Preview(summary=summary, amount=order.total, facts={**self._facts(case), **method_facts(method)})

    async def _pay(self, key: str, args: ChangePaymentMethod) -> JsonValue:
        now = self._clock.now()
        return order_view(
            await self._shop.orders.change_payment_method(args.order_number, args.method_id, at=now, key=key)
        )

    async def _payment(self, args: ChangePaymentMethod) -> JsonValue:
        order = (await self._case(args.order_number)).order
        return {
            "method_id": order.payment_method_id,
            "payment_state": order.payment_state,
            "taken": {method_id: minor for method_id, minor in net_by_method(order).items() if minor},
        }

    # -- made up otherwise -------------------------------------------------------------------------------------------

    async def _preview_items(self, args: ChangeOrderItems) -> Preview:
        case = await self._case(args.order_number)
        order, now = case.order, self._clock.now()
        products = await self._products(args)
        changed = rules.with_items_changed(case.account, args.asked(), args.method_id, products, at=now).order
        method = case.wallet.own(args.method_id or order.payment_method_id)
        goods = ", ".join(_told(each, order, products) for each in args.changes)
        difference = changed.total - order.total
        if difference.minor < 0:
            check_money_to(order, method, (await self._return_policy()).money_to(difference))
        back = sum(refund.amount.minor for refund in changed.refunds[len(order.refunds) :])
        summary = (
            f"In {self._named(order)}: {goods}. {_settled(difference, back, method)}, so it comes to {changed.total}. "
            "After that, nothing else of this order can be changed, and it cannot be cancelled."
        )
        return Preview(
            summary=summary,
            amount=Money(difference.currency, abs(difference.minor)),
            facts={
                **self._facts(case),
                **method_facts(method),
                "difference": money_view(difference),
                "pieces_changed": sum(each.quantity for each in args.changes),
            },
        )

    async def _replace(self, key: str, args: ChangeOrderItems) -> JsonValue:
        now = self._clock.now()
        return order_view(
            await self._shop.orders.change_items(args.order_number, args.asked(), args.method_id, at=now, key=key)
        )

    async def _products(self, args: ChangeOrderItems) -> Products:
        found: dict[Sku, Product] = {}
        for each in args.changes:
            if product := await self._shop.catalogue.find_product(each.new_sku):
                found[each.new_sku] = product
        return found

    # -- what they share ---------------------------------------------------------------------------------------------

    async def _case(self, number: OrderNumber) -> OrderCase:
        case = await self._shop.orders.get_case(number)
        if case is None:
            raise NotFound(f"there is no order {number}")
        return case

    def _named(self, order: Order) -> str:
        return f"order #{order.number}, placed {dated(order.placed_at, self._zone)}"

    def _facts(self, case: OrderCase) -> dict[str, JsonValue]:
        return order_facts(case.order, case.wallet, case.returns, self._clock.now())


def _resources(args: CancelOrder | ChangeShippingAddress | ChangePaymentMethod | ChangeOrderItems) -> tuple[str, ...]:
    return (f"order:{args.order_number}",)


def _sent_back(args: ChangeShippingAddress, done: Done) -> dict[str, JsonValue]:
    return {"order_number": args.order_number, **earlier(done)}


def _paid_as_before(args: ChangePaymentMethod, done: Done) -> dict[str, JsonValue]:
    before = earlier(done)
    if before["payment_state"] == "failed":
        raise Refused("undo.payment_failed", "The payment before had failed, so there is nothing to go back to.")
    if not before["method_id"]:
        raise Refused("undo.no_method", "How it was paid before is not stored in the account.")
    return {"order_number": args.order_number, "method_id": before["method_id"]}


def _label(method_id: str, case: OrderCase) -> str:
    label = next((way.label for way in case.wallet.ways() if way.id == method_id), None)
    return label or case.order.payment_method


def _told(change: PieceChange, order: Order, products: Products) -> str:
    line: OrderLine = next(line for line in order.lines if line.sku == change.sku)
    new = products[change.new_sku].variant(change.new_sku)
    return f"{change.quantity} × {line_name(line)} becomes {looks(new) or new.sku}"


def _settled(difference: Money, back: int, method: PaymentMethod) -> str:
    """Write what a change costs, and how much comes back in minor units: less where not all was taken yet."""
    amount = Money(difference.currency, abs(difference.minor))
    if not amount.minor:
        return "It costs the same"
    if difference.minor > 0:
        return f"{amount} more, by {method.label}"
    if not back:
        return f"{amount} less, which is not charged then"
    given = Money(difference.currency, back)
    return f"{amount} less, {'' if given == amount else f'{given} of it '}back to {method.label}"
