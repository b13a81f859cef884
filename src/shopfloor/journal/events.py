"""The events of a conversation, each a typed payload.

An event's `PERSONAL` fields hold a person's words or data: they are stored in a column of their own that can be erased
while the chain over the rest stays valid. Fields that end in `_id` are ids; `agent` is an agent's id, `agent_name` the
name that the customer's transcript and a model's prompt use for it.

While an installation is upgraded, processes of two versions read the same streams. The older one leaves out what it
does not know: types of events, and fields. So a new field has a default, and a new value of a `Literal` is a new type.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from shopfloor.journal.event_data import EventData, Json, JsonObject
from shopfloor.journal.fact_events import FactsSaid
from shopfloor.kernel.ids import AgentId, ConversationId, CustomerId, MessageId, OrderNumber, StreamId, TurnId
from shopfloor.language.languages import Language

TaskState = Literal["started", "done", "needs_input", "handed_off", "failed", "skipped"]
ActionState = Literal[
    "proposed",
    "declined",
    "needs_approval",
    "approved",
    "rejected",
    "expired",
    "confirmed",
    "executed",
    "refused",
    "outcome_unknown",
]
"""`proposed` waits for the customer's yes, `needs_approval` for the merchant's; `confirmed` was admitted."""
DECISIONS = frozenset({"approved", "rejected", "expired"})
"""What ends the wait for an approval; there is one for each wait."""
IdentityMethod = Literal["token", "order_and_email", "outreach"]
"""How: by the shop's token, by the guest check, or not at all, where the shop itself wrote to a customer it knows."""
Role = Literal["user", "assistant"]


class ConversationOpened(EventData):
    """A conversation begins."""

    TYPE = "CONVERSATION"
    conversation_id: ConversationId
    channel: str
    """Where the customer writes: `cli`, `web`, `mail`."""


class IdentityVerified(EventData):
    """The customer showed who they are."""

    TYPE = "IDENTITY"
    PERSONAL = frozenset({"name", "email"})
    method: IdentityMethod
    customer_id: CustomerId | None
    """The signed-in customer; None where only single orders were opened by the guest check."""
    order_numbers: tuple[OrderNumber, ...] = ()
    """The orders opened by the guest check."""
    name: str | None = None
    email: str | None = None


class ContextLoaded(EventData):
    """What every agent shall know and keep to: taken down when it first holds or has changed."""

    TYPE = "CONTEXT"
    version: str
    """Digest of the content."""
    brand: JsonObject
    """The shop's name, voice, refusal messages, guidelines, hours, transfer scenarios, as `agents.brand` has them."""
    cards: tuple[JsonObject, ...]
    """The collaborating agents: id, name, description, skills."""
    prompts: int | None = None
    """The version of the prompts that models are told from then on; None where no model is set up."""


class Source(BaseModel):
    """Where part of a reply comes from."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["product", "order", "document", "guideline", "profile"]
    id: str
    agent: AgentId


class MessageWritten(EventData):
    """Somebody said something."""

    TYPE = "MESSAGE"
    PERSONAL = frozenset({"content"})
    message_id: MessageId
    role: Role
    content: str
    sources: tuple[Source, ...] = ()
    """What of it stems from no tool, such as a guideline of the shop."""
    client_id: str | None = None
    """The sender's own id of the message, so that sending it again does not say it again; None for an assistant's."""
    turn_id: TurnId | None = None
    """The turn in which an assistant said it; None for a customer's message."""
    task_id: str | None = None
    agent: AgentId | None = None
    agent_name: str | None = None

    @property
    def unanswered(self) -> int:
        """Return 1 for a customer's message."""
        return 1 if self.role == "user" else 0

    @property
    def idempotency_key(self) -> str | None:
        """Return the sender's id of the message."""
        return f"message:{self.client_id}" if self.client_id else None


class SignalReceived(EventData):
    """Something happened outside that an agent shall tell the customer of, unasked."""

    TYPE = "SIGNAL"
    PERSONAL = frozenset({"arguments"})
    message_id: MessageId
    """What a turn answers it by, as if it were a message."""
    outreach_id: str
    """The attempt to reach this customer about this signal; there is one event for each."""
    kind: str
    """Such as `stock_returned`."""
    agent: AgentId
    skill: str
    arguments: JsonObject
    """Values for the skill's slots."""

    @property
    def unanswered(self) -> int:
        """Return 1: it waits for its turn like a message."""
        return 1

    @property
    def idempotency_key(self) -> str | None:
        """Return the attempt."""
        return f"outreach:{self.outreach_id}"


class TurnStarted(EventData):
    """The team turns to one or more messages, or to one signal."""

    TYPE = "TURN"
    turn_id: TurnId
    message_ids: tuple[MessageId, ...]


