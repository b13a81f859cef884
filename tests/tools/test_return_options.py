"""Returns as a merchant may have them: once for an order, for another variant, the money to where it may go."""

from datetime import UTC
from typing import Any

import pytest
from gating import gate_of
from tools.small_shop import ADA, CONTENTS, EMAILS, GREY, MUG, NOW, RED_M, RED_S
from tools.visit import Visit

from shopfloor.actions.kind import Preview
from shopfloor.actions.proposal import Consent
from shopfloor.identity.identity import Identity
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Refused
from shopfloor.kernel.ids import OrderNumber
from shopfloor.shop.contract import Shop
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.return_policy import ReturnPolicy
from shopfloor.tools.gated import gated_tool
from shopfloor.tools.retail.orders import owns_resource
from shopfloor.tools.retail.return_requests import ReturnRequests
from shopfloor.tools.retail.returns import ReturnTools
from shopfloor.tools.toolsets import ToolList

pytestmark = pytest.mark.anyio

HER = Identity(customer_id=ADA, name="Ada", email=EMAILS[ADA])
USUAL = ReturnPolicy(exchange_in=("US",), label_in=("US",))


class Desk:
    """A small shop with the tools of returns, and a policy of its own."""

    def __init__(self, policy: ReturnPolicy = USUAL) -> None:
        self.shop: Shop = memory_shop(CONTENTS)
        self.policy = policy
        clock = FixedClock(NOW)
        kinds = ReturnRequests(self.shop, self._policy, clock, UTC).kinds()
        self.kinds, self.kind = kinds, kinds[0]
        gate = gate_of(kinds, lambda identity, resource: owns_resource(self.shop.orders, identity, resource), clock)
        reads = ReturnTools(self.shop, self._policy, clock, UTC).tools()
        self.tools = ToolList([*reads, *(gated_tool(kind, gate) for kind in kinds if kind.is_offered)])
        self._turns = 0

    async def _policy(self) -> ReturnPolicy:
        return self.policy

    async def call(
        self, tool: str, consent: Consent | None = None, who: Identity = HER, /, **args: Any
    ) -> dict[str, Any]:
        self._turns += 1
        context = Visit(who).context(consent=consent, origin=f"chat_1/turn_{self._turns}/t1")
        return (await self.tools.call(tool, args, context)).output

    async def done(self, **args: Any) -> dict[str, Any]:
        asked = await self.call("request_return", **args)
        assert asked["outcome"] == "needs_yes", asked
        return await self.call("request_return", Consent(digest=asked["digest"], asked_at=NOW), **args)

    async def preview(self, **args: Any) -> Preview:
        return await self.kind.preview(self.kind.args.model_validate(args))

    async def rule(self, **args: Any) -> str | None:
        try:
            await self.preview(**args)
        except Refused as refusal:
            return refusal.rule
        return None


def back(number: str = "6", method: str = "", **piece: Any) -> dict[str, Any]:
    kind = "exchange" if "exchange_sku" in piece else "refund"
    pieces = [{"sku": RED_M, "quantity": 1, **piece}]
    more = {"payment_method_id": method} if method else {}
    return {"order_number": number, "kind": kind, "reason": "wrong_size", "pieces": pieces, **more}


# -- where the money goes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refund_to", "method", "rule"),
    [
        ("gift_card", "", None),
        ("gift_card", "pm-card", None),
        ("gift_card", "GC-SMALL", None),
        ("gift_card", "pm-paypal", "return.refund_method"),
        ("gift_card", "pm-bens", "payment.unknown"),
        ("gift_card", "GC-BENS", "payment.unknown"),
        ("gift_card", "GC-FREE", "payment.unknown"),
        ("original", "pm-card", None),
        ("original", "GC-SMALL", "return.refund_method"),
        ("any", "pm-paypal", None),
        ("any", "pm-bens", "payment.unknown"),
    ],
)
async def test_a_refund_goes_where_the_policy_sends_it(refund_to: Any, method: str, rule: str | None) -> None:
    desk = Desk(USUAL.model_copy(update={"refund_to": refund_to}))
    assert await desk.rule(**back(method=method)) == rule


