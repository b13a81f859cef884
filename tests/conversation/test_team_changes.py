"""A team that changes while it works: agents come and go between two messages, and settings change."""

from pathlib import Path
from typing import Any

import pytest
from demo_app import MAYA, begin, demo_app, say

from shopfloor.agents.team import card_data
from shopfloor.app import App
from shopfloor.journal.events import ActionMoved, MessageWritten, ReplyComposed, SignalReceived
from shopfloor.kernel.errors import Conflict
from shopfloor.kernel.ids import AgentId, ConversationId, MessageId

pytestmark = pytest.mark.anyio
EXAMPLES = Path(__file__).parents[2] / "examples" / "agents"
CLAIM = "I want to make a warranty claim"


def card(name: str) -> Any:
    return card_data((EXAMPLES / f"{name}.yaml").read_text("utf-8"), name)


async def speakers(app: App, conversation: ConversationId) -> list[str | None]:
    messages = [event.data for event in (await app.chat.state(conversation)).events]
    return [one.agent for one in messages if isinstance(one, MessageWritten) and one.role == "assistant"]


async def last_reply(app: App, conversation: ConversationId) -> ReplyComposed:
    replies = [event.data for event in (await app.chat.state(conversation)).events]
    return [reply for reply in replies if isinstance(reply, ReplyComposed)][-1]


# -- agents come and go ----------------------------------------------------------------------------------------------


async def test_an_added_agent_answers_the_next_message_of_a_conversation_under_way() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, CLAIM)
    await app.team.add(card("warranty_claim"), "x")
    await say(app, conversation, CLAIM)
    assert (await speakers(app, conversation))[-1] == "warranty_claim"
    assert "warranty_claim" not in (await speakers(app, conversation))[:-1]


async def test_a_disabled_agent_is_not_chosen_any_more_and_an_enabled_one_is_again() -> None:
    app = await demo_app()
    await app.team.add(card("warranty_claim"), "x")
    conversation = await begin(app, MAYA)
    await app.team.disable("warranty_claim")
    await say(app, conversation, CLAIM)
    assert "warranty_claim" not in await speakers(app, conversation)
    await app.team.enable("warranty_claim")
    await say(app, conversation, CLAIM)
    assert (await speakers(app, conversation))[-1] == "warranty_claim"


async def test_the_answer_to_an_agent_that_was_disabled_meanwhile_goes_to_a_person() -> None:
    app = await demo_app()
    await app.team.add(card("warranty_claim"), "x")
    conversation = await begin(app, MAYA)
    assert "Which order" in await say(app, conversation, CLAIM)
    await app.team.disable("warranty_claim")
    reply = await say(app, conversation, "118")
    assert "passed this on as ticket" in reply
    assert (await speakers(app, conversation))[-1] == "human_transfer"
    moved = [event.data for event in (await app.chat.state(conversation)).events if isinstance(event.data, ActionMoved)]
    assert [one.kind for one in moved if one.state == "executed"] == ["open_ticket"]
    assert "118" in str(moved[-1].args["summary"])
    assert "warranty claim" in str(moved[-1].args["summary"])


async def test_a_question_about_something_else_is_answered_though_the_one_who_asked_is_gone() -> None:
    app = await demo_app()
    await app.team.add(card("warranty_claim"), "x")
    conversation = await begin(app, MAYA)
    await say(app, conversation, CLAIM)
    await app.team.disable("warranty_claim")
    assert "TRK456" in await say(app, conversation, "where is my order 123?")


async def test_an_agent_enabled_again_before_the_answer_goes_on_itself() -> None:
    app = await demo_app()
    await app.team.add(card("warranty_claim"), "x")
    conversation = await begin(app, MAYA)
    await say(app, conversation, CLAIM)
    await app.team.disable("warranty_claim")
    await app.team.enable("warranty_claim")
    assert "Which of these is it" in await say(app, conversation, "118")


async def test_a_card_that_lost_the_slot_it_asked_for_leaves_no_conversation_stuck() -> None:
    app = await demo_app()
    await app.team.add(card("warranty_claim"), "x")
    conversation = await begin(app, MAYA)
    assert "Which order" in await say(app, conversation, CLAIM)
    short = {
        **card("warranty_claim"),
        "slots": {},
        "fragments": {},
        "tools": [],
        "handoffs": [],
        "skills": [
            {
                "id": "claim",
                "name": "Claim",
                "description": "x",
                "status": "x",
                "examples": [CLAIM],
                "steps": [{"say": "Hi."}],
            }
        ],
    }
    await app.team.replace(short, "x")
    assert "ticket" in await say(app, conversation, "118")
    assert await say(app, conversation, CLAIM) == "Hi."


async def test_where_the_colleague_of_a_handoff_is_off_a_person_is_offered() -> None:
    app = await demo_app()
    await app.team.add(card("warranty_claim"), "x")
    await app.team.disable("order_management")
    conversation = await begin(app, MAYA)
    reply = await say(app, conversation, "warranty claim for order 123")  # not delivered yet: it would hand over
    assert "ticket" in reply
    assert await speakers(app, conversation) == ["warranty_claim", "human_transfer"]


