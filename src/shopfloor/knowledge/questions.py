"""Questions that the chat had no answer to, kept beside the journal and erased with its words."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Protocol, cast

from pydantic import JsonValue
from sqlalchemy import Connection, Table, delete, insert, select

from shopfloor.database.engine import Database
from shopfloor.journal.event_data import JsonObject
from shopfloor.journal.events import Event, EventData, PersonalErased, PlanMade, ToolCalled
from shopfloor.kernel.ids import StreamId
from shopfloor.knowledge.contract import OpenKind
from shopfloor.knowledge.rows import OpenQuestionRow
from shopfloor.language.safety import screen
from shopfloor.search.contract import KnowledgeRetriever
from shopfloor.search.likeness import Likeness

PAGES, PRODUCTS = "search_knowledge", "search_products"
"""The tools whose calls tell of them."""
DECLINE = ("general_support", "decline")
"""The agent and its skill that declines what is not the shop's business."""
LIKE = 0.5
"""From which likeness on two questions are one for whoever answers them."""
LOOKED_AT = 2_000
"""Questions, the newest, that are put together."""
QUESTIONS = cast("Table", OpenQuestionRow.__table__)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenQuestion:
    """A question that was asked once and had no answer then."""

    stream: StreamId
    seq: int
    """The number of the event that tells of it."""
    question: str
    kind: OpenKind
    at: datetime


FIELDS = [field.name for field in fields(OpenQuestion)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unanswered:
    """A question that is without an answer, with all that are like it."""

    question: str
    """As it was asked last."""
    kind: OpenKind
    """Why it had no answer then."""
    count: int
    last_at: datetime
    also: tuple[str, ...]
    """Other words in which it was asked, the newest first."""


class Questions(Protocol):
    """Keeps questions without an answer."""

    async def recent(self, limit: int = LOOKED_AT) -> Sequence[OpenQuestion]:
        """Return the newest, the newest first."""
        ...


class MemoryQuestions:
    """All questions that a `MemoryJournal` with this as one of its projections was told of."""

    def __init__(self) -> None:
        """Start with none."""
        self._questions: dict[tuple[StreamId, int], OpenQuestion] = {}

    def project(self, events: Sequence[Event]) -> None:
        """Follow events of one stream."""
        for event in events:
            if asked := _asked(event):
                self._questions[event.stream, event.seq] = asked
            elif isinstance(event.data, PersonalErased) and not event.data.actions:
                last = event.data.up_to if event.data.up_to is not None else event.seq
                for key in [key for key in self._questions if key[0] == event.stream and key[1] <= last]:
                    del self._questions[key]

    async def recent(self, limit: int = LOOKED_AT) -> Sequence[OpenQuestion]:
        """Return the newest, the newest first."""
        return sorted(self._questions.values(), key=lambda one: (one.at, one.seq), reverse=True)[:limit]


class SqlQuestions:
    """All questions that a `SqlJournal` with this as one of its projections was told of."""

    def __init__(self, database: Database) -> None:
        """Take the installation's database."""
        self._database = database

    def project(self, connection: Connection, events: Sequence[Event]) -> None:
        """Follow events of one stream, in the transaction that stores them."""
        for event in events:
            if asked := _asked(event):
                values = {name: getattr(asked, name) for name in FIELDS}
                connection.execute(insert(QUESTIONS), values)
            elif isinstance(event.data, PersonalErased) and not event.data.actions:
                last = event.data.up_to if event.data.up_to is not None else event.seq
                theirs = (QUESTIONS.c.stream == event.stream, QUESTIONS.c.seq <= last)
                connection.execute(delete(QUESTIONS).where(*theirs))

    async def recent(self, limit: int = LOOKED_AT) -> Sequence[OpenQuestion]:
        """Return the newest, the newest first."""
        newest = select(QUESTIONS).order_by(QUESTIONS.c.at.desc(), QUESTIONS.c.seq.desc()).limit(limit)

        def read(connection: Connection) -> list[OpenQuestion]:
            rows = connection.execute(newest).mappings()
            return [
                OpenQuestion(
                    stream=StreamId(row["stream"]),
                    seq=row["seq"],
                    question=row["question"],
                    kind=row["kind"],
                    at=row["at"],
                )
                for row in rows
            ]

        return await self._database.read_core(read)


async def unanswered(questions: Questions, retriever: KnowledgeRetriever) -> list[Unanswered]:
    """Return what is still without an answer, those alike together, the most asked first.

    What a correction or a page answers by now is none.
    """
    groups: dict[str, list[OpenQuestion]] = {}
    likeness = Likeness()
    for one in await questions.recent():
        nearest = likeness.nearest(one.question)
        name = nearest[0] if nearest and nearest[1] >= LIKE else one.question
        if name not in groups:
            likeness.add(name, name)
        groups.setdefault(name, []).append(one)
    found = [
        Unanswered(
            question=name,
            kind=asked[0].kind,
            count=len(asked),
            last_at=asked[0].at,
            also=tuple(dict.fromkeys(one.question for one in asked if one.question != name)),
        )
        for name, asked in groups.items()
        if not (await retriever.retrieve(name, limit=1)).is_answerable
    ]
    return sorted(found, key=lambda one: (-one.count, -one.last_at.timestamp()))


def _asked(event: Event) -> OpenQuestion | None:
    """Return the question that an event leaves open; None where it leaves none."""
    said: tuple[tuple[JsonValue, OpenKind], ...] = (
        (_not_found(event.data), "not_found"),
        (_no_product(event.data), "no_product"),
        (_declined(event.data), "declined"),
    )
    for question, kind in said:
        if isinstance(question, str) and question and not screen(question).injection:
            return OpenQuestion(stream=event.stream, seq=event.seq, question=question, kind=kind, at=event.at)
    return None


def _not_found(data: EventData) -> JsonValue:
    """Return the question to which no page has an answer."""
    called = _called(data, PAGES, "unknown")
    return called.tool_args.get("question") if called else None


def _no_product(data: EventData) -> JsonValue:
    """Return the wish that the shop has nothing for, whatever was said before and whatever its customer avoids."""
    called = _called(data, PRODUCTS, "none")
    if called is None or called.tool_args.get("refines") or "left_out" in cast("JsonObject", called.tool_output):
        return None
    return called.tool_args.get("query")


def _called(data: EventData, tool: str, outcome: str) -> ToolCalled | None:
    """Return the call of a tool that came out so; None where it is none."""
    if not isinstance(data, ToolCalled) or data.tool_name != tool or not isinstance(data.tool_output, dict):
        return None
    return data if cast("JsonObject", data.tool_output).get("outcome") == outcome else None


def _declined(data: EventData) -> str | None:
    """Return what a first plan declines as a whole."""
    if not isinstance(data, PlanMade) or data.revision:
        return None
    tasks = cast("list[dict[str, JsonValue]]", data.plan.get("tasks") or [])
    is_declined = [(one.get("agent"), one.get("skill")) for one in tasks] == [DECLINE]
    return str(tasks[0].get("task") or "") or None if is_declined else None
