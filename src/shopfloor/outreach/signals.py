"""Signals: what happens outside a conversation and may start an agent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from shopfloor.kernel.errors import FieldProblem, InvalidFields
from shopfloor.kernel.ids import OrderNumber, Sku

Purpose = Literal["service", "marketing"]
SignalKind = Literal["item_added", "cart_abandoned", "stock_returned", "parcel_delayed"]

MAX_ID = 200
AHEAD = timedelta(minutes=5)
"""How far the sender's clock may be ahead of ours."""
OLDEST_YEAR = 2000
"""Nothing that happened before is news."""


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it holds characters that cannot be printed")
    return text


class SignalData(BaseModel):
    """Base of what a signal tells; its fields fill the slots of the same names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


CartId = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_printable)]
KnownSku = Annotated[Sku, Field(min_length=1, max_length=100), AfterValidator(_printable)]
KnownNumber = Annotated[OrderNumber, Field(min_length=1, max_length=40), AfterValidator(_printable)]


class ItemAdded(SignalData):
    """A customer put something into their cart."""

    cart_id: CartId
    sku: KnownSku


class CartAbandoned(SignalData):
    """A customer left their cart."""

    cart_id: CartId


class StockReturned(SignalData):
    """A variant that was sold out can be bought again."""

    sku: KnownSku


class ParcelDelayed(SignalData):
    """A parcel comes later than was said."""

    order_number: KnownNumber


SIGNALS: dict[SignalKind, type[SignalData]] = {
    "item_added": ItemAdded,
    "cart_abandoned": CartAbandoned,
    "stock_returned": StockReturned,
    "parcel_delayed": ParcelDelayed,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    """Something that happened."""

    id: str
    """The sender's own: a signal that is sent again is the same one."""
    kind: SignalKind
    data: SignalData
    at: datetime

    @property
    def values(self) -> dict[str, JsonValue]:
        """Return what it tells, as JSON."""
        return self.data.model_dump(mode="json")


def parse_signal(
    signal_id: str, kind: str, data: Mapping[str, JsonValue], *, at: datetime | None, now: datetime
) -> Signal:
    """Read a signal as it came in; without a time of its own it happened now.

    Raises:
        InvalidFields: naming each field that is wrong.
    """
    known: SignalKind | None = next((one for one in SIGNALS if one == kind), None)
    problems: list[FieldProblem] = []
    if not (signal_id.strip() and signal_id.isprintable() and len(signal_id) <= MAX_ID):
        problems.append(FieldProblem("id", f"give each signal an id of its own, of at most {MAX_ID} characters"))
    if known is None:
        problems.append(FieldProblem("kind", f"there is no signal called {kind!r}; there are {', '.join(SIGNALS)}"))
    if at and (at.tzinfo is None or at > now + AHEAD or at.year < OLDEST_YEAR):
        problems.append(FieldProblem("at", "give the time at which it happened, with its offset from UTC"))
    told = _told(known, data, problems) if known else None
    if known is None or told is None or problems:
        raise InvalidFields("the signal", problems)
    return Signal(id=signal_id, kind=known, data=told, at=(at or now).astimezone(UTC))


def _told(kind: SignalKind, data: Mapping[str, JsonValue], problems: list[FieldProblem]) -> SignalData | None:
    """Return what a signal of a kind tells, or add what is wrong with it to the problems."""
    try:
        return SIGNALS[kind].model_validate(data)
    except ValidationError as error:
        problems += [FieldProblem(".".join(map(str, ("data", *e["loc"]))), e["msg"]) for e in error.errors()]
        return None
