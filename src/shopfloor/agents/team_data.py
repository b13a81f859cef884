"""What makes a team, as data."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopfloor.agents.brand import Brand
from shopfloor.agents.card import AgentCard
from shopfloor.agents.prompt_texts import Prompts, shipped_prompts
from shopfloor.agents.registry import shipped_cards
from shopfloor.agents.settings import shipped_brand


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamData:
    """A team's cards, with what all of them keep to."""

    cards: Sequence[AgentCard]
    brand: Brand
    prompts: Prompts


def shipped_team() -> TeamData:
    """Return the team that comes with the product."""
    return TeamData(cards=shipped_cards(), brand=shipped_brand(), prompts=shipped_prompts())
