"""Undoing what was done: an action, all of a conversation or a plan, or all that an agent did since a time.

Each action is undone by the action that its kind names, the last one first, through the gate and under a key of its
own; an undo that was done is not done again, unless it was undone itself. What cannot be undone stays, and is named
with the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from shopfloor.actions.gate import Gate, parse
from shopfloor.actions.kind import Done
from shopfloor.actions.proposal import Origin, Proposal, Undone
from shopfloor.actions.store import ActionFilter, ActionRecord, Actions
from shopfloor.identity.identity import Staff
from shopfloor.journal.contract import Journal
from shopfloor.journal.events import ActionMoved, ActionState
from shopfloor.kernel.canonical import digest
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import CallerError, Conflict, InvalidInput, NotFound, Refused
from shopfloor.kernel.ids import AgentId, StreamId, TurnId

STAFF = AgentId("staff")
"""Who acts where a person of the staff does."""
MOST = 500
"""Actions undone at once."""
IMPOSSIBLE = "undo.impossible"
STANDS: Mapping[ActionState, str] = {"needs_approval": "waiting for approval", "outcome_unknown": "not known yet"}
"""How an action stands that was not done, where its state is no word for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """What is to be undone: one of these."""

    key: str | None = None
    """One action."""
    stream: StreamId | None = None
    """All actions of a conversation."""
    turn_id: TurnId | None = None
    """All actions of a plan."""
    agent: AgentId | None = None
    """All actions of an agent since an instant."""
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """An action that was done, and whether it is undone."""

    record: ActionRecord
    kind: str | None
    """The kind of the action that undoes it; None where nothing does."""
    summary: str
    """What undoing it does; empty where it cannot be."""
    rule: str | None
    """Why it stays; None where it will be, or was, undone."""
    reason: str = ""

    @property
    def is_undone(self) -> bool:
        """Whether nothing keeps it from being undone, or it was."""
        return self.rule is None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Inverse:
    kind: str
    args: dict[str, JsonValue]