class LanguageChanged(EventData):
    """The customer writes in another language than before; a conversation begins in English."""

    TYPE = "LANGUAGE"
    turn_id: TurnId
    language: Language | None
    """What they are answered in from now on; None for a language that the team does not read."""


class MessageScreened(EventData):
    """Something in the customer's messages needs care; which rule says so."""

    TYPE = "SCREENING"
    turn_id: TurnId
    injection: str | None = None
    """They try to steer the team: no model reads them."""
    abuse: str | None = None
    """They insult or threaten people."""
    self_harm: str | None = None
    """Somebody may be in danger: a person takes over."""


class KnowledgeRetrieved(EventData):
    """General knowledge found for the turn."""

    TYPE = "KNOWLEDGE"
    turn_id: TurnId
    passages: tuple[JsonObject, ...]
    """Document id, title, heading, text and score of each, best first."""


class PlanMade(EventData):
    """A plan that passed validation."""

    TYPE = "PLAN"
    PERSONAL = frozenset({"plan"})
    turn_id: TurnId
    revision: int
    """0 for the turn's first plan, then counted up with each replan."""
    planner: str
    plan: JsonObject
    """A `planning.Plan` as JSON."""


class TaskStatus(EventData):
    """A task of the plan moves on."""

    TYPE = "TASK_STATUS"
    PERSONAL = frozenset({"text", "waiting", "reason"})
    turn_id: TurnId
    task_id: str
    agent: AgentId
    agent_name: str
    status: TaskState
    text: str = ""
    """What the customer sees: the status line when it starts, otherwise empty."""
    waiting: JsonObject | None = None
    """What the task waits for and all it needs to go on, as `agents.Waiting` has it; in `needs_input` only."""
    reason: str | None = None
    """Why it failed, was skipped or handed off."""


class ToolCalled(EventData):
    """A tool was called and answered."""

    TYPE = "TOOL_CALL"
    PERSONAL = frozenset({"tool_args", "tool_output", "error"})
    turn_id: TurnId
    task_id: str
    agent: AgentId
    agent_name: str
    tool_name: str
    tool_args: JsonObject
    tool_output: Json
    """The result; None where the call failed."""
    error: str | None = None
    sources: tuple[Source, ...] = ()
    """What the output was taken from."""
    prefetched: bool = False
    duration_ms: float


class ModelCalled(EventData):
    """A language model was asked, and what became of it; what was said stands in the messages."""

    TYPE = "MODEL_CALL"
    turn_id: TurnId
    task_id: str
    """Empty for the plan, and for a summary."""
    task_class: str
    tier: str
    """The one that answered; the asked one where none did."""
    provider: str
    model: str
    rung: int
    """How many models were asked in vain before."""
    outcome: str
    error: str = ""
    duration_ms: float
    input_tokens: int | None = None
    output_tokens: int | None = None
    nanos: int | None = None
    """What it cost, in billionths of a US dollar; None where no price is known."""


class FellBack(EventData):
    """No model did a task that was for one, so its playbook does; or none planned, so the rules' plan stands."""

    TYPE = "FALLBACK"
    PERSONAL = frozenset({"reason"})
    turn_id: TurnId
    task_id: str
    """Empty for a plan."""
    agent: AgentId
    """`planner` for a plan."""
    agent_name: str
    reason: str


class HandedOff(EventData):
    """An agent gave its task to another."""

    TYPE = "HANDOFF"
    PERSONAL = frozenset({"reason"})
    turn_id: TurnId
    task_id: str
    from_agent: AgentId
    to_agent: AgentId
    agent_name: str
    """The name of the agent that takes over."""
    reason: str


