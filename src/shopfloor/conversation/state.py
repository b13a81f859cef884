"""ChatState: the single source of truth of a conversation, folded from its events.

Only `apply` changes it, and `become` once something was erased.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import singledispatchmethod
from typing import cast

from pydantic import JsonValue

from shopfloor.actions.proposal import Admitted, Verdict
from shopfloor.agents.outcome import Waiting
from shopfloor.agents.prompts import summary_note
from shopfloor.agents.slots import Focus
from shopfloor.identity.identity import GUEST, Identity
from shopfloor.journal.events import (
    ActionMoved,
    ContextLoaded,
    ConversationOpened,
    Event,
    EventData,
    FellBack,
    HandedOff,
    HistorySummarised,
    IdentityVerified,
    KnowledgeRetrieved,
    LanguageChanged,
    MessageScreened,
    MessageWritten,
    ModelCalled,
    PersonalErased,
    PlanMade,
    ReplyComposed,
    SentenceWithheld,
    SignalReceived,
    Source,
    TaskState,
    TaskStatus,
    ToolCalled,
    TurnStarted,
    UnknownEvent,
)
from shopfloor.kernel.ids import ConversationId, MessageId, OrderNumber, ProductId, TurnId
from shopfloor.language.languages import DEFAULT, Language
from shopfloor.language.safety import screen
from shopfloor.models.contract import ModelMessage
from shopfloor.planning.plan import Plan, Task
from shopfloor.tools.contract import EarlierCall

LEFT_OUT = "(This message is left out.)"
"""What stands in a model's history for a message that it had better not read."""


@dataclass(slots=True, kw_only=True)
class Turn:
    """A turn under way."""

    id: TurnId
    message_ids: tuple[MessageId, ...]
    signal: SignalReceived | None = None
    """What the turn is about where no customer asked for it."""
    plan: Plan | None = None
    revision: int = -1
    """Of the newest plan; -1 before the first."""
    started_at: datetime
    settled: dict[str, TaskState] = field(default_factory=dict[str, TaskState])
    """How tasks ended, so that a turn taken up again after a crash does not run them twice."""
    tool_calls: list[ToolCalled] = field(default_factory=list[ToolCalled])
    messages: list[MessageWritten] = field(default_factory=list[MessageWritten])
    admitted: dict[str, Admitted] = field(default_factory=dict[str, Admitted])
    """The actions that were admitted and have no outcome yet, by key."""
    verdicts: dict[str, Verdict] = field(default_factory=dict[str, Verdict])
    """What came of those that were carried out, by key."""
    done: list[str] = field(default_factory=list[str])
    """Summaries of the actions that were carried out."""
    continued: dict[str, Waiting] = field(default_factory=dict[str, Waiting])
    """The waiting tasks that the plan goes on with, by origin."""


