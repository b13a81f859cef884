"""Actions as staff read them, and propose some themselves."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, Field, JsonValue

from shopfloor.actions.kind import Confirmation
from shopfloor.actions.store import ActionFilter
from shopfloor.actions.views import CONVERSATION, action_view, kind_view
from shopfloor.http.access import Operator, Support
from shopfloor.http.action_shapes import (
    ActionDetail,
    ActionId,
    ActionShown,
    Args,
    Body,
    Instant,
    by_id,
    cursor,
    detail_of,
    in_args,
    staff_of,
)
from shopfloor.http.problems import rejection
from shopfloor.http.running import Here
from shopfloor.identity.identity import Assurance
from shopfloor.journal.events import ActionState
from shopfloor.kernel.errors import FieldProblem, InvalidFields, InvalidInput
from shopfloor.kernel.ids import AgentId, CustomerId, StreamId, TurnId

router = APIRouter(prefix="/v1", tags=["actions"])
OWNERS = frozenset({"erase_profile"})
"""The kinds that erase for good what is held of a customer, as only an owner may."""
GivenId = Annotated[
    str | None,
    Header(description="Your own id of the action: proposed again under it, it is the same one.", max_length=200),
]


class Wanted(Body):
    """Which actions are looked for; what is left out does not count."""

    state: list[ActionState] = Field(default=[], max_length=20)
    conversation: str | None = Field(default=None, max_length=300)
    turn: str | None = Field(default=None, max_length=300)
    agent: str | None = Field(default=None, max_length=300)
    customer: str | None = Field(default=None, max_length=300)
    kind: str | None = Field(default=None, max_length=300)
    resource: str | None = Field(default=None, max_length=300, description="Such as `order:123`.")
    since: Instant | None = Field(default=None, description="Proposed at or after, with its offset from UTC.")
    until: Instant | None = Field(default=None, description="Proposed before.")
    limit: int = Field(default=50, ge=1, le=200)
    after: str | None = Field(default=None, max_length=100, description="What the page before said in `next`.")

    def filter(self) -> ActionFilter:
        """Return what the record of actions is asked for."""
        return ActionFilter(
            states=frozenset(self.state),
            stream=StreamId(f"{CONVERSATION}{self.conversation}") if self.conversation is not None else None,
            turn_id=TurnId(self.turn) if self.turn is not None else None,
            agent=AgentId(self.agent) if self.agent is not None else None,
            customer_id=CustomerId(self.customer) if self.customer is not None else None,
            kind=self.kind,
            resource=self.resource,
            since=self.since,
            until=self.until,
        )


class Actions(BaseModel):
    """A page of actions, the last proposed first."""

    actions: list[ActionShown]
    next: str | None
    """Given as `after`, it brings the page behind this one; null at the end."""


class Proposed(Body):
    """An action that a person of the staff would like to see done."""

    kind: Annotated[str, Field(min_length=1, max_length=100)]
    args: Args


class KindShown(BaseModel):
    """A kind of action."""

    name: str
    description: str
    args: dict[str, JsonValue]
    """The JSON schema of its arguments."""
    confirmation: Confirmation
    """Whether a customer has to say yes to it."""
    assurance: Assurance
    """How sure of the customer one must be."""
    is_reversible: bool
    undone_by: str | None
    """The kind of the action that undoes it."""
    undo_within_s: int | None
    """For how long; null for as long as the shop allows."""
    is_offered: bool
    """Whether agents may propose it, or staff only."""


class Kinds(BaseModel):
    """All kinds of actions."""

    kinds: list[KindShown]


@router.get("/actions")
async def list_actions(_support: Support, here: Here, wanted: Annotated[Wanted, Query()]) -> Actions:
    """List actions, the last proposed first."""
    found = await here.services.actions.find(
        wanted.filter(), after=await cursor(here, wanted.after), limit=wanted.limit + 1
    )
    page = found[: wanted.limit]
    return Actions(
        actions=[ActionShown.model_validate(action_view(record)) for record in page],
        next=page[-1].id if len(found) > len(page) else None,
    )


@router.get("/actions/{action_id}")
async def show_action(action_id: ActionId, _support: Support, here: Here) -> ActionDetail:
    """Show an action: what it was judged by, what it changed, who decided, whether it can be undone, and its steps."""
    return await detail_of(here, await by_id(here, action_id))


@router.post("/actions", status_code=201)
async def propose_action(
    operator: Operator, here: Here, new: Proposed, response: Response, idempotency_key: GivenId = None
) -> ActionDetail:
    """Propose an action as a person of the staff; its `state` says what the gate decided.

    What erases for good takes an owner's key.
    """
    if new.kind in OWNERS and not operator.may("owner"):
        raise rejection(403, f"{new.kind} takes a key of the role owner: nothing brings back what it erases.")
    desk = here.services.staff_desk
    try:
        here.services.gate.kind(new.kind)
    except InvalidInput as error:
        raise InvalidFields("the action", [FieldProblem("kind", str(error))]) from error
    try:
        record = await desk.propose(new.kind, new.args, staff_of(operator), given=idempotency_key)
    except InvalidFields as error:
        raise in_args(error) from error
    response.headers["Location"] = f"/v1/actions/{record.id}"
    return await detail_of(here, record)


@router.get("/action-kinds")
async def list_kinds(_support: Support, here: Here) -> Kinds:
    """List the kinds of actions, with the schema of their arguments."""
    return Kinds(kinds=[KindShown.model_validate(kind_view(kind)) for kind in here.services.gate.kinds()])
