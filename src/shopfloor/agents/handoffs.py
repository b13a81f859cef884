"""Who may give a task to whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopfloor.agents.card import AgentCard
from shopfloor.kernel.ids import AgentId


@dataclass(frozen=True, kw_only=True, slots=True)
class Handoff:
    """A colleague that an agent may give a task to."""

    to: AgentId
    name: str
    description: str


class AgentHandoffManager:
    """Attaches handoffs to agents, and decides where a handoff goes."""

    def __init__(self, cards: Sequence[AgentCard]) -> None:
        """Take the cards in force."""
        self._cards = {card.id: card for card in cards}

    def attach(self, card: AgentCard) -> tuple[Handoff, ...]:
        """Return the colleagues an agent may hand to, of those that are in force."""
        known = [self._cards[agent] for agent in card.handoffs if agent in self._cards]
        return tuple(Handoff(to=other.id, name=other.name, description=other.description) for other in known)

    def resolve(self, card: AgentCard, to: AgentId) -> AgentCard | None:
        """Return the colleague's card, or None where the handoff is not permitted or nobody of that id is in force."""
        return self._cards.get(to) if to in card.handoffs else None

    def last_resort(self, tool: str) -> AgentCard | None:
        """Return the agent for what nobody else can do; None where there is none.

        It is, of those that may call a tool such as the one that opens tickets, the one that most others hand over to,
        and the first of several.
        """
        able = [card for card in self._cards.values() if tool in card.tools]
        return max(
            able, key=lambda card: sum(card.id in other.handoffs for other in self._cards.values()), default=None
        )
