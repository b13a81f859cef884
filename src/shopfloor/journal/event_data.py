"""What every event's payload is."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, GetPydanticSchema, JsonValue
from pydantic_core import core_schema

JsonObject = Annotated[dict[str, JsonValue], GetPydanticSchema(lambda _source, _handler: core_schema.dict_schema())]
"""A JSON object that is not checked part by part: an event is checked whole where it is stored, by reading it back."""
Json = Annotated[JsonValue, GetPydanticSchema(lambda _source, _handler: core_schema.any_schema())]
"""Any JSON value, likewise."""


class EventData(BaseModel):
    """Base of all payloads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    TYPE: ClassVar[str]
    PERSONAL: ClassVar[frozenset[str]] = frozenset()

    @property
    def unanswered(self) -> int:
        """Return by how much this event changes the number of messages that wait for an answer."""
        return 0

    @property
    def idempotency_key(self) -> str | None:
        """Return what makes a second event of this kind in the stream the same event; None where nothing does."""
        return None
