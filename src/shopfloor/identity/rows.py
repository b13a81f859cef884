"""The tables of identity."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from shopfloor.database.base import Base, Instant
from shopfloor.identity.keys import StaffRole


class TryRow(Base):
    """A wrong try against a subject."""

    __tablename__ = "identity_tries"

    subject: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)


class ApiKeyRow(Base):
    """An API key; of its secret only a digest."""

    __tablename__ = "identity_api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    role: Mapped[StaffRole] = mapped_column(String(16))
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
