"""By what else a customer would like to pay for an order, read from their words against what their account has."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, JsonValue

from shopfloor.journal.events import Source
from shopfloor.kernel.clock import Clock
from shopfloor.language.text import normalise, words
from shopfloor.shop.contract import Shop
from shopfloor.shop.models import MethodKind, Order, PaymentMethod
from shopfloor.shop.paying import has_expired
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult
from shopfloor.tools.retail.naming import EXCEPT
from shopfloor.tools.retail.orders import NEEDS_CHECK, Number

GIFT_CARD = re.compile(r"\b(?:gift ?cards?|vouchers?)\b")
KINDS: Mapping[MethodKind, re.Pattern[str]] = {
    "gift_card": GIFT_CARD,
    "card": re.compile(r"\b(?:cards?|visa|master ?card|amex|american express|discover)\b"),
    "paypal": re.compile(r"\bpay ?pal\b"),
    "invoice": re.compile(r"\binvoice\b"),
}
"""What customers call the ways to pay."""
ANYTHING_BUT = re.compile(r"\b(?:anything|any way|whatever|everything) (?:but|except)\b")
FILLERS = frozenset({"ending", "in", "gift", "card", "pay"})
"""Words of a label that tell no way to pay from another."""


class PaymentWishArgs(ToolArgs):
    """By what the customer would like to pay."""

    order_number: Number
    request: Annotated[str, Field(description="The customer's request in their own words.", max_length=8_200)] = ""
    wanted: Annotated[
        str, Field(description="By what they want to pay, in their words: `PayPal`.", max_length=8_200)
    ] = ""


class PaymentWishTools:
    """The tool that finds which way to pay is meant."""

    def __init__(self, shop: Shop, clock: Clock) -> None:
        """Take the shop, and the clock that tells which gift card has expired."""
        self._shop = shop
        self._clock = clock

    def tools(self) -> Sequence[Tool[Any]]:
        """Return the tool; it only reads."""
        return (
            Tool(
                name="find_way_to_pay",
                description="Find by which of their other stored ways to pay the signed-in customer wants to pay for "
                "an order.",
                args=PaymentWishArgs,
                run=self._find,
            ),
        )

    async def _find(self, args: PaymentWishArgs, context: ToolContext) -> ToolResult:
        identity = context.session.identity
        case = await self._shop.orders.get_case(args.order_number)
        if case is None or not identity.may_see(case.order):
            return ToolResult(output={"outcome": "not_found"}) if identity.is_signed_in else NEEDS_CHECK
        order = case.order
        ways = case.wallet.ways() if identity.is_signed_in and identity.customer_id == order.customer_id else ()
        now = self._clock.now()
        gone = {card.id for card in case.wallet.cards if has_expired(card, now) or not card.balance.minor}
        others = [way for way in ways if not _pays(way, order) and way.id not in gone]
        meant = _meant(args.wanted or args.request, others)
        choices: list[JsonValue] = [way.label for way in meant or others]
        return ToolResult(
            output={
                "outcome": "no_other" if not others else "chosen" if len(meant) == 1 else "which_way",
                "method_id": meant[0].id if len(meant) == 1 else "",
                "choices": choices,
            },
            sources=(Source(kind="order", id=order.number, agent=context.agent),),
        )


def _pays(way: PaymentMethod, order: Order) -> bool:
    """Whether an order is paid by a way; of an old order only its name may be known."""
    return way.id == order.payment_method_id or (not order.payment_method_id and way.label == order.payment_method)


def _meant(text: str, others: Sequence[PaymentMethod]) -> Sequence[PaymentMethod]:
    """Return the ways that words mean: by what tells them apart, or else by their kind.

    The only one there is needs no name; where another kind is named than it has, it is not meant.
    """
    plain = normalise(text)
    left_out = ANYTHING_BUT.search(plain) or EXCEPT.search(plain)
    if left_out and plain[: left_out.start()].strip():  # `by PayPal instead of my Visa`
        plain = plain[: left_out.start()]
    elif left_out:  # `not by gift card`
        unwanted = _meant(plain[left_out.end() :], others)
        return [way for way in others if way not in unwanted]
    said = set(words(plain))
    if named := [way for way in others if said & (set(words(way.label)) - FILLERS)]:
        return named
    kinds = {kind for kind, pattern in KINDS.items() if pattern.search(_bare(kind, plain))}
    if kinds:
        return [way for way in others if way.kind in kinds]
    return others if len(others) == 1 else ()


def _bare(kind: MethodKind, plain: str) -> str:
    """Return a text without what only sounds like a kind: a gift card is no card."""
    return GIFT_CARD.sub(" ", plain) if kind == "card" else plain