async def test_who_takes_what_nobody_else_does_cannot_be_disabled() -> None:
    app = await demo_app()
    with pytest.raises(Conflict, match="the only one with the skill answer_question"):
        await app.team.disable("general_support")


async def test_without_the_agent_for_tickets_the_team_still_answers() -> None:
    app = await demo_app()
    await app.team.disable("human_transfer")
    conversation = await begin(app, MAYA)
    assert await say(app, conversation, "I want to talk to a person")
    assert "TRK456" in await say(app, conversation, "where is order 123")


# -- settings --------------------------------------------------------------------------------------------------------


async def test_a_guideline_stands_among_the_sources_of_the_reply() -> None:
    app = await demo_app()
    rule = {"id": "greens", "when": "always", "do": "say it", "say": "We ship without plastic."}
    await app.team.change_settings({"guidelines": [rule]})
    conversation = await begin(app, MAYA)
    assert "We ship without plastic." in await say(app, conversation, "where is order 123")
    sources = (await last_reply(app, conversation)).sources
    assert [(source.kind, source.id, source.agent) for source in sources] == [
        ("order", "123", "order_management"),
        ("guideline", "greens", "order_management"),
    ]


async def test_a_guideline_is_said_once_in_a_turn_of_two_tasks() -> None:
    app = await demo_app()
    rule = {"id": "greens", "when": "always", "do": "say it", "say": "We ship without plastic.", "place": "before"}
    await app.team.change_settings({"guidelines": [rule]})
    conversation = await begin(app, MAYA)
    reply = await say(app, conversation, "where is order 123, and do you have red sneakers in men's size 9?")
    assert reply.count("We ship without plastic.") == 1
    assert reply.startswith("We ship without plastic.")


@pytest.mark.parametrize(
    "say_it", ["{{ nothing }}", "{{ 1 / 0 }}", "{% for a in range(2000) %}{{ 'xxxxxxxxxxxxxxx' }}{% endfor %}"]
)
async def test_a_broken_guideline_keeps_nobody_from_an_answer(say_it: str) -> None:
    app = await demo_app()
    await app.team.change_settings({"guidelines": [{"id": "broken", "when": "x", "do": "x", "say": say_it}]})
    conversation = await begin(app, MAYA)
    assert "TRK456" in await say(app, conversation, "where is order 123")


async def test_a_guideline_cannot_state_what_no_evidence_bears_out() -> None:
    app = await demo_app()
    rule = {"id": "wrong", "when": "x", "do": "x", "say": "Your order {{ '9' ~ '99' }} costs {{ '$1' ~ '23' }}.00."}
    await app.team.change_settings({"guidelines": [rule]})
    conversation = await begin(app, MAYA)
    assert "$123" not in await say(app, conversation, "where is order 123")


async def test_guidelines_for_some_customers_are_for_no_others() -> None:
    app = await demo_app()
    maya = await app.shop.customers.find_customer(MAYA)
    assert maya
    rule = {"id": "vip", "when": "x", "do": "x", "customers": [maya.id], "say": "Hello, dear regular."}
    await app.team.change_settings({"guidelines": [rule]})
    assert "dear regular" in await say(app, await begin(app, MAYA), "where is order 123")
    assert "dear regular" not in await say(app, await begin(app), "what are your opening hours")


async def test_the_shops_words_stand_in_status_lines_and_never_in_what_a_yes_is_for() -> None:
    app = await demo_app()
    await app.team.change_settings({"wording": {"order": "booking"}})
    conversation = await begin(app, MAYA)
    reply = await say(app, conversation, "cancel order 141")
    assert "Cancel order #141" in reply, "the summary of an action stays as the gate wrote it"
    lines = [event.data for event in (await app.chat.state(conversation)).events if event.data.TYPE == "TASK_STATUS"]
    assert not [line.text for line in lines if "order" in line.text]


async def test_an_added_agent_reminds_of_the_cart_that_a_signal_is_about_and_of_no_other() -> None:
    app = await demo_app()
    await app.team.add(card("proactive_cart_recovery"), "x")
    conversation = await begin(app, MAYA)
    said: list[str] = []
    for cart in ("cart-01", "cart-02"):
        signal = SignalReceived(
            message_id=MessageId(f"m-{cart}"),
            outreach_id=cart,
            kind="cart_abandoned",
            agent=AgentId("proactive_cart_recovery"),
            skill="remind",
            arguments={"cart_id": cart},
        )
        reply = await app.chat.notify(conversation, signal)
        assert reply
        said.append(reply.content)
    assert "Hello Maya, you left something in your cart:" in said[0]
    assert "1 × " in said[0]
    assert said[1] == "", "another's cart is nothing to write about"
