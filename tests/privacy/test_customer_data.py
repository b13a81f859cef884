"""What is held of a customer is given out whole, and erased for good without touching anybody else's."""

import json
from typing import Any

import pytest
from demo_app import JONAS, MAYA, NOW, begin, demo_app, say
from demo_outreach import only_crier, send, wait_for
from demo_requests import GRACE, cancelling, key_of, mails, told
from privacy.people import (
    JONAS_ID,
    MAYA_ID,
    ZOE,
    guest_of,
    order_of_a_guest,
    peopled,
    proposes,
    reached,
    stream_of,
    whole,
    words_of,
)

from shopfloor.app import App
from shopfloor.conversation.erasure import erasable
from shopfloor.conversation.state import fold
from shopfloor.journal.events import ReplyComposed
from shopfloor.journal.record_events import RECORDS, CustomerErased, CustomerExported
from shopfloor.kernel.errors import Conflict, NotFound
from shopfloor.kernel.persons import Person

pytestmark = pytest.mark.anyio


async def given_out(app: App, customer: str) -> dict[str, Any]:
    text = "".join([piece async for piece in app.customers.export(customer, staff="key_1")])
    return json.loads(text)


async def everything_of_jonas(app: App) -> str:
    """Return all that is held of Jonas, but for the time at which it is written down."""
    held = await given_out(app, JONAS)
    return json.dumps({**held, "made_at": ""}, sort_keys=True)


# Given out


async def test_all_that_is_held_is_given_out() -> None:
    app, talks = await peopled()
    await reached(app)
    held = await given_out(app, MAYA)
    assert held["format"] == "shopfloor-customer/1"
    assert held["customer"] == {"id": MAYA_ID, "email": MAYA}
    assert held["shop"]["customer"]["email"] == MAYA
    assert sorted(order["number"] for order in held["shop"]["orders"]) == ["107", "118", "123", "141"]
    assert [lead["id"] for lead in held["shop"]["leads"]] == ["lead_maya"]
    assert [ticket["id"] for ticket in held["shop"]["tickets"]] == ["t-maya"]
    assert [cart["id"] for cart in held["shop"]["carts"]] == ["cart-01"]
    assert [(e["key"], e["value"]) for e in held["profile"]["entries"]] == [("size.shoes", "9")]
    assert {(o["agent"], o["email"]) for o in held["outreaches"]} == {("crier", MAYA)}
    assert "Your order #123 is late." in [o["message"]["text"] for o in held["outreaches"] if o["message"]]
    (action,) = held["actions"]
    assert (action["kind"], action["state"]) == ("remember", "executed")
    assert "size.shoes" in str(action["args"])
    by_id = {talk["id"]: talk["events"] for talk in held["conversations"]}
    assert {talks["maya"], talks["guest"]} <= set(by_id)
    assert talks["jonas"] not in by_id
    said = [e["event_data"]["content"] for e in by_id[talks["maya"]] if e["event_type"] == "MESSAGE"]
    assert said[0] == "I wear size 9, and where is my order 123?"
    assert not {e["event_type"] for events in by_id.values() for e in events} & {"CONTEXT"}


async def test_nothing_of_others_is_given_out() -> None:
    app, _ = await peopled()
    await reached(app)
    text = json.dumps(await given_out(app, MAYA))
    assert not [word for word in (JONAS, JONAS_ID, "lead_jonas", "t-jonas", "size 11") if word in text]


async def test_a_guests_orders_are_those_that_the_check_opened() -> None:
    app = await demo_app()
    order = await order_of_a_guest(app)
    conversation = await guest_of(app, order.number, order.email)
    held = await given_out(app, order.email)
    assert held["customer"]["id"] is None
    assert [talk["id"] for talk in held["conversations"]] == [conversation]
    assert [order["number"] for order in held["shop"]["orders"]] == [order.number]
    assert held["shop"]["customer"] is None


async def test_that_it_was_given_out_is_journaled_without_an_address() -> None:
    app, _ = await peopled()
    await given_out(app, MAYA)
    (event,) = await app.journal.read(RECORDS)
    assert event.data == CustomerExported(customer_id=MAYA_ID, staff="key_1", conversations=2)


@pytest.mark.parametrize("nobody", [ZOE, "c-gone"])
async def test_of_whom_nothing_is_held_nothing_is_given_out(nobody: str) -> None:
    app = await demo_app()
    with pytest.raises(NotFound, match="nothing is held"):
        await given_out(app, nobody)


async def test_what_was_erased_is_given_out_as_such() -> None:
    app, talks = await peopled()
    await app.chat.erase(talks["maya"])
    held = await given_out(app, MAYA)
    events = next(talk["events"] for talk in held["conversations"] if talk["id"] == talks["maya"])
    assert {e["is_erased"] for e in events if e["event_type"] == "MESSAGE"} == {True}
    assert {e["event_data"]["content"] for e in events if e["event_type"] == "MESSAGE"} == {""}


# Erased


