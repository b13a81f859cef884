"""How well knowledge is found: questions with the pages that answer them, and questions that nothing there answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shopfloor.kernel.errors import InvalidInput
from shopfloor.search.contract import KnowledgeRetriever, Passage

AMONG = 3
"""Passages that are looked at."""


class Answer(BaseModel):
    """A section that answers a question."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    page: str
    """The document's id."""
    heading: str | None = None
    """Its heading; None where any of the page's does."""


class Question(BaseModel):
    """A line of a file of questions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str = Field(min_length=1)
    answers: tuple[Answer, ...]
    """Sections, any of which answers it; none where nothing does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Missed:
    """A question that was not answered as it should be."""

    question: str
    found: tuple[str, ...]
    """The passages that were found, each as page and heading."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """How well questions were answered, as shares from 0 to 1; None where none were asked."""

    answerable: int
    unanswerable: int
    hit_page: float | None
    """With a passage of a page that answers it among the first three."""
    hit_section: float | None
    """With a section that does."""
    said_answerable: float | None
    """Of those with an answer, how many were taken to have one."""
    recognised: float | None
    """Of those without, how many were taken to have none."""
    missed: tuple[Missed, ...]


def read_questions(text: str, where: str) -> list[Question]:
    """Read questions from JSON lines.

    Raises:
        InvalidInput: naming the file and the line that is wrong.
    """
    questions: list[Question] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            questions.append(Question.model_validate(json.loads(line)))
        except (ValueError, ValidationError) as error:
            wanted = '{"question": "...", "answers": [{"page": "...", "heading": "..."}]}'
            raise InvalidInput(f"{where}, line {number} is no question: write {wanted}") from error
    if not questions:
        raise InvalidInput(f"{where} holds no questions")
    return questions


async def judge(questions: Sequence[Question], retriever: KnowledgeRetriever) -> Found:
    """Ask all questions and return how well they were answered."""
    pages = sections = said = recognised = 0
    missed: list[Missed] = []
    for one in questions:
        found = await retriever.retrieve(one.question, limit=AMONG)
        has_page = any(_is_of(passage, answer) for passage in found.passages for answer in one.answers)
        has_section = any(_is_in(passage, answer) for passage in found.passages for answer in one.answers)
        pages, sections = pages + has_page, sections + has_section
        said += bool(one.answers) and found.is_answerable
        recognised += not one.answers and not found.is_answerable
        if not has_page if one.answers else found.is_answerable:
            named = tuple(f"{passage.document_id}: {passage.heading}" for passage in found.passages)
            missed.append(Missed(question=one.question, found=named))
    answerable = sum(bool(one.answers) for one in questions)
    return Found(
        answerable=answerable,
        unanswerable=len(questions) - answerable,
        hit_page=_share(pages, answerable),
        hit_section=_share(sections, answerable),
        said_answerable=_share(said, answerable),
        recognised=_share(recognised, len(questions) - answerable),
        missed=tuple(missed),
    )


def _is_of(passage: Passage, answer: Answer) -> bool:
    return answer.page in {passage.document_id, passage.source}


def _is_in(passage: Passage, answer: Answer) -> bool:
    return _is_of(passage, answer) and answer.heading in {None, passage.heading}


def _share(count: int, of: int) -> float | None:
    return round(count / of, 4) if of else None
