"""What routes show of actions, and what they share in reading of them."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from shopfloor.actions.finding import find_action, steps_of
from shopfloor.actions.naming import LENGTH, PREFIX
from shopfloor.actions.store import ActionRecord
from shopfloor.actions.undo import Scope
from shopfloor.actions.views import detail_view
from shopfloor.http.running import Running
from shopfloor.identity.identity import Staff
from shopfloor.identity.keys import ApiKey
from shopfloor.journal.events import ActionState
from shopfloor.kernel.errors import CallerError, FieldProblem, InvalidFields, NotFound

MAX_REASON = 500


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("there is no such time in UTC") from error


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An instant with its offset from UTC."""
Args = Annotated[dict[str, JsonValue], Field(max_length=100)]
ActionId = Annotated[
    str, Path(description="The action's id, such as `act_7k3m9q2x1zab`: keys hold slashes.", max_length=100)
]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
After = Annotated[str | None, Query(max_length=100, description="What the page before said in `next`.")]


class Body(BaseModel):
    """Base of what is sent to us."""

    model_config = ConfigDict(extra="forbid")


class AmountShown(BaseModel):
    """Money."""

    currency: str
    minor: int
    """In the currency's smallest unit."""
    text: str


class ActionShown(BaseModel):
    """An action as it stands; what was personal is empty once it was erased."""

    id: str
    key: str
    """Its idempotency key."""
    kind: str
    state: ActionState
    summary: str
    amount: AmountShown | None
    resources: list[str]
    agent: str
    agent_name: str
    is_for_shop: bool
    customer_id: str | None
    order_numbers: list[str]
    conversation_id: str | None
    turn_id: str | None
    """The turn, and with it the plan, that it stems from."""
    task_id: str | None
    staff: str | None
    """Who of the staff proposed it or decided on it."""
    rule: str | None
    """The rule that decided last; null where none had to."""
    reason: str
    policy: int | None
    """The version of the policy that it was judged by."""
    proposed_at: datetime
    moved_at: datetime
    executed_at: datetime | None
    expires_at: datetime | None
    """Until when it waits for a decision."""
    undo_until: datetime | None
    undoes: str | None
    """The id of the action that it undoes."""
    undone_by: str | None
    """The id of the action that undid it."""


class StepShown(BaseModel):
    """One step of an action, from the journal."""

    seq: int
    at: datetime
    state: ActionState
    staff: str | None
    rule: str | None
    reason: str
    policy: int | None
    edited: dict[str, JsonValue]
    """The arguments that were changed by it, as they are since."""


class UndoShown(BaseModel):
    """Whether an action can be undone."""

    is_undoable: bool
    kind: str | None
    """The kind of the action that undoes it; null where none does."""
    summary: str
    rule: str | None
    """What keeps it from being undone."""
    reason: str


class ActionDetail(ActionShown):
    """An action with all that is known of it."""

    args: dict[str, JsonValue]
    inputs: dict[str, JsonValue]
    """The facts that the verdict was made of."""
    result: JsonValue
    before: JsonValue
    """What it changed, as it was just before; null where nothing was taken down."""
    after: JsonValue
    undo: UndoShown
    steps: list[StepShown]


def staff_of(key: ApiKey) -> Staff:
    """Return who acts with an API key."""
    return Staff(name=key.name)


async def detail_of(here: Running, record: ActionRecord) -> ActionDetail:
    """Return an action with all that is known of it."""
    services = here.services
    [undoing] = await services.undoing.preview(Scope(key=record.key))
    return ActionDetail.model_validate(detail_view(record, await steps_of(services.journal, record), undoing))


async def by_id(here: Running, action_id: str) -> ActionRecord:
    """Return the action of an id, whole as an address is.

    Raises:
        NotFound: there is none.
    """
    is_whole = len(action_id) == len(PREFIX) + LENGTH and action_id.startswith(PREFIX)
    if not is_whole:
        raise NotFound(f"There is no action {action_id[:40]}.")
    return await find_action(here.services.actions, action_id)


async def cursor(here: Running, after: str | None) -> str | None:
    """Return the key that a page begins behind.

    Raises:
        InvalidFields: it is no cursor of ours.
    """
    if after is None:
        return None
    try:
        return (await by_id(here, after)).key
    except CallerError as error:
        raise InvalidFields("the page", [FieldProblem("after", "this is not what `next` said")]) from error


def in_args(error: InvalidFields) -> InvalidFields:
    """Return what is wrong with an action's arguments, each named as it stands in the body."""
    inside = [FieldProblem(f"args.{one.field}" if one.field else "args", one.message) for one in error.problems]
    return InvalidFields(error.what, inside)
