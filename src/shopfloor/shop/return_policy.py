"""Which goods may come back, until when, and what for: a merchant's policy as data, and the code that decides by it.

The policy is one part of the shop's settings. Whether an order was delivered and how many pieces are already on their
way back is decided by `rules`; here it is decided whether the shop takes the rest back.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shopfloor.kernel.errors import Refused
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop.item_changes import share_of
from shopfloor.shop.models import Order, OrderLine, PaymentMethod, Product, Return, ReturnKind, Variant
from shopfloor.shop.rules import GONE, free_of

ReturnReason = Literal["wrong_size", "wrong_item", "faulty", "not_as_described", "changed_mind", "other"]
REASONS: Mapping[ReturnReason, str] = {
    "wrong_size": "Wrong size",
    "wrong_item": "Wrong item received",
    "faulty": "Arrived damaged or faulty",
    "not_as_described": "Not as described",
    "changed_mind": "Changed my mind",
    "other": "Other reason",
}
"""How each is written down for the staff: never in the customer's own words, which could say anything."""
OUR_FAULT: frozenset[ReturnReason] = frozenset({"wrong_item", "faulty"})
"""Goods that come back for these are taken back whatever they are, free of charge."""

MoneyTo = Literal["original", "gift_card", "any"]
LineState = Literal["returnable", "already_requested", "too_late", "excluded"]


