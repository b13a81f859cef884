"""What waits for the merchant's decision, and deciding."""

import logging
from typing import Annotated

import anyio
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, JsonValue, StringConstraints

from shopfloor.actions.store import ActionRecord
from shopfloor.actions.views import waiting_view
from shopfloor.http.access import Operator, Support
from shopfloor.http.action_shapes import (
    MAX_REASON,
    ActionDetail,
    ActionId,
    ActionShown,
    After,
    Args,
    Body,
    Limit,
    by_id,
    cursor,
    detail_of,
    in_args,
    staff_of,
)
from shopfloor.http.conversations import address_of
from shopfloor.http.limits import ALL_STREAMS
from shopfloor.http.running import Here, Running
from shopfloor.http.stream import HEARTBEAT, OPENING, EventStream, Frames
from shopfloor.kernel.errors import FieldProblem, InvalidFields, InvalidInput, StorageError

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])
STREAMED = 50
"""How many of what waits a stream tells of."""
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_REASON)]


class WaitingShown(ActionShown):
    """An action that waits for a decision, with its risk."""

    args: dict[str, JsonValue]
    inputs: dict[str, JsonValue]
    """The facts that the verdict was made of."""
    is_reversible: bool
    undo_within_s: int | None
    """For how long it can be undone once it is done; null for as long as the shop allows, or not at all."""


class Approvals(BaseModel):
    """A page of what waits, the last proposed first."""

    approvals: list[WaitingShown]
    next: str | None
    """Given as `after`, it brings the page behind this one; null at the end."""


class Approval(Body):
    """Yes."""

    args: Args | None = None
    """Arguments to be carried out instead of those of the same name."""
    reason: Reason = ""


class Rejection(Body):
    """No."""

    reason: Annotated[Reason, Field(min_length=1)]
    """Why, as the customer reads it."""


@router.get("")
async def list_approvals(_support: Support, here: Here, limit: Limit = 50, after: After = None) -> Approvals:
    """List what waits for a decision, the last proposed first."""
    return await _page(here, limit=limit, after=await cursor(here, after))


@router.get("/stream", status_code=200, response_class=EventStream)
async def follow_approvals(support: Support, here: Here, request: Request) -> EventStream:
    """Follow what waits, as server-sent events: all of the first page at once, and again whenever it has changed."""
    limits = here.limits
    subjects = {
        f"key:{support.id}": limits.streams_per_key,
        f"address:{address_of(request)}": limits.streams_per_address,
        ALL_STREAMS: limits.streams,
    }
    return EventStream(_frames(here), here, subjects)


@router.post("/{action_id}/approve")
async def approve_action(
    action_id: ActionId, operator: Operator, here: Here, approval: Approval | None = None
) -> ActionDetail:
    """Approve an action, and carry it out; with `args` as they say. Its `state` says what came of it."""
    record = await by_id(here, action_id)
    given = approval or Approval()
    try:
        done = await here.services.approvals.approve(
            record.key, staff_of(operator), args=given.args, reason=given.reason
        )
    except InvalidFields as error:
        raise in_args(error) from error
    except InvalidInput as error:
        raise InvalidFields("the approval", [FieldProblem("args", str(error))]) from error
    return await detail_of(here, done)


@router.post("/{action_id}/reject")
async def reject_action(action_id: ActionId, operator: Operator, here: Here, rejection: Rejection) -> ActionDetail:
    """Reject an action, with a reason that the customer reads."""
    record = await by_id(here, action_id)
    done = await here.services.approvals.reject(record.key, staff_of(operator), reason=rejection.reason)
    return await detail_of(here, done)


async def _page(here: Running, *, limit: int, after: str | None = None) -> Approvals:
    found = await here.services.approvals.waiting(after=after, limit=limit + 1)
    page = found[:limit]
    return Approvals(
        approvals=[_shown(here, record) for record in page], next=page[-1].id if len(found) > len(page) else None
    )


async def _frames(here: Running) -> Frames:
    """Give the first page, and again whenever it has changed."""
    yield OPENING
    told: Approvals | None = None
    silent_since = anyio.current_time()
    while True:
        try:
            page = await _page(here, limit=STREAMED)
        except StorageError:  # whoever follows comes back
            logger.exception("what waits for a decision cannot be read")
            return
        if page != told:
            told, silent_since = page, anyio.current_time()
            yield f"data: {page.model_dump_json()}\n\n".encode()
        elif anyio.current_time() - silent_since >= here.limits.heartbeat_s:
            silent_since = anyio.current_time()
            yield HEARTBEAT
        await anyio.sleep(here.limits.poll_s)


def _shown(here: Running, record: ActionRecord) -> WaitingShown:
    try:
        kind = here.services.gate.kind(record.kind)
    except InvalidInput:  # nobody registers it any more
        kind = None
    return WaitingShown.model_validate(waiting_view(record, kind))
