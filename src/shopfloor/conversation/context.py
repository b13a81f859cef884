"""What all agents of a turn know and keep to, as the journal takes it down."""

from collections.abc import Sequence

from pydantic import JsonValue

from shopfloor.agents.brand import Brand
from shopfloor.agents.card import AgentCard
from shopfloor.journal.events import ContextLoaded
from shopfloor.kernel.canonical import digest


def context_of(brand: Brand, cards: Sequence[AgentCard], prompts: int | None) -> ContextLoaded:
    """Return the context of a turn; `prompts` is the version of what models are told, None without a model."""
    settings: dict[str, JsonValue] = brand.model_dump(mode="json")
    known = tuple(_collaborator(card) for card in cards)
    content: list[JsonValue] = [settings, list(known), *([] if prompts is None else [prompts])]
    return ContextLoaded(version=digest(content), brand=settings, cards=known, prompts=prompts)


def _collaborator(card: AgentCard) -> dict[str, JsonValue]:
    skills: list[JsonValue] = [
        {"id": skill.id, "name": skill.name, "description": skill.description} for skill in card.skills
    ]
    tools: list[JsonValue] = list(card.tools)
    return {"id": card.id, "name": card.name, "description": card.description, "skills": skills, "tools": tools}
