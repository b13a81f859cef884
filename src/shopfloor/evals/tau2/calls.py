"""The domain's calls as this product's own: which tool or kind of action each is, and with which arguments.

A call may say less than ours take, or say it otherwise; what it lacks is filled in here, but what is wrong with it
stays wrong: a list that is empty stays empty, and an item without a partner stays without one.
"""

from dataclasses import dataclass
from itertools import zip_longest

from pydantic import JsonValue

from shopfloor.evals.tau2.data import Call, Domain
from shopfloor.evals.tau2.importing import country_of, full_name, number_of

Args = dict[str, JsonValue]
NOBODYS = frozenset({"calculate", "transfer_to_human_agents"})
"""Calls that show and change nothing."""
CATALOGUE = frozenset({"list_all_product_types", "get_product_details", "get_item_details"})
"""Calls about what is sold: our shops show it to everybody, the domain to whom it knows."""
SIGN_INS = frozenset({"find_user_id_by_email", "find_user_id_by_name_zip"})
"""Calls that find a user, which is how a customer says who they are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Write:
    """A write as it is proposed to the gate."""

    kind: str
    args: Args


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """A read as it is asked of a tool."""

    tool: str
    args: Args
    of_customer: str | None = None
    """Whose account is asked for; None for none. No tool takes it: they read that of the signed-in customer."""


def write_of(call: Call, domain: Domain) -> Write:
    """Return a write of the domain as one of ours; one that is not known is proposed under its own name."""
    match call.name:
        case "cancel_pending_order":
            return Write(kind="cancel_order", args=_named(call, reason=call.arguments.get("reason")))
        case "modify_pending_order_address":
            order = domain.orders.get(call.text("order_id"))
            place = _address(call, domain, order.user_id if order else "")
            return Write(kind="change_shipping_address", args=_named(call, **place))
        case "modify_user_address":
            user_id = call.text("user_id")
            return Write(
                kind="change_default_address", args={"customer_id": user_id, **_address(call, domain, user_id)}
            )
        case "modify_pending_order_payment":
            return Write(kind="change_payment_method", args=_named(call, method_id=_method(call)))
        case "modify_pending_order_items":
            args = _named(call, changes=_pairs(call, "sku", "new_sku"), method_id=_method(call))
            return Write(kind="change_order_items", args=args)
        case "return_delivered_order_items":
            pieces: list[JsonValue] = [{"sku": sku, "quantity": 1} for sku in call.values("item_ids")]
            return Write(kind="request_return", args=_back(call, "refund", pieces))
        case "exchange_delivered_order_items":
            return Write(kind="request_return", args=_back(call, "exchange", _pairs(call, "sku", "exchange_sku")))
        case _:
            return Write(kind=call.name, args=dict(call.arguments))


def read_of(call: Call, domain: Domain) -> Read | None:
    """Return a read of the domain as one of ours; None where there is none like it."""
    match call.name:
        case "get_order_details":
            return Read(tool="get_order", args={"order_number": number_of(call.text("order_id"))})
        case "get_user_details":
            return Read(tool="show_account", args={}, of_customer=call.text("user_id"))
        case "get_product_details":
            return Read(tool="get_product", args={"product_id": call.text("product_id")})
        case "get_item_details":
            return Read(tool="get_product", args={"product_id": _product_of(domain, call.text("item_id"))})
        case _:
            return None


def _product_of(domain: Domain, item_id: str) -> str:
    return next((one.product_id for one in domain.products.values() if item_id in one.variants), "")


def _pairs(call: Call, old: str, new: str) -> list[JsonValue]:
    """Return items with what is wanted for them; one without a partner is alone."""
    pairs = zip_longest(call.values("item_ids"), call.values("new_item_ids"))
    return [{**_said(**{old: one, new: other}), "quantity": 1} for one, other in pairs]


def _method(call: Call) -> JsonValue:
    return call.arguments.get("payment_method_id")


def _back(call: Call, kind: str, pieces: list[JsonValue]) -> Args:
    return _named(call, kind=kind, reason="other", pieces=pieces, payment_method_id=_method(call))


def _named(call: Call, **args: JsonValue) -> Args:
    """Return arguments with the order that the call names; what it does not say is left out."""
    return _said(order_number=number_of(call.text("order_id")) or None, **args)


def _said(**args: JsonValue) -> Args:
    return {name: value for name, value in args.items() if value is not None}


def _address(call: Call, domain: Domain, user_id: str) -> Args:
    """Return the address that a call names, to the customer's own name; of somebody unknown it is none's."""
    user = domain.users.get(user_id)
    country = call.arguments.get("country")
    return _said(
        name=full_name(user) if user else call.name,
        line1=call.arguments.get("address1"),
        line2=call.arguments.get("address2"),
        city=call.arguments.get("city"),
        region=call.arguments.get("state"),
        postal_code=call.arguments.get("zip"),
        country=country_of(country) if isinstance(country, str) else country,
    )
