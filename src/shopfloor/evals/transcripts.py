"""Planning the last message of a labelled conversation without having it: by the planner alone, in memory.

What some other team said in between is no state of ours, so it is made of it: what was planned for the customer's
message before waits for an answer where that team asked for one.
"""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shopfloor.agents.brand import Brand
from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.handoffs import AgentHandoffManager
from shopfloor.agents.outcome import Waiting
from shopfloor.agents.playbook import Ask, Propose
from shopfloor.conversation.hearing import TICKET, read_in
from shopfloor.evals.figures import REFUSED
from shopfloor.evals.rows import Said
from shopfloor.language.detection import detect
from shopfloor.language.languages import DEFAULT
from shopfloor.language.text import sentences, words
from shopfloor.planning.plan import Plan, Planner, PlanRequest, Task
from shopfloor.planning.route import DECLINE

SHOP_TIME = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
"""When the demo shop is looked at, so that its orders are always the same."""
ASKS = re.compile(
    r"\?|\b(?:please|could you|can you|would you|i need you to|let me know)\b.*\b(?:confirm|provide|share|tell|specify|"
    r"let me know|choose|select|give|verify|send)\b|\bplease let me know\b",
    re.IGNORECASE | re.DOTALL,
)
"""With which a team asks its customer for something."""
ASKS_FOR = {
    "order_number": re.compile(r"\border (?:id|number|no)s?\b", re.IGNORECASE),
    "email": re.compile(r"\be-?mail\b", re.IGNORECASE),
    "address": re.compile(r"\baddress\b", re.IGNORECASE),
}
"""What is asked for, by the kind of slot that it fills."""
WANTS_A_YES = re.compile(
    r"\b(?:confirm|proceed|go ahead|would you like|do you want|shall i|is (?:this|that) (?:correct|right|ok))\b",
    re.IGNORECASE,
)

PLACED = 0.7
"""The confidence from which on a plan places a message."""
REFUSES = ("general_support", DECLINE)
"""The skill that declines what is not ours; another agent's of that name takes a customer's no."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Routed:
    """Who a message was given to, and how long that took."""

    agents: frozenset[str]
    took_ms: float
    confidence: float
    """The plan's; 1 where nobody reads the message's language."""


def agents_of(plan: Plan) -> frozenset[str]:
    """Return whom a plan gives its tasks to; what is declined is given to `refuse`."""
    return frozenset(REFUSED if (task.agent, task.skill) == REFUSES else str(task.agent) for task in plan.tasks)


class Transcripts:
    """Routes the last messages of conversations, as one planner with one set of cards does."""

    def __init__(self, planner: Planner, cards: Sequence[AgentCard], brand: Brand) -> None:
        """Take who plans, the agents it may choose, and the shop's settings."""
        self._planner = planner
        self._cards = cards
        self._brand = brand
        self._foreign = AgentHandoffManager(cards).last_resort(TICKET)

    async def route(self, messages: Sequence[Said]) -> Routed:
        """Return who the last message goes to; the time is that of planning it alone."""
        previous: Task | None = None
        asked = ""
        routed = Routed(agents=frozenset(), took_ms=0.0, confidence=0.0)
        for said in messages:
            if said.role == "assistant":
                asked = f"{asked}\n{said.content}" if asked else said.content
                continue
            task = await self._asking(asked) or previous
            waiting = self._waiting(task, asked) if task else ()
            begun = time.perf_counter()
            plan = await self._plan(said.content, waiting, previous)
            routed = Routed(
                agents=agents_of(plan) if plan else frozenset({str(self._foreign.id)} if self._foreign else set()),
                took_ms=(time.perf_counter() - begun) * 1000,
                confidence=plan.confidence if plan else 1.0,
            )
            previous, asked = self._next(previous, plan, is_asked=bool(waiting)), ""
        return routed

    async def _plan(self, content: str, waiting: Sequence[Waiting], previous: Task | None) -> Plan | None:
        """Return a plan, or None where nobody reads the message's language, so that it goes to a person."""
        language = detect(content, DEFAULT)
        if language is None:
            return None
        (read,) = await read_in([content], language)
        request = PlanRequest(
            message=read.english,
            cards=self._cards,
            waiting=waiting,
            previous=previous,
            is_signed_in=True,
            scenarios=self._brand.transfer_scenarios,
            language=language,
            gloss=None if language == DEFAULT else read,
        )
        return await self._planner.plan(request)

    async def _asking(self, asked: str) -> Task | None:
        """Return what a team's words ask a yes for, where they name it: `Shall I proceed with the return?`.

        A yes is asked for what an agent does rather than for what it tells.
        """
        last = _last_question(asked)
        if not asked or not WANTS_A_YES.search(last):
            return None
        plan = await self._plan(last, (), None)
        tasks = plan.tasks if plan and plan.confidence >= PLACED else ()
        named = [task for task in tasks if self._doing(task) == task]
        return named[0] if named else self._doing(tasks[0]) if tasks else None

    def _doing(self, task: Task) -> Task | None:
        """Return a task as one of its agent's that does something; None where the agent only tells."""
        card = next((card for card in self._cards if card.id == task.agent), None)
        doing = [skill.id for skill in card.skills if _is_doing(card, skill)] if card else []
        if task.skill in doing:
            return task
        return task.model_copy(update={"skill": doing[0], "arguments": {}}) if doing else None

    def _next(self, previous: Task | None, plan: Plan | None, *, is_asked: bool) -> Task | None:
        """Return what the next message may go on with: an answer that the planner cannot place changes nothing."""
        if plan is None or (previous and is_asked and plan.confidence < PLACED):
            return previous
        return plan.tasks[-1]

    def _waiting(self, task: Task, asked: str) -> Sequence[Waiting]:
        """Return the task before as one that waits, where the team's words ask for something."""
        skill = next(
            (skill for card in self._cards if card.id == task.agent and (skill := card.skill(task.skill))), None
        )
        card = next((card for card in self._cards if card.id == task.agent), None)
        if card is None or skill is None or not ASKS.search(asked):
            return ()
        slot = _slot(card, skill, asked)
        waiting = Waiting(
            agent=task.agent,
            skill=task.skill,
            request=task.task,
            slots=dict(task.arguments),
            said=(),
            slot=slot,
            question=asked,
            digest=None if slot else "asked",
            origin="before/t1/task",
            asked_at=SHOP_TIME,
        )
        return (waiting,)


def _slot(card: AgentCard, skill: Skill, asked: str) -> str | None:
    """Return which of a skill's slots is asked for; None for a yes, and where it is none that the skill has."""
    if WANTS_A_YES.search(last := _last_question(asked)):
        return None
    kinds: Mapping[str, str] = {card.slots[name].type: name for name in (*skill.takes, *skill.needs)}
    return next((kinds[kind] for kind, pattern in ASKS_FOR.items() if kind in kinds and pattern.search(last)), None)


def _last_question(asked: str) -> str:
    """Return the last sentence with which a team asks for something."""
    return next((one for one in reversed(list(sentences(asked))) if ASKS.search(one) and words(one)), asked)


def _is_doing(card: AgentCard, skill: Skill) -> bool:
    """Whether a skill changes something about an order, by itself or through a person."""
    is_about_orders = any(card.slots[name].type == "order_number" for name in skill.takes)
    steps = card.flat(skill.steps)
    asks = any(isinstance(step, Ask) and card.slots[step.ask].type == "yes_no" for step in steps)
    return is_about_orders and (asks or any(isinstance(step, Propose) for step in steps))
