"""Writes to orders and tickets, as an agent proposes them."""

from datetime import timedelta
from typing import Any

import pytest
from demo_app import NOW, contents
from tools.visit import OTHERS, OWN, UNKNOWN, Visit, jonas, maya, writes

from shopfloor.actions.proposal import Admitted, Consent
from shopfloor.identity.identity import Identity
from shopfloor.journal.events import ActionMoved
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Conflict, InvalidInput
from shopfloor.kernel.ids import OrderNumber
from shopfloor.kernel.money import Money
from shopfloor.shop.contract import Shop
from shopfloor.shop.memory import memory_shop
from shopfloor.tools.contract import Toolset

pytestmark = pytest.mark.anyio

LIMIT = Money("USD", 50_000)
ADDRESS = {"name": "Maya", "line1": "15 Market St", "city": "Boston", "postal_code": "02110", "country": "US"}
GUEST_OF_148 = Identity(order_numbers=frozenset({OrderNumber("148")}), email="gareth.price@example.com")
GUEST_OF_126 = Identity(order_numbers=frozenset({OrderNumber("126")}))


class Desk:
    """A shop of its own with the tools that write to it."""

    def __init__(self) -> None:
        self.shop: Shop = memory_shop(contents())
        self.clock = FixedClock(NOW)
        self.tools: Toolset = writes(self.shop, self.clock, LIMIT)

    async def propose(self, tool: str, visit: Visit, consent: Consent | None = None, /, **args: Any) -> dict[str, Any]:
        return (await self.tools.call(tool, args, visit.context(consent=consent))).output

    async def cancel(self, visit: Visit, number: str = OWN, consent: Consent | None = None) -> dict[str, Any]:
        return await self.propose("cancel_order", visit, consent, order_number=number, reason="changed my mind")

    async def yes(self, asked: dict[str, Any]) -> Consent:
        assert asked["outcome"] == "needs_yes"
        return Consent(digest=asked["digest"], asked_at=self.clock.now())

    async def state(self, number: str) -> str:
        order = await self.shop.orders.get_order(OrderNumber(number))
        assert order
        return order.state


@pytest.fixture
def desk() -> Desk:
    return Desk()


# -- cancelling ------------------------------------------------------------------------------------------------------


async def test_before_an_order_is_cancelled_its_number_date_total_and_refund_are_restated(desk: Desk) -> None:
    asked = await desk.cancel(Visit(maya()))
    order = next(each for each in contents().orders if each.number == OWN)
    for fact in (f"#{OWN}", "placed on 20 November 2026", str(order.total), order.payment_method):
        assert fact in asked["summary"]
    assert await desk.state(OWN) == "processing"


async def test_with_the_customers_yes_an_order_is_cancelled_once_and_its_money_goes_back(desk: Desk) -> None:
    visit = Visit(maya())
    done = await desk.cancel(visit, consent=await desk.yes(await desk.cancel(visit)))
    assert done["outcome"] == "executed"
    assert await desk.state(OWN) == "cancelled"
    (refund,) = done["result"]["refunds"]
    assert refund["amount"] == {"currency": "USD", "minor": 11_971}
    assert visit.moves == ["proposed", "confirmed", "executed"]


async def test_each_step_of_an_action_is_journaled_with_its_key_and_digest(desk: Desk) -> None:
    visit = Visit(maya())
    asked = await desk.cancel(visit)
    await desk.cancel(visit, consent=await desk.yes(asked))
    moves = [event for event in visit.events if isinstance(event, ActionMoved)]
    assert {(move.key, move.digest, move.kind) for move in moves} == {
        ("chat_1/turn_1/t1/cancel_order", asked["digest"], "cancel_order")
    }


async def test_another_customers_order_is_refused_in_the_words_for_an_unknown_one(desk: Desk) -> None:
    others, unknown = await desk.cancel(Visit(maya()), OTHERS), await desk.cancel(Visit(maya()), UNKNOWN)
    for told in (others, unknown):
        assert (told["outcome"], told["rule"], told["summary"]) == ("refused", "identity.owner", "")
    assert others["reason"] == unknown["reason"]
    assert await desk.state(OTHERS) == "processing"


