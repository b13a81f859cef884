"""The rule planner over the demo shop's catalogue and the shipped cards, and requests to it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import yaml
from anyio import to_thread
from demo_app import contents
from pydantic import JsonValue

from shopfloor.agents.outcome import Waiting
from shopfloor.agents.registry import shipped_cards
from shopfloor.agents.slots import Focus, SlotReader
from shopfloor.kernel.ids import AgentId
from shopfloor.language.gloss import glossed
from shopfloor.language.languages import Language
from shopfloor.planning.background import shipped_background
from shopfloor.planning.plan import Plan, PlanRequest, Task
from shopfloor.planning.recognition import Recogniser
from shopfloor.planning.rules import RulePlanner
from shopfloor.search.products import CatalogueSearch

CARDS = shipped_cards()
SEARCH = CatalogueSearch(contents().products)
READER = SlotReader(SEARCH)
PLANNER = RulePlanner(SEARCH, {}, shipped_background())


@lru_cache(maxsize=1)
def recogniser() -> Recogniser:
    return Recogniser(CARDS, shipped_background(), SEARCH)


def request(
    message: str,
    *,
    waiting: Sequence[Waiting] = (),
    focus: Focus | None = None,
    previous: Task | None = None,
    postponed: Sequence[Task] = (),
) -> PlanRequest:
    return PlanRequest(
        message=message,
        cards=CARDS,
        waiting=waiting,
        focus=focus or Focus(),
        previous=previous,
        postponed=postponed,
        is_signed_in=True,
    )


async def plan(asked: PlanRequest) -> Plan:
    return await PLANNER.plan(asked)


async def request_in(language: Language, message: str) -> PlanRequest:
    """Return a request in another language, as it comes to the planner: beside its gloss."""
    gloss = await to_thread.run_sync(glossed, message, language)
    return PlanRequest(message=gloss.english, cards=CARDS, is_signed_in=True, language=language, gloss=gloss)


def skills(made: Plan) -> list[str]:
    """Return the skills of a plan in order; one that is asked for several times in a row counts once."""
    found = [f"{task.agent}/{task.skill}" for task in made.tasks]
    return [skill for place, skill in enumerate(found) if place == 0 or found[place - 1] != skill]


def asks(
    skill: str,
    slot: str | None,
    *,
    agent: str = "order_management",
    question: str = "Cancel order #141 over $119.71. Shall I cancel it?",
    slots: Mapping[str, JsonValue] | None = None,
) -> Waiting:
    """Return a task that waits: for a slot, or for a yes where that is None."""
    return Waiting(
        agent=AgentId(agent),
        skill=skill,
        request="what was asked before",
        slots={"order_number": "141"} if slots is None else dict(slots),
        said=(),
        slot=slot,
        question=question,
        digest=None if slot else "d",
        origin=f"{skill}-1",
        asked_at=datetime(2026, 11, 21, 15, tzinfo=UTC),
    )


def examples(name: str) -> list[tuple[str, list[str]]]:
    """Return the messages of a file beside this one, each with the skills that it asks for."""
    rows = yaml.safe_load((Path(__file__).parent / name).read_text("utf-8"))
    return [(row["says"], row["plan"]) for row in rows]
