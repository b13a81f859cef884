"""Tools and toolsets.

A toolset is a few tools under one roof; what cuts across them (permission, prefetching, limits, tracing, the gate) is a
wrapper of the same type. Who the customer is comes with the context, from code; no tool takes it as an argument.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from shopfloor.actions.proposal import Admitted, Consent, Verdict
from shopfloor.identity.identity import Identity
from shopfloor.journal.events import EventData, Source
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import AgentId, ConversationId, TurnId
from shopfloor.models.contract import ToolSpec
from shopfloor.profiles.profile import NOBODYS, Profile


class ToolArgs(BaseModel):
    """Base of a tool's arguments."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, str_max_length=4_000)


class NoArgs(ToolArgs):
    """Of a tool that takes none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlierCall:
    """A call that was made before in the conversation, and answered."""

    tool: str
    args: dict[str, JsonValue]
    output: dict[str, JsonValue]
    turns_ago: int
    """0 for the turn under way."""


class Session(Protocol):
    """The conversation that a tool works for, as far as tools may know it."""

    @property
    def conversation_id(self) -> ConversationId:
        """Return the conversation's id."""
        ...

    @property
    def identity(self) -> Identity:
        """Return what the customer has shown up to now."""
        ...

    def earlier(self, *tools: str) -> Sequence[EarlierCall]:
        """Return the calls of some tools that the conversation's journal holds, the newest first."""
        ...

    async def record(self, event: EventData) -> None:
        """Journal an event at once."""
        ...


Rerank = Callable[[str, Sequence[str]], Awaitable[Sequence[int]]]
"""Takes what somebody looks for and what was found, and returns the places of the texts found, the best first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolContext:
    """For whom, where and when a tool is called; made by code only."""

    session: Session
    turn_id: TurnId
    task_id: str
    agent: AgentId
    agent_name: str
    origin: str
    """Of the task that a write stems from: the first part of its idempotency key."""
    now: datetime
    consent: Consent | None = None
    """The customer's yes, if the message of this turn was one."""
    profile: Profile = NOBODYS
    """What is remembered of the signed-in customer, as the turn began."""
    rerank: Rerank | None = None
    """Has a model put what was found in order; None where none shall."""
    admitted: Mapping[str, Admitted] = field(default_factory=dict[str, Admitted])
    """The actions that were admitted but whose outcome was not recorded, by key."""
    settled: Mapping[str, Verdict] = field(default_factory=dict[str, Verdict])
    """What came of the actions that were carried out earlier in the turn, before a crash, by key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolResult:
    """What a tool answered."""

    output: dict[str, JsonValue]
    """Always with an `outcome`, a word that playbooks and models can branch on."""
    sources: tuple[Source, ...] = ()
    """What the output was taken from."""


A = TypeVar("A", bound=ToolArgs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tool(Generic[A]):
    """One thing an agent can do."""

    name: str
    description: str
    args: type[A]
    run: Callable[[A, ToolContext], Awaitable[ToolResult]]
    is_read: bool = True
    """Whether it only looks: such a call may be made ahead of need, or twice."""
    inverse: str | None = None
    """Of a write, the one that undoes it."""
    only_for: frozenset[AgentId] = frozenset()
    """The agents that may have it; empty for each whose card names it."""

    def spec(self) -> ToolSpec:
        """Return the tool as a model sees it."""
        return ToolSpec(name=self.name, description=self.description, parameters=_parameters(self.args))

    def takes(self) -> Mapping[str, bool]:
        """Return the arguments by name, each with whether it must be given."""
        return {name: field.is_required() for name, field in self.args.model_fields.items()}

    def parse(self, args: Mapping[str, JsonValue]) -> A:
        """Read arguments.

        Raises:
            InvalidInput: naming each argument that does not fit.
        """
        try:
            return self.args.model_validate(dict(args))
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise InvalidInput(f"{self.name}: {problems}") from error


@cache
def _parameters(args: type[ToolArgs]) -> dict[str, JsonValue]:
    """Return the JSON Schema of arguments; making one takes longer than all else about a call to a model."""
    return args.model_json_schema()


class Toolset(Protocol):
    """Some tools."""

    def tools(self) -> Sequence[Tool[ToolArgs]]:
        """Return the tools, in a stable order."""
        ...

    async def call(self, name: str, args: Mapping[str, JsonValue], context: ToolContext) -> ToolResult:
        """Call a tool.

        Raises:
            NotFound: no such tool here.
            InvalidInput: the arguments do not fit.
            Unavailable: it did not answer, or not in time.
        """
        ...
