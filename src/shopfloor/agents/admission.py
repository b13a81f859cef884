"""Whether a card fits the team it is to join: its tools, colleagues and names exist, and its steps use them rightly.

What is wrong with a card by itself, `AgentCard` says.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import cast

from shopfloor.agents.card import MAX_PARTS, AgentCard
from shopfloor.agents.playbook import GIVEN, Assign, Call, HandOff, Propose, Step
from shopfloor.agents.registry import taken_names
from shopfloor.kernel.errors import FieldProblem
from shopfloor.kernel.ids import AgentId
from shopfloor.tools.contract import Tool, ToolArgs
from shopfloor.topics.topics import shipped_topics

MAX_TEAM_EXAMPLES = 6_000
"""Of all agents: the planner learns from them in one go, in memory that grows with their square."""


class Admission:
    """What a card is held against."""

    def __init__(self, tools: Iterable[Tool[ToolArgs]], writes: Iterable[str], team: Sequence[AgentCard]) -> None:
        """Take all tools, which of them propose writes, and the cards of all agents, those switched off among them."""
        self._tools = {tool.name: tool for tool in tools}
        self._writes = frozenset(writes)
        self._team: Mapping[AgentId, AgentCard] = {card.id: card for card in team}

    def taken(self, agent: str, name: str, *, is_new: bool) -> list[FieldProblem]:
        """Return which of a card's id and name another agent has already."""
        found: list[FieldProblem] = []
        if is_new and agent in self._team:
            found.append(FieldProblem("id", f"there is an agent {agent} already: choose another id, or replace it"))
        if others := taken_names(agent, name, {one: other.name for one, other in self._team.items()}):
            found.append(FieldProblem("name", f"the agent {others[0]} has this name already: choose another"))
        return found

    def outline_problems(self, data: object, *, is_new: bool) -> list[FieldProblem]:
        """Return what does not fit of the outline of a card that cannot be read whole: id, name, tools, handoffs."""
        if not isinstance(data, dict):
            return []
        card = cast("dict[str, object]", data)
        agent, name = card.get("id"), card.get("name")
        tools, handoffs = card.get("tools"), card.get("handoffs")
        return [
            *self.taken(agent if isinstance(agent, str) else "", name if isinstance(name, str) else "", is_new=is_new),
            *self._unknown_tools(_texts(tools)),
            *self._unknown_colleagues(agent, card.get("half"), _texts(handoffs)),
        ]

    def problems(self, card: AgentCard) -> list[FieldProblem]:
        """Return what of a card does not fit, each with its field and a remedy."""
        colleagues = self._unknown_colleagues(card.id, card.half, card.handoffs)
        tools = [*self._unknown_tools(card.tools), *self._others_tools(card)]
        found = [*tools, *colleagues, *_shadows(card), *_unknown_topics(card)]
        for path, steps in card.parts().items():
            for place, step in enumerate(steps):
                found += self._of_step(card, step, f"{path}.{place}")
        others = sum(_examples(other) for agent, other in self._team.items() if agent != card.id)
        if others + _examples(card) > MAX_TEAM_EXAMPLES:
            found.append(
                FieldProblem("skills", f"with its examples the team has more than {MAX_TEAM_EXAMPLES:,}: take some out")
            )
        return found

    def _unknown_tools(self, tools: Sequence[str]) -> Iterator[FieldProblem]:
        for place, tool in enumerate(tools):
            if tool not in self._tools:
                yield FieldProblem(f"tools.{place}", f"there is no tool {tool}{_meant(tool, self._tools)}")

    def _others_tools(self, card: AgentCard) -> Iterator[FieldProblem]:
        for place, name in enumerate(card.tools):
            tool = self._tools.get(name)
            if tool is not None and tool.only_for and card.id not in tool.only_for:
                may = ", ".join(sorted(tool.only_for))
                yield FieldProblem(f"tools.{place}", f"{name} is for {may} only: leave it out")

    def _unknown_colleagues(self, own: object, half: object, handoffs: Sequence[str]) -> Iterator[FieldProblem]:
        for place, agent in enumerate(handoffs):
            colleague = self._team.get(AgentId(agent))
            field = f"handoffs.{place}"
            if agent == own:
                yield FieldProblem(field, "an agent cannot hand over to itself: use a fragment for what skills share")
            elif colleague is None:
                remedy = _meant(agent, self._team) or ": add that agent first"
                yield FieldProblem(field, f"there is no agent {agent}{remedy}")
            elif colleague.half != half:
                yield FieldProblem(field, f"{agent} works in the other half, {colleague.half}: leave it out")

    def _of_step(self, card: AgentCard, step: Step, path: str) -> list[FieldProblem]:
        match step:
            case Call() if step.call in self._writes:
                return [FieldProblem(f"{path}.call", f"{step.call} is a write: `propose` it")]
            case Propose() if step.propose in self._tools and step.propose not in self._writes:
                return [FieldProblem(f"{path}.propose", f"{step.propose} is no write: `call` it")]
            case Call():
                return self._args(step.call, step.args, path)
            case Propose():
                return self._args(step.propose, step.args, path)
            case HandOff():
                return self._handed(step, path)
            case Assign():
                unknown = [name for name in step.assign if name not in card.slots]
                return [
                    FieldProblem(f"{path}.set.{name}", "there is no such slot: add it to slots") for name in unknown
                ]
            case _:
                return []

    def _args(self, name: str, args: Mapping[str, str], path: str) -> list[FieldProblem]:
        tool = self._tools.get(name)
        if tool is None:
            return []
        known = tool.takes()
        takes = f"it takes {', '.join(known)}" if known else "it takes nothing"
        found = [
            FieldProblem(f"{path}.with.{arg}", f"{name} takes no {arg}: {takes}") for arg in args if arg not in known
        ]
        needed = [arg for arg, is_needed in known.items() if is_needed and arg not in args]
        return found + [FieldProblem(f"{path}.with", f"{name} needs {arg}: give it one") for arg in needed]

    def _handed(self, step: HandOff, path: str) -> list[FieldProblem]:
        colleague = self._team.get(AgentId(step.hand_off))
        if colleague is None:
            return []
        skill = colleague.skill(step.skill) if step.skill else colleague.skills[0]
        if skill is None:
            has = ", ".join(skill.id for skill in colleague.skills)
            return [FieldProblem(f"{path}.skill", f"{colleague.id} has no skill {step.skill}: it has {has}")]
        strange = [slot for slot in step.args if slot not in skill.takes]
        return [
            FieldProblem(f"{path}.with.{slot}", f"{colleague.id}'s skill {skill.id} takes no {slot}")
            for slot in strange
        ]


