"""What customers and models are told of requests: their own, as they stand, and nothing that was not done as done."""

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

import pytest
from demo_app import NOW, contents
from gating import gate_of
from pydantic import JsonValue
from tools.visit import Visit, jonas, maya, returns_policy

from shopfloor.actions.memory_store import MemoryActions
from shopfloor.conversation.promises import unkept
from shopfloor.identity.identity import GUEST, Identity
from shopfloor.journal.events import ActionMoved, ActionState
from shopfloor.journal.memory import MemoryJournal
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.ids import AgentId, OrderNumber, StreamId, TurnId
from shopfloor.shop.memory import memory_shop
from shopfloor.tools.contract import EarlierCall
from shopfloor.tools.retail.carts import cart_kinds
from shopfloor.tools.retail.order_changes import OrderChanges
from shopfloor.tools.retail.orders import owns_resource
from shopfloor.tools.retail.requests import LATELY, RequestTools
from shopfloor.tools.toolsets import ToolList

pytestmark = pytest.mark.anyio

HERE, ELSEWHERE = StreamId("conversation/chat_1"), StreamId("conversation/chat_2")
MAYAS, JONASES = "order:141", "order:150"
GUEST_OF_141 = Identity(order_numbers=frozenset({OrderNumber("141")}))
SUMMARY = "Cancel order #141, placed on 19 November 2026, over $119.71; the money goes back to PayPal."


class Desk:
    """A record of actions with the tools that read it."""

    def __init__(self) -> None:
        self.clock, shop, self.actions = FixedClock(NOW), memory_shop(contents()), MemoryActions()
        self.journal = MemoryJournal(self.clock, [self.actions.project])
        kinds = [*OrderChanges(shop, returns_policy, self.clock, UTC).kinds(), *cart_kinds(shop, self.clock)]

        async def owns(identity: Identity, resource: str) -> bool:
            return await owns_resource(shop.orders, identity, resource)

        self.tools = ToolList(RequestTools(self.actions, gate_of(kinds, owns, self.clock), owns).tools())

    async def put(self, *states: ActionState, key: str = "k", stream: StreamId = HERE, **changes: Any) -> None:
        """Journal the steps of an action of Maya's."""
        for state in states:
            values: dict[str, Any] = {
                "kind": "cancel_order",
                "customer_id": maya().customer_id,
                "args": {"order_number": "141", "reason": "a test"},
                "summary": SUMMARY,
                "resources": (MAYAS,),
                "digest": "d",
                "rule": None,
                **changes,
            }
            agent = AgentId("order_management")
            step = ActionMoved(
                turn_id=TurnId("turn_1"), task_id="t1", agent=agent, agent_name="A", key=key, state=state, **values
            )
            await self.journal.append(stream, [step])

    async def list(self, identity: Identity | None = None, /, **args: JsonValue) -> list[dict[str, Any]]:
        found = await self._call("list_requests", Visit(identity or maya()), args)
        assert found["outcome"] == ("found" if found["requests"] else "none")
        return found["requests"]

    async def get(self, key: str = "k", visit: Visit | None = None, **args: JsonValue) -> dict[str, Any]:
        return await self._call("get_request", visit or Visit(maya()), {"action_key": key, **args})

    async def _call(self, tool: str, visit: Visit, args: Mapping[str, JsonValue]) -> dict[str, Any]:
        return (await self.tools.call(tool, args, visit.context())).output


@pytest.fixture
def desk() -> Desk:
    return Desk()


# -- how a request stands --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "changes", "shown", "is_by_staff"),
    [
        ("needs_approval", {"reason": "Above $500.00."}, "waiting", False),
        ("approved", {"staff": "Grace"}, "under_way", False),
        ("confirmed", {}, "under_way", False),
        ("outcome_unknown", {}, "checking", False),
        ("outcome_unknown", {"staff": "Grace"}, "checking", True),
        ("executed", {}, "done", False),
        ("executed", {"staff": "Grace"}, "done", True),
        ("rejected", {"staff": "Grace", "reason": "It left."}, "rejected", True),
        ("expired", {"staff": "nobody"}, "expired", False),
        ("refused", {"staff": "Grace", "reason": "It left."}, "refused", True),
        ("refused", {"rule": "outcome.not_done"}, "refused", False),
    ],
)
async def test_a_request_is_listed_as_it_stands(
    desk: Desk, state: ActionState, changes: dict[str, Any], shown: str, is_by_staff: bool
) -> None:
    await desk.put(state, **changes)
    [request] = await desk.list()
    assert (request["state"], request["is_by_staff"], request["summary"]) == (shown, is_by_staff, SUMMARY)
    assert request["is_done"] == (shown == "done")
    assert ("status" in request) == (shown != "done")
    assert request["order_number"] == "141"


@pytest.mark.parametrize("state", ["proposed", "declined"])
async def test_what_was_only_asked_about_is_no_request(desk: Desk, state: ActionState) -> None:
    await desk.put(state)
    assert await desk.list() == []


async def test_what_the_turn_refused_and_what_takes_no_yes_is_not_listed(desk: Desk) -> None:
    await desk.put("refused", rule="order.already_shipped")
    await desk.put("executed", key="cart", kind="empty_cart", resources=("cart:cart-01",))
    assert await desk.list() == []
    await desk.put("needs_approval", key="cart", kind="empty_cart", resources=("cart:cart-01",))
    assert [one["state"] for one in await desk.list()] == ["waiting"], "a person decides on it"


async def test_the_latest_come_first_after_those_that_wait(desk: Desk) -> None:
    for minutes, (key, state) in enumerate([("a", "needs_approval"), ("b", "executed"), ("c", "rejected")]):
        desk.clock.at = NOW + timedelta(minutes=minutes)
        await desk.put(state, key=key, staff=None if key == "a" else "Grace", summary=key)
    assert [one["summary"] for one in await desk.list()] == ["a", "c", "b"]


