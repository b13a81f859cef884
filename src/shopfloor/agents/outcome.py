"""What a specialist gives back: words as it goes, and in the end an outcome."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, JsonValue

from shopfloor.agents.card import Skill
from shopfloor.kernel.ids import AgentId
from shopfloor.language.languages import Language
from shopfloor.models.contract import ModelMessage
from shopfloor.models.traced import Sink
from shopfloor.tools.contract import ToolContext, Toolset


class Waiting(BaseModel):
    """A task that asked the customer something, with all that it needs to go on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: AgentId
    skill: str
    request: str
    """The part of the customer's message that the task is about."""
    slots: dict[str, JsonValue]
    said: tuple[str, ...]
    """The steps whose words the customer has read."""
    slot: str | None
    """What was asked for; None where it was a yes."""
    question: str
    digest: str | None = None
    """Of the action that the yes is for; None where a slot was asked for."""
    origin: str
    """Of the task, kept over its turns: what its writes' idempotency keys begin with."""
    asked_at: datetime
    is_reminder: bool = False
    """Whether the question was asked again after the customer had talked of something else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What a model has to know around its task; a playbook needs none of it."""

    history: tuple[ModelMessage, ...]
    """The conversation up to the messages that are answered, these among it."""
    reads: tuple[tuple[str, dict[str, JsonValue]], ...] = ()
    """Tools with arguments whose results are on their way already."""
    now: datetime
    language: Language
    """To answer in."""
    is_signed_in: bool
    passages: tuple[Mapping[str, JsonValue], ...] = ()
    """Of the shop's pages, found for the messages."""
    colleagues: tuple[str, ...] = ()
    """Who does the rest of the request, and what that is."""
    complexity: float = 0.5
    """Of the plan, from 0 to 1."""
    unproven: Callable[[str], tuple[str, ...]]
    """Returns what a sentence states that neither the conversation nor a tool of this task bears out."""
    hear: Sink
    """Is told of each call to a model."""
    fell_back: Callable[[str], None]
    """Is told why no model did the task, where none did."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentTask:
    """A task as its specialist gets it."""

    id: str
    skill: Skill
    request: str
    slots: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    said: frozenset[str] = frozenset()
    answer: Literal["yes", "no"] | None = None
    """How the customer answered the question for their yes; None where they did not."""
    digest: str | None = None
    """Of the action that they were asked about; None where they were not."""
    origin: str
    around: Surroundings | None = None
    """None where no model is set up."""


@dataclass(frozen=True, slots=True)
class Said:
    """Words for the customer: a paragraph or more, or the next words of the last one."""

    text: str
    goes_on: bool = False
    unproven: tuple[str, ...] = ()
    """What is stated in them without proof, so that they are kept back."""


@dataclass(frozen=True, slots=True)
class Done:
    """The task is done."""


@dataclass(frozen=True, slots=True)
class NeedsInput:
    """The task asked the customer something; the question was among its words."""

    waiting: Waiting


@dataclass(frozen=True, slots=True)
class HandedOff:
    """The task belongs to another agent."""

    to: AgentId
    skill: str | None
    reason: str
    slots: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    """What the colleague need not ask for any more."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The task could not be done."""

    reason: str


Outcome = Done | NeedsInput | HandedOff | Failed


class Specialist(Protocol):
    """Carries out tasks: by a playbook, or by a model."""

    def run(
        self, task: AgentTask, scope: dict[str, object], tools: Toolset, context: ToolContext
    ) -> AsyncIterator[Said | Outcome]:
        """Do a task inside its limits; words come as they are ready, the outcome last and once."""
        ...
