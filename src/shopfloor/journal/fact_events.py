"""The events by which all agents get to know something."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from shopfloor.journal.event_data import EventData, JsonObject


class FactSaid(BaseModel):
    """A fact as somebody says it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """Its kind and what it is about: `cover_days:SKU-1`."""
    version: int
    """The number that it has now; the same as before where it says nothing else."""
    value: JsonObject | None
    """None where it is taken back."""
    confidence: float
    expires_at: datetime | None


class FactsSaid(EventData):
    """An agent, a feed or a person let all agents know something."""

    TYPE = "FACTS"
    source: str
    facts: tuple[FactSaid, ...]
