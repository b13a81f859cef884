"""The tables of profiles."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from shopfloor.database.base import Base, Instant
from shopfloor.profiles.contract import Origin
from shopfloor.shop.sql.rows import EffectColumns


class RememberedRow(Base):
    """One thing that is known of a customer."""

    __tablename__ = "profile_entries"

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    origin: Mapped[Origin] = mapped_column(String)
    conversation_id: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(Instant)


class ForgottenRow(Base):
    """When a key of a customer's was to be forgotten; `*` stands for all."""

    __tablename__ = "profile_forgotten"

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)


class ProfileEffectRow(EffectColumns, Base):
    """A write to a profile that was carried out, under its key; its digest goes when the profile is erased."""

    __tablename__ = "profile_effects"

    customer_id: Mapped[str] = mapped_column(index=True)
