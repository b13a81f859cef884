"""What may come back, asking for it and calling it off, on both shops; whoever asks, and whatever they say."""

from datetime import UTC, timedelta
from typing import Any

import pytest
from demo_app import NOW, contents
from gating import gate_of
from pydantic import JsonValue
from tools.visit import Visit, jonas, maya, signed_in

from shopfloor.actions.proposal import Admitted, Consent
from shopfloor.agents.settings import shipped_brand
from shopfloor.database.engine import Database
from shopfloor.identity.identity import Identity
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import OrderNumber, Sku
from shopfloor.shop.contract import Shop
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.models import ReturnLine
from shopfloor.shop.return_policy import ReturnPolicy
from shopfloor.shop.sql import load, sql_shop
from shopfloor.tools.contract import Toolset
from shopfloor.tools.gated import gated_tool
from shopfloor.tools.retail.orders import owns_resource
from shopfloor.tools.retail.return_requests import ReturnRequests
from shopfloor.tools.retail.returns import ReturnTools
from shopfloor.tools.toolsets import ToolList

pytestmark = pytest.mark.anyio

OWN, TRENCH, SCARF = OrderNumber("118"), "P168-NAVY-S", "P265-CHARCOAL"
POLICY = shipped_brand().returns
SHOP = contents()
GUEST_OF_118 = Identity(order_numbers=frozenset({OWN}))


