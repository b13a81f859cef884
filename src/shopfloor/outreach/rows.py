"""The tables of signals, of what came of them, and the outbox."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopfloor.database.base import Base, Instant, Json


class SignalRow(Base):
    """Something that happened."""

    __tablename__ = "signals"
    __table_args__ = (
        Index(
            "ix_signals_untaken",
            "received",
            sqlite_where=text("taken_at IS NULL"),
            postgresql_where=text("taken_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    received: Mapped[int] = mapped_column(unique=True)
    """Counted up over all signals."""
    kind: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    """When its outreaches were made; None before."""


class OutreachRow(Base):
    """One attempt to reach one customer about one signal."""

    __tablename__ = "outreaches"
    __table_args__ = (
        Index("ix_outreaches_open", "due_at", sqlite_where=text("is_open"), postgresql_where=text("is_open")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    signal_id: Mapped[str] = mapped_column(ForeignKey("signals.id"), index=True)
    agent: Mapped[str]
    skill: Mapped[str]
    purpose: Mapped[str]
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(index=True)
    """The e-mail address as it is compared."""
    customer_id: Mapped[str | None] = mapped_column(index=True)
    lead_id: Mapped[str | None]
    order_number: Mapped[str | None]
    asked_in: Mapped[str | None]
    """The conversation that the customer asked in; None where they did not."""
    wish: Mapped[str | None] = mapped_column(unique=True)
    """The lead that no other outreach may answer; None where it answers none, or did not in the end."""
    planned_for: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str]
    is_open: Mapped[bool]
    admitted_at: Mapped[datetime | None] = mapped_column(Instant)
    conversation_id: Mapped[str | None]
    decisions: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    signal: Mapped[SignalRow] = relationship(lazy="joined", innerjoin=True)


class OutboxRow(Base):
    """A message for later channels; its id is its outreach's, so that there is one for each."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_unsent",
            "created_at",
            sqlite_where=text("sent_at IS NULL"),
            postgresql_where=text("sent_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(ForeignKey("outreaches.id"), primary_key=True)
    email: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    conversation_id: Mapped[str]
    purpose: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)
    not_before: Mapped[datetime | None] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
