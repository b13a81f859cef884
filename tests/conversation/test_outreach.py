"""What reaches a customer unasked: once, where they asked for it, within the shop's rules."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from demo_app import JONAS, MAYA, NOW, begin, demo_app, say
from demo_outreach import HOODIE, MAYAS_CART, crier_app, happen, new_york, said_in, send, wait_for
from pydantic import JsonValue

from shopfloor.agents.brand import Brand
from shopfloor.app import App
from shopfloor.conversation.outreach_runner import MAX_RETRIES, RETRY, OutreachRunner
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Conflict, Unavailable
from shopfloor.kernel.ids import CustomerId, Sku
from shopfloor.outreach.attempts import UNDER_WAY
from shopfloor.outreach.rules import OutreachRules
from shopfloor.shop.contract import Leads
from shopfloor.shop.models import Lead
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult, Toolset

pytestmark = pytest.mark.anyio


async def test_who_waits_for_a_hoodie_hears_of_it_once_where_they_asked_and_in_the_outbox() -> None:
    app = await crier_app()
    conversation = await begin(app, MAYA)
    lead = await wait_for(app, MAYA, conversation, customer="c-001")
    (outreach,) = await happen(app, "s1", "stock_returned", sku=HOODIE)
    assert (outreach.state, outreach.rule) == ("sent", "allowed")
    assert await said_in(app, conversation) == [f"{HOODIE} is back."]
    (message,) = await app.outreach.outreaches.outbox()
    assert (message.email, message.text, message.conversation_id) == (MAYA, f"{HOODIE} is back.", conversation)
    assert message.subject == "Harbour Lane: Back again"
    assert message.sent_at is None
    assert await app.shop.leads.leads_for(HOODIE) == [], "the lead is settled"
    assert lead.id == outreach.recipient.lead_id


async def test_a_signal_that_is_sent_five_times_is_one() -> None:
    app = await crier_app()
    conversation = await begin(app, MAYA)
    await wait_for(app, MAYA, conversation, customer="c-001")
    assert [await send(app, "s1", "stock_returned", sku=HOODIE) for _ in range(5)] == [True, *[False] * 4]
    for _ in range(3):
        await app.outreach.work()
    assert len(await said_in(app, conversation)) == 1
    assert len(await app.outreach.outreaches.outbox()) == 1


async def test_another_signal_under_a_known_id_is_refused() -> None:
    app = await crier_app()
    await send(app, "s1", "stock_returned", sku=HOODIE)
    with pytest.raises(Conflict, match="use a new id"):
        await send(app, "s1", "stock_returned", sku=Sku("P115-BLACK-XS"))


async def test_stock_that_returns_twice_answers_a_lead_once() -> None:
    app = await crier_app()
    conversation = await begin(app, MAYA)
    await wait_for(app, MAYA, conversation, customer="c-001")
    await happen(app, "s1", "stock_returned", sku=HOODIE)
    assert await happen(app, "s2", "stock_returned", sku=HOODIE) == []
    assert len(await said_in(app, conversation)) == len(await app.outreach.outreaches.outbox()) == 1


async def test_stock_that_returns_again_before_the_message_is_sent_adds_none() -> None:
    clock = FixedClock(new_york(21, 23))
    app = await crier_app(clock)
    conversation = await begin(app, MAYA)
    await wait_for(app, MAYA, conversation, customer="c-001")
    (waiting,) = await happen(app, "s1", "stock_returned", at=clock.at, sku=HOODIE)
    assert (waiting.state, waiting.rule, waiting.due_at) == ("due", "quiet_hours", new_york(22, 9))
    clock.at = new_york(22, 8, 59)
    assert await happen(app, "s2", "stock_returned", at=clock.at, sku=HOODIE) == []
    assert await said_in(app, conversation) == []
    clock.at = new_york(22, 9)
    await app.outreach.work()
    assert len(await said_in(app, conversation)) == len(await app.outreach.outreaches.outbox()) == 1


async def test_the_same_wish_can_be_made_anew_after_it_was_answered() -> None:
    app = await crier_app()
    conversation = await begin(app, MAYA)
    for count in (1, 2):
        await wait_for(app, MAYA, conversation, customer="c-001", name=f"lead_{count}")
        (outreach,) = await happen(app, f"s{count}", "stock_returned", sku=HOODIE)
        assert outreach.state == "sent"
        assert len(await said_in(app, conversation)) == count


async def test_two_cards_that_hear_of_it_answer_a_lead_once() -> None:
    app = await crier_app()
    (crier,) = [card for card in await app.registry.cards() if card.id == "crier"]
    await app.registry.put(crier.model_copy(update={"id": "herald", "name": "Herald"}))
    conversation = await begin(app, MAYA)
    await wait_for(app, MAYA, conversation, customer="c-001")
    assert len(await happen(app, "s1", "stock_returned", sku=HOODIE)) == 1
    assert len(await said_in(app, conversation)) == 1


async def test_two_workers_at_once_send_one_message() -> None:
    app = await crier_app()
    conversation = await begin(app, MAYA)
    await wait_for(app, MAYA, conversation, customer="c-001")
    await send(app, "s1", "stock_returned", sku=HOODIE)
    await asyncio.gather(*(app.outreach.work() for _ in range(4)))
    assert len(await said_in(app, conversation)) == len(await app.outreach.outreaches.outbox()) == 1


async def test_a_withdrawn_lead_is_not_answered() -> None:
    clock = FixedClock(new_york(21, 23))
    app = await crier_app(clock)
    conversation = await begin(app, MAYA)
    await wait_for(app, MAYA, conversation, customer="c-001")
    await happen(app, "s1", "stock_returned", at=clock.at, sku=HOODIE)
    maya = CustomerId("c-001")
    await app.shop.leads.remove_leads({"back_in_stock"}, MAYA, customer_id=maya, at=clock.at, key="out")
    clock.at = new_york(22, 9)
    (outreach,) = await happen(app, "s1", "stock_returned", at=clock.at, sku=HOODIE)
    assert (outreach.state, outreach.rule) == ("suppressed", "lead.withdrawn")
    assert await said_in(app, conversation) == []
    assert await app.outreach.outreaches.outbox() == []


async def test_what_is_sold_out_again_by_morning_is_not_announced_until_it_comes_back() -> None:
    clock = FixedClock(new_york(21, 23))
    app = await crier_app(clock)
    conversation = await begin(app, MAYA)
    await wait_for(app, MAYA, conversation, customer="c-001")
    await happen(app, "s1", "stock_returned", at=clock.at, sku=HOODIE)
    await app.shop.catalogue.set_stock(HOODIE, 0, key="sold")
    clock.at = new_york(22, 9)
    (outreach,) = await happen(app, "s1", "stock_returned", at=clock.at, sku=HOODIE)
    assert (outreach.state, outreach.rule) == ("suppressed", "stock.gone")
    await app.shop.catalogue.set_stock(HOODIE, 1, key="more")
    (again,) = await happen(app, "s2", "stock_returned", at=clock.at, sku=HOODIE)
    assert again.state == "sent"
    assert len(await said_in(app, conversation)) == 1


async def test_a_guest_without_a_conversation_gets_one_of_their_own() -> None:
    app = await crier_app()
    await wait_for(app, "guest@example.com")
    (outreach,) = await happen(app, "s1", "stock_returned", sku=HOODIE)
    assert outreach.conversation_id
    state = await app.chat.state(outreach.conversation_id)
    assert not state.identity.is_signed_in
    assert await said_in(app, outreach.conversation_id) == [f"{HOODIE} is back."]
    (message,) = await app.outreach.outreaches.outbox()
    assert message.email == "guest@example.com"


async def test_a_conversation_that_became_another_customers_is_not_written_to() -> None:
    app = await crier_app()
    jonas = await begin(app, JONAS)
    await wait_for(app, MAYA, jonas, customer="c-001")
    (outreach,) = await happen(app, "s1", "stock_returned", sku=HOODIE)
    assert outreach.conversation_id not in {None, jonas}
    assert await said_in(app, jonas) == []
    assert (await app.chat.state(outreach.conversation_id)).identity.customer_id == "c-001"


async def test_a_guests_wish_does_not_speak_in_the_conversation_of_who_signed_in_there_since() -> None:
    app = await crier_app()
    jonas = await begin(app, JONAS)
    await wait_for(app, "guest@example.com", jonas)
    (outreach,) = await happen(app, "s1", "stock_returned", sku=HOODIE)
    assert outreach.conversation_id != jonas


async def test_a_late_parcel_is_told_to_its_owner_who_may_see_the_order() -> None:
    app = await crier_app()
    (outreach,) = await happen(app, "s1", "parcel_delayed", order_number="123")
    assert outreach.state == "sent"
    state = await app.chat.state(outreach.conversation_id)
    assert (state.identity.customer_id, state.identity.email) == ("c-001", MAYA)
    assert [message.text for message in await app.outreach.outreaches.outbox()] == ["Your order #123 is late."]


async def test_a_guests_late_parcel_is_told_by_mail_and_opens_that_order_only() -> None:
    app = await crier_app()
    (outreach,) = await happen(app, "s1", "parcel_delayed", order_number="126")
    identity = (await app.chat.state(outreach.conversation_id)).identity
    assert (identity.customer_id, identity.order_numbers) == (None, frozenset({"126"}))
    (message,) = await app.outreach.outreaches.outbox()
    assert message.email == "monique.duval@example.net"


@pytest.mark.parametrize("number", ["107", "999999"])
async def test_an_order_that_is_over_or_unknown_is_not_late(number: str) -> None:
    app = await crier_app()
    made = await happen(app, "s1", "parcel_delayed", order_number=number)
    assert [outreach.rule for outreach in made] in (["order.over"], [])
    assert await app.outreach.outreaches.outbox() == []


async def test_a_left_cart_is_recalled_to_a_customer_who_agreed_to_marketing() -> None:
    app = await crier_app()
    (outreach,) = await happen(app, "s1", "cart_abandoned", cart_id=MAYAS_CART)
    assert (outreach.state, outreach.purpose) == ("sent", "marketing")


async def test_a_customer_who_is_there_reads_of_their_cart_where_they_are() -> None:
    app = await crier_app()
    earlier, here, jonas = await begin(app, MAYA), await begin(app, MAYA), await begin(app, JONAS)
    for conversation in (earlier, here, jonas):
        await say(app, conversation, "hello")
    async with app.chat.hub.follow(earlier), app.chat.hub.follow(here), app.chat.hub.follow(jonas):
        (outreach,) = await happen(app, "s1", "cart_abandoned", cart_id=MAYAS_CART)
    assert outreach.conversation_id == here
    assert (await said_in(app, here))[-1] == "Your cart is waiting."
    (gone,) = await happen(app, "s2", "cart_abandoned", cart_id=MAYAS_CART)
    assert gone.conversation_id not in {earlier, here, jonas}


async def test_a_left_cart_is_not_recalled_without_consent_whatever_the_card_calls_it() -> None:
    app = await crier_app()
    (cart,) = await happen(app, "s1", "cart_abandoned", cart_id="cart-02")
    (added,) = await happen(app, "s2", "item_added", cart_id="cart-02", sku="P345-WHITE")
    assert [(cart.state, cart.rule), (added.state, added.rule)] == [("suppressed", "consent.missing")] * 2
    assert added.purpose == "marketing"


async def test_a_newsletter_is_consent_and_leaving_it_before_the_message_ends_it() -> None:
    clock = FixedClock(NOW)
    app = await crier_app(clock)
    marcus = "marcus.ellery@example.net"
    customer = await app.shop.customers.find_customer(marcus)
    assert customer
    news = Lead(id="news", kind="newsletter", email=marcus, sku=None, consent_at=NOW, customer_id=customer.id)
    await app.shop.leads.add_lead(news, key="news")
    (first,) = await happen(app, "s1", "cart_abandoned", cart_id="cart-02")
    assert first.state == "sent"
    clock.at = new_york(21, 22)
    (second,) = await happen(app, "s2", "cart_abandoned", at=clock.at, cart_id="cart-02")
    assert second.rule == "quiet_hours"
    await app.shop.leads.remove_leads({"newsletter"}, marcus, customer_id=customer.id, at=clock.at, key="out")
    clock.at = new_york(22, 9)
    (second,) = await happen(app, "s2", "cart_abandoned", at=clock.at, cart_id="cart-02")
    assert (second.state, second.rule) == ("suppressed", "consent.missing")


async def test_a_stranger_who_types_the_address_of_an_account_gives_no_consent_for_it() -> None:
    app = await crier_app()
    marcus = "marcus.ellery@example.net"
    stranger = await begin(app)
    assert marcus in await say(app, stranger, f"please sign {marcus} up for your newsletter")
    assert await app.shop.leads.leads_of(marcus)
    (cart,) = await happen(app, "s1", "cart_abandoned", cart_id="cart-02")
    assert (cart.state, cart.rule) == ("suppressed", "consent.missing")


async def test_an_unknown_visitors_cart_reaches_nobody() -> None:
    app = await crier_app()
    assert await happen(app, "s1", "cart_abandoned", cart_id="cart-03") == []
    assert await happen(app, "s2", "cart_abandoned", cart_id="cart-99") == []


async def test_a_cart_that_was_taken_up_again_is_not_recalled() -> None:
    app = await crier_app()
    (outreach,) = await happen(app, "s1", "cart_abandoned", at=NOW - timedelta(hours=3), cart_id=MAYAS_CART)
    assert (outreach.state, outreach.rule) == ("suppressed", "cart.changed")


async def test_marketing_above_the_cap_is_dropped_and_service_is_not() -> None:
    clock = FixedClock(NOW)
    app = await crier_app(clock)
    rules = [(await happen(app, f"s{n}", "cart_abandoned", cart_id=MAYAS_CART))[0].rule for n in range(3)]
    assert rules == ["allowed", "allowed", "cap.day"]
    (parcel,) = await happen(app, "parcel", "parcel_delayed", order_number="123")
    assert parcel.state == "sent"
    later: list[str | None] = []
    for days in (1, 2, 7):
        clock.at = NOW + timedelta(days=days, minutes=1)
        for n in range(3):
            made = await happen(app, f"s{days}-{n}", "cart_abandoned", at=clock.at, cart_id=MAYAS_CART)
            later.append(made[0].rule)
    assert later == [
        "allowed",
        "allowed",
        "cap.day",
        "cap.week",
        "cap.week",
        "cap.week",
        "allowed",
        "allowed",
        "cap.day",
    ]


async def test_caps_hold_for_several_that_are_due_at_once_and_for_several_workers() -> None:
    app = await crier_app()
    for n in range(5):
        await send(app, f"s{n}", "cart_abandoned", cart_id=MAYAS_CART)
    await asyncio.gather(*(app.outreach.work() for _ in range(3)))
    assert len(await app.outreach.outreaches.outbox()) == 2


async def test_an_agent_that_was_switched_off_meanwhile_is_silent() -> None:
    clock = FixedClock(new_york(21, 23))
    app = await crier_app(clock)
    await happen(app, "s1", "parcel_delayed", at=clock.at, order_number="123")
    await app.registry.disable("crier")
    clock.at = new_york(22, 9)
    (outreach,) = await happen(app, "s1", "parcel_delayed", at=clock.at, order_number="123")
    assert (outreach.state, outreach.rule) == ("suppressed", "agent.disabled")


async def test_a_message_that_waited_too_long_is_old_news() -> None:
    app = await crier_app()
    (outreach,) = await happen(app, "s1", "parcel_delayed", at=NOW - timedelta(days=4), order_number="123")
    assert (outreach.state, outreach.rule) == ("suppressed", "signal.too_late")


async def test_a_card_can_wait_a_while_before_it_speaks() -> None:
    clock = FixedClock(NOW)
    app = await crier_app(clock)
    (crier,) = [card for card in await app.registry.cards() if card.id == "crier"]
    slow = tuple(each.model_copy(update={"delay_minutes": 60}) for each in crier.subscriptions)
    await app.registry.put(crier.model_copy(update={"subscriptions": slow}))
    (outreach,) = await happen(app, "s1", "cart_abandoned", cart_id=MAYAS_CART)
    assert (outreach.state, outreach.due_at) == ("due", NOW + timedelta(hours=1))
    clock.at = NOW + timedelta(hours=1)
    (outreach,) = await happen(app, "s1", "cart_abandoned", cart_id=MAYAS_CART)
    assert outreach.state == "sent"


async def test_a_message_does_not_break_in_on_a_question_for_a_yes() -> None:
    clock = FixedClock(NOW)
    app = await crier_app(clock)
    conversation = await begin(app, MAYA)
    assert "yes" in await say(app, conversation, "cancel order 141")
    await wait_for(app, MAYA, conversation, customer="c-001")
    (outreach,) = await happen(app, "s1", "stock_returned", sku=HOODIE)
    assert (outreach.state, outreach.rule) == ("due", "open_question")
    assert "cancelled" in await say(app, conversation, "yes")
    clock.at = outreach.due_at
    await app.outreach.work()
    assert (await said_in(app, conversation))[-1] == f"{HOODIE} is back."


async def test_a_yes_after_a_message_nobody_asked_for_still_answers_the_question_before_it() -> None:
    clock = FixedClock(NOW)
    app = await crier_app(clock)
    conversation = await begin(app, MAYA)
    await say(app, conversation, "cancel order 141")
    await wait_for(app, MAYA, conversation, customer="c-001")
    (outreach,) = await happen(app, "s1", "stock_returned", sku=HOODIE)
    await app.chat.notify(conversation, app.outreach.signal_for(outreach))
    assert "cancelled" in await say(app, conversation, "yes")


async def test_an_agent_with_nothing_to_say_leaves_no_trace_but_the_decision() -> None:
    app = await crier_app()
    (crier,) = [card for card in await app.registry.cards() if card.id == "crier"]
    text = crier.model_dump_json(by_alias=True, exclude_none=True).replace(
        '"{{ sku }} is back."', '"{{ sku }} is back.", "when": "false"'
    )
    await app.registry.put(type(crier).model_validate_json(text))
    conversation = await begin(app, MAYA)
    await wait_for(app, MAYA, conversation, customer="c-001")
    (outreach,) = await happen(app, "s1", "stock_returned", sku=HOODIE)
    assert (outreach.state, outreach.rule) == ("nothing_to_say", "agent.silent")
    assert await said_in(app, conversation) == []
    assert await app.outreach.outreaches.outbox() == []
    assert len(await app.shop.leads.leads_for(HOODIE)) == 1, "the lead goes on waiting"
    await app.registry.put(crier)
    (again,) = await happen(app, "s2", "stock_returned", sku=HOODIE)
    assert again.state == "sent"


class Paused:
    """Tools that wait until they are let go."""

    def __init__(self, inner: Toolset) -> None:
        self.inner = inner
        self.reached = asyncio.Event()
        self.let_go = asyncio.Event()

    def tools(self) -> Sequence[Tool[ToolArgs]]:
        return self.inner.tools()

    async def call(self, name: str, args: Mapping[str, JsonValue], context: ToolContext) -> ToolResult:
        self.reached.set()
        await self.let_go.wait()
        return await self.inner.call(name, args, context)


async def test_a_customer_who_says_stop_meanwhile_is_neither_told_nor_mailed() -> None:
    paused: list[Paused] = []

    def wrap(tools: Toolset) -> Toolset:
        paused.append(Paused(tools))
        return paused[0]

    app = await demo_app(wrap=wrap)
    here = await begin(app, MAYA)
    await say(app, here, "hello")
    async with app.chat.hub.follow(here), asyncio.timeout(20):
        await send(app, "s1", "parcel_delayed", order_number="123")
        worker = asyncio.ensure_future(app.outreach.work())
        await paused[0].reached.wait()
        await app.chat.post(here, "stop")
        await worker
    (outreach,) = await app.outreach.outreaches.outreaches_of("s1") or ()
    assert (outreach.state, outreach.rule) == ("suppressed", "customer.stopped")
    assert await app.outreach.outreaches.outbox() == []
    (_, answer) = await said_in(app, here)
    assert answer.startswith("All right, I have stopped."), "the answer to the stop, and nothing else"
    assert (await app.chat.state(here)).unanswered == []


class Failing(Paused):
    """Tools that fail a number of times."""

    left = 0

    async def call(self, name: str, args: Mapping[str, JsonValue], context: ToolContext) -> ToolResult:
        if self.left:
            self.left -= 1
            raise Unavailable("the order system does not answer")
        return await self.inner.call(name, args, context)


@pytest.mark.parametrize(("failures", "state"), [(1, "sent"), (MAX_RETRIES, "sent"), (99, "failed")])
async def test_an_agent_whose_tools_fail_is_asked_again_and_says_it_once(failures: int, state: str) -> None:
    clock = FixedClock(NOW)
    failing: list[Failing] = []

    def wrap(tools: Toolset) -> Toolset:
        failing.append(Failing(tools))
        return failing[0]

    app = await demo_app(clock=clock, wrap=wrap)
    failing[0].left = failures
    (outreach,) = await happen(app, "s1", "parcel_delayed", order_number="123")
    while outreach.state in UNDER_WAY:
        assert (outreach.rule, outreach.due_at) == ("agent.failed", clock.at + RETRY)
        clock.at = outreach.due_at
        (outreach,) = await happen(app, "s1", "parcel_delayed", order_number="123")
    assert outreach.state == state
    assert len(await app.outreach.outreaches.outbox()) == (state == "sent")
    assert outreach.conversation_id
    assert len(await said_in(app, outreach.conversation_id)) == (state == "sent")


class Broken:
    """Leads that cannot be settled for a time."""

    def __init__(self, leads: Leads) -> None:
        self._leads = leads
        self.is_broken = True

    async def settle_lead(self, lead_id: str, *, at: datetime, key: str) -> Lead:
        if self.is_broken:
            raise Unavailable("the shop does not answer")
        return await self._leads.settle_lead(lead_id, at=at, key=key)

    def __getattr__(self, name: str) -> object:
        return getattr(self._leads, name)


async def test_a_lead_that_cannot_be_settled_is_settled_later_and_others_are_served_meanwhile() -> None:
    app = await crier_app()
    leads = Broken(app.shop.leads)
    shop = replace(app.shop, leads=leads)  # type: ignore[arg-type]
    runner = OutreachRunner(
        app.chat,
        app.outreach.outreaches,
        shop=shop,
        journal=app.journal,
        actions=app.actions,
        registry=app.registry,
        settings=app.settings,
        clock=app.clock,
    )
    for name in ("lead_1", "lead_2"):
        await wait_for(app, f"{name}@example.com", name=name)
    await send(app, "s1", "stock_returned", sku=HOODIE)
    assert not await runner.work()
    assert len(await app.outreach.outreaches.outbox()) == 2
    assert len(await app.shop.leads.leads_for(HOODIE)) == 2
    leads.is_broken = False
    assert await runner.work()
    assert await app.shop.leads.leads_for(HOODIE) == []
    assert len(await app.outreach.outreaches.outbox()) == 2


async def test_the_worker_notices_a_signal_and_ends_when_it_is_cancelled() -> None:
    app = await crier_app()
    conversation = await begin(app, MAYA)
    await wait_for(app, MAYA, conversation, customer="c-001")
    async with app.chat.hub.follow(conversation) as follower, asyncio.timeout(10):
        worker = asyncio.ensure_future(app.outreach.run())
        await send(app, "s1", "stock_returned", sku=HOODIE)
        while getattr(getattr(await follower.next(), "data", None), "TYPE", "") != "REPLY":
            pass
        assert (await app.outreach.seen_to("s1", timeout_s=5))[0].state == "sent"
        worker.cancel()
        await asyncio.wait({worker})
    assert worker.cancelled()


async def test_without_a_worker_whoever_sends_a_signal_sees_to_it() -> None:
    app = await crier_app()
    await wait_for(app, MAYA, await begin(app, MAYA), customer="c-001")
    await send(app, "s1", "stock_returned", sku=HOODIE)
    made = await app.outreach.seen_to("s1", timeout_s=5)
    assert [outreach.state for outreach in made or ()] == ["sent"]


async def test_the_shops_own_rules_hold_from_the_next_message_on() -> None:
    clock = FixedClock(new_york(21, 23))
    app = await crier_app(clock)
    await _rules(app, OutreachRules(quiet_from="00:00", quiet_until="00:00", max_per_day=0))
    (parcel,) = await happen(app, "s1", "parcel_delayed", at=clock.at, order_number="123")
    (cart,) = await happen(app, "s2", "cart_abandoned", at=clock.at, cart_id=MAYAS_CART)
    assert [parcel.rule, cart.rule] == ["allowed", "cap.day"]


async def _rules(app: App, rules: OutreachRules) -> None:
    brand: Brand = await app.settings.in_force()
    await app.settings.put(brand.model_copy(update={"outreach": rules}))


@pytest.mark.parametrize(
    ("number", "heard"),
    [
        ("123", ["#123 is taking longer than we said. UPS now expects it on Monday", "TRK456"]),
        ("121", ["#121 is taking longer than we said.", "The tracking ID is"]),
        ("129", ["#129 is taking longer"]),
        ("141", ["#141 is taking longer than we said. Nothing of it has been sent yet."]),
        ("126", ["#126 is taking longer"]),
    ],
)
async def test_order_management_tells_of_a_late_parcel_what_the_order_says(number: str, heard: list[str]) -> None:
    app = await demo_app()
    (outreach,) = await happen(app, "s1", "parcel_delayed", order_number=number)
    assert (outreach.agent, outreach.state) == ("order_management", "sent")
    (message,) = await app.outreach.outreaches.outbox()
    assert message.subject == "Harbour Lane: Your parcel is late"
    assert [text for text in heard if text not in message.text] == [], message.text
    assert message.text.count("I am sorry") == 1
