"""What was done to the records of persons, in a stream of its own: exported, erased, or removed since they were old.

So is what changed in what the team knows. These events hold ids and counts, and nothing personal, so they stay.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field

from shopfloor.journal.events import EventData
from shopfloor.kernel.ids import CustomerId, StreamId

RECORDS = StreamId("records")
"""The stream that they are in."""


class CustomerExported(EventData):
    """All that is held of a customer was given out."""

    TYPE = "EXPORT"
    customer_id: CustomerId | None
    """None for a guest."""
    staff: str | None
    """The API key that asked for it, by its id; None on the command line."""
    conversations: int


class CustomerErased(EventData):
    """What is held of a customer is about to be erased, or was."""

    TYPE = "ERASURE"
    customer_id: CustomerId | None
    """None for a guest."""
    staff: str | None
    """The API key that asked for it, by its id; None on the command line."""
    state: Literal["begun", "done", "open"]
    """`open` where conversations are left that wait for something."""
    counts: Mapping[str, int] = Field(default_factory=dict[str, int])
    """How many were erased, by what they are; empty before."""


class RetentionApplied(EventData):
    """What was older than the settings keep it was erased or removed."""

    TYPE = "RETENTION"
    kind: Literal["conversations", "staff_actions", "outreaches", "model_calls"]
    before: datetime
    """What had not moved since then."""
    count: int
    kept: int = 0
    """How many of that age stay, since something in them is open."""


class KnowledgeChanged(EventData):
    """What the team knows was changed: pages of a source, or a correction of the staff."""

    TYPE = "KNOWLEDGE_CHANGE"
    what: Literal["taken", "removed", "corrected", "withdrawn"]
    subject: str
    """The source's name, or the correction's id."""
    staff: str | None
    """Who did it, by name; None where a schedule did."""
    pages: int = 0
    """How many the source has now, or had."""


RECORD_TYPES: dict[str, type[EventData]] = {
    kind.TYPE: kind for kind in (CustomerExported, CustomerErased, RetentionApplied, KnowledgeChanged)
}
"""All of them by the name they are stored under."""