class ChatState:
    """One conversation; passed by reference, never copied."""

    def __init__(self) -> None:
        """Begin empty; everything comes by `apply`."""
        self.conversation_id = ConversationId("")
        self.seq = 0
        self.messages: list[MessageWritten] = []
        self.signals: list[SignalReceived] = []
        """Those without a turn yet."""
        self.events: list[Event] = []
        self.turn: Turn | None = None
        self.plan: Plan | None = None
        self.active_task: str | None = None
        self.identity: Identity = GUEST
        self.knowledge: tuple[Mapping[str, JsonValue], ...] = ()
        self.context: ContextLoaded | None = None
        self.waiting: dict[str, Waiting] = {}
        """Tasks that asked the customer something, by origin, the oldest first."""
        self.overdue: list[Waiting] = []
        """Those among them that the newest message did not answer."""
        self._asked: dict[str, int] = {}
        self._written: dict[MessageId, int] = {}
        self.postponed: list[Task] = []
        self.focus = Focus()
        self.previous: Task | None = None
        self.answered: set[MessageId] = set()
        self.is_opened = False
        self.language: Language = DEFAULT
        """What the customer is answered in."""
        self.is_foreign = False
        """Whether they write in a language that the team does not read."""
        self.summary = ""
        """Of the oldest messages, for models; empty where there is none."""
        self._summarised = 0
        self.vain_summaries = 0
        """How often none came about since the last one."""

    @property
    def brand(self) -> Mapping[str, JsonValue]:
        """Return the shop's settings as they were last taken down."""
        return self.context.brand if self.context else {}

    @property
    def cards(self) -> Sequence[Mapping[str, JsonValue]]:
        """Return the collaborating agents' cards as they were last taken down."""
        return self.context.cards if self.context else ()

    @property
    def unanswered(self) -> list[MessageWritten]:
        """Return the customer's messages without an answer, in order."""
        return [m for m in self.messages if m.role == "user" and m.message_id not in self.answered]

    @property
    def recent(self) -> Sequence[MessageWritten]:
        """Return the messages that no summary stands for."""
        return self.messages[self._summarised :]

    @property
    def summarised(self) -> tuple[str, ...]:
        """Return the words that a summary stands for; no model reads them, and what they name is known."""
        return tuple(message.content for message in self.messages[: self._summarised])

    def place_of(self, message: MessageWritten) -> int:
        """Return the number of the event of a message."""
        return self._written[message.message_id]

    def answerable(self, message_ids: Sequence[MessageId]) -> list[Waiting]:
        """Return the waiting tasks that messages can answer, the latest first: those that asked before all of them.

        A yes that was sent before its question could be read is none.
        """
        first = min((self._written[message] for message in message_ids), default=0)
        return [w for origin, w in reversed(self.waiting.items()) if self._asked[origin] < first]

    def apply(self, event: Event) -> None:
        """Take one more event in; events come in order and once."""
        if event.seq != self.seq + 1:
            raise ValueError(f"event {event.seq} cannot follow event {self.seq}")
        self.seq = event.seq
        self.events.append(event)
        self._take(event.data, event.at)

    def become(self, other: "ChatState") -> None:
        """Be another state from now on, whoever holds this one: the same conversation, folded after an erasure."""
        vars(self).update(vars(other))

    @singledispatchmethod
    def _take(self, data: EventData, _at: datetime) -> None:
        raise TypeError(f"no such event: {data.TYPE}")

    @_take.register
    def _(self, data: ConversationOpened, _at: datetime) -> None:
        self.conversation_id = data.conversation_id
        self.is_opened = True

    @_take.register
    def _(self, data: IdentityVerified, _at: datetime) -> None:
        self.identity = Identity(
            customer_id=data.customer_id,
            order_numbers=frozenset(data.order_numbers),
            name=data.name,
            email=data.email,
        )

    @_take.register
    def _(self, data: ContextLoaded, _at: datetime) -> None:
        self.context = data

    @_take.register
    def _(self, data: MessageWritten, _at: datetime) -> None:
        self.messages.append(data)
        self._written[data.message_id] = self.seq
        if self.turn and data.turn_id == self.turn.id:
            self.turn.messages.append(data)

    @_take.register
    def _(self, data: SignalReceived, _at: datetime) -> None:
        self.signals.append(data)

    @_take.register
    def _(self, data: TurnStarted, at: datetime) -> None:
        signal = next((signal for signal in self.signals if signal.message_id in data.message_ids), None)
        self.turn = Turn(id=data.turn_id, message_ids=data.message_ids, signal=signal, started_at=at)

    @_take.register
    def _(self, data: LanguageChanged, _at: datetime) -> None:
        self.language = data.language or DEFAULT
        self.is_foreign = data.language is None

    @_take.register
    def _(self, data: KnowledgeRetrieved, _at: datetime) -> None:
        self.knowledge = data.passages

    @_take.register
    def _(self, data: PlanMade, _at: datetime) -> None:
        if not data.plan:  # erased
            return
        self.plan = Plan.model_validate(data.plan, extra="ignore")
        if self.turn:
            self.turn.plan = self.plan
            self.turn.revision = data.revision
        if data.revision == 0 and self.turn and not self.turn.signal:  # a signal answers no question
            continued = {task.continues for task in self.plan.tasks}
            self.turn.continued = {origin: w for origin, w in self.waiting.items() if origin in continued}
            self.overdue = [w for origin, w in self.waiting.items() if origin not in continued]
            self.waiting = {}
            if self.turn.continued or not self.plan.reminds:
                self.postponed = []
            if not self.plan.reminds:
                self.overdue = []

    @_take.register
    def _(self, data: TaskStatus, _at: datetime) -> None:
        task = next((task for task in self.plan.tasks if task.id == data.task_id), None) if self.plan else None
        if data.status == "started":
            self.active_task = data.task_id
            return
        self.active_task = None
        if self.turn:
            self.turn.settled[data.task_id] = data.status
        if task and not (self.turn and self.turn.signal):
            self.previous = task
        if data.status == "needs_input" and data.waiting:
            waiting = Waiting.model_validate(data.waiting, extra="ignore")
            self.waiting[waiting.origin] = waiting
            self._asked[waiting.origin] = self.seq
        if data.status == "skipped" and task:
            self.postponed.append(task)

    @_take.register
    def _(self, data: ToolCalled, _at: datetime) -> None:
        if self.turn and data.turn_id == self.turn.id:
            self.turn.tool_calls.append(data)
        if isinstance(data.tool_output, dict):
            self.focus = _focus(self.focus, data.tool_args, data.tool_output)

    @_take.register
    def _(self, data: HandedOff, _at: datetime) -> None:
        self.active_task = None

    @_take.register
    def _(self, data: ActionMoved, _at: datetime) -> None:
        if self.turn is None or data.turn_id != self.turn.id:  # staff acted, or what waited for them goes on
            return
        if data.state == "confirmed":
            self.turn.admitted[data.key] = Admitted(args=data.args, summary=data.summary, digest=data.digest)
            return
        self.turn.admitted.pop(data.key, None)
        if data.state == "executed" or data.state == "outcome_unknown":
            self.turn.done.append(data.summary)
            self.turn.verdicts[data.key] = Verdict(
                state=data.state,
                digest=data.digest,
                args=data.args,
                summary=data.summary,
                rule=data.rule,
                result=data.result,
            )

    @_take.register
    def _(
        self, data: SentenceWithheld | FellBack | MessageScreened | PersonalErased | UnknownEvent, _at: datetime
    ) -> None:
        """Change nothing: it only stands in the log."""

    @_take.register
    def _(self, data: ModelCalled, _at: datetime) -> None:
        self.vain_summaries += data.task_class == "summary"

    @_take.register
    def _(self, data: HistorySummarised, _at: datetime) -> None:
        self.vain_summaries = 0
        if data.text:  # else it was erased, and so were the messages
            self.summary = data.text
            self._summarised = sum(self.place_of(message) <= data.up_to for message in self.messages)

    @_take.register
    def _(self, data: ReplyComposed, _at: datetime) -> None:
        self.answered.update(data.message_ids)
        self.signals = [signal for signal in self.signals if signal.message_id not in self.answered]
        self.turn = None
        self.active_task = None

    def earlier(self, tools: Collection[str]) -> list[EarlierCall]:
        """Return the answered calls of some tools, the newest first; those that were erased are gone."""
        calls: list[EarlierCall] = []
        turns = 0
        for event in reversed(self.events):
            match event.data:
                case TurnStarted():
                    turns += 1
                case ToolCalled(tool_name=name, tool_args=args, tool_output=dict(output)) if name in tools:
                    calls.append(EarlierCall(tool=name, args=args, output=output, turns_ago=turns))
                case _:
                    pass
        return calls

    def history(self, reader: str) -> tuple[ModelMessage, ...]:
        """Return the transcript for a model's next call.

        After an assistant's message that another agent than `reader` wrote stands a note on who it was. A customer's
        message that tries to steer the team is left out. Where the oldest were summarised, a note stands for them.
        """
        history: list[ModelMessage] = [summary_note(self.summary)] if self.summary else []
        for message in self.recent:
            is_steering = message.role == "user" and screen(message.content).injection
            content = LEFT_OUT if is_steering else message.content
            history.append(ModelMessage(role=message.role, content=content))
            if message.role == "assistant" and message.agent_name not in {None, reader}:
                note = f"[System Note] The assistant message above was authored by {message.agent_name}."
                history.append(ModelMessage(role="system", content=note))
        return tuple(history)

    def compose_reply(self, rest: Sequence[EventData] = ()) -> tuple[str, tuple[Source, ...]]:
        """Return the turn's unified reply, composed from its output events, and its sources.

        `rest` are the turn's events that are to be journaled together with the reply.
        """
        if self.turn is None:
            return "", ()
        messages = [*self.turn.messages, *(one for one in rest if isinstance(one, MessageWritten))]
        content = "\n\n".join(message.content for message in messages)
        told = (*self.turn.tool_calls, *(one for one in rest if isinstance(one, ToolCalled)), *messages)
        sources = dict.fromkeys(source for one in told for source in one.sources)
        return content, tuple(sources)


