"""Undoing: looked at first, then done."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from shopfloor.actions.finding import find_action
from shopfloor.actions.undo import Scope, steps_digest
from shopfloor.actions.views import CONVERSATION, undoable_view, undone_view
from shopfloor.http.access import Operator
from shopfloor.http.action_shapes import ActionShown, Body, Instant, staff_of
from shopfloor.http.running import Here, Running
from shopfloor.kernel.errors import FieldProblem
from shopfloor.kernel.fields import wrong_fields
from shopfloor.kernel.ids import AgentId, StreamId, TurnId

router = APIRouter(prefix="/v1/undo", tags=["undo"])
Name = Annotated[str | None, Field(min_length=1, max_length=1_000)]
WHAT = ("action", "conversation", "turn", "agent")


class Wanted(Body):
    """What is to be undone: one of `action`, `conversation`, `turn` and `agent`."""

    action: Name = None
    """An action's id or key."""
    conversation: Name = None
    """All actions of a conversation."""
    turn: Name = None
    """All actions of a turn, and with it of its plan."""
    agent: Name = None
    """All actions of an agent; takes `since`."""
    since: Instant | None = None
    """Only what was carried out at or after."""

    @model_validator(mode="after")
    def _one(self) -> "Wanted":
        named = [name for name in WHAT if getattr(self, name) is not None]
        if len(named) != 1:
            told = "name one only" if named else "say what to undo: an action, a conversation, a turn or an agent"
            raise wrong_fields([FieldProblem(name, told) for name in named or WHAT])
        if self.agent is not None and self.since is None:
            raise wrong_fields([FieldProblem("since", "say from when on what the agent did is to be undone")])
        if self.action is not None and self.since is not None:
            raise wrong_fields([FieldProblem("since", "leave it out: an action is undone whenever it was done")])
        return self


class Agreed(Wanted):
    """What is to be undone, as it was shown."""

    digest: Annotated[str | None, Field(max_length=100)] = None
    """Of the preview that somebody agreed to; null where nobody saw one."""


class Undoable(BaseModel):
    """An action, and whether it will be undone."""

    action: ActionShown
    is_undoable: bool
    kind: str | None
    """The kind of the action that undoes it; null where none does."""
    summary: str
    """What undoing it does."""
    rule: str | None
    """What keeps it from being undone."""
    reason: str


class Undone(BaseModel):
    """An action, and whether it was undone."""

    action: ActionShown
    is_undone: bool
    kind: str | None
    summary: str
    rule: str | None
    """Why it stays as it is."""
    reason: str


class Preview(BaseModel):
    """What undoing would do, the last action first."""

    steps: list[Undoable]
    is_all_undoable: bool
    digest: str
    """Sent along, it is undone as shown or not at all."""


class Outcome(BaseModel):
    """What came of it, the last action first."""

    steps: list[Undone]
    is_all_undone: bool


@router.post("/preview")
async def preview_undo(_operator: Operator, here: Here, wanted: Wanted) -> Preview:
    """Show what would be undone, what would not, and why; nothing is changed."""
    steps = await here.services.undoing.preview(await _scope(here, wanted))
    return Preview(
        steps=[Undoable.model_validate(undoable_view(step)) for step in steps],
        is_all_undoable=all(step.is_undone for step in steps),
        digest=steps_digest(steps),
    )


@router.post("")
async def undo(operator: Operator, here: Here, agreed: Agreed) -> Outcome:
    """Undo as far as the world allows; 409 where it would be something else by now than what `digest` is of."""
    scope = await _scope(here, agreed)
    steps = await here.services.undoing.run(scope, staff_of(operator), shown=agreed.digest)
    return Outcome(
        steps=[Undone.model_validate(undone_view(step)) for step in steps],
        is_all_undone=all(step.is_undone for step in steps),
    )


async def _scope(here: Running, wanted: Wanted) -> Scope:
    if wanted.action is not None:
        return Scope(key=(await find_action(here.services.actions, wanted.action)).key)
    return Scope(
        stream=StreamId(f"{CONVERSATION}{wanted.conversation}") if wanted.conversation is not None else None,
        turn_id=TurnId(wanted.turn) if wanted.turn is not None else None,
        agent=AgentId(wanted.agent) if wanted.agent is not None else None,
        since=wanted.since,
    )
