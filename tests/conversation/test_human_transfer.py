"""When a person takes over: the shop's scenarios as data, what the ticket holds, and what the customer hears."""

from datetime import UTC, datetime
from typing import Any

import pytest
from demo_app import MAYA, begin, demo_app, say
from pydantic import ValidationError

from shopfloor.agents.brand import TransferScenario
from shopfloor.app import App
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Unavailable
from shopfloor.shop.models import Ticket
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult, Toolset

pytestmark = pytest.mark.anyio

SUNDAY = datetime(2026, 11, 22, 15, tzinfo=UTC)
WHOLESALE: dict[str, Any] = {
    "id": "wholesale",
    "when": "Somebody wants to buy for a business.",
    "phrases": ["wholesale", "for resale"],
    "subject": "Wholesale",
    "fields": ["name", "phone", "product", "email"],
    "message": "Our wholesale team calls you tomorrow.",
    "out_of_hours_message": "Our wholesale team calls you next week.",
}


async def tickets(app: App) -> list[Ticket]:
    return list(await app.shop.tickets.list_tickets())


async def with_scenario(app: App, **changes: Any) -> None:
    brand = await app.settings.in_force()
    scenario = TransferScenario.model_validate({**WHOLESALE, **changes})
    await app.settings.put(brand.model_copy(update={"transfer_scenarios": (scenario, *brand.transfer_scenarios)}))


async def test_a_merchants_own_rule_holds_from_the_next_message_on() -> None:
    app = await demo_app()
    conversation = await begin(app)
    assert "wholesale team" not in await say(app, conversation, "I would like to buy hoodies for resale")
    await with_scenario(app)
    assert "What product" in (await say(app, conversation, "I'd like to buy hoodies for resale")).replace(
        "Which", "What"
    )
    assert "name" in await say(app, conversation, "the Commons Organic Hoodie, 200 of them")
    assert "number" in await say(app, conversation, "Joe Miller")
    assert "Which address" in await say(app, conversation, "+1 555 0100")
    reply = await say(app, conversation, "joe.miller@example.net")
    assert "Our wholesale team calls you tomorrow." in reply
    (ticket,) = await tickets(app)
    assert (ticket.email, ticket.subject) == (
        "joe.miller@example.net",
        "Wholesale: I'd like to buy hoodies for resale",
    )
    for told in (
        "Scenario: wholesale",
        "Name: Joe Miller",
        "Phone: +1 555 0100",
        "Product: the Commons Organic Hoodie",
    ):
        assert told in ticket.summary


async def test_what_is_known_of_a_signed_in_customer_is_not_asked_for() -> None:
    app = await demo_app()
    await with_scenario(app, fields=["email", "name"])
    reply = await say(app, await begin(app, MAYA), "do you sell wholesale?")
    assert "calls you tomorrow" in reply
    (ticket,) = await tickets(app)
    assert (ticket.email, ticket.customer_id) == (MAYA, "c-001")
    assert "Name: Maya Lindqvist" in ticket.summary


async def test_out_of_hours_the_customer_hears_when_they_are_answered() -> None:
    app = await demo_app(clock=FixedClock(SUNDAY))
    reply = await say(app, await begin(app, MAYA), "talk to a person")
    assert "Our team is not in at the moment." in reply
    assert "within the hour" not in reply


async def test_a_rule_goes_before_what_the_message_also_asks_for() -> None:
    app = await demo_app()
    await with_scenario(app, fields=["email"])
    conversation = await begin(app, MAYA)
    reply = await say(app, conversation, "where is order 123? and what are your wholesale prices?")
    assert reply.index("calls you tomorrow") < reply.index("TRK456")
    assert len(await tickets(app)) == 1


async def test_several_rules_in_one_message_make_one_ticket() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, "You charged me twice for order 123, I want a manager or I will sue you!")
    await say(app, conversation, "my card shows the order two times")
    (ticket,) = await tickets(app)
    assert ticket.subject.startswith("Legal or safety")
    assert "Order: 123" in ticket.summary


async def test_a_rule_whose_agent_is_not_in_force_is_as_if_it_were_not_there() -> None:
    app = await demo_app()
    await with_scenario(app, agent="nobody")
    reply = await say(app, await begin(app, MAYA), "wholesale")
    assert "wholesale team" not in reply


async def test_a_ticket_tells_what_was_wanted_who_asks_which_orders_and_what_was_tried() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, "where is order 123?")
    await say(app, conversation, "cancel 141")
    await say(app, conversation, "yes")
    await say(app, conversation, "let me talk to a human about it")
    (ticket,) = await tickets(app)
    assert (ticket.conversation_id, ticket.email) == (conversation, MAYA)
    for told in (
        "Wanted: let me talk to a human about it",
        "Customer: Maya Lindqvist, signed in",
        "Orders named: #123, #141",
        "cancel order (executed)",
        "Customer: where is order 123?",
        "OrderManagementAgent: Okay, for your order #123",
    ):
        assert told in ticket.summary
    assert len(ticket.summary) <= 4_000


async def test_a_long_conversation_fits_into_a_ticket_with_its_last_words() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    for _ in range(4):
        await say(app, conversation, f"what is your return policy? {'really, ' * 200}")
    await say(app, conversation, "I want a human being, please")
    (ticket,) = await tickets(app)
    assert len(ticket.summary) <= 4_000
    assert ticket.summary.endswith("Customer: I want a human being, please")


async def test_a_question_without_an_answer_is_in_the_ticket_after_the_yes() -> None:
    app = await demo_app()
    conversation = await begin(app)
    assert "Shall I pass your question on" in await say(app, conversation, "is there a rewards tier for hippos")
    assert await tickets(app) == []
    assert "Which address" in await say(app, conversation, "yes")
    await say(app, conversation, "joe@example.net")
    (ticket,) = await tickets(app)
    assert ticket.subject == "Unanswered question: is there a rewards tier for hippos"


class Failing:
    """Tools of which one does not answer."""

    def __init__(self, tools: Toolset, name: str) -> None:
        self._tools = tools
        self._name = name

    def tools(self) -> list[Tool[ToolArgs]]:
        return list(self._tools.tools())

    async def call(self, name: str, args: Any, context: ToolContext) -> ToolResult:
        if name == self._name:
            raise Unavailable("the shop does not answer")
        return await self._tools.call(name, args, context)


async def test_what_breaks_ends_with_a_person_who_knows_of_it() -> None:
    app = await demo_app(wrap=lambda tools: Failing(tools, "check_return"))
    reply = await say(app, await begin(app, MAYA), "can I still return order 118?")
    assert "cannot reach one of our systems" in reply
    assert "I have passed this on" in reply
    (ticket,) = await tickets(app)
    assert "the shop does not answer" in ticket.summary
    assert "ReturnManagementAgent" in ticket.summary


@pytest.mark.parametrize(
    ("field", "value"),
    [("fields", ["shoe_size"]), ("phrases", [""]), ("phrases", ["..."]), ("message", None), ("colour", "red")],
)
def test_a_scenario_that_does_not_fit_is_refused_and_the_field_named(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        TransferScenario.model_validate({**WHOLESALE, field: value})
