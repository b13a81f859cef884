"""What policies may hold against an order: plain facts, read by code, the same under the same name for every kind.

| fact | what it is |
|---|---|
| `order_state`, `payment_state` | as the shop has them: `pending`, `paid` |
| `order_total` | an amount, as all money among facts is: conditions compare it in whole units |
| `currency` | ISO 4217 |
| `pieces` | how many the order holds |
| `days_since_order` | whole days since it was placed |
| `paid_by` | how it is paid, by kind: `card`, `paypal`, `gift_card`, `invoice`, `other`; `unknown` for a guest |
| `paid_by_id` | the id of that way to pay; empty where the shop kept none |
| `earlier_returns` | returns and exchanges of the order that were neither withdrawn nor rejected |
"""

from collections.abc import Sequence
from datetime import datetime

from pydantic import JsonValue

from shopfloor.shop.models import Order, PaymentMethod, Return
from shopfloor.shop.paying import Wallet
from shopfloor.shop.return_policy import live
from shopfloor.tools.retail.views import money_view

ORDER_FACTS = frozenset(
    {
        "order_state",
        "payment_state",
        "order_total",
        "currency",
        "pieces",
        "days_since_order",
        "paid_by",
        "paid_by_id",
        "earlier_returns",
    }
)
METHOD_FACTS = frozenset({"method", "method_id"})


def order_facts(order: Order, wallet: Wallet, returns: Sequence[Return], at: datetime) -> dict[str, JsonValue]:
    """Return the facts of an order."""
    return {
        "order_state": order.state,
        "payment_state": order.payment_state,
        "order_total": money_view(order.total),
        "currency": order.shipping.currency,
        "pieces": sum(line.quantity for line in order.lines),
        "days_since_order": (at - order.placed_at).days,
        "paid_by": _kind(order.payment_method_id, wallet),
        "paid_by_id": order.payment_method_id,
        "earlier_returns": len(live(returns)),
    }


def method_facts(method: PaymentMethod) -> dict[str, JsonValue]:
    """Return the facts of the way to pay that an action names: its kind and its id."""
    return {"method": method.kind, "method_id": method.id}


def _kind(method_id: str, wallet: Wallet) -> str:
    return next((method.kind for method in wallet.ways() if method.id == method_id), "unknown")
