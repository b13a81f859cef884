"""Plans that need no planner: for what the shop itself says, and for words that only a person may answer."""

from collections.abc import Sequence

from pydantic import JsonValue

from shopfloor.agents.card import AgentCard
from shopfloor.agents.handoffs import AgentHandoffManager
from shopfloor.conversation.hearing import TICKET
from shopfloor.conversation.state import ChatState, Turn
from shopfloor.journal.events import SignalReceived
from shopfloor.kernel.errors import NotFound
from shopfloor.knowledge.contract import STAFF
from shopfloor.language.entities import entities
from shopfloor.planning.leaning import LOOKS_UP
from shopfloor.planning.plan import Plan, Task
from shopfloor.planning.route import DECLINE
from shopfloor.search.contract import Passage

IN_DANGER = "The customer may be in danger of hurting themselves: please read what they wrote at once."
UNREAD = "The customer writes in a language that the team does not read."

SURE = 0.75
"""The score of a passage from which on it is the shop's business after all."""
BY_PLAYBOOK: frozenset[str] = frozenset({"action_settled"})
"""Signals that no model words: what became of a request is said as it is."""


def unasked(signal: SignalReceived, cards: Sequence[AgentCard]) -> Plan:
    """Return the plan for a signal: the skill that its agent's card names for it."""
    card = next((card for card in cards if card.id == signal.agent), None)
    skill = card.skill(signal.skill) if card else None
    if card is None or skill is None:
        raise NotFound(f"{signal.agent} has no skill called {signal.skill} any more")
    task = Task(
        id="t1",
        agent=card.id,
        skill=skill.id,
        task=f"Tell the customer about {signal.kind}.",
        arguments={name: value for name, value in signal.arguments.items() if name in skill.takes},
        status_line=f"{card.name}: {skill.name}",
    )
    return Plan(tasks=(task,), confidence=1.0, reminds=False)


def looked_up(plan: Plan, cards: Sequence[AgentCard], request: str, best: Passage) -> Plan:
    """Return a plan that looks up a request which the best passage answers; any other plan as it is.

    That is what the planner took to be none of the shop's business, since what the merchant added may be about
    anything; and what the staff gave the answer to, whatever a planner makes of it.
    """
    card = next((card for card in cards if card.skill(LOOKS_UP)), None)
    skill = card.skill(LOOKS_UP) if card else None
    is_answered = best.source == STAFF and len(plan.tasks) == 1 and plan.tasks[0].continues is None
    if card is None or skill is None:
        return plan
    # Other agents call something else so, such as a no to a suggestion.
    is_declined = [(task.agent, task.skill) for task in plan.tasks] == [(card.id, DECLINE)] and best.score >= SURE
    if not (is_declined or is_answered):
        return plan
    [task] = plan.tasks
    status = skill.status if "{" not in skill.status else f"{card.name}..."
    asked = Task(id=task.id, agent=card.id, skill=skill.id, task=request, status_line=status)
    return plan.model_copy(update={"tasks": (asked,)})


def passed_on(
    contents: Sequence[str], state: ChatState, turn: Turn, cards: Sequence[AgentCard], reason: str = UNREAD
) -> Plan | None:
    """Return the plan for words that nobody here may answer: a person does. None where no agent can open a ticket.

    Where it asked for something already, it goes on with that; an e-mail address is read out of the words.
    """
    card = AgentHandoffManager(cards).last_resort(TICKET)
    skill = card.proposer(TICKET) if card else None
    if card is None or skill is None:
        return None
    waiting = next((one for one in state.answerable(turn.message_ids) if one.agent == card.id), None)
    content = "\n".join(contents)
    arguments: dict[str, JsonValue] = {"reason": reason} if "reason" in skill.takes else {}
    if waiting:
        arguments = dict(waiting.slots)
    emails = entities(content).emails
    if emails and "email" in skill.takes:
        arguments["email"] = emails[0]
    task = Task(
        id="t1",
        agent=card.id,
        skill=waiting.skill if waiting else skill.id,
        task=waiting.request if waiting else content,
        arguments=arguments,
        status_line=skill.status if "{" not in skill.status else f"{card.name}...",
        continues=waiting.origin if waiting else None,
    )
    return Plan(tasks=(task,), confidence=1.0, reminds=False)
