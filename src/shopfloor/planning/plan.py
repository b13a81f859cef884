"""The plan: which tasks, by whom, in what order; JSON in and out, and checked in code before it runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from shopfloor.agents.brand import TransferScenario
from shopfloor.agents.card import AgentCard, Half
from shopfloor.agents.outcome import Waiting
from shopfloor.agents.prompt_texts import Prompts
from shopfloor.agents.slots import Focus
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import AgentId
from shopfloor.language.gloss import Glossed
from shopfloor.language.languages import DEFAULT, Language
from shopfloor.language.wording import Wording
from shopfloor.models.contract import ModelMessage
from shopfloor.models.thinking import Thinking
from shopfloor.models.traced import Sink
from shopfloor.tools.contract import Tool, ToolArgs

MAX_TASKS = 6


class PlanPart(BaseModel):
    """Base of what a plan is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Prefetch(PlanPart):
    """A read that can be made before its task begins."""

    tool: str
    args: dict[str, JsonValue]


class Task(PlanPart):
    """One part of the request, for one agent."""

    id: str
    agent: AgentId
    skill: str
    task: Annotated[str, Field(max_length=8_200)]
    """The part of the request that it handles, in the customer's words."""
    arguments: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    """Values for the skill's slots."""
    depends_on: tuple[str, ...] = ()
    """Tasks that must have ended before."""
    status_line: Annotated[str, Field(min_length=1, max_length=300)]
    """What the customer sees while it runs."""
    prefetch: tuple[Prefetch, ...] = ()
    continues: str | None = None
    """The origin of the earlier task that this one goes on with; None for a new one."""
    answer: Literal["yes", "no"] | None = None
    """In a continued task, how the customer answered the question for their yes."""


class Plan(PlanPart):
    """What will be done about the messages of a turn."""

    tasks: Annotated[tuple[Task, ...], Field(min_length=1)]
    confidence: Annotated[float, Field(ge=0, le=1)]
    """The chance that these are the right agents."""
    reminds: bool = True
    """Whether a question that the message left unanswered is asked once more."""
    complexity: Annotated[float, Field(ge=0, le=1)] = 0.2
    """How hard it will be to answer."""
    made_by: Annotated[str, Field(exclude=True)] = ""
    """Who made it, where that is not the planner that was asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRequest:
    """What a planner reads."""

    message: str
    """The customer's new messages in English, as far as it is known, joined by line breaks."""
    cards: Sequence[AgentCard]
    """The agents it may choose."""
    waiting: Sequence[Waiting] = ()
    """Tasks that asked the customer something, the latest first."""
    postponed: Sequence[Task] = ()
    """Tasks that are to follow the waiting ones."""
    focus: Focus = field(default_factory=Focus)
    previous: Task | None = None
    """The last task of the turn before."""
    is_signed_in: bool = False
    wording: Wording = ()
    """The shop's own words, for status lines."""
    scenarios: Sequence[TransferScenario] = ()
    """When a person takes over, the first that applies before all others."""
    language: Language = DEFAULT
    """In which the customer writes."""
    gloss: Glossed | None = None
    """The new messages as the customer put them, beside their English; None in English."""
    history: tuple[ModelMessage, ...] = ()
    """The conversation as it was written, the new messages last; only a model reads it."""
    summarised: tuple[str, ...] = ()
    """The words before it, for which a summary stands; no model reads them."""
    thinking: Thinking | None = None
    """The models of the turn; None where none is set up."""
    hear: Sink | None = None
    """Is told of each call to a model."""
    fell_back: Callable[[str], None] | None = None
    """Is told why no model's plan stands, where one was asked."""
    prompts: Prompts | None = None
    """What a model is told; None where none is set up."""


class Planner(Protocol):
    """Makes plans."""

    @property
    def name(self) -> str:
        """Return what the journal calls it."""
        ...

    async def plan(self, request: PlanRequest) -> Plan:
        """Return a plan; it is validated by the caller."""
        ...


def problems(plan: Plan, cards: Sequence[AgentCard], half: Half, tools: Mapping[str, Tool[ToolArgs]]) -> list[str]:
    """Return what is wrong with a plan, in words that its planner can act on; empty for a plan that may run."""
    known = {card.id: card for card in cards}
    found: list[str] = []
    if len(plan.tasks) > MAX_TASKS:
        found.append(f"{len(plan.tasks)} tasks: at most {MAX_TASKS} are allowed")
    ids = [task.id for task in plan.tasks]
    found += [f"two tasks are called {one}" for one in sorted({one for one in ids if ids.count(one) > 1})]
    for task in plan.tasks:
        found += [f"task {task.id}: {problem}" for problem in _task_problems(task, known, half, tools, set(ids))]
    try:
        TopologicalSorter({task.id: task.depends_on for task in plan.tasks}).prepare()
    except CycleError:
        found.append("the tasks wait for each other in a circle")
    return found


def _task_problems(
    task: Task, known: Mapping[AgentId, AgentCard], half: Half, tools: Mapping[str, Tool[ToolArgs]], ids: set[str]
) -> list[str]:
    card = known.get(task.agent)
    if card is None or card.half != half:
        return [f"there is no agent called {task.agent}"]
    skill = card.skill(task.skill)
    if skill is None:
        return [f"{task.agent} has no skill called {task.skill}"]
    found = [f"it depends on {other}, which is no task" for other in task.depends_on if other not in ids]
    if task.continues is None:
        strange = [name for name in task.arguments if name not in skill.takes]
        found += [f"{task.skill} takes no argument called {name}" for name in strange]
    for call in task.prefetch:
        found += _prefetch_problems(call, card, tools)
    return found


def _prefetch_problems(call: Prefetch, card: AgentCard, tools: Mapping[str, Tool[ToolArgs]]) -> list[str]:
    tool = tools.get(call.tool)
    if tool is None or call.tool not in card.tools:
        return [f"{card.id} may not use {call.tool}"]
    if not tool.is_read:
        return [f"{call.tool} is not a read, so it cannot be prefetched"]
    try:
        tool.parse(call.args)
    except InvalidInput as error:
        return [str(error)]
    return []