def _texts(value: object) -> list[str]:
    known = cast("list[object]", value) if isinstance(value, list) else []
    return [one for one in known if isinstance(one, str)] if len(known) <= MAX_PARTS else []


def _shadows(card: AgentCard) -> Iterator[FieldProblem]:
    """Find names of slots and results that would hide what every playbook is given, such as the customer."""
    for slot in card.slots:
        if slot in GIVEN:
            yield FieldProblem(f"slots.{slot}", "every playbook is given something of this name: choose another")
    for path, steps in card.parts().items():
        for place, step in enumerate(steps):
            if isinstance(step, Call | Propose) and (step.result in GIVEN or step.result in card.slots):
                yield FieldProblem(f"{path}.{place}.as", f"{step.result} is the name of something else: choose another")


def _meant(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f": is {close[0]} meant?" if close else ""


def _unknown_topics(card: AgentCard) -> Iterator[FieldProblem]:
    known = shipped_topics().header.shop
    for skill in card.skills:
        for topic in skill.topics:
            if topic not in known:
                near = "".join(f"; perhaps {one}" for one in get_close_matches(topic, known, 1))
                remedy = f"there is no topic {topic}{near}: `shopfloor agents topics` lists them"
                yield FieldProblem(f"skills.{skill.id}.topics", remedy)


def _examples(card: AgentCard) -> int:
    """Return how many examples a planner learns from at once: the English ones, with those of one other language."""
    others = (sum(map(len, translation.examples.values())) for translation in card.languages.values())
    return sum(len(skill.examples) for skill in card.skills) + max(others, default=0)
