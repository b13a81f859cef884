"""BaseAgent: what every specialist is made of; and the factory that makes them from cards."""

from collections.abc import AsyncIterator, Sequence

from shopfloor.agents.brand import Brand
from shopfloor.agents.card import AgentCard
from shopfloor.agents.handoffs import AgentHandoffManager, Handoff
from shopfloor.agents.interpreter import PlaybookSpecialist
from shopfloor.agents.model_specialist import ModelSpecialist
from shopfloor.agents.outcome import AgentTask, Outcome, Said, Specialist
from shopfloor.agents.prompt_texts import TOLD_OF_BRAND, TOLD_OF_CARD, Prompts, shipped_prompts
from shopfloor.agents.prompts import Instructions
from shopfloor.identity.identity import GUEST, Identity
from shopfloor.kernel.canonical import digest
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import AgentId
from shopfloor.models.contract import ModelMessage, ModelRequest
from shopfloor.models.thinking import Thinking
from shopfloor.tools.contract import ToolContext, Toolset
from shopfloor.tools.toolsets import Permitted


class BaseAgent:
    """A specialist ready to work: prompt, tools and handoffs from its card and the shop's settings."""

    def __init__(
        self,
        card: AgentCard,
        brand: Brand,
        tools: Toolset,
        handoffs: tuple[Handoff, ...],
        specialist: Specialist,
        identity: Identity = GUEST,
        prompts: Prompts | None = None,
    ) -> None:
        """Take the card, the shop's settings, all tools, the handoffs, who carries tasks out, and for whom.

        `prompts` is what models are told; the product's own where none is given.
        """
        self.card = card
        self.handoffs = handoffs
        self.tools: Toolset = Permitted(tools, card.tools)
        self._brand = brand
        self._specialist = specialist
        self._identity = identity
        self._prompts = prompts

    def prompt(self) -> str:
        """Return the system prompt: the shared text, the brand's voice and the card's own instructions.

        Raises:
            InvalidInput: the text cannot be filled in for this card.
        """
        guidelines = [one for one in self._brand.guidelines if one.concerns(self.card.id, self._identity)]
        prompts = self._prompts or shipped_prompts()
        values: dict[str, object] = {
            "card": {name: getattr(self.card, name) for name in TOLD_OF_CARD},
            "brand": {name: getattr(self._brand, name) for name in TOLD_OF_BRAND},
            "guidelines": [{"when": one.when, "do": one.do} for one in guidelines],
            "handoffs": [{"to": one.to, "name": one.name, "description": one.description} for one in self.handoffs],
        }
        return prompts.fill("specialist_system", values)

    def assemble(self, history: Sequence[ModelMessage], request: str) -> ModelRequest:
        """Return all that a model needs to do a task: prompt, history with the task at its end, permitted tools."""
        task = ModelMessage(role="system", content=f"Handle this part: '{request}'")
        specs = tuple(tool.spec() for tool in self.tools.tools())
        return ModelRequest(system=self.prompt(), messages=(*history, task), tools=specs)

    def think_with(self, thinking: Thinking) -> None:
        """Let a model do the agent's tasks from now on, with who did them before to fall back on."""
        self._specialist = ModelSpecialist(self.card, self._specialist, thinking, self._instructions)

    def _instructions(self) -> Instructions:
        prompt = self.prompt()
        key = f"{self.card.id}-{digest(prompt)[:16]}"
        return Instructions(system=prompt, key=key, prompts=self._prompts or shipped_prompts())

    def run(
        self, task: AgentTask, scope: dict[str, object], tools: Toolset, context: ToolContext
    ) -> AsyncIterator[Said | Outcome]:
        """Do a task with permitted tools only; `tools` are the installation's, wrapped for this turn."""
        return self._specialist.run(task, scope, Permitted(tools, self.card.tools), context)


class AgentFactory:
    """Makes specialists of the cards in force."""

    def __init__(
        self,
        cards: Sequence[AgentCard],
        brand: Brand,
        tools: Toolset,
        identity: Identity = GUEST,
        thinking: Thinking | None = None,
        prompts: Prompts | None = None,
    ) -> None:
        """Take the cards, the shop's settings, all tools, whom the agents work for, and the models of the turn.

        `prompts` is what these are told; the product's own where none is given.
        """
        self.cards = {card.id: card for card in cards}
        self.handoffs = AgentHandoffManager(cards)
        self._brand = brand
        self._tools = tools
        self._identity = identity
        self._thinking = thinking
        self.prompts = prompts

    def create(self, agent: AgentId) -> BaseAgent:
        """Return a new specialist.

        Raises:
            NotFound: no such card in force.
        """
        card = self.cards.get(agent)
        if card is None:
            raise NotFound(f"there is no agent called {agent}")
        handoffs, playbook = self.handoffs.attach(card), PlaybookSpecialist(card)
        made = BaseAgent(card, self._brand, self._tools, handoffs, playbook, self._identity, self.prompts)
        if self._thinking:
            made.think_with(self._thinking)
        return made