async def test_a_guest_cancels_the_order_they_opened_and_no_other(desk: Desk) -> None:
    assert (await desk.cancel(Visit(), "148"))["rule"] == "identity.verified"
    assert (await desk.cancel(Visit(GUEST_OF_148), OWN))["rule"] == "identity.owner"
    visit = Visit(GUEST_OF_148)
    done = await desk.cancel(visit, "148", await desk.yes(await desk.cancel(visit, "148")))
    assert (done["outcome"], done["result"]["refunds"]) == ("executed", [])
    assert "no money was taken yet" in done["summary"]


@pytest.mark.parametrize(("number", "rule"), [("123", "order.already_shipped"), ("107", "order.already_cancelled")])
async def test_what_has_left_or_is_cancelled_is_not_cancelled(desk: Desk, number: str, rule: str) -> None:
    told = await desk.cancel(Visit(maya()), number)
    assert (told["outcome"], told["rule"]) == ("refused", rule)
    assert number in told["reason"]


async def test_a_dear_order_waits_for_the_merchant(desk: Desk) -> None:
    visit = Visit(jonas())
    told = await desk.cancel(visit, OTHERS, consent=await desk.yes(await desk.cancel(visit, OTHERS)))
    assert (told["outcome"], told["rule"]) == ("needs_approval", "approval.irreversible")
    assert "$500.00" in told["reason"]
    assert await desk.state(OTHERS) == "processing"


async def test_a_yes_for_one_order_does_not_cancel_another(desk: Desk) -> None:
    visit = Visit(jonas())
    consent = await desk.yes(await desk.cancel(visit, "151"))
    other = await desk.propose("cancel_order", visit, consent, order_number="151", reason="another reason")
    assert other["outcome"] == "needs_yes"
    assert await desk.state("151") == "pending"


async def test_a_yes_that_comes_too_late_is_asked_for_again(desk: Desk) -> None:
    visit = Visit(maya())
    consent = await desk.yes(await desk.cancel(visit))
    desk.clock.at += timedelta(minutes=31)
    assert (await desk.cancel(visit, consent=consent))["outcome"] == "needs_yes"


async def test_an_order_that_leaves_while_the_customer_thinks_is_not_cancelled(desk: Desk) -> None:
    visit = Visit(maya())
    consent = await desk.yes(await desk.cancel(visit))
    await desk.shop.orders.cancel_order(OWN, reason="by phone", at=NOW, key="phone")
    told = await desk.cancel(visit, consent=consent)
    assert (told["outcome"], told["rule"]) == ("refused", "order.already_cancelled")


async def test_a_cancellation_admitted_before_a_crash_is_found_done_and_not_done_twice(desk: Desk) -> None:
    visit = Visit(maya())
    asked = await desk.cancel(visit)
    key = "chat_1/turn_1/t1/cancel_order"
    done = await desk.shop.orders.cancel_order(OWN, reason="changed my mind", at=NOW, key=key)
    restarted = writes(desk.shop, desk.clock, LIMIT)
    told = await restarted.call(
        "cancel_order",
        {"order_number": OWN, "reason": "changed my mind"},
        visit.context(admitted={key: Admitted(args=asked["args"], summary=asked["summary"], digest=asked["digest"])}),
    )
    assert (told.output["outcome"], told.output["summary"]) == ("executed", asked["summary"])
    assert await desk.shop.orders.get_order(OWN) == done
    assert visit.moves == ["proposed", "executed"]


# -- another address -------------------------------------------------------------------------------------------------


async def test_an_order_is_sent_elsewhere_after_the_customers_yes(desk: Desk) -> None:
    visit = Visit(maya())
    asked = await desk.propose("change_shipping_address", visit, order_number=OWN, **ADDRESS)
    assert "15 Market St, Boston, 02110, US" in asked["summary"]
    consent = await desk.yes(asked)
    done = await desk.propose("change_shipping_address", visit, consent, order_number=OWN, **ADDRESS)
    assert done["result"]["shipping_address"]["one_line"] == "15 Market St, Boston, 02110, US"
    order = await desk.shop.orders.get_order(OWN)
    assert order
    assert order.shipping_address.line1 == "15 Market St"


