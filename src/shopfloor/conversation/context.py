"""What every agent shall know and keep to, as the journal takes it down."""

from collections.abc import Sequence

from pydantic import JsonValue

from shopfloor.agents.brand import Brand
from shopfloor.agents.card import AgentCard
from shopfloor.journal.events import ContextLoaded
from shopfloor.kernel.canonical import digest


def context_of(brand: Brand, cards: Sequence[AgentCard]) -> ContextLoaded:
    """Return the shop's settings and the cards of those who work together."""
    settings: dict[str, JsonValue] = brand.model_dump(mode="json")
    known = tuple(_collaborator(card) for card in cards)
    return ContextLoaded(version=digest([settings, list(known)]), brand=settings, cards=known)


def _collaborator(card: AgentCard) -> dict[str, JsonValue]:
    skills: list[JsonValue] = [
        {"id": skill.id, "name": skill.name, "description": skill.description} for skill in card.skills
    ]
    tools: list[JsonValue] = list(card.tools)
    return {"id": card.id, "name": card.name, "description": card.description, "skills": skills, "tools": tools}
