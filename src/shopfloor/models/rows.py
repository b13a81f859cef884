"""The tables of the models."""

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from shopfloor.database.base import Base, Instant


class ModelCallRow(Base):
    """A call to a model; it holds no words of anybody."""

    __tablename__ = "model_calls"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    task_class: Mapped[str] = mapped_column(String(32))
    asked_tier: Mapped[str] = mapped_column(String(16))
    tier: Mapped[str] = mapped_column(String(16))
    provider: Mapped[str]
    model: Mapped[str]
    answered_by: Mapped[str]
    rung: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(16))
    error: Mapped[str]
    first_text_us: Mapped[int | None] = mapped_column(BigInteger)
    total_us: Mapped[int] = mapped_column(BigInteger)
    input_tokens: Mapped[int | None] = mapped_column(BigInteger)
    """None where nothing was answered, and then so are the three that follow."""
    output_tokens: Mapped[int | None] = mapped_column(BigInteger)
    cached_tokens: Mapped[int | None] = mapped_column(BigInteger)
    cache_write_tokens: Mapped[int | None] = mapped_column(BigInteger)
    is_estimated: Mapped[bool]
    nanos: Mapped[int | None] = mapped_column(BigInteger)
    power_nanos: Mapped[int | None] = mapped_column(BigInteger)


class ModelSpendingRow(Base):
    """What a payer used in a day."""

    __tablename__ = "model_spending"

    payer: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    """As ISO 8601 writes it."""
    tokens: Mapped[int] = mapped_column(BigInteger)
    nanos: Mapped[int] = mapped_column(BigInteger)
