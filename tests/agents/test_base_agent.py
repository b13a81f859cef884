"""BaseAgent: the prompt and the request that a card and the shop's settings make; permitted tools only."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from tools.held import matches
from tools.visit import Visit

from shopfloor.agents.base import AgentFactory, BaseAgent
from shopfloor.agents.brand import Guideline
from shopfloor.agents.registry import shipped_cards
from shopfloor.agents.settings import shipped_brand
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import AgentId
from shopfloor.models.contract import ModelMessage
from shopfloor.tools.contract import Toolset

pytestmark = pytest.mark.anyio

SNAPSHOTS = Path(__file__).parent / "snapshots"
CARDS, BRAND = shipped_cards(), shipped_brand()
AGENTS = tuple(card.id for card in CARDS)


def agent(name: str, tools: Toolset) -> BaseAgent:
    return AgentFactory(CARDS, BRAND, tools).create(AgentId(name))


@pytest.mark.parametrize("name", AGENTS)
async def test_an_agents_prompt_is_as_it_was(name: str, demo_tools: Toolset) -> None:
    assert matches(SNAPSHOTS / f"prompt_{name}.txt", agent(name, demo_tools).prompt() + "\n")


async def test_the_request_to_a_model_is_as_it_was(demo_tools: Toolset) -> None:
    history = [
        ModelMessage(role="user", content="Hi, where is order 123? And do you have red sneakers?"),
        ModelMessage(role="assistant", content="Hello. Let me look."),
    ]
    request = agent("order_management", demo_tools).assemble(history, "where is order 123?")
    assert request.messages[:2] == tuple(history)
    assert request.messages[-1] == ModelMessage(role="system", content="Handle this part: 'where is order 123?'")
    assert matches(SNAPSHOTS / "request.json", json.dumps(asdict(request), indent=2, ensure_ascii=False) + "\n")


async def test_a_prompt_holds_the_guidelines_for_all_and_for_this_agent(demo_tools: Toolset) -> None:
    guidelines = (
        Guideline(id="all", when="somebody is angry", do="be kind"),
        Guideline(id="some", when="shoes are too small", do="offer the next size", agents=(AgentId("product_expert"),)),
    )
    brand = BRAND.model_copy(update={"guidelines": guidelines})
    factory = AgentFactory(CARDS, brand, demo_tools)
    expert, orders = (factory.create(AgentId(name)).prompt() for name in ("product_expert", "order_management"))
    assert "When somebody is angry: be kind" in expert
    assert "When shoes are too small: offer the next size" in expert
    assert "When somebody is angry: be kind" in orders
    assert "shoes are too small" not in orders


async def test_a_prompt_is_not_a_template_of_its_own(demo_tools: Toolset) -> None:
    cards = [card.model_copy(update={"instructions": "Say {{ brand.currency }}."}) for card in CARDS]
    prompt = AgentFactory(cards, BRAND, demo_tools).create(AgentId("product_expert")).prompt()
    assert "Say {{ brand.currency }}." in prompt


async def test_an_agent_shows_a_model_the_tools_of_its_card_only(demo_tools: Toolset) -> None:
    made = agent("human_transfer", demo_tools)
    assert [spec.name for spec in made.assemble([], "help").tools] == ["open_ticket"]
    with pytest.raises(NotFound):
        await made.tools.call("get_order", {"order_number": "141"}, Visit().context())


async def test_an_agent_that_is_not_in_force_cannot_be_made(demo_tools: Toolset) -> None:
    with pytest.raises(NotFound, match="the_boss"):
        agent("the_boss", demo_tools)