class Undoing:
    """Undoes actions."""

    def __init__(self, gate: Gate, actions: Actions, journal: Journal, clock: Clock) -> None:
        """Take the gate, the actions and their journal."""
        self._gate = gate
        self._actions = actions
        self._journal = journal
        self._clock = clock

    async def preview(self, scope: Scope) -> Sequence[Step]:
        """Return what undoing would do, the last action first; nothing is changed.

        Raises:
            InvalidInput: a scope that is none, or too much at once.
            NotFound: no such action or conversation.
        """
        return await self._previews(await self._done(scope))

    async def _previews(self, records: Sequence[ActionRecord]) -> Sequence[Step]:
        steps: list[Step] = []
        for record in records:
            later = [step.record for step in steps if step.is_undone]
            steps.append(await self._previewed(record, later))
        return steps

    async def run(
        self, scope: Scope, staff: Staff, *, shown: str | None = None, is_silent: bool = False
    ) -> Sequence[Step]:
        """Undo as far as the world allows, the last action first, and return what came of each.

        `shown` is the digest of the preview that somebody agreed to; None where nobody saw one. The customers whose
        actions are undone are told, unless it `is_silent`.

        Raises:
            InvalidInput: a scope that is none, or too much at once.
            NotFound: no such action or conversation.
            Conflict: it would be something else by now than what was shown.
        """
        records = await self._done(scope)
        if shown is not None and steps_digest(await self._previews(records)) != shown:
            raise Conflict("what would be undone has changed since it was shown: look at it again")
        return [await self._undo(record, staff, is_silent=is_silent) for record in records]

    async def _done(self, scope: Scope) -> list[ActionRecord]:
        """Return the actions that were done and are meant, the last one first."""
        if scope.key is not None:
            record = await self._actions.get(scope.key)
            if record is None:
                raise NotFound(f"there is no action {scope.key}")
            return [record]
        if scope.stream is None and scope.turn_id is None and (scope.agent is None or scope.since is None):
            raise InvalidInput("say what to undo: an action, a conversation, a plan, or an agent with a time")
        wanted = ActionFilter(
            states=frozenset({"executed"}),
            stream=scope.stream,
            turn_id=scope.turn_id,
            agent=scope.agent,
            executed_since=scope.since,
        )
        found = await self._actions.find(wanted, limit=MOST + 1)
        if not found and scope.stream and not await self._journal.last_seqs([scope.stream]):
            raise NotFound(f"there is no {scope.stream.replace('/', ' ', 1)}")
        if len(found) > MOST:
            raise InvalidInput(f"that is more than {MOST} actions: name a later time, or undo part of it first")
        own = [record for record in found if record.undoes is None and record.undone_by is None]
        return sorted(own, key=lambda record: (record.executed_at or record.moved_at, record.key), reverse=True)

    async def _previewed(self, record: ActionRecord, later: Sequence[ActionRecord]) -> Step:
        """Return what undoing an action would do once `later` ones are undone."""
        try:
            inverse = await self._inverse(record)
            kind = self._gate.kind(inverse.kind)
            args = parse(kind, inverse.args)
            if any(set(one.resources) & set(record.resources) for one in later):
                summary = f"Undo: {record.summary}"  # only then can be read what it will do
            else:
                await self._gate.check_unchanged(_undone(record))
                summary = (await kind.preview(args)).summary
        except Refused as refusal:
            return Step(record=record, kind=None, summary="", rule=refusal.rule, reason=refusal.reason)
        except CallerError as error:  # its kind is gone, or what it changed
            return Step(record=record, kind=None, summary="", rule=IMPOSSIBLE, reason=str(error))
        return Step(record=record, kind=inverse.kind, summary=summary, rule=None)

    async def _undo(self, record: ActionRecord, staff: Staff, *, is_silent: bool) -> Step:
        try:
            inverse = await self._inverse(record)
        except Refused as refusal:
            return Step(record=record, kind=None, summary="", rule=refusal.rule, reason=refusal.reason)
        except CallerError as error:  # its kind is gone
            return Step(record=record, kind=None, summary="", rule=IMPOSSIBLE, reason=str(error))

        async def journal(event: ActionMoved) -> None:
            await self._journal.append(record.stream, [event.model_copy(update={"is_silent": is_silent})])

        proposal = Proposal(
            kind=inverse.kind,
            args=inverse.args,
            identity=staff,
            key=await self._key(record),
            origin=Origin(agent=STAFF, agent_name=staff.name),
            undoes=_undone(record),
        )
        try:
            verdict = await self._gate.submit(proposal, journal)
        except CallerError as error:
            return Step(record=record, kind=inverse.kind, summary="", rule=IMPOSSIBLE, reason=str(error))
        is_done = verdict.state == "executed"
        return Step(
            record=record,
            kind=inverse.kind,
            summary=verdict.summary,
            rule=None if is_done else verdict.rule or f"undo.{verdict.state}",
            reason=verdict.reason,
        )

    async def _key(self, record: ActionRecord) -> str:
        """Return the key of the action that undoes another: a new one where an earlier undo was undone itself."""
        times, key = 1, f"undo/{record.key}"
        while (known := await self._actions.get(key)) and known.undone_by is not None:
            times += 1
            key = f"undo-{times}/{record.key}"
        return key

    async def _is_superseded(self, record: ActionRecord) -> bool:
        """Whether what an undo of an undo had put in force again was undone by another action since.

        To undo it would then have an effect of its own, and change nothing of what holds.
        """
        one, is_in_force = record, True
        while one.undoes and (earlier := await self._actions.get(one.undoes)):
            is_in_force = not is_in_force
            if is_in_force and earlier.undone_by is not None:
                return True
            if not is_in_force and earlier.undone_by != one.key:  # another one undid it: the rest of the chain is its
                return False
            one = earlier
        return False

    async def _inverse(self, record: ActionRecord) -> _Inverse:
        """Return the action that undoes another.

        Raises:
            Refused: `undo.not_done`, `undo.already`, `undo.superseded`, `undo.irreversible`, `undo.too_late`,
                `undo.erased`, or what the kind says where nothing was changed.
        """
        kind = self._gate.kind(record.kind)
        if record.state != "executed":
            state = STANDS.get(record.state, record.state)
            raise Refused("undo.not_done", f"It was not done: it is {state}.")
        if record.undone_by is not None:
            raise Refused("undo.already", "It was undone before.")
        if await self._is_superseded(record):
            reason = "What it had put in force again was undone by another action since: undo that one instead."
            raise Refused("undo.superseded", reason)
        if kind.inverse is None:
            raise Refused("undo.irreversible", "Nothing undoes this.")
        if record.undo_until is not None and record.undo_until < self._clock.now():
            raise Refused("undo.too_late", "The time to undo it is over.")
        if not record.args:
            raise Refused("undo.erased", "What was done is no longer known, since the customer's data was erased.")
        done = Done(before=record.before, result=record.result)
        return _Inverse(kind=kind.inverse.kind, args=kind.inverse.args(parse(kind, record.args), done))


def steps_digest(steps: Sequence[Step]) -> str:
    """Return the digest of what somebody agrees to who is shown a preview."""
    return digest([[step.record.key, step.kind, step.summary, step.rule] for step in steps])


def _undone(record: ActionRecord) -> Undone:
    return Undone(key=record.key, kind=record.kind, args=record.args, after=record.after)