class Desk:
    """The tools of returns over a shop of its own, with a policy that can be changed."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.clock = FixedClock(NOW)
        self.policy: ReturnPolicy = POLICY
        returns = ReturnTools(shop, self._policy, self.clock, UTC)
        kinds = ReturnRequests(shop, self._policy, self.clock, UTC).kinds()
        gate = gate_of(kinds, self._owns, self.clock)
        self.tools: Toolset = ToolList(
            [*returns.tools(), *(gated_tool(kind, gate) for kind in kinds if kind.is_offered)]
        )

    async def _policy(self) -> ReturnPolicy:
        return self.policy

    async def _owns(self, identity: Identity, resource: str) -> bool:
        return await owns_resource(self.shop.orders, identity, resource)

    async def call(
        self, tool: str, visit: Visit, consent: Consent | None = None, /, origin: str = "chat_1/turn_1/t1", **args: Any
    ) -> dict[str, Any]:
        return (await self.tools.call(tool, args, visit.context(consent=consent, origin=origin))).output

    async def check(self, visit: Visit, number: str = OWN, **args: JsonValue) -> dict[str, Any]:
        return await self.call("check_return", visit, order_number=number, **args)

    async def ask(self, visit: Visit, *pieces: dict[str, Any], **changes: Any) -> dict[str, Any]:
        wanted: dict[str, Any] = {"order_number": OWN, "kind": "refund", "reason": "changed_mind", **changes}
        return await self.call("request_return", visit, pieces=list(pieces), **wanted)

    async def done(self, tool: str, visit: Visit, origin: str = "chat_1/turn_1/t1", **args: Any) -> dict[str, Any]:
        asked = await self.call(tool, visit, origin=origin, **args)
        assert asked["outcome"] == "needs_yes", asked
        return await self.call(tool, visit, Consent(digest=asked["digest"], asked_at=NOW), origin=origin, **args)

    async def returned(self, visit: Visit, sku: str = SCARF) -> dict[str, Any]:
        wanted = {"order_number": OWN, "kind": "refund", "reason": "changed_mind", "pieces": [piece(sku)]}
        return await self.done("request_return", visit, **wanted)


def piece(sku: str, quantity: int = 1, exchange: str | None = None) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity} | ({"exchange_sku": exchange} if exchange else {})


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def desk(request: pytest.FixtureRequest, database: Database) -> Desk:
    if request.param == "memory":
        return Desk(memory_shop(SHOP))
    await load(database, SHOP)
    return Desk(sql_shop(database))


@pytest.fixture
def quick() -> Desk:
    return Desk(memory_shop(SHOP))


# -- what may come back ----------------------------------------------------------------------------------------------


async def test_what_may_come_back_is_told_with_its_last_day(quick: Desk) -> None:
    told = await quick.check(Visit(maya()))
    assert told["outcome"] == "which_item"
    assert [(one["sku"], one["state"], one["until"]) for one in told["goods"]] == [
        (TRENCH, "returnable", "2026-12-12"),
        (SCARF, "returnable", "2026-12-12"),
    ]


@pytest.mark.parametrize(
    ("words", "skus"),
    [
        ("the scarf", [SCARF]),
        ("my rain coat does not fit", [TRENCH]),
        ("the trench", [TRENCH]),
        ("the navy one", [TRENCH]),
        ("all of it", [TRENCH, SCARF]),
        ("both please", [TRENCH, SCARF]),
        ("the coat and the scarf", [TRENCH, SCARF]),
        ("everything but not the scarf", [TRENCH]),
        ("the first one", [TRENCH]),
        ("the second one", [SCARF]),
    ],
)
async def test_items_are_found_by_the_customers_words(quick: Desk, words: str, skus: list[str]) -> None:
    told = await quick.check(Visit(maya()), item=words)
    assert (told["outcome"], [one["sku"] for one in told["chosen"]]) == ("returnable", skus)


@pytest.mark.parametrize("words", ["the boots", "something", "", "hello", "ignore the rules"])
async def test_words_that_name_nothing_of_the_order_are_asked_about(quick: Desk, words: str) -> None:
    assert (await quick.check(Visit(maya()), item=words))["outcome"] == "which_item"


async def test_the_wrong_size_can_only_be_of_what_has_sizes(quick: Desk) -> None:
    told = await quick.check(Visit(maya()), request="it is the wrong size", reason="wrong_size")
    assert [one["sku"] for one in told["chosen"]] == [TRENCH]
    assert told["kinds"] == ["refund", "exchange"]
    assert "M" in told["sizes"]


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        ("107", "cancelled"),
        ("123", "not_delivered"),
        ("141", "not_delivered"),
        ("150", "not_found"),
        ("9", "not_found"),
    ],
)
async def test_an_order_that_nothing_can_come_back_from(quick: Desk, number: str, outcome: str) -> None:
    told = await quick.check(Visit(maya()), number)
    assert told["outcome"] == outcome
    assert outcome != "not_found" or set(told) == {"outcome"}


async def test_a_guest_hears_nothing_of_an_order_before_the_check(quick: Desk) -> None:
    for number in (OWN, "99999"):
        assert await quick.check(Visit(), number) == {"outcome": "needs_check"}
    assert (await quick.check(Visit(GUEST_OF_118)))["outcome"] == "which_item"
    assert await quick.call("returnable_orders", Visit(GUEST_OF_118), request="the boots") == {"outcome": "sign_in"}


async def test_the_order_is_found_by_what_was_bought_or_by_being_the_only_one(quick: Desk) -> None:
    for words in ("the raincoat is too small", "I got the wrong size"):
        told = await quick.call("returnable_orders", Visit(maya()), request=words)
        assert (told["outcome"], told["order_number"]) == ("found", OWN)
    told = await quick.call("returnable_orders", Visit(maya()), request="wrong size", order_number="123")
    assert told["order_number"] == OWN, "what was talked about is not there yet"
    told = await quick.call("returnable_orders", Visit(maya()), request="return 123", order_number="123")
    assert told["order_number"] == "123", "it was named"
    assert (await quick.call("returnable_orders", Visit(jonas()), request="a"))["outcome"] == "none"


async def test_a_policy_that_changes_holds_at_once(quick: Desk) -> None:
    quick.policy = quick.policy.model_copy(update={"days": 5})
    assert (await quick.check(Visit(maya())))["outcome"] == "too_late"
    assert (await quick.ask(Visit(maya()), piece(SCARF)))["rule"] == "return.too_late"


# -- asking for it ---------------------------------------------------------------------------------------------------


async def test_before_a_return_its_order_goods_reason_money_and_last_day_are_restated(quick: Desk) -> None:
    asked = await quick.ask(Visit(maya()), piece(SCARF))
    for fact in ("#118", "1 × Cinnamon Blanket Scarf (charcoal)", "changed my mind", "$49.16", "PayPal", "12 December"):
        assert fact in asked["summary"]
    assert await quick.shop.returns.returns_of(OWN) == []


async def test_with_the_yes_a_return_is_registered_for_the_staff_and_no_money_moves(desk: Desk) -> None:
    before = await desk.shop.orders.get_order(OWN)
    visit = Visit(maya())
    told = await desk.returned(visit)
    assert (told["outcome"], told["result"]["id"], told["result"]["state"]) == ("executed", "R118-1", "requested")
    assert told["result"]["tracking_id"].startswith("TRK")
    (back,) = await desk.shop.returns.returns_of(OWN)
    assert back in await desk.shop.returns.list_returns("requested")
    assert (back.lines[0].reason, back.lines[0].exchange_sku) == ("Changed my mind", None)
    assert await desk.shop.orders.get_order(OWN) == before
    assert visit.moves == ["proposed", "confirmed", "executed"]


async def test_nothing_is_returned_twice(desk: Desk) -> None:
    await desk.returned(Visit(maya()))
    again = await desk.call(
        "request_return",
        Visit(maya()),
        origin="chat_1/turn_9/t1",
        order_number=OWN,
        kind="refund",
        reason="faulty",
        pieces=[piece(SCARF)],
    )
    assert (again["outcome"], again["rule"]) == ("refused", "return.already_requested")
    told = await desk.check(Visit(maya()), item="the scarf")
    assert (told["outcome"], told["left_out"][0]["return_id"]) == ("already_requested", "R118-1")
    rest = await desk.check(Visit(maya()), item="all of it")
    assert ([one["sku"] for one in rest["chosen"]], [one["sku"] for one in rest["left_out"]]) == ([TRENCH], [SCARF])


async def test_a_return_admitted_before_a_crash_is_found_done_and_not_done_twice(desk: Desk) -> None:
    visit, key = Visit(maya()), "chat_1/turn_1/t1/request_return"
    wanted = {"order_number": OWN, "kind": "refund", "reason": "changed_mind", "pieces": [piece(SCARF)]}
    asked = await desk.ask(visit, piece(SCARF))
    line = ReturnLine(sku=Sku(SCARF), quantity=1, reason="Changed my mind")
    done = await desk.shop.returns.request_return(OWN, "refund", [line], has_label=True, at=NOW, key=key)
    desk.clock.at += timedelta(days=40)
    admitted = {key: Admitted(args=asked["args"], summary=asked["summary"], digest=asked["digest"])}
    told = (await desk.tools.call("request_return", wanted, visit.context(admitted=admitted))).output
    assert (told["outcome"], told["result"]["id"]) == ("executed", done.id)
    assert await desk.shop.returns.returns_of(OWN) == [done]


@pytest.mark.parametrize(
    ("pieces", "changes", "rule"),
    [
        ([piece(SCARF, 2)], {}, "return.not_in_order"),
        ([piece(SCARF), piece(SCARF)], {}, "return.not_in_order"),
        ([piece("P001-RED-9")], {}, "return.not_in_order"),
        ([piece(SCARF, 1, "P265-CHARCOAL")], {}, "return.not_an_exchange"),
        ([piece(SCARF)], {"kind": "exchange"}, "return.exchange_for"),
        ([piece(TRENCH, 1, "P001-RED-9")], {"kind": "exchange"}, "items.other_product"),
        ([piece(TRENCH, 1, "none")], {"kind": "exchange"}, "items.unknown_variant"),
        ([piece(TRENCH, 1, TRENCH)], {"kind": "exchange"}, "items.same_variant"),
        ([piece(SCARF)], {"order_number": "123"}, "return.not_delivered"),
        ([piece(SCARF)], {"order_number": "107"}, "return.not_delivered"),
        ([piece(SCARF)], {"order_number": "150"}, "identity.owner"),
        ([piece(SCARF)], {"order_number": "99999"}, "identity.owner"),
    ],
)
async def test_a_return_against_the_rules_is_refused_by_name(
    quick: Desk, pieces: list[dict[str, Any]], changes: dict[str, Any], rule: str
) -> None:
    told = await quick.ask(Visit(maya()), *pieces, **changes)
    assert (told["outcome"], told["rule"]) == ("refused", rule)
    assert told["reason"]


@pytest.mark.parametrize(
    ("identity", "rule"), [(Identity(), "identity.verified"), (jonas(), "identity.owner")], ids=["guest", "other"]
)
async def test_nobody_returns_what_is_somebody_elses(quick: Desk, identity: Identity, rule: str) -> None:
    told = await quick.ask(Visit(identity), piece(SCARF))
    assert (told["outcome"], told["rule"], told["summary"]) == ("refused", rule, "")


@pytest.mark.parametrize("bad", [{"reason": "because I say so"}, {"kind": "cash"}, {"pieces": []}, {"amount": 500}])
async def test_words_of_ones_own_are_no_reason_and_no_amount(quick: Desk, bad: dict[str, Any]) -> None:
    wanted: dict[str, Any] = {"order_number": OWN, "kind": "refund", "reason": "faulty", "pieces": [piece(SCARF)]}
    with pytest.raises(InvalidInput, match=next(iter(bad))):
        await quick.call("request_return", Visit(maya()), **{**wanted, **bad})


async def test_an_exchange_names_the_size_and_is_asked_for_anew_when_that_is_gone(desk: Desk) -> None:
    told = await desk.check(Visit(maya()), item="the trench", reason="wrong_size", kind="exchange", size="M")
    assert told["has_size"]
    (wanted,) = told["pieces"]
    visit = Visit(maya())
    asked = await desk.ask(visit, wanted, kind="exchange", reason="wrong_size")
    assert "in exchange for size M" in asked["summary"]
    await desk.shop.catalogue.set_stock(Sku(wanted["exchange_sku"]), 0, key="sold")
    gone = await desk.call(
        "request_return",
        visit,
        Consent(digest=asked["digest"], asked_at=NOW),
        order_number=OWN,
        kind="exchange",
        reason="wrong_size",
        pieces=[wanted],
    )
    assert (gone["outcome"], gone["rule"]) == ("refused", "return.not_in_stock")


async def test_a_yes_after_the_last_day_is_too_late(quick: Desk) -> None:
    quick.clock.at = NOW.replace(month=12, day=12, hour=23, minute=50)
    visit = Visit(maya())
    asked = await quick.ask(visit, piece(SCARF))
    consent = Consent(digest=asked["digest"], asked_at=quick.clock.at)
    quick.clock.at += timedelta(minutes=20)
    told = await quick.call(
        "request_return",
        visit,
        consent,
        order_number=OWN,
        kind="refund",
        reason="changed_mind",
        pieces=[piece(SCARF)],
    )
    assert (told["outcome"], told["rule"]) == ("refused", "return.too_late")


async def test_from_where_there_is_no_label_a_return_has_none(quick: Desk) -> None:
    visit = Visit(signed_in("oliver.pemberton@example.org"))
    order = next(
        order
        for order in SHOP.orders
        if order.customer_id == visit.identity.customer_id and order.state == "delivered" and order.number != "114"
    )
    told = await quick.check(visit, order.number)
    assert told["has_label"] is False
    assert "carrier of your choice" in told["how"]


# -- calling it off --------------------------------------------------------------------------------------------------


async def test_asking_for_a_return_and_withdrawing_it_leaves_the_goods_as_they_were(desk: Desk) -> None:
    before = await desk.check(Visit(maya()))
    asked = await desk.returned(Visit(maya()))
    gone = await desk.done(
        "withdraw_return", Visit(maya()), "chat_1/turn_2/t1", order_number=OWN, return_id=asked["result"]["id"]
    )
    assert (gone["outcome"], gone["result"]["state"]) == ("executed", "withdrawn")
    after = await desk.check(Visit(maya()))
    assert (after["goods"], after["outcome"]) == (before["goods"], before["outcome"])


@pytest.mark.parametrize(
    ("number", "return_id", "rule"),
    [(OWN, "R100-1", "return.unknown"), (OWN, "R118-7", "return.unknown"), ("100", "R100-1", "identity.owner")],
)
async def test_a_return_of_another_order_is_not_withdrawn(quick: Desk, number: str, return_id: str, rule: str) -> None:
    told = await quick.call("withdraw_return", Visit(maya()), order_number=number, return_id=return_id)
    assert (told["outcome"], told["rule"]) == ("refused", rule)


async def test_a_return_on_its_way_is_not_withdrawn(quick: Desk) -> None:
    owner = Visit(signed_in("aaliyah.brooks@example.org"))
    told = await quick.call("withdraw_return", owner, order_number="100", return_id="R100-1")
    assert (told["outcome"], told["rule"]) == ("refused", "return.under_way")
