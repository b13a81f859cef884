"""A part of a message with the skill chosen for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.slots import named_orders
from shopfloor.agents.transfers import SCENARIO
from shopfloor.planning.leaning import is_writing
from shopfloor.planning.matcher import Match
from shopfloor.planning.recognition import NOT_OURS

DECLINE = "decline"
"""The skill that declines what is not ours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """A part of the message with the skill chosen for it."""

    card: AgentCard
    skill: Skill
    text: str
    arguments: Mapping[str, JsonValue]
    score: float
    rival: float = 0.0
    """The best score of another agent."""

    @property
    def is_writing(self) -> bool:
        """Whether the skill may write."""
        return is_writing(self.card, self.skill)


def against(route: Route, matches: Sequence[Match]) -> Route:
    """Return a route that knows how well its rivals were matched."""
    own = NOT_OURS if route.skill.id == DECLINE else route.card.id
    rivals = (match.score for match in matches if match.label.partition("/")[0] != own)
    return replace(route, rival=max(rivals, default=0.0))


def is_same_skill(one: Route, other: Route) -> bool:
    """Whether two parts are for one skill of one agent."""
    return one.skill is other.skill and one.card is other.card


def by_order(route: Route) -> list[Route]:
    """Part a request that names several orders: `where are 123 and 141`."""
    if SCENARIO in route.skill.takes:
        return [route]
    slot = next((name for name in route.arguments if route.card.slots[name].type == "order_number"), None)
    numbers = named_orders(route.text) if slot else ()
    if slot is None or len(numbers) < 2:
        return [route]
    return [replace(route, arguments={**route.arguments, slot: number}) for number in numbers]