def fold(events: Sequence[Event]) -> ChatState:
    """Return the state that events lead to."""
    state = ChatState()
    for event in events:
        state.apply(event)
    return state


def _focus(focus: Focus, args: Mapping[str, JsonValue], output: Mapping[str, JsonValue]) -> Focus:
    """Return what a conversation is about once a tool has answered; the output's keys tell what it holds."""
    order = output.get("order")
    product = output.get("product")
    products = output.get("products")
    orders = output.get("orders")
    number, one, several, wish = focus.order_number, focus.product_id, focus.product_ids, focus.wish
    is_ordered = focus.is_ordered
    listed, prices, titles = focus.order_numbers, focus.prices, focus.order_titles
    if isinstance(order, dict):
        number = OrderNumber(str(order["number"]))
        if is_ordered or not several:
            lines = [cast("dict[str, JsonValue]", line) for line in cast("list[JsonValue]", order.get("lines") or [])]
            several, prices, is_ordered = tuple(ProductId(str(line["product_id"])) for line in lines), (), True
            one = several[0] if len(several) == 1 else None
    if isinstance(product, dict):
        one = ProductId(str(product["id"]))
    if isinstance(products, list) and products:
        rows = [cast("dict[str, JsonValue]", row) for row in products]
        several = tuple(ProductId(str(row.get("product_id", row.get("id")))) for row in rows)
        one, is_ordered = several[0] if len(several) == 1 else None, False
        prices = tuple(minor for row in rows if (minor := _price(row)) is not None)
        if "query" in args:
            refines = args.get("refines")
            wish = f"{refines}, {args['query']}" if refines else str(args["query"])
    if isinstance(orders, list) and orders:
        lines = [cast("dict[str, JsonValue]", line) for line in orders]
        listed = tuple(OrderNumber(str(line["number"])) for line in lines)
        titles = tuple(" ".join(cast("list[str]", line.get("titles") or [])) for line in lines)
    return Focus(
        order_number=number,
        order_numbers=listed,
        order_titles=titles,
        product_id=one,
        product_ids=several,
        is_ordered=is_ordered,
        prices=prices,
        wish=wish,
    )


def _price(row: Mapping[str, JsonValue]) -> int | None:
    """Return what a product that was shown costs in minor units: the variant found, or the cheapest."""
    variant = row.get("variant")
    price = variant.get("price") if isinstance(variant, dict) else row.get("price_from")
    minor = price.get("minor") if isinstance(price, dict) else None
    return minor if isinstance(minor, int) else None
