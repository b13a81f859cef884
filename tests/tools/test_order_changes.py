"""An order paid and made up in another way, an account's address, and what is told and kept of both."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from demo_app import MAYA, begin, demo_app, identity_of
from tools.small_shop import ADA, BEN, CONTENTS, EMAILS, GREY, HOME, MUG, NOW, RED_M, RED_S
from tools.visit import Visit, named, returns_policy, writes

from shopfloor.actions.kind import Preview
from shopfloor.actions.proposal import Consent
from shopfloor.identity.guest_check import GuestCheck
from shopfloor.identity.identity import Identity
from shopfloor.identity.tries import MemoryTries
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Refused
from shopfloor.kernel.ids import OrderNumber
from shopfloor.kernel.money import Money
from shopfloor.shop.contract import Shop
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.return_policy import ReturnPolicy
from shopfloor.tools.contract import Toolset
from shopfloor.tools.retail.accounts import AccountTools, account_kinds
from shopfloor.tools.retail.order_changes import OrderChanges
from shopfloor.tools.retail.orders import OrderTools
from shopfloor.tools.toolsets import ToolList

pytestmark = pytest.mark.anyio

HER = Identity(customer_id=ADA, name="Ada", email=EMAILS[ADA])
HIM = Identity(customer_id=BEN, name="Ben", email=EMAILS[BEN])
ELSEWHERE = {"name": "Ada", "line1": "5 Pine Street", "city": "Portland", "postal_code": "04101", "country": "US"}


class Counter:
    """A small shop with the tools that write to it, and those that read orders and accounts."""

    def __init__(self) -> None:
        self.shop: Shop = memory_shop(CONTENTS)
        self.clock = FixedClock(NOW)
        clock = self.clock
        reads = [
            *AccountTools(self.shop, clock).tools(),
            *OrderTools(self.shop, GuestCheck(self.shop.orders, MemoryTries(), clock)).tools(),
        ]
        self.reads = ToolList(reads)
        self.tools: Toolset = writes(self.shop, clock)
        kinds = (*OrderChanges(self.shop, returns_policy, clock, UTC).kinds(), *account_kinds(self.shop))
        self.kinds = {kind.name: kind for kind in kinds}
        self._turns = 0

    async def ask(
        self, tool: str, who: Identity = HER, consent: Consent | None = None, /, **args: Any
    ) -> dict[str, Any]:
        self._turns += 1
        context = Visit(who).context(consent=consent, origin=f"chat_1/turn_{self._turns}/t1")
        return (await self.tools.call(tool, args, context)).output

    async def do(self, tool: str, who: Identity = HER, /, **args: Any) -> dict[str, Any]:
        asked = await self.ask(tool, who, **args)
        assert asked["outcome"] == "needs_yes", asked
        return await self.ask(tool, who, Consent(digest=asked["digest"], asked_at=self.clock.now()), **args)

    async def read(self, tool: str, who: Identity, /, **args: Any) -> dict[str, Any]:
        return (await self.reads.call(tool, args, Visit(who).context())).output

    async def preview(self, kind: str, **args: Any) -> Preview:
        known = self.kinds[kind]
        return await known.preview(known.args.model_validate(args))


@pytest.fixture
def counter() -> Counter:
    return Counter()


# -- paid in another way ---------------------------------------------------------------------------------------------


async def test_before_an_order_is_paid_otherwise_all_is_restated(counter: Counter) -> None:
    asked = await counter.ask("change_payment_method", order_number="1", method_id="GC-LARGE")
    assert asked["summary"] == (
        "Pay order #1, placed on 1 May 2026, over $76.50, by Gift card ending in ARGE, not Visa ending in 4242; "
        "what was paid goes back, $76.50 to Visa ending in 4242."
    )
    done = await counter.do("change_payment_method", order_number="1", method_id="GC-LARGE")
    assert done["result"]["payment_method"] == "Gift card ending in ARGE"


async def test_no_code_of_a_gift_card_is_told_with_an_order(counter: Counter) -> None:
    done = await counter.do("change_payment_method", order_number="1", method_id="GC-LARGE")
    told = await counter.read("get_order", HER, order_number="1")
    assert "GC-LARGE" not in str(done["result"]) + str(told)
    guest = Identity(order_numbers=frozenset({OrderNumber("1")}))
    assert "GC-LARGE" not in str(await counter.read("get_order", guest, order_number="1"))


@pytest.mark.parametrize(
    ("who", "args", "rule"),
    [
        (HER, {"order_number": "1", "method_id": "pm-card"}, "payment.same"),
        (HER, {"order_number": "1", "method_id": "pm-bens"}, "payment.unknown"),
        (HER, {"order_number": "1", "method_id": "GC-SMALL"}, "payment.gift_card_balance"),
        (HER, {"order_number": "9", "method_id": "pm-paypal"}, "order.already_shipped"),
        (HIM, {"order_number": "1", "method_id": "pm-bens"}, "identity.owner"),
        (
            Identity(order_numbers=frozenset({OrderNumber("1")})),
            {"order_number": "1", "method_id": "x"},
            "identity.signed_in",
        ),
    ],
)
async def test_another_way_to_pay_is_refused_by_name(
    counter: Counter, who: Identity, args: dict[str, Any], rule: str
) -> None:
    told = await counter.ask("change_payment_method", who, **args)
    assert (told["outcome"], told["rule"]) == ("refused", rule)
    assert await counter.shop.orders.get_order(OrderNumber("1")) == CONTENTS.orders[0]


# -- other items -----------------------------------------------------------------------------------------------------

SWAP = {"order_number": "1", "changes": [{"sku": RED_M, "new_sku": GREY}]}


async def test_before_items_are_replaced_all_is_restated(counter: Counter) -> None:
    asked = await counter.ask("change_order_items", **SWAP)
    assert asked["summary"] == (
        "In order #1, placed on 1 May 2026: 1 × Shirt (red, size M) becomes grey, size M, wool. "
        "$15.00 more, by Visa ending in 4242, so it comes to $91.50. "
        "After that, nothing else of this order can be changed, and it cannot be cancelled."
    )
    done = await counter.do("change_order_items", **SWAP)
    assert [(line["sku"], line["quantity"]) for line in done["result"]["lines"]] == [(RED_M, 1), (GREY, 1), (MUG, 1)]
    assert (done["result"]["is_changeable"], done["result"]["unchangeable"]) == (False, "items_changed")


async def test_what_costs_less_or_the_same_is_said(counter: Counter) -> None:
    less = await counter.preview(
        "change_order_items", order_number="4", changes=[{"sku": GREY, "new_sku": RED_S}], method_id="GC-LARGE"
    )
    assert "$15.00 less, back to Gift card ending in ARGE, so it comes to $34.50." in less.summary
    same = await counter.preview("change_order_items", order_number="3", changes=[{"sku": RED_S, "new_sku": RED_M}])
    assert "It costs the same, so it comes to $76.50." in same.summary


async def test_a_refund_that_nobody_gets_is_not_told(counter: Counter) -> None:
    open_ = next(each for each in CONTENTS.orders if each.number == "4")
    free = replace(open_, payment_state="authorised", payments=())
    half = replace(open_, payments=(replace(open_.payments[0], amount=Money("USD", 500)),))
    told = ((free, "$15.00 less, which is not charged then, so"), (half, "$15.00 less, $5.00 of it back to"))
    for order, said in told:
        shop = memory_shop(replace(CONTENTS, orders=(order,)))
        kind = OrderChanges(shop, returns_policy, counter.clock, UTC).kinds()[3]
        args = {"order_number": "4", "changes": [{"sku": GREY, "new_sku": RED_S}], "method_id": "GC-LARGE"}
        assert said in (await kind.preview(kind.args.model_validate(args))).summary


@pytest.mark.parametrize(
    ("difference_to", "method", "rule"),
    [
        (None, "pm-paypal", None),
        (None, "GC-LARGE", None),
        (None, "pm-card", "return.refund_method"),
        ("original", "GC-LARGE", "return.refund_method"),
        ("any", "pm-card", None),
    ],
)
async def test_what_costs_less_goes_back_where_the_shop_sends_it(
    counter: Counter, difference_to: Any, method: str, rule: str | None
) -> None:
    async def policy() -> ReturnPolicy:
        return ReturnPolicy(difference_to=difference_to)

    kind = OrderChanges(counter.shop, policy, counter.clock, UTC).kinds()[3]
    args = {"order_number": "4", "changes": [{"sku": GREY, "new_sku": RED_S}], "method_id": method}
    refused = None
    try:
        await kind.preview(kind.args.model_validate(args))
    except Refused as refusal:
        refused = refusal.rule
    assert refused == rule
    dearer = {"order_number": "1", "changes": [{"sku": RED_M, "new_sku": GREY}], "method_id": "pm-paypal"}
    await kind.preview(kind.args.model_validate(dearer))


async def test_after_its_items_were_replaced_nothing_of_an_order_changes(counter: Counter) -> None:
    await counter.do("change_order_items", **SWAP)
    refusals = [
        await counter.ask("cancel_order", order_number="1", reason="too late"),
        await counter.ask("change_shipping_address", order_number="1", **ELSEWHERE),
        await counter.ask("change_payment_method", order_number="1", method_id="pm-paypal"),
        await counter.ask("change_order_items", **SWAP),
    ]
    assert [each["rule"] for each in refusals] == ["order.items_already_changed"] * 4


# -- the account -----------------------------------------------------------------------------------------------------


async def test_an_account_is_shown_to_its_customer_with_all_ways_to_pay(counter: Counter) -> None:
    told = await counter.read("show_account", HER, order_number="1")
    assert (told["outcome"], told["email"], told["address"]["line1"]) == ("found", EMAILS[ADA], HOME.line1)
    ways = {way["id"]: way for way in told["ways_to_pay"]}
    assert list(ways) == ["pm-card", "pm-paypal", "GC-OLD", "GC-LARGE", "GC-SMALL"]
    assert ways["pm-card"] == {
        "id": "pm-card",
        "kind": "card",
        "label": "Visa ending in 4242",
        "pays_order": True,
    }
    assert (ways["GC-SMALL"]["balance"]["minor"], ways["GC-SMALL"]["has_expired"]) == (400, False)
    assert (ways["GC-OLD"]["expires_on"], ways["GC-OLD"]["has_expired"]) == ("2026-05-01", True)


@pytest.mark.parametrize("who", [Identity(), Identity(order_numbers=frozenset({OrderNumber("1")}))])
async def test_an_account_is_shown_to_nobody_who_is_not_signed_in(counter: Counter, who: Identity) -> None:
    assert await counter.read("show_account", who) == {"outcome": "sign_in"}
    assert await counter.read("show_account", HIM, order_number="1") == {"outcome": "not_found"}


async def test_the_address_of_the_account_changes_for_its_customer_only(counter: Counter) -> None:
    full = await counter.read("complete_address", HER, line1="5 Pine Street", city="Portland", postal_code="04101")
    assert (full["outcome"], full["address"]["one_line"]) == ("complete", "5 Pine Street, Portland, 04101, US")
    asked = await counter.ask("change_default_address", **ELSEWHERE)
    assert asked["summary"] == (
        "Send your later orders to Ada, 5 Pine Street, Portland, 04101, US, instead of 1 Mill Row, Bath, ME 04530, US."
    )
    await counter.do("change_default_address", **ELSEWHERE)
    hers, his = await counter.shop.customers.get_customer(ADA), await counter.shop.customers.get_customer(BEN)
    assert hers
    assert hers.address.line1 == "5 Pine Street"
    assert his == CONTENTS.customers[1]
    assert (await counter.ask("change_default_address", Identity(), **ELSEWHERE))["rule"] == "identity.signed_in"


async def test_before_the_yes_it_is_told_who_receives_the_parcels_now(counter: Counter) -> None:
    """A line that names the street only would let somebody else's name slip in."""
    for kind, more in (("change_shipping_address", {"order_number": "1"}), ("change_default_address", {})):
        same = ELSEWHERE | more | {"name": HOME.name.upper()} | ({} if more else {"customer_id": ADA})
        assert "5 Pine Street" in (told := (await counter.preview(kind, **same)).summary)
        assert HOME.name.upper() not in told
        other = same | {"name": "Mallory"}
        assert "to Mallory, 5 Pine Street, Portland" in (await counter.preview(kind, **other)).summary


