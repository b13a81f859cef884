"""The journal's tables: a row for each stream, which numbers and chains hang on, and a row for each event."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from shopfloor.database.base import Base, Instant


class StreamRow(Base):
    """A stream's end. Its lock makes appends to the stream queue."""

    __tablename__ = "journal_streams"
    __table_args__ = (
        Index(
            "ix_journal_streams_waiting_since",
            "waiting_since",
            sqlite_where=text("waiting_since IS NOT NULL"),
            postgresql_where=text("waiting_since IS NOT NULL"),
        ),
    )

    stream: Mapped[str] = mapped_column(Text, primary_key=True)
    last_seq: Mapped[int]
    head: Mapped[str] = mapped_column(String(64))
    """The chain of the last event; empty before the first."""
    unanswered: Mapped[int]
    waiting_since: Mapped[datetime | None] = mapped_column(Instant)


IS_IDENTITY = "type = 'IDENTITY'"
"""The rows that say who a customer is: a partial index serves only who asks in these words."""


class EventRow(Base):
    """A `chain.Entry`, field by field."""

    __tablename__ = "journal_events"
    __table_args__ = (
        Index("ix_journal_events_at", "at"),
        Index(
            "ix_journal_events_identity",
            "stream",
            "seq",
            sqlite_where=text(IS_IDENTITY),
            postgresql_where=text(IS_IDENTITY),
        ),
        Index(
            "uq_journal_events_idempotency_key",
            "stream",
            "idempotency_key",
            unique=True,
            sqlite_where=text("idempotency_key IS NOT NULL"),
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
    )

    stream: Mapped[str] = mapped_column(ForeignKey("journal_streams.stream"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    type: Mapped[str] = mapped_column(String(32))
    header: Mapped[str] = mapped_column(Text)
    personal: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    personal_digest: Mapped[str | None] = mapped_column(String(64))
    idempotency_key: Mapped[str | None] = mapped_column(String(64))
    chain: Mapped[str] = mapped_column(String(64))
