"""The tables of facts."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shopfloor.database.base import Base, Instant, Json

NAME = String().with_variant(String(collation="C"), "postgresql")


class FactRow(Base):
    """A fact as it stands."""

    __tablename__ = "facts"
    __table_args__ = (Index("ix_facts_number_name", "number", "name"),)

    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    kind: Mapped[str] = mapped_column(index=True)
    version: Mapped[int]
    value: Mapped[dict[str, JsonValue] | None] = mapped_column(Json)
    source: Mapped[str]
    confidence: Mapped[float]
    at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    number: Mapped[int] = mapped_column(BigInteger)
    """Of its last change, as `database.changes` reads it."""


class FactVersionRow(Base):
    """A fact as it was said when it was new."""

    __tablename__ = "fact_versions"

    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[dict[str, JsonValue] | None] = mapped_column(Json)
    source: Mapped[str]
    confidence: Mapped[float]
    at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
