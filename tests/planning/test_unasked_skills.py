"""Skills without examples are never chosen for what a customer writes."""

import pytest
from demo_app import begin, demo_app
from demo_outreach import CRIER
from planning.demo_planner import CARDS, PLANNER

from shopfloor.planning.plan import Plan, PlanRequest

pytestmark = pytest.mark.anyio
MESSAGES = [
    "Back again", "Your parcel", "is the hoodie back?", "your cart is waiting", "tell me what happened", "Looking...",
    "qwertz", "hello", "what do you think about politics", "Tells customers of what happened.",
]  # fmt: skip


def agents(plan: Plan) -> set[str]:
    return {task.agent for task in plan.tasks}


@pytest.mark.parametrize("message", MESSAGES)
async def test_an_agent_that_only_speaks_unasked_is_never_asked(message: str) -> None:
    first = CRIER.model_copy(update={"id": "a_crier"})  # the first of all cards
    planned = await PLANNER.plan(PlanRequest(message=message, cards=[first, *CARDS]))
    assert agents(planned).isdisjoint({"a_crier"})
    without_help = [card for card in CARDS if card.id == "order_management"]
    fallen_back = await PLANNER.plan(PlanRequest(message=message, cards=[first, *without_help]))
    assert agents(fallen_back) == {"order_management"}


async def test_a_team_that_only_speaks_unasked_says_that_it_cannot_help() -> None:
    app = await demo_app()
    for card in await app.registry.cards():
        await app.registry.disable(card.id)
    await app.registry.put(CRIER)
    conversation = await begin(app)
    await app.chat.post(conversation, "is the hoodie back?")
    (reply,) = await app.chat.answer(conversation)
    assert reply.outcome == "failed"
    assert "help@harbourlane.example" in reply.content
