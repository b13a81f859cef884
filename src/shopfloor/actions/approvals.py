"""The merchant's decision on actions whose stakes are too high for the team, and what time does to those that wait.

The first decision on a wait holds: its event has the key of the wait, so a second one is the first. What was approved
passes the gate anew, since the world may have moved; only the customer's yes and the approval are not asked for again.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from anyio import sleep
from pydantic import JsonValue

from shopfloor.actions.gate import Gate, parse
from shopfloor.actions.kind import ActionKind
from shopfloor.actions.news import SETTLE_AFTER
from shopfloor.actions.proposal import Admitted, Origin, Proposal
from shopfloor.actions.store import UNSETTLED, ActionFilter, ActionRecord, Actions
from shopfloor.identity.identity import Identity, Staff
from shopfloor.journal.contract import Journal
from shopfloor.journal.events import ActionMoved, ActionState
from shopfloor.kernel.canonical import digest
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import CallerError, Conflict, InvalidInput, NotFound, Refused, StorageError, WorldError
from shopfloor.kernel.ids import StreamId

logger = logging.getLogger(__name__)

Decision = Literal["approved", "rejected", "expired"]
GIVE_UP_AFTER = timedelta(minutes=15)
"""How long an outcome stays unknown: by then a request that was under way has arrived or never will."""
POLL_S = 5
WORKER = StreamId("worker/actions")
"""What the one process that settles actions holds."""
NOBODY = "nobody"
"""Who decided where time did."""
IMPOSSIBLE = "action.impossible"
NOT_DONE = "It did not reach our shop system, so nothing was changed."
LOST = "Nobody can tell any more whether it was done, since it is no longer known how to look it up."
ERASED = "What was to be done was erased before it was done."
FAILED = "It could not be carried out, so nothing was changed."

Tell = Callable[[ActionRecord], Awaitable[None]]
"""Hears that a customer's action was settled: the signal that its customer is told by is stored already."""