async def test_where_the_money_goes_is_restated_and_kept() -> None:
    desk = Desk()
    preview = await desk.preview(**back(method="GC-SMALL"))
    assert "for a refund of $29.84 to Gift card ending in MALL" in preview.summary
    done = await desk.done(**back(method="GC-SMALL"))
    assert done["outcome"] == "executed"
    assert "GC-SMALL" not in str(done["result"])
    returns = await desk.shop.returns.returns_of(OrderNumber("6"))
    assert returns[-1].payment_method_id == "GC-SMALL"


# -- once for an order -----------------------------------------------------------------------------------------------


async def test_goods_of_an_order_come_back_once_where_the_shop_has_it_so() -> None:
    desk = Desk(USUAL.model_copy(update={"once_per_order": True}))
    assert await desk.rule(**back("7", sku=RED_S)) is None
    await desk.done(**back("7", sku=RED_S))
    assert await desk.rule(**back("7", sku=GREY)) == "return.once_per_order"
    assert await desk.rule(**back("7", sku=RED_S, exchange_sku=RED_M)) == "return.once_per_order"
    told = await desk.call("check_return", order_number="7")
    assert (told["outcome"], {goods["state"] for goods in told["goods"]}) == (
        "already_requested",
        {"already_requested"},
    )
    (asked,) = await desk.shop.returns.returns_of(OrderNumber("7"))
    await desk.shop.returns.withdraw_return(asked.id, key="gone")
    assert await desk.rule(**back("7", sku=GREY)) is None


async def test_a_return_that_was_called_off_is_not_taken_up_beside_another_where_there_is_one_for_each_order() -> None:
    desk = Desk(USUAL.model_copy(update={"once_per_order": True}))
    await desk.done(**back("7", sku=RED_S))
    (first,) = await desk.shop.returns.returns_of(OrderNumber("7"))
    await desk.shop.returns.withdraw_return(first.id, key="off")
    kind = next(kind for kind in desk.kinds if kind.name == "reinstate_return")
    again = kind.args.model_validate({"order_number": "7", "return_id": first.id})
    assert first.id in (await kind.preview(again)).summary
    await desk.done(**back("7", sku=GREY))
    with pytest.raises(Refused) as refusal:
        await kind.preview(again)
    assert refusal.value.rule == "return.once_per_order"


async def test_goods_come_back_piece_by_piece_as_a_rule() -> None:
    desk = Desk()
    await desk.done(**back("7", sku=RED_S))
    assert await desk.rule(**back("7", sku=GREY)) is None


# -- for what --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exchange_for", "sku", "rule"),
    [
        ("size", RED_S, None),
        ("size", GREY, "return.exchange_for"),
        ("variant", GREY, None),
        ("variant", RED_S, None),
        ("variant", "SHIRT-RED-L", "return.not_in_stock"),
        ("variant", MUG, "items.other_product"),
        ("variant", "NONE", "items.unknown_variant"),
        ("variant", RED_M, "items.same_variant"),
    ],
)
async def test_an_exchange_is_for_what_the_policy_says(exchange_for: Any, sku: str, rule: str | None) -> None:
    desk = Desk(USUAL.model_copy(update={"exchange_for": exchange_for}))
    assert await desk.rule(**back(exchange_sku=sku)) == rule


@pytest.mark.parametrize(
    ("policy", "method", "rule"),
    [
        ({}, "pm-paypal", None),
        ({}, "pm-card", "return.refund_method"),
        ({"refund_to": "original"}, "GC-SMALL", "return.refund_method"),
        ({"difference_to": "original"}, "GC-SMALL", "return.refund_method"),
        ({"refund_to": "original", "difference_to": "any"}, "pm-card", None),
    ],
)
async def test_what_an_exchange_costs_less_goes_where_the_policy_sends_it(
    policy: dict[str, Any], method: str, rule: str | None
) -> None:
    desk = Desk(USUAL.model_copy(update={"exchange_for": "variant", **policy}))
    assert await desk.rule(**back("7", sku=GREY, exchange_sku=RED_M, method=method)) == rule
    dearer = back("7", sku=RED_S, exchange_sku=GREY, method="pm-card")
    assert await desk.rule(**dearer) is None


