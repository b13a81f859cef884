"""The tables of agents."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
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


class CardVersionRow(Base):
    """A card as it was from one change to the next; the newest is the one of `agent_cards`."""

    __tablename__ = "agent_card_versions"

    agent_id: Mapped[str] = mapped_column(ForeignKey("agent_cards.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    """Counted per agent from 1."""
    card: Mapped[dict[str, Any]] = mapped_column(Json)
    digest: Mapped[str]
    is_shipped: Mapped[bool]
    made_at: Mapped[datetime] = mapped_column(Instant)


class CardShipmentRow(Base):
    """Which product brought its cards last; there is one row at most."""

    __tablename__ = "agent_card_shipments"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mark: Mapped[str]