class Approvals:
    """Decides on actions, and carries out what was decided."""

    def __init__(self, gate: Gate, actions: Actions, journal: Journal, clock: Clock, tell: Tell) -> None:
        """Take the gate, the actions and their journal, and who hears at once of what customers are to be told."""
        self._gate = gate
        self._actions = actions
        self._journal = journal
        self._clock = clock
        self._tell = tell

    async def waiting(self, *, after: str | None = None, limit: int = 50) -> Sequence[ActionRecord]:
        """Return a page of the actions that wait for the merchant, the last proposed first."""
        waits = ActionFilter(states=frozenset({"needs_approval"}))
        return await self._actions.find(waits, after=after, limit=limit)

    async def approve(
        self, key: str, staff: Staff, *, args: Mapping[str, JsonValue] | None = None, reason: str = ""
    ) -> ActionRecord:
        """Approve an action, with other arguments where some are given, carry it out, and return it as it then stands.

        `args` replace those of the same name. What the customer said yes to cannot be changed: the edited action has to
        read to them as it did.

        Raises:
            NotFound: no such action.
            InvalidInput: the arguments do not fit, or the customer would have to be asked anew.
            Conflict: it does not wait any more, since somebody else, or time, decided first; or it was erased.
            Refused: the edited action is against a rule.
        """
        record = await self._decidable(key)
        if record.is_erased:
            raise Conflict(
                f"the action {key} cannot be approved any more, since its customer's data was erased: reject it"
            )
        edited = await self._edited(record, args) if args else record
        decided = await self._decide(record, "approved", edited, staff=staff.name, reason=reason)
        await self._carry_out(decided)
        return await self._told(key)

    async def reject(self, key: str, staff: Staff, *, reason: str) -> ActionRecord:
        """Reject an action, with a reason that the customer reads.

        Raises:
            NotFound: no such action.
            InvalidInput: no reason.
            Conflict: it does not wait any more.
        """
        if not reason.strip():
            raise InvalidInput("say why: the customer reads the reason")
        record = await self._decidable(key)
        await self._decide(record, "rejected", record, staff=staff.name, reason=reason.strip())
        return await self._told(key)

    async def run(self) -> None:
        """Do what time comes for, as it comes, until cancelled; wait while another process does so."""
        async with self._journal.hold(WORKER):
            while True:
                try:
                    await self.settle()
                except StorageError as error:
                    logger.warning("actions cannot be settled; trying again in %d seconds: %s", POLL_S, error)
                await sleep(POLL_S)

    async def settle(self) -> int:
        """Do what time has come for, and return how much there was.

        Waits that nobody decided on expire. What was approved or admitted and left by a process that died is carried
        out. An unknown outcome is looked up by its key, and never tried again blindly.
        """
        now = self._clock.now()
        settled, last = 0, None
        while page := await self._actions.due(now, unsettled_before=now - SETTLE_AFTER, after=last):
            for record in page:
                try:
                    settled += await self._settle(record)
                except Exception:  # one that fails must not keep the others
                    logger.exception("the action %s could not be settled", record.key)
            last = page[-1]
        return settled

    async def _settle(self, record: ActionRecord) -> bool:
        match record.state:
            case "needs_approval":
                reason = "Nobody could decide on it in time, so it was not done."
                try:
                    await self._decide(record, "expired", record, staff=NOBODY, reason=reason)
                except Conflict:
                    return False
            case "approved" if record.is_erased:
                await self._end(record, "refused", rule=IMPOSSIBLE, reason=ERASED)
            case "approved":
                await self._carry_out(record)
            case _:
                if not await self._find_out(record):
                    return False
        await self._told(record.key)
        return True

    async def _decidable(self, key: str) -> ActionRecord:
        record = await self._actions.get(key)
        if record is None:
            raise NotFound(f"there is no action {key}")
        if record.state != "needs_approval" or (record.expires_at and record.expires_at <= self._clock.now()):
            raise _decided(record)
        return record

    async def _edited(self, record: ActionRecord, changes: Mapping[str, JsonValue]) -> ActionRecord:
        kind = self._gate.kind(record.kind)
        if named := sorted(set(changes) & kind.injects):
            raise InvalidInput(f"{', '.join(named)} cannot be changed: it says for whom the action is")
        args = parse(kind, {**record.args, **changes})
        dumped: dict[str, JsonValue] = args.model_dump(mode="json")
        if set(kind.resources(args)) != set(record.resources):
            raise InvalidInput("the edited action is about something else: reject this one and propose another")
        preview = await kind.preview(args)
        if kind.confirmation == "yes" and preview.summary != record.summary:
            raise InvalidInput(
                f"the customer said yes to {record.summary!r}, not to {preview.summary!r}: "
                "reject it with a reason, so that they are asked anew"
            )
        shown = digest([kind.name, dumped, preview.summary])
        return replace(record, args=dumped, summary=preview.summary, amount=preview.amount, digest=shown)

    async def _decide(
        self, record: ActionRecord, decision: Decision, decided: ActionRecord, *, staff: str, reason: str
    ) -> ActionRecord:
        """Journal a decision, and return the action with it.

        Raises:
            Conflict: somebody else decided first, or it was erased meanwhile.
        """
        event = _event(decided, decision, staff=staff, reason=reason, rule=f"approval.{decision}")
        event = event.model_copy(update={"waits_since": record.moved_at})
        try:
            [stored] = await self._journal.append(record.stream, [event])
        except Refused:
            raise _forgotten(record.key) from None
        if stored.data != event:
            raise _decided(await self._actions.get(record.key) or record)
        return replace(decided, state=decision, staff=staff, reason=reason)

    async def _carry_out(self, record: ActionRecord, *, found: JsonValue = None) -> None:
        """Carry out what was approved, or admitted before a process died; `found` is what its look-up returned."""
        is_admitted = record.state in UNSETTLED
        again = Admitted(args=record.args, summary=record.summary, digest=record.digest, found=found)
        admitted = again if is_admitted else None
        proposal = Proposal(
            kind=record.kind,
            args=record.args,
            identity=_principal(record),
            key=record.key,
            origin=Origin(
                agent=record.agent,
                agent_name=record.agent_name,
                turn_id=record.turn_id,
                task_id=record.task_id,
                stream=record.stream,
            ),
            admitted=admitted,
            approved=None if is_admitted else record.digest,
            approved_by=record.staff,
        )

        async def journal(event: ActionMoved) -> None:
            await self._journal.append(record.stream, [event])

        try:
            verdict = await self._gate.submit(proposal, journal)
            if not verdict.is_recorded:
                raise StorageError(f"how {record.key} ended cannot be recorded: it is looked at again by itself")
        except WorldError:
            raise
        except Exception as error:
            is_told = isinstance(error, CallerError)  # its kind is gone, or the key was used for something else
            left = await self._actions.get(record.key)
            if left and left.state == "approved":
                if not is_told:
                    logger.exception("%s failed before anything was done", record.key)
                await self._end(left, "refused", rule=IMPOSSIBLE, reason=str(error) if is_told else FAILED)
            elif not is_told:
                raise

    async def _find_out(self, record: ActionRecord) -> bool:
        """Find out what came of an action that was admitted; say whether that is known now.

        Where its arguments cannot be read any more, as after an erasure, it is settled by its key alone.
        """
        kind = self._kind(record)
        found = await kind.look_up(record.key) if kind else None
        is_readable = kind is not None and _is_readable(kind, record)
        if is_readable and (found is not None or record.state == "confirmed"):
            await self._carry_out(record, found=found)  # under its key: what was done only tells again what it did
        elif found is not None:
            await self._end(record, "executed", result=None if record.is_erased else found)
        elif self._is_fresh(record):
            return False
        elif kind is None:
            await self._end(record, "refused", rule=IMPOSSIBLE, reason=LOST)
        else:
            await self._end(record, "refused", rule="outcome.not_done", reason=NOT_DONE)
        return True

    def _kind(self, record: ActionRecord) -> ActionKind[Any] | None:
        try:
            return self._gate.kind(record.kind)
        except InvalidInput:
            return None

    def _is_fresh(self, record: ActionRecord) -> bool:
        """Whether an action moved so lately that its effect may still be under way."""
        return self._clock.now() - record.moved_at < GIVE_UP_AFTER

    async def _end(
        self,
        record: ActionRecord,
        state: ActionState,
        *,
        rule: str | None = None,
        reason: str = "",
        result: JsonValue = None,
    ) -> None:
        event = _event(record, state, staff=record.staff, reason=reason, rule=rule)
        await self._journal.append(record.stream, [event.model_copy(update={"result": result})])

    async def _told(self, key: str) -> ActionRecord:
        record = await self._actions.get(key)
        if record is None:
            raise NotFound(f"there is no action {key}")
        if not record.is_for_shop:
            await self._tell(record)
        return record