@pytest.mark.parametrize(
    ("args", "rule"),
    [
        (back("7", sku=RED_S), None),
        (back("7", sku=RED_S, exchange_sku=RED_M), None),
        (back("7", sku=GREY, exchange_sku=RED_M), None),
        (back("7", sku=RED_S, exchange_sku=GREY), "identity.signed_in"),
        (back("7", sku=RED_S, method="GC-SMALL"), "identity.signed_in"),
        (back("7", sku=GREY, exchange_sku=RED_M, method="GC-SMALL"), "identity.signed_in"),
    ],
)
async def test_a_guest_spends_nothing_and_sends_no_money_elsewhere(args: dict[str, Any], rule: str | None) -> None:
    """Order number and e-mail address stand on a parcel's label and in every mail."""
    desk = Desk(USUAL.model_copy(update={"exchange_for": "variant"}))
    guest = Identity(order_numbers=frozenset({OrderNumber("7")}), email=EMAILS[ADA])
    for who, expected in ((guest, rule), (HER, None)):
        asked = await desk.call("request_return", None, who, **args)
        assert (asked["outcome"], asked["rule"]) == (
            ("refused", expected) if expected else ("needs_yes", "consent.yes")
        )


async def test_what_an_exchange_costs_more_is_restated() -> None:
    desk = Desk(USUAL.model_copy(update={"exchange_for": "variant"}))
    preview = await desk.preview(**back(exchange_sku=GREY))
    assert preview.summary.startswith(
        "Return from order #6: 1 × Shirt (red, size M) (wrong size), in exchange for grey, size M, wool, "
        "$15.00 more, by Visa ending in 4242, to be handed in by"
    )
    assert await desk.rule(**back(method="GC-SMALL", exchange_sku=GREY)) == "payment.gift_card_balance"


async def test_several_pieces_are_exchanged_together_and_have_to_be_there_for_all() -> None:
    desk = Desk(USUAL.model_copy(update={"exchange_for": "variant"}))
    pieces = [{"sku": RED_S, "quantity": 1, "exchange_sku": RED_M}, {"sku": GREY, "quantity": 1, "exchange_sku": RED_M}]
    wanted = {**back("7"), "kind": "exchange", "pieces": pieces}
    assert await desk.rule(**wanted) is None
    await desk.shop.catalogue.set_stock(RED_M, 1, key="sold")
    assert await desk.rule(**wanted) == "items.out_of_stock"


# -- an order that holds a thing twice -------------------------------------------------------------------------------


async def test_what_an_order_holds_in_two_positions_comes_back_from_both() -> None:
    desk = Desk()
    assert await desk.rule(**back("7", sku=RED_S, quantity=2)) is None
    assert await desk.rule(**back("7", sku=RED_S, quantity=3)) == "return.not_in_order"
    whole = await desk.preview(**back("7", sku=RED_S, quantity=2))
    half = await desk.preview(**back("7", sku=RED_S))
    assert whole.amount
    assert half.amount
    assert abs(whole.amount.minor - 2 * half.amount.minor) <= 1
    await desk.done(**back("7", sku=RED_S))
    assert await desk.rule(**back("7", sku=RED_S)) is None
    assert await desk.rule(**back("7", sku=RED_S, quantity=2)) == "return.already_requested"


# -- facts -----------------------------------------------------------------------------------------------------------


async def test_policies_are_told_what_comes_back_why_and_what_came_back_before() -> None:
    desk = Desk()
    preview = await desk.preview(**back(method="GC-SMALL"))
    assert set(preview.facts) == desk.kind.facts
    assert {name: preview.facts[name] for name in ("order_state", "paid_by", "paid_by_id")} == {
        "order_state": "delivered",
        "paid_by": "card",
        "paid_by_id": "pm-card",
    }
    told = ("earlier_returns", "method", "method_id", "is_original_method", "return_kind", "reason", "pieces_back")
    assert [preview.facts[name] for name in told] == [1, "gift_card", "GC-SMALL", False, "refund", "wrong_size", 1]
    assert preview.facts["days_since_delivery"] == 1
    money = {"refund": {"currency": "USD", "minor": 2_984}, "difference": {"currency": "USD", "minor": 0}}
    assert {name: preview.facts[name] for name in money} == money
