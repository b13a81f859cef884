"""The tables of knowledge."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from shopfloor.database.base import Base, Instant, Json
from shopfloor.knowledge.contract import OpenKind, SourceKind


class KnowledgeSourceRow(Base):
    """Where pages come from."""

    __tablename__ = "knowledge_sources"

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[SourceKind] = mapped_column(String)
    added_at: Mapped[datetime] = mapped_column(Instant)
    refreshed_at: Mapped[datetime] = mapped_column(Instant)
    most_pages: Mapped[int]
    allows_private: Mapped[bool]
    report: Mapped[dict[str, JsonValue]] = mapped_column(Json)


class KnowledgePageRow(Base):
    """A page of a source."""

    __tablename__ = "knowledge_pages"

    id: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(ForeignKey(KnowledgeSourceRow.name), index=True)
    place: Mapped[str]
    title: Mapped[str]
    topic: Mapped[str]
    language: Mapped[str]
    updated: Mapped[str | None]
    origin: Mapped[str]
    """What passages name as their source."""
    text: Mapped[str]
    digest: Mapped[str]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    links: Mapped[list[str]] = mapped_column(Json)
    fetched_at: Mapped[datetime] = mapped_column(Instant)


class CorrectionRow(Base):
    """An answer of the staff."""

    __tablename__ = "knowledge_corrections"

    id: Mapped[str] = mapped_column(primary_key=True)
    question: Mapped[str]
    answer: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[str]


class OpenQuestionRow(Base):
    """A question that the chat had no answer to; it goes with the words of its conversation."""

    __tablename__ = "knowledge_questions"

    stream: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    question: Mapped[str]
    kind: Mapped[OpenKind] = mapped_column(String)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