async def test_undoing_a_change_of_address_gives_the_old_one_back(desk: Desk) -> None:
    before = await desk.shop.orders.get_order(OWN)
    assert before
    old = before.shipping_address
    back = {"name": old.name, "line1": old.line1, "line2": old.line2, "city": old.city, "region": old.region}
    for turn, address in enumerate((ADDRESS, {**back, "postal_code": old.postal_code, "country": old.country})):
        args = {"order_number": OWN, **address}
        visit, origin = Visit(maya()), f"chat_1/turn_{turn}/t1"
        asked = await desk.tools.call("change_shipping_address", args, visit.context(origin=origin))
        consent = Consent(digest=str(asked.output["digest"]), asked_at=NOW)
        await desk.tools.call("change_shipping_address", args, visit.context(origin=origin, consent=consent))
    assert await desk.shop.orders.get_order(OWN) == before


@pytest.mark.parametrize("identity", [Identity(), GUEST_OF_126, GUEST_OF_148])
async def test_order_number_and_e_mail_are_not_enough_to_redirect_a_parcel(desk: Desk, identity: Identity) -> None:
    told = await desk.propose("change_shipping_address", Visit(identity), order_number="148", **ADDRESS)
    assert (told["outcome"], told["rule"]) == ("refused", "identity.signed_in")


@pytest.mark.parametrize(
    ("field", "value"), [("country", "usa"), ("country", "us"), ("postal_code", ""), ("line1", "  "), ("city", " ")]
)
async def test_an_address_nobody_could_deliver_to_is_refused(desk: Desk, field: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=field):
        await desk.propose("change_shipping_address", Visit(maya()), order_number=OWN, **{**ADDRESS, field: value})


# -- tickets ---------------------------------------------------------------------------------------------------------

TICKET = {"email": "a@example.com", "subject": "Help", "summary": "I was charged twice."}


async def test_a_guest_opens_a_ticket_without_a_yes(desk: Desk) -> None:
    visit = Visit()
    told = await desk.propose("open_ticket", visit, **TICKET)
    assert told["outcome"] == "executed"
    (ticket,) = await desk.shop.tickets.list_tickets()
    assert told["result"] == {"ticket_id": ticket.id, "email": "a@example.com"}
    assert (ticket.subject, ticket.summary, ticket.conversation_id, ticket.state, ticket.created_at) == (
        "Help",
        "I was charged twice.",
        "chat_1",
        "open",
        NOW,
    )
    assert visit.moves == ["confirmed", "executed"]


async def test_a_ticket_opens_once_for_a_key_also_after_a_restart(desk: Desk) -> None:
    first = await desk.propose("open_ticket", Visit(), **TICKET)
    desk.clock.at += timedelta(minutes=5)
    again = await desk.propose("open_ticket", Visit(), **TICKET)
    restarted = await writes(desk.shop, desk.clock, LIMIT).call("open_ticket", TICKET, Visit().context())
    assert first["result"] == again["result"] == restarted.output["result"]
    assert len(await desk.shop.tickets.list_tickets()) == 1


async def test_a_tickets_key_is_not_used_for_another_matter(desk: Desk) -> None:
    await desk.propose("open_ticket", Visit(), **TICKET)
    with pytest.raises(Conflict):
        await desk.propose("open_ticket", Visit(), **{**TICKET, "summary": "Something else."})
    assert len(await desk.shop.tickets.list_tickets()) == 1


async def test_another_task_opens_another_ticket(desk: Desk) -> None:
    for origin in ("chat_1/turn_1/t1", "chat_1/turn_1/t2"):
        await desk.tools.call("open_ticket", TICKET, Visit().context(origin=origin))
    assert len(await desk.shop.tickets.list_tickets()) == 2


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "a b@example.com", "@example.com"])
async def test_a_ticket_needs_an_address_that_can_be_answered(desk: Desk, email: str) -> None:
    with pytest.raises(InvalidInput, match="email"):
        await desk.propose("open_ticket", Visit(), **{**TICKET, "email": email})
