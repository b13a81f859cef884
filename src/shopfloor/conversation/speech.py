"""What the agents say in a turn: checked sentence by sentence, released, and kept until its message is journaled."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from shopfloor.agents.brand import Brand
from shopfloor.conversation.grounding import Evidence
from shopfloor.conversation.guidance import Guidance
from shopfloor.conversation.live import Piece, Released
from shopfloor.conversation.state import ChatState, Turn
from shopfloor.identity.identity import Identity
from shopfloor.journal.events import EventData, MessageWritten, SentenceWithheld, Source, ToolCalled
from shopfloor.kernel.ids import IdSource, MessageId
from shopfloor.kernel.latest import Latest
from shopfloor.language.dates import local_day
from shopfloor.language.languages import Language
from shopfloor.language.writing import sentences_in
from shopfloor.planning.plan import Task

PARAGRAPH = "\n\n"


@dataclass(frozen=True, slots=True)
class _Saying:
    """What was released of a task and is not journaled yet."""

    message_id: MessageId
    text: str = ""
    sources: tuple[Source, ...] = ()


class Speech:
    """The words of one turn."""

    def __init__(
        self,
        turn: Turn,
        brand: Brand,
        evidence: Evidence,
        *,
        ids: IdSource,
        name: Callable[[Task], str],
        tell: Callable[[Piece], None],
    ) -> None:
        """Take the turn, the shop's settings, what is known, who a task's agent is by name, and who hears the words."""
        self._withheld: list[SentenceWithheld] = []
        self._turn = turn
        self._evidence = evidence
        heard = [message.content for message in turn.messages]
        self._guidance = Guidance(brand.guidelines, heard, brand.said(evidence.language), evidence.language)
        self._ids = ids
        self._name = name
        self._tell = tell
        self._said: dict[str, _Saying] = {}
        self._is_cut: set[str] = set()

    def learn(self, call: ToolCalled) -> None:
        """Take what a tool answered for true."""
        self._evidence.add(call.tool_output)

    def know(self, passages: Iterable[Mapping[str, JsonValue]]) -> None:
        """Take what the shop's pages say for true."""
        self._evidence.add_all(dict(passage) for passage in passages)

    def has_said(self, task: Task) -> bool:
        """Say whether any word of a task was released that is not journaled yet."""
        return task.id in self._said

    def is_cut(self, task: Task) -> bool:
        """Say whether a sentence of a task was kept back."""
        return task.id in self._is_cut

    def guide(self, place: str, task: Task, identity: Identity, scope: Callable[[Task], Mapping[str, object]]) -> None:
        """Say what the shop's guidelines have an agent say before or after its own words."""
        for guideline, text in self._guidance.words(place, task, identity, scope):
            self.say(task, text, Source(kind="guideline", id=guideline, agent=task.agent))

    def missing(self, sentence: str) -> tuple[str, ...]:
        """Return what a sentence states without evidence."""
        return self._evidence.missing(sentence)

    def say(self, task: Task, words: str, *sources: Source, goes_on: bool = False) -> None:
        """Release the sentences that the evidence bears out; keep the rest back.

        `goes_on` says that they stand in the paragraph of the words before them.
        """
        pieces = sentences_in(self._evidence.language, words)
        checked = "".join(sentence for sentence in pieces if self._may_say(task, sentence)).strip()
        if not checked:
            return
        saying = self._said.get(task.id) or _Saying(MessageId(self._ids.new("msg")))
        text = f"{' ' if goes_on else PARAGRAPH}{checked}" if saying.text else checked
        self._said[task.id] = replace(saying, text=saying.text + text, sources=(*saying.sources, *sources))
        released = Released(
            message_id=saying.message_id,
            task_id=task.id,
            agent=task.agent,
            agent_name=self._name(task),
            text=text,
        )
        self._tell(released)

    def withheld(self) -> list[SentenceWithheld]:
        """Return the sentences that were kept back, each once."""
        taken, self._withheld = self._withheld, []
        return taken

    def taken(self, task: Task) -> list[EventData]:
        """Return what is to be journaled of a task's words, once: what was kept back, and what was released."""
        saying = self._said.pop(task.id, None)
        if saying is None:
            return [*self.withheld()]
        message = MessageWritten(
            message_id=saying.message_id,
            role="assistant",
            content=saying.text,
            sources=saying.sources,
            turn_id=self._turn.id,
            task_id=task.id,
            agent=task.agent,
            agent_name=self._name(task),
        )
        return [*self.withheld(), message]

    def remark(self, content: str) -> MessageWritten:
        """Return a message of the shop itself, by none of its agents."""
        message_id = MessageId(self._ids.new("msg"))
        return MessageWritten(message_id=message_id, role="assistant", content=content, turn_id=self._turn.id)

    def withhold(self, task: Task, sentence: str, claims: tuple[str, ...]) -> None:
        """Keep a sentence back for what it states without evidence."""
        self._is_cut.add(task.id)
        withheld = SentenceWithheld(
            turn_id=self._turn.id,
            task_id=task.id,
            agent=task.agent,
            agent_name=self._name(task),
            sentence=sentence,
            claims=claims,
        )
        self._withheld.append(withheld)

    def _may_say(self, task: Task, sentence: str) -> bool:
        if missing := self._evidence.missing(sentence):
            self.withhold(task, sentence, missing)
        return not missing


_SETTINGS: Latest[dict[tuple[date, Language], Evidence]] = Latest()


def _stated(brand: Brand, now: datetime, language: Language) -> Evidence:
    """Return what a shop's settings state, read on a day; they hold for many turns."""
    zone = ZoneInfo(brand.zone)
    by_day = _SETTINGS.of(dict, brand)
    if (day := local_day(now, zone), language) not in by_day:
        by_day[day, language] = evidence = Evidence(now, zone, language)
        evidence.add(brand.model_dump(mode="json"))
    return by_day[day, language]


def known(state: ChatState, turn: Turn, brand: Brand, now: datetime) -> Evidence:
    """Return the evidence there is before any tool is called: the customer's words and the shop's own settings."""
    evidence = Evidence(now, ZoneInfo(brand.zone), state.language)
    for message in state.messages:
        if message.role == "user":
            evidence.hear(message.content)
    evidence.take(_stated(brand, now, state.language))
    evidence.add_all(call.tool_output for call in turn.tool_calls)
    if turn.signal:
        evidence.add(turn.signal.arguments)
    for waiting in (*turn.continued.values(), *state.overdue, *state.waiting.values()):
        evidence.add(waiting.slots)
        evidence.add(waiting.question)
    return evidence