async def test_a_guest_has_no_address_to_complete(counter: Counter) -> None:
    told = await counter.read("complete_address", Identity(), line1="5 Pine Street")
    assert told == {"outcome": "not_found"}


# -- facts -----------------------------------------------------------------------------------------------------------


def usd(minor: int) -> dict[str, Any]:
    return {"currency": "USD", "minor": minor}


FACTS = {
    "order_state": "pending",
    "payment_state": "paid",
    "order_total": usd(7_650),
    "currency": "USD",
    "pieces": 3,
    "days_since_order": 3,
    "paid_by": "card",
    "paid_by_id": "pm-card",
    "earlier_returns": 0,
}


@pytest.mark.parametrize(
    ("kind", "args", "more"),
    [
        ("cancel_order", {"reason": "no longer needed"}, {"reason": "no longer needed"}),
        ("change_shipping_address", ELSEWHERE, {"country": "US", "earlier_country": "US"}),
        ("change_payment_method", {"method_id": "GC-LARGE"}, {"method": "gift_card", "method_id": "GC-LARGE"}),
        (
            "change_order_items",
            {"changes": [{"sku": RED_M, "new_sku": GREY}]},
            {"method": "card", "method_id": "pm-card", "difference": usd(1_500), "pieces_changed": 1},
        ),
    ],
)
async def test_policies_are_told_what_an_order_is_and_what_is_asked_of_it(
    counter: Counter, kind: str, args: Mapping[str, Any], more: Mapping[str, Any]
) -> None:
    preview = await counter.preview(kind, order_number="1", **args)
    assert preview.facts == {**FACTS, **more}
    assert set(preview.facts) == counter.kinds[kind].facts


async def test_the_kinds_are_tools_of_the_installation() -> None:
    app = await demo_app()
    tools = named(app.tools)
    assert {"change_payment_method", "change_order_items", "change_default_address", "show_account"} <= set(tools)
    assert not {"restore_cart", "restore_profile", "reinstate_return", "undo_sign_up"} & set(tools)
    conversation = await begin(app, MAYA)
    assert conversation
    identity = await identity_of(app, MAYA)
    account = (await app.tools.call("show_account", {}, Visit(identity).context())).output
    assert [way["kind"] for way in account["ways_to_pay"]] == ["paypal", "card", "gift_card"]
