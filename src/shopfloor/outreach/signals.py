"""Signals: what happens outside a conversation and may start an agent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from shopfloor.kernel.canonical import digest
from shopfloor.kernel.errors import FieldProblem, InvalidFields
from shopfloor.kernel.ids import OrderNumber, Sku

Purpose = Literal["service", "marketing"]
ReportedKind = Literal["item_added", "cart_abandoned", "stock_returned", "parcel_delayed"]
"""What happens in the merchant's systems, which report it."""
SignalKind = Literal[ReportedKind, "action_settled"]
"""All that agents may hear of; what is not reported, only the installation itself finds out."""
REPORTED: tuple[ReportedKind, ...] = get_args(ReportedKind)

MAX_ID = 200
OWN = "action:"
"""How the ids of the installation's own signals begin: nobody who reports something may take one of them."""
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


class ActionSettled(SignalData):
    """What a customer asked for was decided on, or found out, after their turn."""

    action_key: str
    state: str
    """What it came to: a signal is for one step of an action, and is void once the action went on."""


SIGNALS: dict[SignalKind, type[SignalData]] = {
    "item_added": ItemAdded,
    "cart_abandoned": CartAbandoned,
    "stock_returned": StockReturned,
    "parcel_delayed": ParcelDelayed,
    "action_settled": ActionSettled,
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


def settled_signal(action_key: str, state: str, *, at: datetime) -> Signal:
    """Return the signal that an action came to a state; there is one for each key and state."""
    name = digest([action_key, state])
    told = ActionSettled(action_key=action_key, state=state)
    return Signal(id=f"{OWN}{name[:32]}", kind="action_settled", data=told, at=at)


def parse_signal(
    signal_id: str, kind: str, data: Mapping[str, JsonValue], *, at: datetime | None, now: datetime
) -> Signal:
    """Read a signal as it was reported; without a time of its own it happened now.

    Raises:
        InvalidFields: naming each field that is wrong.
    """
    known: ReportedKind | None = next((one for one in REPORTED if one == kind), None)
    problems: list[FieldProblem] = []
    if not (signal_id.strip() and signal_id.isprintable() and len(signal_id) <= MAX_ID):
        problems.append(FieldProblem("id", f"give each signal an id of its own, of at most {MAX_ID} characters"))
    if signal_id.startswith(OWN):
        problems.append(FieldProblem("id", f"ids that begin with {OWN!r} are the installation's own: give another one"))
    if known is None:
        problems.append(FieldProblem("kind", f"there is no signal called {kind!r}; there are {', '.join(REPORTED)}"))
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
