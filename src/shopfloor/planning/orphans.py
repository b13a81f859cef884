"""What waits for an agent that is not in force any more: switched off, or with another card since it asked."""

from collections.abc import Sequence
from dataclasses import replace

from pydantic import JsonValue

from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.outcome import Waiting
from shopfloor.agents.slots import SlotReader
from shopfloor.planning.clauses import SURE
from shopfloor.planning.plan import PlanRequest
from shopfloor.planning.recognition import NOT_OURS, Recognition
from shopfloor.planning.route import Route

PERSON = "talk_to_a_person"
"""The skill that takes an answer to somebody who is gone."""


def parted(request: PlanRequest) -> tuple[PlanRequest, Sequence[Waiting]]:
    """Return a request without the tasks whose agents cannot go on with them, and those of them that wait."""
    known = {card.id: card for card in request.cards}

    def skill_of(agent: str, skill: str) -> Skill | None:
        card = next((card for card in known.values() if card.id == agent), None)
        return card.skill(skill) if card else None

    def goes_on(waiting: Waiting) -> bool:
        is_known = skill_of(waiting.agent, waiting.skill) is not None
        return is_known and (waiting.slot is None or waiting.slot in known[waiting.agent].slots)

    gone = [waiting for waiting in request.waiting if not goes_on(waiting)]
    alive = [waiting for waiting in request.waiting if goes_on(waiting)]
    postponed = [task for task in request.postponed if skill_of(task.agent, task.skill)]
    return replace(request, waiting=alive, postponed=postponed), gone


def to_a_person(gone: Sequence[Waiting], request: PlanRequest, known: Recognition, reader: SlotReader) -> Route | None:
    """Return the route of an answer to somebody who is gone: to a person, with what it was about.

    None where the message surely asks for something by itself, or nobody can pass it on.
    """
    if not gone:
        return None
    person = next(((card, skill) for card in request.cards if (skill := card.skill(PERSON))), None)
    best = known.match(request.message, bool(request.focus.product_ids))[0]
    is_other = best.score >= SURE and best.label != NOT_OURS and not known.is_fragment(request.message)
    if person is None or is_other:
        return None
    card, skill = person
    text = f"{gone[0].request} {request.message}"
    return Route(card=card, skill=skill, text=text, arguments=_arguments(card, skill, text, request, reader), score=1.0)


def _arguments(
    card: AgentCard, skill: Skill, text: str, request: PlanRequest, reader: SlotReader
) -> dict[str, JsonValue]:
    values = {name: reader.fill(card.slots[name], text, request.focus) for name in skill.takes}
    return {name: value for name, value in values.items() if value is not None}
