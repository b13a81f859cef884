"""What the orchestrator promises, seen from where a face stands."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from demo_app import JONAS, MAYA, NOW, begin, demo_app, identity_of, say
from pydantic import JsonValue

from shopfloor.conversation.live import Released
from shopfloor.conversation.state import fold
from shopfloor.journal.events import (
    ActionMoved,
    ContextLoaded,
    Event,
    HandedOff,
    KnowledgeRetrieved,
    MessageWritten,
    PlanMade,
    ReplyComposed,
    SentenceWithheld,
    TaskStatus,
    ToolCalled,
)
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Conflict, InvalidInput, NotFound, Unavailable
from shopfloor.kernel.ids import ConversationId, OrderNumber
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult, Toolset

pytestmark = pytest.mark.anyio

ARTICLE = "Where's my order #123, and by the way, do you have any red sneakers in men's size 9?"


class Around:
    """A toolset that does something before each call."""

    def __init__(self, inner: Toolset) -> None:
        self.inner = inner

    def tools(self) -> Sequence[Tool[ToolArgs]]:
        return self.inner.tools()

    async def before(self, name: str) -> None:
        """Do it."""

    async def call(self, name: str, args: Mapping[str, JsonValue], context: ToolContext) -> ToolResult:
        await self.before(name)
        return await self.inner.call(name, args, context)


class Shuffled(Around):
    """Lets calls end in a random order, by a random number of rounds of the loop."""

    chance = random.Random(0)

    async def before(self, name: str) -> None:
        for _ in range(self.chance.randrange(40)):
            await asyncio.sleep(0)


class Paused(Around):
    """Keeps calls of one tool waiting until they are let go."""

    def __init__(self, inner: Toolset, name: str) -> None:
        super().__init__(inner)
        self.name = name
        self.reached = asyncio.Event()
        self.let_go = asyncio.Event()

    async def before(self, name: str) -> None:
        if name == self.name:
            self.reached.set()
            await self.let_go.wait()


class Failing(Around):
    """Lets one tool fail."""

    def __init__(self, inner: Toolset, name: str, error: Exception) -> None:
        super().__init__(inner)
        self.name = name
        self.error = error

    async def before(self, name: str) -> None:
        if name == self.name:
            raise self.error


class Odd(Around):
    """Lets one tool answer with something besides that is no JSON."""

    def __init__(self, inner: Toolset, name: str, value: Any) -> None:
        super().__init__(inner)
        self.name = name
        self.value = value

    async def call(self, name: str, args: Mapping[str, JsonValue], context: ToolContext) -> ToolResult:
        result = await super().call(name, args, context)
        return replace(result, output=result.output | {"odd": self.value}) if name == self.name else result


def of_type(events: Sequence[Event], kind: type) -> list:
    return [event.data for event in events if isinstance(event.data, kind)]


async def test_the_articles_session_streams_both_status_lines_and_one_unified_reply() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    heard: list[Event | Released] = []
    await app.chat.post(conversation, ARTICLE)
    (reply,) = await app.chat.answer(conversation, heard.append)
    shown = [
        piece.text if isinstance(piece, Released) else piece.data.text
        for piece in heard
        if isinstance(piece, Released) or (isinstance(piece.data, TaskStatus) and piece.data.status == "started")
    ]
    assert shown[0] == "Checking on the status of your order #123..."
    assert "TRK456" in shown[1]
    assert shown[2] == "Looking for red sneakers in men's size 9 for you..."
    assert reply.content == f"{shown[1]}\n\n{shown[3]}", "the reply is exactly the text that was released"
    assert [(s.kind, s.agent) for s in reply.sources] == [("order", "order_management")] + 3 * [
        ("product", "product_expert")
    ]


async def test_the_plan_prefetches_the_reads_and_the_specialists_use_them() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, ARTICLE)
    calls = of_type((await app.chat.state(conversation)).events, ToolCalled)
    assert [(call.tool_name, call.prefetched) for call in calls] == [("get_order", True), ("search_products", True)]


async def test_the_same_reply_comes_under_a_hundred_shuffled_latencies() -> None:
    replies = set()
    app = await demo_app(wrap=Shuffled)
    for seed in range(100):
        Shuffled.chance = random.Random(seed)
        conversation = await begin(app, MAYA)
        first = await say(app, conversation, f"{ARTICLE} And what is your return policy?")
        second = await say(app, conversation, "cancel 141 and is the second one available in size 10?")
        third = await say(app, conversation, "no")
        replies.add((first, second, third))
    assert len(replies) == 1


async def test_two_hundred_conversations_at_once_never_mix() -> None:
    app = await demo_app(wrap=Shuffled)
    orders = [order for order in (await demo_orders(app)) if order.customer_id]

    async def one(place: int) -> tuple[str, str]:
        order = orders[place % len(orders)]
        customer = await app.shop.customers.get_customer(order.customer_id)
        assert customer is not None
        conversation = await begin(app, customer.email)
        reply = await say(app, conversation, f"what did I order in #{order.number}?")
        return order.number, reply

    answers = await asyncio.gather(*(one(place) for place in range(200)))
    numbers = {order.number for order in orders}
    for number, reply in answers:
        assert f"#{number}" in reply
        assert not [other for other in numbers if other != number and f"#{other} " in reply]


async def demo_orders(app):
    found = [await app.shop.orders.get_order(OrderNumber(str(number))) for number in range(100, 300)]
    return [order for order in found if order]


async def test_messages_that_arrive_during_a_turn_are_answered_together_in_the_next() -> None:
    paused: list[Paused] = []

    def pause(tools: Toolset) -> Toolset:
        paused.append(Paused(tools, "get_order"))
        return paused[0]

    app = await demo_app(wrap=pause)
    conversation = await begin(app, MAYA)
    await app.chat.post(conversation, "where is order #123?")
    answering = asyncio.ensure_future(app.chat.answer(conversation))
    await paused[0].reached.wait()
    await app.chat.post(conversation, "and do you ship to Canada?")
    await app.chat.post(conversation, "also, do you have tents?")
    paused[0].let_go.set()
    first, second = await answering
    assert len(first.message_ids) == 1
    assert len(second.message_ids) == 2
    assert "Canada" in second.content


async def test_a_message_sent_twice_is_one_message() -> None:
    app = await demo_app()
    conversation = await begin(app)
    for _ in range(3):
        await app.chat.post(conversation, "do you have tents?", "client-1")
    assert len(await app.chat.answer(conversation)) == 1
    await app.chat.post(conversation, "do you have tents?", "client-1")
    assert await app.chat.answer(conversation) == []
    state = await app.chat.state(conversation)
    assert len([m for m in state.messages if m.role == "user"]) == 1


async def test_the_same_words_while_they_wait_for_an_answer_are_one_message() -> None:
    app = await demo_app()
    conversation = await begin(app)
    await app.chat.post(conversation, "do you have tents?")
    await app.chat.post(conversation, "do you have tents?")
    (reply,) = await app.chat.answer(conversation)
    assert len(reply.message_ids) == 1


async def test_stop_ends_the_turn_and_keeps_what_was_said() -> None:
    paused: list[Paused] = []

    def pause(tools: Toolset) -> Toolset:
        paused.append(Paused(tools, "search_products"))
        return paused[0]

    app = await demo_app(wrap=pause)
    conversation = await begin(app, MAYA)
    await app.chat.post(conversation, ARTICLE)
    heard: list[Event | Released] = []
    told = asyncio.Event()

    def listen(piece: Event | Released) -> None:
        heard.append(piece)
        if isinstance(piece, Released):
            told.set()

    answering = asyncio.ensure_future(app.chat.answer(conversation, listen))
    await told.wait()
    assert app.chat.stop(conversation)
    (reply,) = await answering
    assert reply.outcome == "stopped"
    assert "TRK456" in reply.content
    assert "sneakers" not in reply.content
    paused[0].let_go.set()
    assert "Speedster" in await say(app, conversation, "ok, now the red sneakers in men's size 9")


async def test_stop_does_not_interrupt_an_action_under_way() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, "cancel order 141")
    await app.chat.post(conversation, "yes")

    def listen(piece: Event | Released) -> None:
        if isinstance(piece, Event) and isinstance(piece.data, ActionMoved) and piece.data.state == "confirmed":
            app.chat.stop(conversation)

    await app.chat.answer(conversation, listen)
    order = await app.shop.orders.get_order(OrderNumber("141"))
    assert order is not None
    assert order.state == "cancelled"
    moved = [data.state for data in of_type((await app.chat.state(conversation)).events, ActionMoved)]
    assert moved == ["proposed", "confirmed", "executed"], "its outcome is recorded all the same"


async def test_a_yes_that_was_sent_before_its_question_could_be_read_is_none() -> None:
    paused: list[Paused] = []

    def pause(tools: Toolset) -> Toolset:
        paused.append(Paused(tools, "get_order"))
        return paused[0]

    app = await demo_app(wrap=pause)
    conversation = await begin(app, MAYA)
    await app.chat.post(conversation, "cancel order 141")
    answering = asyncio.ensure_future(app.chat.answer(conversation))
    await paused[0].reached.wait()
    await app.chat.post(conversation, "yes")
    paused[0].let_go.set()
    await answering
    order = await app.shop.orders.get_order(OrderNumber("141"))
    assert order is not None
    assert order.state == "processing"
    await say(app, conversation, "yes")
    order = await app.shop.orders.get_order(OrderNumber("141"))
    assert order is not None
    assert order.state == "cancelled"


async def test_a_yes_after_half_an_hour_is_asked_for_again() -> None:
    clock = FixedClock(NOW)
    app = await demo_app(clock=clock)
    conversation = await begin(app, MAYA)
    await say(app, conversation, "cancel order 141")
    clock.at = NOW.replace(hour=16)
    reply = await say(app, conversation, "yes")
    assert "Shall I cancel it?" in reply
    assert "is cancelled" in await say(app, conversation, "yes")


@pytest.mark.parametrize(
    "texts",
    [
        ["yes", "no"],
        ["Yes. No!"],
        ["Yes. Don't cancel it."],
        ["Yes. Hold on"],
        ["Yes. I changed my mind"],
        ["yes. keep the order please"],
        ["Yes. Stop."],
        ["yes but only the bag"],
        ["ok thanks"],
        ["all good"],
        ["yes, cancel everything"],
        ["stop"],
    ],
    ids=" / ".join,
)
async def test_a_yes_is_none_when_the_same_breath_takes_it_back(texts: list[str]) -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, "cancel order 141")
    for text in texts:
        await app.chat.post(conversation, text)
    await app.chat.answer(conversation)
    order = await app.shop.orders.get_order(OrderNumber("141"))
    assert order is not None
    assert order.state == "processing"


async def test_stop_leaves_nothing_open() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, "cancel order 141")
    assert await say(app, conversation, "stop") == "All right, I have stopped. Is there anything else I can do for you?"
    await say(app, conversation, "yes")
    order = await app.shop.orders.get_order(OrderNumber("141"))
    assert order is not None
    assert order.state == "processing"


async def test_a_question_left_unanswered_is_asked_once_more_and_then_dropped() -> None:
    app = await demo_app()
    conversation = await begin(app)
    await say(app, conversation, "where is order #123?")
    assert "which e-mail address" in await say(app, conversation, "do you have tents?")
    assert "e-mail address" not in await say(app, conversation, "do you have socks?")


async def test_what_has_nothing_to_do_with_a_question_is_answered_at_once() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    first = await say(app, conversation, "cancel order 141 and tell me what I ordered in #118")
    assert "Shall I cancel it?" in first
    assert "Marigold" in first


async def test_what_follows_a_write_sees_what_it_changed() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, "cancel order 141 and then where is order 141?")
    reply = await say(app, conversation, "yes")
    assert "Your order #141 was cancelled today" in reply


async def test_a_tool_that_cannot_be_reached_ends_in_the_offer_of_a_person() -> None:
    app = await demo_app(wrap=lambda tools: Failing(tools, "get_order", Unavailable("the order system is down")))
    conversation = await begin(app, MAYA)
    reply = await say(app, conversation, ARTICLE)
    assert "cannot reach one of our systems" in reply
    assert "Speedster" in reply, "the other task is done all the same"
    events = (await app.chat.state(conversation)).events
    assert [plan.revision for plan in of_type(events, PlanMade)] == [0, 1]
    assert [handed.to_agent for handed in of_type(events, HandedOff)] == ["human_transfer"]
    (ticket,) = await app.shop.tickets.list_tickets()
    assert "red sneakers" in ticket.summary, "everything known goes with it"


async def test_a_tool_that_breaks_breaks_neither_the_turn_nor_the_other_task() -> None:
    app = await demo_app(wrap=lambda tools: Failing(tools, "search_products", RuntimeError("a bug")))
    conversation = await begin(app, MAYA)
    reply = await say(app, conversation, ARTICLE)
    assert "TRK456" in reply
    assert "a bug" not in reply


@pytest.mark.parametrize("value", [(1, 2), {1}, float("nan"), "\ud800"], ids=["tuple", "set", "nan", "half a letter"])
async def test_a_tool_whose_answer_cannot_be_written_down_fails_its_task_alone(value: Any) -> None:
    app = await demo_app(wrap=lambda tools: Odd(tools, "get_order", value))
    conversation = await begin(app, MAYA)
    assert "Speedster" in await say(app, conversation, ARTICLE)
    assert await app.journal.unanswered() == []
    (ticket,) = await app.shop.tickets.list_tickets()
    assert "order" in ticket.summary


async def test_a_planner_that_breaks_leaves_nobody_without_an_answer() -> None:
    app = await demo_app()
    cards = [card.model_copy(update={"skills": ()}) for card in await app.registry.cards()]
    for card in cards:
        await app.registry.put(card)  # past all checks: nothing can be planned with it
    conversation = await begin(app, MAYA)
    reply = await say(app, conversation, "where is order #123?")
    assert "help@harbourlane.example" in reply
    assert await app.chat.recover() == 0


async def test_everything_that_an_agent_may_need_stands_in_the_state() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, ARTICLE)
    state = await app.chat.state(conversation)
    assert state.conversation_id == conversation
    assert [m.role for m in state.messages] == ["user", "assistant", "assistant"]
    assert state.plan is not None
    assert [task.agent for task in state.plan.tasks] == ["order_management", "product_expert"]
    assert state.active_task is None
    assert {"MESSAGE", "PLAN", "TOOL_CALL", "TASK_STATUS", "KNOWLEDGE"} <= {event.data.TYPE for event in state.events}
    assert state.knowledge
    assert {"voice", "hours", "transfer_scenarios", "refusal"} <= set(state.brand)
    assert {card["id"] for card in state.cards} >= {
        "order_management",
        "product_expert",
        "general_support",
        "human_transfer",
    }
    assert state.identity.email == MAYA


async def test_the_history_says_who_wrote_what_another_agent_reads() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, ARTICLE)
    state = await app.chat.state(conversation)
    note = "[System Note] The assistant message above was authored by ShoppingAssistantAgent."
    notes = [m.content for m in state.history("OrderManagementAgent") if m.role == "system"]
    assert notes == [note]
    both = [m.content for m in state.history("GeneralSupportAgent") if m.role == "system"]
    assert len(both) == 2


async def test_the_state_is_the_fold_of_its_events_at_every_point() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    for text in (ARTICLE, "cancel order 141", "yes", "thanks"):
        await say(app, conversation, text)
    state = await app.chat.state(conversation)
    again = fold(state.events)
    assert again.messages == state.messages
    assert again.plan == state.plan
    assert again.identity == state.identity
    assert again.focus == state.focus
    assert again.waiting == state.waiting
    for length in range(len(state.events)):
        fold(state.events[:length])


async def test_events_have_the_articles_shapes_without_gaps_in_their_numbers() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, ARTICLE)
    events = [event.to_json() for event in (await app.chat.state(conversation)).events]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert all(set(event) == {"seq", "at", "event_type", "event_data"} for event in events)
    by_type = {event["event_type"]: event["event_data"] for event in events}
    assert by_type["MESSAGE"]["agent_name"] == "ShoppingAssistantAgent"
    assert by_type["MESSAGE"]["role"] == "assistant"
    assert by_type["TOOL_CALL"]["agent_name"] == "ShoppingAssistantAgent"
    assert by_type["TOOL_CALL"]["tool_name"] == "search_products"
    assert by_type["TOOL_CALL"]["tool_output"]["outcome"] == "found"


async def test_context_is_taken_down_once_and_knowledge_each_turn() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, "do you ship to Canada?")
    await say(app, conversation, "and to Australia?")
    events = (await app.chat.state(conversation)).events
    assert len(of_type(events, ContextLoaded)) == 1
    assert len(of_type(events, KnowledgeRetrieved)) == 2


async def test_nothing_of_the_shipped_playbooks_is_held_back() -> None:
    app = await demo_app()
    for email in (MAYA, JONAS):
        conversation = await begin(app, email)
        for text in (
            "show my orders",
            "where is my latest order",
            "any offers?",
            "warranty on tents?",
            "do you have socks",
        ):
            await say(app, conversation, text)
        assert of_type((await app.chat.state(conversation)).events, SentenceWithheld) == []


@pytest.mark.parametrize("text", ["", "  \n ", "\x00\x01\x02binary\x00", "a" * 100_000, "\ud83d half a pair"])
async def test_a_message_that_cannot_be_read_is_refused_and_nothing_is_stored(text: str) -> None:
    app = await demo_app()
    conversation = await begin(app)
    with pytest.raises(InvalidInput):
        await app.chat.post(conversation, text)
    assert (await app.chat.state(conversation)).seq == 1
    assert await app.chat.answer(conversation) == []


async def test_what_could_steer_a_terminal_is_taken_out_of_a_message() -> None:
    app = await demo_app()
    conversation = await begin(app)
    await app.chat.post(conversation, "do you have \x1b[2J\u202etents for two people, please?")
    state = await app.chat.state(conversation)
    await app.chat.answer(conversation)
    assert state.messages[0].content == "do you have [2Jtents for two people, please?"


async def test_an_unknown_conversation_is_not_found() -> None:
    app = await demo_app()
    with pytest.raises(NotFound):
        await app.chat.post(ConversationId("conv_nobody"), "hello")
    with pytest.raises(NotFound):
        await app.chat.answer(ConversationId("conv_nobody"))


async def test_a_conversation_stays_with_its_customer() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    with pytest.raises(Conflict):
        await app.chat.sign_in(conversation, await identity_of(app, JONAS))


async def test_a_guest_who_signs_in_sees_their_orders() -> None:
    app = await demo_app()
    conversation = await begin(app)
    assert "TRK456" not in await say(app, conversation, "where is order #123?")
    await app.chat.sign_in(conversation, await identity_of(app, MAYA))
    assert "TRK456" in await say(app, conversation, "where is order #123?")


async def test_every_reply_is_a_message_of_a_named_agent_or_empty_when_stopped() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    for text in ("hi", "asdf qwer zxcv", "???", "🙂", "what's the weather", ARTICLE):
        assert await say(app, conversation, text)
    events = (await app.chat.state(conversation)).events
    assert all(m.agent_name for m in of_type(events, MessageWritten) if m.role == "assistant")
    assert len(of_type(events, ReplyComposed)) == 6