def _event(
    record: ActionRecord, state: ActionState, *, staff: str | None, reason: str, rule: str | None
) -> ActionMoved:
    return ActionMoved(
        turn_id=record.turn_id,
        task_id=record.task_id,
        agent=record.agent,
        agent_name=record.agent_name,
        is_for_shop=record.is_for_shop,
        customer_id=record.customer_id,
        order_numbers=record.order_numbers,
        staff=staff,
        key=record.key,
        kind=record.kind,
        digest=record.digest,
        state=state,
        args=record.args,
        summary=record.summary,
        resources=record.resources,
        amount_minor=record.amount.minor if record.amount else None,
        currency=record.amount.currency if record.amount else None,
        rule=rule,
        reason=reason,
        inputs=record.inputs,
        policy=record.policy,
        before=record.before,
        expires_at=record.expires_at,
        undoes=record.undoes,
    )


def _is_readable(kind: ActionKind[Any], record: ActionRecord) -> bool:
    """Whether an action's arguments are there and fit its kind."""
    if record.is_erased:
        return False
    try:
        parse(kind, record.args)
    except InvalidInput:
        return False
    return True


def _principal(record: ActionRecord) -> Identity | Staff:
    if record.is_for_shop:
        return Staff(name=record.staff or record.agent_name)
    return Identity(customer_id=record.customer_id, order_numbers=frozenset(record.order_numbers))


def _forgotten(key: str) -> Conflict:
    return Conflict(f"the action {key} cannot be decided on any more: its customer's data was erased")


def _decided(record: ActionRecord) -> Conflict:
    """Return the conflict of whoever comes too late, naming who was first."""
    if record.state in {"expired", "needs_approval"}:
        return Conflict("nobody decided on this action in time: it has expired")
    if record.staff and not record.is_for_shop:  # what is for the shop names who proposed it
        done = "rejected" if record.state == "rejected" else "approved"
        return Conflict(f"{record.staff} has {done} this action already")
    return Conflict(f"this action does not wait for an approval: it is {record.state.replace('_', ' ')}")