async def test_all_of_one_customer_is_erased_and_nothing_of_another() -> None:
    app, talks = await peopled()
    await reached(app)
    before = await everything_of_jonas(app)
    done = await app.customers.erase(MAYA, staff="key_1")
    assert done.is_whole
    assert (done.leads, done.tickets, done.profile_entries) == (1, 1, 1)
    assert done.conversations >= 3, "her own, that as a guest, and that of the outreach"
    assert done.outreaches == 2
    assert done.messages == 2
    for name in ("maya", "guest"):
        assert await words_of(app.journal, talks[name]) == ""
    assert "size 11" in await words_of(app.journal, talks["jonas"])
    assert await everything_of_jonas(app) == before
    held = await given_out(app, MAYA)
    assert {e["is_erased"] for t in held["conversations"] for e in t["events"] if e["event_type"] == "MESSAGE"} == {
        True
    }
    assert (held["profile"]["entries"], held["outreaches"], held["shop"]["leads"]) == ([], [], [])
    assert {(action["summary"], str(action["args"])) for action in held["actions"]} == {("", "{}")}
    assert [ticket["summary"] for ticket in held["shop"]["tickets"]] == [""]
    assert [order["number"] for order in held["shop"]["orders"]], "they belong to the shop"
    assert await whole(app.journal) >= 5


async def test_what_stays_is_said_with_its_reason() -> None:
    app, _ = await peopled()
    kept = {one.what: one.why for one in (await app.customers.erase(MAYA, staff=None)).kept}
    assert kept["the account, orders, returns, carts and gift cards"].startswith("they belong to the shop system")
    assert any("event" in what for what in kept)


async def test_an_erasure_is_journaled_before_and_after_without_an_address() -> None:
    app, _ = await peopled()
    done = await app.customers.erase(MAYA, staff="key_1")
    begun, ended = [event.data for event in await app.journal.read(RECORDS)]
    assert begun == CustomerErased(customer_id=MAYA_ID, staff="key_1", state="begun")
    assert ended == CustomerErased(customer_id=MAYA_ID, staff="key_1", state="done", counts=done.counts)
    entries = await app.journal.entries(RECORDS)
    assert not any(MAYA in entry.header for entry in entries)


async def test_erasing_twice_erases_once_and_harms_nothing() -> None:
    app, _ = await peopled()
    await reached(app)
    await app.customers.erase(MAYA, staff=None)
    streams = await whole(app.journal)
    again = await app.customers.erase(MAYA, staff=None)
    assert set(again.counts.values()) == {0}
    assert again.is_whole
    assert await whole(app.journal) == streams


async def test_a_guest_is_erased_by_address_and_again_after_they_wrote_more() -> None:
    app = await demo_app()
    conversation = await begin(app)
    await say(app, conversation, "where is order 123?")
    await say(app, conversation, MAYA)
    assert (await app.customers.erase(MAYA, staff=None)).conversations == 1
    await say(app, conversation, "thanks, my name is Maya Lindqvist")
    assert "Lindqvist" in await words_of(app.journal, conversation)
    assert (await app.customers.erase(MAYA, staff=None)).conversations == 1
    assert await words_of(app.journal, conversation) == ""


async def test_another_customers_conversation_is_never_erased_by_a_guests_address() -> None:
    app = await demo_app()
    conversation = await begin(app, JONAS)
    await say(app, conversation, "where is order 123?")
    await say(app, conversation, MAYA)
    await say(app, conversation, f"please write to {MAYA} when the hoodie P115-BLACK-XL is back")
    before = await words_of(app.journal, conversation)
    done = await app.customers.erase(MAYA, staff=None)
    assert done.conversations == 0
    assert await words_of(app.journal, conversation) == before


async def test_where_an_address_was_only_typed_the_conversation_is_named() -> None:
    app = await demo_app()
    conversation = await begin(app)
    await wait_for(app, ZOE, conversation)
    done = await app.customers.erase(ZOE, staff=None)
    assert (done.leads, done.typed_in) == (1, (conversation,))
    assert any(conversation in one.what and "only typed" in one.why for one in done.kept)


# Nothing under way is lost


async def test_a_message_that_waits_is_answered_before_it_is_erased() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await app.chat.post(conversation, "where is my order 123?")
    await app.customers.erase(MAYA, staff=None)
    events = await app.journal.read(stream_of(conversation))
    (reply,) = [event.data for event in events if isinstance(event.data, ReplyComposed)]
    assert reply.outcome == "answered"
    assert reply.content == ""
    assert await words_of(app.journal, conversation) == ""
    assert await app.journal.unanswered() == []


async def test_what_was_written_since_the_last_answer_is_no_part_of_what_can_be_erased() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, "where is my order 123?")
    state = await app.chat.state(conversation)
    assert erasable(state) == state.seq
    await app.chat.post(conversation, "and where is my order 118?")
    stream = stream_of(conversation)
    now = fold(await app.journal.read(stream))
    assert erasable(now) == state.seq
    await app.journal.erase(stream, up_to=erasable(now))
    assert await words_of(app.journal, conversation) == '{"content":"and where is my order 118?"}'
    (reply,) = await app.chat.answer(conversation)
    assert "118" in reply.content
    await app.journal.verify(stream)


