"""What the team knows: its sources, what is found in them, corrections of the staff, questions left open."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from shopfloor.http.access import Operator, Support, Viewer
from shopfloor.http.action_shapes import staff_of
from shopfloor.http.running import Here
from shopfloor.knowledge.contract import Correction, OpenKind, SourceKind
from shopfloor.knowledge.corrections import LONGEST_ANSWER, LONGEST_QUESTION

router = APIRouter(prefix="/v1/knowledge", tags=["knowledge"])

Text = Annotated[str, Query(alias="q", min_length=1, max_length=4_000, description="A question, in any words.")]
Limit = Annotated[int, Query(ge=1, le=50, description="How many passages.")]


class SourceShown(BaseModel):
    """Where pages come from."""

    name: str
    kind: SourceKind
    pages: int
    added_at: datetime
    refreshed_at: datetime
    report: dict[str, JsonValue]
    """What the last look at it came to."""


class SourcesShown(BaseModel):
    """All sources."""

    sources: list[SourceShown]


class PassageShown(BaseModel):
    """A piece of a page, or a correction."""

    source: str
    heading: str
    score: float
    text: str
    document_id: str
    title: str
    updated: str | None


class FoundShown(BaseModel):
    """What a question finds."""

    answerable: bool
    """Whether the first passage is given as its answer."""
    passages: list[PassageShown]


class NewCorrection(BaseModel):
    """What the right answer to a question is."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION)]
    answer: Annotated[str, Field(min_length=1, max_length=LONGEST_ANSWER)]


class CorrectionShown(BaseModel):
    """An answer of the staff."""

    id: str
    question: str
    answer: str
    made_at: datetime
    made_by: str


class CorrectionsShown(BaseModel):
    """The corrections that hold, the newest first."""

    corrections: list[CorrectionShown]


class QuestionShown(BaseModel):
    """A question without an answer, with those that are like it."""

    question: str
    kind: OpenKind
    """Whether no page has an answer, the shop no such product, or it was taken to be none of the shop's business."""
    count: int
    last_at: datetime
    also: list[str]


class QuestionsShown(BaseModel):
    """The questions without an answer, the most asked first."""

    questions: list[QuestionShown]


@router.get("/sources")
async def list_sources(_viewer: Viewer, here: Here) -> SourcesShown:
    """List where the team's knowledge comes from."""
    sources = await here.services.knowledge.sources.knowledge.sources()
    shown = [
        SourceShown(
            name=one.name,
            kind=one.kind,
            pages=one.documents,
            added_at=one.added_at,
            refreshed_at=one.refreshed_at,
            report=one.report,
        )
        for one in sources
    ]
    return SourcesShown(sources=shown)


@router.get("/search")
async def search_knowledge(_viewer: Viewer, here: Here, text: Text, limit: Limit = 3) -> FoundShown:
    """Show what the team finds to a question, and whether it answers it."""
    found = await here.services.knowledge.base.retrieve(text, limit=limit)
    passages = [
        PassageShown(
            source=one.source,
            heading=one.heading,
            score=one.score,
            text=one.text,
            document_id=one.document_id,
            title=one.title,
            updated=one.updated,
        )
        for one in found.passages
    ]
    return FoundShown(answerable=found.is_answerable, passages=passages)


@router.get("/corrections")
async def list_corrections(_viewer: Viewer, here: Here) -> CorrectionsShown:
    """List the corrections that hold."""
    return CorrectionsShown(corrections=[_shown(one) for one in await here.services.knowledge.corrections.all()])


@router.post("/corrections", status_code=201)
async def add_correction(new: NewCorrection, key: Operator, here: Here) -> CorrectionShown:
    """Say what the right answer to a question is; it goes before all pages at once."""
    made = await here.services.knowledge.corrections.add(new.question, new.answer, staff=staff_of(key).name)
    return _shown(made)


@router.delete("/corrections/{correction_id}", status_code=204)
async def withdraw_correction(correction_id: Annotated[str, Path(max_length=100)], key: Operator, here: Here) -> None:
    """Take a correction back; the pages answer again."""
    await here.services.knowledge.corrections.remove(correction_id, staff=staff_of(key).name)


@router.get("/questions")
async def list_questions(_support: Support, here: Here) -> QuestionsShown:
    """List the questions that customers had no answer to, in their own words, those alike together."""
    shown = [
        QuestionShown(question=one.question, kind=one.kind, count=one.count, last_at=one.last_at, also=list(one.also))
        for one in await here.services.knowledge.unanswered()
    ]
    return QuestionsShown(questions=shown)


def _shown(correction: Correction) -> CorrectionShown:
    return CorrectionShown(
        id=correction.id,
        question=correction.question,
        answer=correction.answer,
        made_at=correction.made_at,
        made_by=correction.made_by,
    )
