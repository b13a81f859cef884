"""The tables of identity."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from shopfloor.database.base import Base, Instant


class TryRow(Base):
    """A wrong try against a subject."""

    __tablename__ = "identity_tries"

    subject: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