class ActionMoved(EventData):
    """An action was proposed, or went one step further."""

    TYPE = "ACTION"
    PERSONAL = frozenset({"args", "summary", "result", "digest", "inputs", "before", "after", "reason"})
    turn_id: TurnId | None = None
    """The turn of which plan it stems from; None where a person of the staff acted."""
    task_id: str | None = None
    agent: AgentId
    agent_name: str
    is_for_shop: bool = False
    """Whether it is for the shop itself; else it is for a customer or a guest."""
    customer_id: CustomerId | None = None
    """For whom; None for a guest and for the shop."""
    order_numbers: tuple[OrderNumber, ...] = ()
    """The orders that the guest for whom it is had opened."""
    staff: str | None = None
    """The person of the staff who proposed or decided; None where an agent or the customer did."""
    key: str
    """The idempotency key."""
    kind: str
    digest: str
    """Of kind, arguments and summary: what a customer's yes is bound to."""
    state: ActionState
    args: JsonObject
    summary: str
    """What will be done, as the customer reads it."""
    resources: tuple[str, ...] = ()
    """What it touches: `order:123`."""
    amount_minor: int | None = None
    """The money that it moves, in the currency's smallest unit; None where it moves none."""
    currency: str | None = None
    rule: str | None = None
    """The rule that decided; None where none had to."""
    reason: str = ""
    """Why, as a customer may read it."""
    inputs: JsonObject = Field(default_factory=dict[str, JsonValue])
    """What the verdict was made of: the facts that rules and limits were held against."""
    policy: int | None = None
    """The version of the policy that was in force; None where it was not asked."""
    result: Json = None
    before: Json = None
    """The kind's snapshot of the world just before the execution."""
    after: Json = None
    """The same just after it."""
    expires_at: datetime | None = None
    """Until when a wait for the merchant lasts."""
    undo_until: datetime | None = None
    """The last instant at which an executed action can be undone; None where no time limits it."""
    undoes: str | None = None
    """The key of the action that this one undoes."""
    waits_since: datetime | None = None
    """Of a decision: when the wait began that it ends. None in journals of products that knew one wait of an action."""
    is_silent: bool = False
    """Whether the customer whose action it undoes is not told of it."""

    @property
    def idempotency_key(self) -> str | None:
        """Return the wait for what ends it, with or without the merchant's approval: the first decision holds."""
        if self.state not in DECISIONS:
            return None
        return f"decision:{self.key}" if self.waits_since is None else f"decision:{self.waits_since}:{self.key}"


class SentenceWithheld(EventData):
    """A sentence was not released, since it said something that the turn's evidence does not hold."""

    TYPE = "GROUNDING"
    PERSONAL = frozenset({"sentence", "claims"})
    turn_id: TurnId
    task_id: str
    agent: AgentId
    agent_name: str
    sentence: str
    claims: tuple[str, ...]
    """The parts without evidence."""


class HistorySummarised(EventData):
    """The oldest messages were summarised for models to read; the messages themselves stay."""

    TYPE = "SUMMARY"
    PERSONAL = frozenset({"text"})
    turn_id: TurnId
    """The turn after which it was made."""
    up_to: int
    """The number of the last message that it stands for; it stands for all before as well."""
    text: str


class ReplyComposed(EventData):
    """A turn ends, with everything that was released in it."""

    TYPE = "REPLY"
    PERSONAL = frozenset({"content"})
    conversation_id: ConversationId
    turn_id: TurnId
    message_ids: tuple[MessageId, ...]
    """The messages that are answered by it."""
    content: str
    sources: tuple[Source, ...]
    outcome: Literal["answered", "stopped", "failed"] = "answered"

    @property
    def unanswered(self) -> int:
        """Return minus the number of messages answered."""
        return -len(self.message_ids)

    @property
    def idempotency_key(self) -> str | None:
        """Return the turn: it has one reply."""
        return f"reply:{self.turn_id}"


class PersonalErased(EventData):
    """What was personal in events before was erased: whoever holds a state of them folds it anew."""

    TYPE = "ERASED"
    events: int
    """How many held some."""
    up_to: int | None = None
    """The number of the last event that it is about; None where it is about all before."""
    actions: tuple[str, ...] = ()
    """The keys of the actions that it is about, and of them only; empty where it is about all events."""


class UnknownEvent(EventData):
    """What another version of this program wrote, of a type that this one does not know: it is passed over.

    It is only read, never written: while an installation is upgraded, processes of two versions share its streams.
    """

    TYPE = "UNKNOWN"
    type: str
    """What it is stored under."""
    fields: JsonObject


EVENT_TYPES: dict[str, type[EventData]] = {
    kind.TYPE: kind
    for kind in (
        ConversationOpened,
        IdentityVerified,
        ContextLoaded,
        MessageWritten,
        SignalReceived,
        TurnStarted,
        LanguageChanged,
        MessageScreened,
        KnowledgeRetrieved,
        PlanMade,
        TaskStatus,
        ToolCalled,
        ModelCalled,
        FellBack,
        HandedOff,
        ActionMoved,
        SentenceWithheld,
        HistorySummarised,
        ReplyComposed,
        FactsSaid,
        PersonalErased,
    )
}
"""All payloads by the name they are stored under."""


@dataclass(frozen=True, slots=True)
class Event:
    """A payload with its place and time."""

    stream: StreamId
    seq: int
    """Counted per stream from 1, without gaps."""
    at: datetime
    data: EventData

    def to_json(self) -> dict[str, JsonValue]:
        """Write the event as it is shown outside: `{seq, at, event_type, event_data}`."""
        data = self.data
        kind, fields = (
            (data.type, data.fields) if isinstance(data, UnknownEvent) else (data.TYPE, data.model_dump(mode="json"))
        )
        return {"seq": self.seq, "at": self.at.isoformat(), "event_type": kind, "event_data": fields}
