"""The tables of agents."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from shopfloor.database.base import Base, Instant, Json


class CardRow(Base):
    """A card in force or switched off."""

    __tablename__ = "agent_cards"

    id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(unique=True)
    """Counted over all cards, so that the highest one tells whether any has changed."""
    card: Mapped[dict[str, Any]] = mapped_column(Json)
    digest: Mapped[str]
    is_shipped: Mapped[bool]
    """Whether it is as the product brought it; such a card is renewed when the product is."""
    is_enabled: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(Instant)