class ReturnPolicy(BaseModel):
    """What the shop takes back; countries are ISO 3166-1 alpha-2, categories the narrowest of a product."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Annotated[int, Field(ge=0)] = 30
    """From the delivery of the parcel that the goods came in; the last day still counts."""
    days_in: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict[str, int])
    """Where it is another number of days, by country."""
    excluded: dict[str, str] = Field(default_factory=dict[str, str])
    """Categories that do not come back unless the goods are wrong or faulty, each with the reason."""
    final_sale_tags: tuple[str, ...] = ("final-sale",)
    """A product with one of these tags was sold for good."""
    conditions: dict[str, str] = Field(default_factory=dict[str, str])
    """What goods of a category have to be like beside what holds for all, as a customer reads it."""
    condition: str = ""
    """What all goods have to be like."""
    exchange_in: tuple[str, ...] = ()
    """Countries in which goods are exchanged by mail."""
    exchange_for: Literal["size", "variant"] = "size"
    """For what: another size in the same colour, or any other variant of the same product."""
    once_per_order: bool = False
    """Whether goods of an order come back once only, all together; what was withdrawn or rejected does not count."""
    refund_to: MoneyTo = "gift_card"
    """Where a refund may go beside the way the order was paid: nowhere, to a gift card of the customer's, or to any way
    to pay that they have stored."""
    difference_to: MoneyTo | None = None
    """Where what an exchange or a change of items costs less may go; None for where a refund may."""
    label_in: tuple[str, ...] = ()
    """Countries from which a prepaid label takes goods back."""
    fee_minor: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict[str, int])
    """What is kept of a refund for the way, by country, in the currency of the order; not where we are at fault."""
    instructions: dict[str, str] = Field(default_factory=dict[str, str])
    """How the goods go back, by country, as a customer reads it; `""` stands for all others."""
    refunded_in: str = ""
    """When the money comes, as a customer reads it."""

    def days_for(self, country: str) -> int:
        """Return how many days after the delivery goods may come back."""
        return self.days_in.get(country, self.days)

    def money_to(self, difference: Money | None) -> MoneyTo:
        """Return where money may go back: a refund, or what something else costs less."""
        return (self.difference_to if difference else None) or self.refund_to

    def how(self, country: str) -> str:
        """Return how goods go back from a country."""
        return self.instructions.get(country, self.instructions.get("", ""))


@dataclass(frozen=True, kw_only=True, slots=True)
class ReturnableLine:
    """A position of an order, with what the policy says about it."""

    line: OrderLine
    left: int
    """Pieces that are not yet on their way back."""
    state: LineState
    why: str
    """Why it does not come back, where a category is the reason; otherwise empty."""
    until: date | None
    """The last day; None where its parcel has not arrived."""
    condition: str
    exchanges: tuple[Variant, ...]
    """What is in stock of the same product and may be had instead: other sizes, after them other variants where the
    policy says so, and the one bought where that was not what came."""


def assess(
    order: Order,
    earlier: Sequence[Return],
    products: Mapping[ProductId, Product],
    policy: ReturnPolicy,
    *,
    reason: ReturnReason | None,
    at: datetime,
    zone: tzinfo,
) -> tuple[ReturnableLine, ...]:
    """Return each position of a delivered order with what the policy says about it at an instant."""
    coming = Counter[Sku]()
    for back in live(earlier):
        for line in back.lines:
            coming[line.sku] += line.quantity
    is_over = policy.once_per_order and bool(live(earlier))
    assessed: list[ReturnableLine] = []
    for line in order.lines:
        left = max(line.quantity - coming[line.sku], 0)
        coming[line.sku] = max(coming[line.sku] - line.quantity, 0)
        product = products.get(line.product_id)
        until = _until(order, line, policy, zone)
        why = "" if reason in OUR_FAULT else _excluded(product, policy)
        is_late = until is not None and at.astimezone(zone).date() > until
        state: LineState = "too_late" if is_late else "excluded" if why else "returnable"
        assessed.append(
            ReturnableLine(
                line=line,
                left=left,
                state=state if left and not is_over else "already_requested",
                why=why,
                until=until,
                condition=policy.conditions.get(product.kind, "") if product else "",
                exchanges=_exchanges(order, line, product, policy, reason),
            )
        )
    return tuple(assessed)


def live(returns: Sequence[Return]) -> Sequence[Return]:
    """Return the returns that count: neither withdrawn nor rejected."""
    return [back for back in returns if back.state not in GONE]


def check_once(order: Order, earlier: Sequence[Return], policy: ReturnPolicy) -> None:
    """Check that goods of an order may come back, where that is possible once only.

    Raises:
        Refused: `return.once_per_order`.
    """
    if policy.once_per_order and live(earlier):
        reason = f"Order #{order.number} has a return or exchange already, and there is one for each order."
        raise Refused("return.once_per_order", reason)


def check_money_to(order: Order, method: PaymentMethod, allowed: MoneyTo) -> None:
    """Check where money of an order shall go back: to how the order was paid, or where else the shop sends it.

    Raises:
        Refused: `return.refund_method`.
    """
    is_gift = method.kind == "gift_card" and allowed != "original"
    if method.id == order.payment_method_id or is_gift or allowed == "any":
        return
    ways = order.payment_method if allowed == "original" else f"{order.payment_method} or to a gift card"
    raise Refused("return.refund_method", f"The refund of order #{order.number} can go to {ways}.")


def refund_due(
    order: Order,
    pieces: Mapping[Sku, int],
    policy: ReturnPolicy,
    reason: ReturnReason | None,
    earlier: Sequence[Return] = (),
) -> Money:
    """Return what goes back for pieces of an order: their price with its tax, less their share of a reduction.

    The shipping fee is not part of it, and the fee for the way is taken off. It is rounded down, so that parts never
    come to more than the whole; pieces that come back by earlier returns are not counted again, and no more goes back
    than is left of what was taken for the order.
    """
    coming = Counter[Sku]()
    for back in live(earlier):
        for each in back.lines:
            coming[each.sku] += each.quantity
    open_pieces, goods = Counter(pieces), 0
    for line in order.lines:
        gone = min(coming[line.sku], line.quantity)
        coming[line.sku] -= gone
        taken = min(open_pieces[line.sku], line.quantity - gone)
        open_pieces[line.sku] -= taken
        goods += line.unit_price.minor * taken
    fee = 0 if reason in OUR_FAULT else policy.fee_minor.get(order.shipping_address.country, 0)
    due = min(share_of(order, goods), free_of(order, earlier))
    return Money(order.shipping.currency, max(due - fee, 0))


def kinds_of(order: Order, lines: Sequence[ReturnableLine], policy: ReturnPolicy) -> tuple[ReturnKind, ...]:
    """Return what can be had for goods: always the money, and another piece for one position that has one in stock."""
    is_near = order.shipping_address.country in policy.exchange_in
    return ("refund", "exchange") if is_near and len(lines) == 1 and lines[0].exchanges else ("refund",)


def _until(order: Order, line: OrderLine, policy: ReturnPolicy, zone: tzinfo) -> date | None:
    """Return the last day for a position, counted from the last parcel that it came in."""
    parcels = [parcel for parcel in order.shipments if line.sku in parcel.skus] or order.shipments
    arrived = [parcel.delivered_at for parcel in parcels if parcel.delivered_at]
    if not arrived:
        return None
    return max(arrived).astimezone(zone).date() + timedelta(days=policy.days_for(order.shipping_address.country))


def _excluded(product: Product | None, policy: ReturnPolicy) -> str:
    if product is None:
        return ""
    if set(product.tags) & set(policy.final_sale_tags):
        return "it was sold as final sale"
    return policy.excluded.get(product.kind, "")


def _exchanges(
    order: Order, line: OrderLine, product: Product | None, policy: ReturnPolicy, reason: ReturnReason | None
) -> tuple[Variant, ...]:
    if product is None or order.shipping_address.country not in policy.exchange_in:
        return ()
    in_stock = [v for v in product.variants if v.stock > 0 and (v.sku != line.sku or reason in OUR_FAULT)]
    same = [v for v in in_stock if (v.colour, v.options) == (line.colour, line.options)]
    others = [v for v in in_stock if v not in same] if policy.exchange_for == "variant" else []
    return (*same, *others)