async def test_requests_of_long_ago_and_about_other_orders_can_be_left_out(desk: Desk) -> None:
    desk.clock.at = NOW - LATELY - timedelta(days=1)
    await desk.put("executed", key="old")
    desk.clock.at = NOW
    await desk.put("executed", key="new", summary="new", resources=("order:123",))
    assert [one["summary"] for one in await desk.list()] == ["new"]
    assert await desk.list(order_number="141") == []
    assert len(await desk.list(order_number="123")) == 1


# -- whose it is -----------------------------------------------------------------------------------------------------


async def test_nobody_sees_anybody_elses(desk: Desk) -> None:
    await desk.put("needs_approval")
    for stranger in (jonas(), GUEST, GUEST_OF_141):
        assert await desk.list(stranger) == []
        assert (await desk.get(visit=Visit(stranger)))["outcome"] == "not_found"
    assert (await desk.get())["outcome"] == "found"
    assert (await desk.get("another"))["outcome"] == "not_found"


async def test_a_guests_is_seen_here_only_and_read_by_whose_order_it_is(desk: Desk) -> None:
    await desk.put("needs_approval", customer_id=None, order_numbers=("141",))
    await desk.put("needs_approval", key="away", stream=ELSEWHERE, customer_id=None, order_numbers=("141",))
    assert len(await desk.list(GUEST_OF_141)) == 1
    assert len(await desk.list(maya())) == 1, "she has signed in since"
    assert await desk.list(jonas()) == [], "somebody else has"
    assert (await desk.get("away", Visit(GUEST_OF_141)))["outcome"] == "found"
    assert (await desk.get("away", Visit(GUEST)))["outcome"] == "not_found"


async def test_what_is_the_shops_is_no_customers(desk: Desk) -> None:
    await desk.put("executed", is_for_shop=True, customer_id=None, staff="Grace")
    assert await desk.list() == []
    assert (await desk.get())["outcome"] == "not_found"


async def test_what_was_erased_is_not_listed(desk: Desk) -> None:
    await desk.put("executed")
    await desk.journal.erase(HERE)
    assert await desk.list() == []


# -- one of them -----------------------------------------------------------------------------------------------------


async def test_one_is_read_with_what_came_of_it_and_only_while_it_stands_so(desk: Desk) -> None:
    await desk.put("executed", staff="Grace", result={"refunds": []})
    request = (await desk.get(state="executed"))["request"]
    assert (request["result"], request["args"]["reason"]) == ({"refunds": []}, "a test")
    assert (await desk.get(state="outcome_unknown"))["outcome"] == "moved"


async def test_what_its_turn_has_told_is_known(desk: Desk) -> None:
    await desk.put("executed", "executed")
    visit = Visit(maya())
    call = EarlierCall(tool="cancel_order", args={}, output={"key": "k", "outcome": "needs_approval"}, turns_ago=0)
    visit.calls = [call]
    assert (await desk.get(visit=visit))["outcome"] == "found"
    visit.calls.append(
        EarlierCall(tool="cancel_order", args={}, output={"key": "k", "outcome": "executed"}, turns_ago=0)
    )
    assert (await desk.get(visit=visit))["outcome"] == "known"


async def test_an_undo_is_read_with_what_it_undid(desk: Desk) -> None:
    await desk.put("executed")
    await desk.put("executed", key="undo/k", undoes="k", is_for_shop=True, customer_id=None, summary="Back.")
    request = (await desk.get("undo/k"))["request"]
    assert (request["state"], request["summary"], request["undoes"]["summary"]) == ("taken_back", "Back.", SUMMARY)
    assert (await desk.get("undo/k", Visit(jonas())))["outcome"] == "not_found"
    [listed] = await desk.list()
    assert (listed["state"], listed["is_done"]) == ("undone", False)


# -- words of the staff ----------------------------------------------------------------------------------------------


async def test_a_reason_is_one_line_of_plain_letters(desk: Desk) -> None:
    await desk.put("rejected", staff="Grace", reason=" It\x1b[31m left.\n\n# Really\u202e " + "x" * 600)
    [request] = await desk.list()
    assert request["reason"].startswith("It [31m left. # Really x")
    assert request["reason"].isprintable()
    assert len(request["reason"]) == 500


async def test_notes_of_who_approved_and_errors_of_ours_are_not_for_customers(desk: Desk) -> None:
    await desk.put("executed", key="a", staff="Grace", reason="a known fraudster")
    await desk.put("refused", key="b", staff="Grace", rule="action.impossible", reason="KeyError: 'x'")
    assert [one["reason"] for one in await desk.list()] == ["", ""]
    assert "Grace" not in str(await desk.list())


# -- what a model may make of it -------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["needs_approval", "outcome_unknown", "rejected", "expired"])
async def test_a_model_may_not_say_that_it_was_done(desk: Desk, state: ActionState) -> None:
    await desk.put(state, staff="Grace")
    output: JsonValue = {"outcome": "found", "requests": [*await desk.list()]}
    assert unkept("Your order has been cancelled.", [output]) == ("cancellation",)
    assert unkept("The money was refunded.", [output]) == ("refund",)
    assert unkept("I have cancelled it for you.", [output]) == ("cancellation",)
    assert unkept("It is not cancelled yet: a colleague decides.", [output]) == ()


async def test_of_what_was_done_it_may_say_so(desk: Desk) -> None:
    await desk.put("executed", staff="Grace")
    output: JsonValue = {"outcome": "found", "requests": [*await desk.list()]}
    assert unkept("Your order has been cancelled.", [output]) == ()