@pytest.mark.parametrize("state", ["needs_approval", "approved", "confirmed", "outcome_unknown"])
async def test_a_conversation_in_which_an_action_is_open_is_kept_and_named(state: Any) -> None:
    app, talks = await peopled()
    await proposes(app, talks["maya"], state)
    done = await app.customers.erase(MAYA, staff=None)
    assert not done.is_whole
    assert list(done.open_conversations) == [talks["maya"]]
    assert f"waits for cancel_order ({state})" in done.open_conversations[talks["maya"]]
    assert "order 123" in await words_of(app.journal, talks["maya"])
    assert await words_of(app.journal, talks["guest"]) == "", "the others are erased"
    last = (await app.journal.read(RECORDS))[-1].data
    assert isinstance(last, CustomerErased)
    assert last.state == "open"
    even_so = await app.customers.erase(MAYA, staff=None, even_open=True)
    assert even_so.is_whole
    assert await words_of(app.journal, talks["maya"]) == ""


@pytest.mark.parametrize("state", ["executed", "refused", "rejected", "expired"])
async def test_an_action_that_is_over_keeps_nothing(state: Any) -> None:
    app, talks = await peopled()
    await proposes(app, talks["maya"], "needs_approval")
    await proposes(app, talks["maya"], state)
    assert (await app.customers.erase(MAYA, staff=None)).is_whole


async def test_a_wait_that_never_ends_is_none() -> None:
    app, talks = await peopled()
    await proposes(app, talks["maya"], "needs_approval", waits=False)
    assert await app.chat.erase(talks["maya"])


async def test_erasing_one_conversation_says_what_it_waits_for() -> None:
    app, talks = await peopled()
    await proposes(app, talks["jonas"], "needs_approval")
    with pytest.raises(Conflict, match=r"waits for cancel_order \(needs_approval\): decide on it"):
        await app.chat.erase(talks["jonas"])
    assert await app.chat.erase(talks["jonas"], even_open=True)


async def test_nobody_is_written_to_unasked_any_more_once_they_are_erased() -> None:
    app, _ = await peopled()
    await only_crier(app)
    await send(app, "late", "parcel_delayed", order_number="118")
    signal = (await app.outreach.outreaches.untaken())[0]
    await app.outreach.outreaches.take(signal, await app.outreach._planned(signal))
    done = await app.customers.erase(MAYA, staff=None)
    assert (done.outreaches, done.messages) == (1, 0)
    await app.outreach.work()
    assert list(await app.outreach.outreaches.outbox()) == []
    assert await app.outreach.outreaches.outreaches_of("late") == []


@pytest.mark.parametrize("email", [JONAS, None])
async def test_what_was_told_of_a_decision_is_erased_with_its_customer(email: str | None) -> None:
    app = await demo_app()
    conversation = await cancelling(app, email)
    reason = "It left our warehouse an hour ago."
    await app.approvals.reject(await key_of(app), GRACE, reason=reason)
    assert reason in await told(app, conversation, 0)
    [(address, text)] = await mails(app)
    assert (address, reason in text) == (JONAS, True)
    [outreach] = [one for one, _ in await app.outreach.outreaches.held(await person_of(app, JONAS))]
    assert outreach.state == "sent"
    done = await app.customers.erase(JONAS, staff=None)
    assert (done.is_whole, done.outreaches, done.messages) == (True, 1, 1)
    assert list(await mails(app)) == []
    assert await app.outreach.outreaches.outreaches_of(outreach.signal.id) == []
    assert await words_of(app.journal, conversation) == ""
    await app.outreach.work()
    assert list(await mails(app)) == []


async def test_what_was_decided_before_an_erasure_is_told_to_nobody_after_it() -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    await app.approvals.reject(await key_of(app), GRACE, reason="It left our warehouse an hour ago.")
    assert (await app.customers.erase(JONAS, staff=None)).is_whole
    await app.outreach.work()
    assert list(await mails(app)) == []
    assert list(await app.outreach.outreaches.held(await person_of(app, JONAS))) == []
    assert "warehouse" not in await words_of(app.journal, conversation)


async def person_of(app: App, given: str) -> Person:
    return await app.customers.belonging.person(given)


async def test_an_outreach_that_is_removed_while_it_is_carried_out_stops_nobody() -> None:
    app, _ = await peopled()
    await only_crier(app)
    await send(app, "late", "parcel_delayed", order_number="123")
    signal = (await app.outreach.outreaches.untaken())[0]
    await app.outreach.outreaches.take(signal, await app.outreach._planned(signal))
    (outreach,) = await app.outreach.outreaches.due(NOW)
    await app.outreach.outreaches.remove([outreach.id])
    assert not await app.outreach._tried(outreach)
    assert await app.outreach.work()


async def test_an_open_ticket_keeps_its_address_until_it_is_closed() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, "I want to talk to a human about a complaint")
    await say(app, conversation, "the parcel was wet")
    tickets = await app.shop.tickets.tickets_of(MAYA_ID)
    done = await app.customers.erase(MAYA, staff=None)
    assert set(done.open_tickets) == {ticket.id for ticket in tickets}
    assert done.is_whole == (not tickets)
