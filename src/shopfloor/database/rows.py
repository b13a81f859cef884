"""The tables of data that is kept with its earlier versions, and of what is true of the installation as a whole."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from shopfloor.database.base import Base, Instant, Json


class VersionRow(Base):
    """A value from one change to the next; the newest of its kind is in force."""

    __tablename__ = "versions"

    kind: Mapped[str] = mapped_column(primary_key=True)
    """Such as `settings`."""
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counted from 1 for each kind."""
    data: Mapped[dict[str, Any]] = mapped_column(Json)
    is_shipped: Mapped[bool]
    """Whether it is as the product brought it; such a value is renewed when the product is."""
    made_at: Mapped[datetime] = mapped_column(Instant)


class InstallationRow(Base):
    """Something that holds for the installation as a whole."""

    __tablename__ = "installation"

    name: Mapped[str] = mapped_column(primary_key=True)
    """Such as `secret_digest`."""
    value: Mapped[str]
