"""When a person takes over: which scenario of the shop's settings applies, and what of it a playbook reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from shopfloor.agents.brand import Brand, TransferScenario
from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.choices import holds

SCENARIO = "scenario"
"""The slot of a skill that passes matters on, whichever scenario they come from."""
USUAL = "asked_for"
"""The scenario of a matter that no other one is about."""


def triggered(scenarios: Sequence[TransferScenario], text: str) -> TransferScenario | None:
    """Return the first scenario of which a text holds a phrase, or None."""
    return next((scenario for scenario in scenarios if holds(scenario.phrases, text)), None)


def taker(scenario: TransferScenario, cards: Sequence[AgentCard]) -> tuple[AgentCard, Skill] | None:
    """Return the agent and skill that take a scenario's matters: the skill of its name, or the first for all of them.

    None where no card in force has one.
    """
    card = next((card for card in cards if card.id == scenario.agent), None)
    skills = [skill for skill in card.skills if SCENARIO in skill.takes] if card else []
    if card is None or not skills:
        return None
    return card, next((skill for skill in skills if skill.id == scenario.id), skills[0])


def transfer(brand: Brand, wanted: Sequence[object], now: datetime) -> Mapping[str, object]:
    """Return what a playbook reads of the scenario that applies: the first of the ids wanted, or else the usual one."""
    known = {scenario.id: scenario for scenario in brand.transfer_scenarios}
    found = next((known[one] for one in (*wanted, USUAL) if isinstance(one, str) and one in known), None)
    if found is None:
        return {"id": None, "subject": "", "fields": (), "message": ""}
    message = found.message if brand.is_open(now) else found.out_of_hours_message
    return {"id": found.id, "subject": found.subject, "fields": found.fields, "message": message}
