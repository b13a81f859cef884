"""The tables of actions: projections of the journal, written in the transaction of the event that moved one."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from shopfloor.database.base import Base, Instant, Json

IS_LIVE = "state IN ('needs_approval', 'approved', 'confirmed', 'outcome_unknown')"
"""The rows of actions that are not at their end: SQLite's partial index serves only who asks in these very words."""


class ActionRow(Base):
    """An `ActionRecord`, field by field; its resources stand in rows of their own."""

    __tablename__ = "actions"
    __table_args__ = (
        Index("ix_actions_proposed_at_key", "proposed_at", "key"),
        Index("ix_actions_customer_id_moved_at", "customer_id", "moved_at"),
        Index("ix_actions_agent_moved_at", "agent", "moved_at"),
        Index("ix_actions_moved_at", "moved_at"),
        Index(
            "ix_actions_state",
            "state",
            "moved_at",
            sqlite_where=text(IS_LIVE),
            postgresql_where=text(IS_LIVE),
        ),
    )

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[str] = mapped_column(String(16), index=True)
    stream: Mapped[str] = mapped_column(Text, index=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(String(16))
    agent: Mapped[str]
    agent_name: Mapped[str]
    turn_id: Mapped[str | None] = mapped_column(index=True)
    task_id: Mapped[str | None]
    is_for_shop: Mapped[bool]
    customer_id: Mapped[str | None]
    order_numbers: Mapped[list[str]] = mapped_column(Json)
    staff: Mapped[str | None]
    args: Mapped[dict[str, JsonValue]] = mapped_column(Json)
    summary: Mapped[str] = mapped_column(Text)
    digest: Mapped[str]
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    rule: Mapped[str | None]
    reason: Mapped[str] = mapped_column(Text)
    inputs: Mapped[dict[str, JsonValue]] = mapped_column(Json)
    policy: Mapped[int | None]
    result: Mapped[JsonValue] = mapped_column(Json)
    before: Mapped[JsonValue] = mapped_column(Json)
    after: Mapped[JsonValue] = mapped_column(Json)
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    moved_at: Mapped[datetime] = mapped_column(Instant)
    executed_at: Mapped[datetime | None] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    undo_until: Mapped[datetime | None] = mapped_column(Instant)
    undoes: Mapped[str | None] = mapped_column(Text)
    undone_by: Mapped[str | None] = mapped_column(Text)


class ActionResourceRow(Base):
    """A resource that an action touches; `is_live` while the action can collide with another."""

    __tablename__ = "action_resources"
    __table_args__ = (Index("ix_action_resources_resource_is_live", "resource", "is_live"),)

    key: Mapped[str] = mapped_column(ForeignKey(ActionRow.key), primary_key=True)
    resource: Mapped[str] = mapped_column(Text, primary_key=True)
    is_live: Mapped[bool]


class ActionHoldRow(Base):
    """A resource that an admitted action keeps all others from, as long as it may get its effect."""

    __tablename__ = "action_holds"

    resource: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(ForeignKey(ActionRow.key), index=True)
