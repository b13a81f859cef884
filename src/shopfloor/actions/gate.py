"""The one gate that every write passes, whoever proposes it and whatever a model says.

In this order: a known kind and valid arguments; identity; ownership; what became of the key before; the shop's state
rules; the policy's rules and limits; the customer's yes; conflicts with other actions; the merchant's approval; then it
is executed once under its key, and recorded. Each step is journaled with the rule that decided and what it was made of.
"""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from anyio import current_time, fail_after, sleep
from pydantic import JsonValue, ValidationError

from shopfloor.actions.conflicts import collision
from shopfloor.actions.kind import ActionArgs, ActionKind, Change
from shopfloor.actions.projection import disputed
from shopfloor.actions.proposal import Proposal, Undone, Verdict, event_of, refused, without_words
from shopfloor.actions.ruling import Case, Rulebook, Ruling
from shopfloor.actions.store import ERASED, ActionRecord, Actions, Counted, Standing, Usage, UsageQuery, busy
from shopfloor.durable.contract import Durable, Effect
from shopfloor.identity.identity import Assurance, Identity, Principal, Staff
from shopfloor.journal.events import ActionMoved, ActionState
from shopfloor.kernel.canonical import digest
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import (
    CallerError,
    Conflict,
    InvalidFields,
    InvalidInput,
    Refused,
    StorageError,
    Unavailable,
    WorldError,
)
from shopfloor.kernel.fields import fields_of
from shopfloor.kernel.finishing import to_the_end
from shopfloor.kernel.keyed_locks import KeyedLocks

logger = logging.getLogger(__name__)

CONSENT_LIFETIME = timedelta(minutes=30)
"""How long a question for the customer's yes stays open."""
GRACE_S = 60.0
"""How long a cancelled caller stays with an admitted action; longer than a `Durable` stays with its effect."""
WAIT_S = 2.0
"""How long an action waits for others that change the same thing; then it is refused, and may be tried again."""
RETRY_S = 0.05
BUSY = busy().rule
UNDECIDED: frozenset[ActionState] = frozenset({"proposed", "declined", "refused"})
"""What became of a key that may be judged anew."""

Owns = Callable[[Identity, str], Awaitable[bool]]
"""Says whether a resource is theirs."""
Rules = Callable[[], Awaitable[Rulebook]]
"""Returns the policy in force."""
Record = Callable[[ActionMoved], Awaitable[None]]
"""Journals one step of an action before the next is taken."""


class Gate:
    """Admits, holds or refuses."""

    def __init__(
        self,
        kinds: Iterable[ActionKind[Any]],
        *,
        durable: Durable,
        owns: Owns,
        rules: Rules,
        actions: Actions,
        clock: Clock,
    ) -> None:
        """Take the kinds, what carries them out once, who owns what, the policy, and the record of all actions.

        Raises:
            ValueError: two kinds of one name, or one that is undone by a kind that nobody registered.
        """
        self._kinds: dict[str, ActionKind[Any]] = {}
        for kind in kinds:
            if kind.name in self._kinds:
                raise ValueError(f"two action kinds are called {kind.name}")
            self._kinds[kind.name] = kind
        for kind in self._kinds.values():
            if kind.inverse and kind.inverse.kind not in self._kinds:
                raise ValueError(f"{kind.name} is undone by {kind.inverse.kind}, which is no registered kind")
        self._durable = durable
        self._owns = owns
        self._rules = rules
        self._actions = actions
        self._clock = clock
        self._locks = KeyedLocks()

    def kinds(self) -> Sequence[ActionKind[Any]]:
        """Return all kinds."""
        return tuple(self._kinds.values())

    def kind(self, name: str) -> ActionKind[Any]:
        """Return a kind.

        Raises:
            InvalidInput: nobody registered it.
        """
        if name not in self._kinds:
            raise InvalidInput(f"there is no action called {name}")
        return self._kinds[name]

    async def submit(self, proposal: Proposal, record: Record) -> Verdict:
        """Judge a proposal and, where it is admitted, carry it out once.

        A key that was carried out before is answered with what came of it then.

        Raises:
            InvalidInput: an unknown kind, or arguments that do not fit it.
            Conflict: the key was used for another action.
        """
        kind = self.kind(proposal.kind)
        args = parse(kind, proposal.args)
        dumped: dict[str, JsonValue] = args.model_dump(mode="json")
        resources: tuple[str, ...] = kind.resources(args)
        known = Verdict(
            state="refused", digest=digest([kind.name, dumped]), args=dumped, summary="", resources=resources
        )
        if proposal.admitted is not None:
            again = proposal.admitted
            args = parse(kind, again.args)
            known = replace(known, args=again.args, summary=again.summary, digest=again.digest)
            return await to_the_end(self._execute(kind, args, proposal, known, record), GRACE_S)
        deadline = current_time() + WAIT_S
        while True:
            try:
                await self._check_principal(kind, proposal.identity, resources)
                return await self._settle(kind, args, proposal, known, record, deadline)
            except Refused as refusal:
                if refusal.rule != BUSY or current_time() > deadline:
                    verdict = refused(known, refusal)
                    if await self._is_open(proposal.key, refusal):
                        await self._end(proposal, "refused", verdict, record)
                    return verdict
            await sleep(RETRY_S)

    async def _is_open(self, key: str, refusal: Refused) -> bool:
        """Whether a refusal ends the action of a key: not one that is being carried out, or was, under the same key."""
        known = await self._actions.get(key)
        ends = UNDECIDED if refusal.rule == BUSY else UNDECIDED | {"approved"}
        return known is None or known.state in ends

    async def _settle(
        self,
        kind: ActionKind[Any],
        args: ActionArgs,
        proposal: Proposal,
        known: Verdict,
        record: Record,
        deadline: float,
    ) -> Verdict:
        """Judge a proposal while nobody else changes what it touches, and carry it out where it is admitted.

        Raises:
            Refused: `conflict.busy`, where that takes too long, or another process changes it.
        """
        rules = await self._rules()
        case = _case(kind, known.args, known.resources, proposal, self._clock.now())
        queries = rules.queries(case)
        async with self._hold(disputed(known.resources), deadline):
            verdict, counted = await self._judge(kind, args, proposal, known, case, rules, queries)
            if verdict.is_known:
                return verdict
            if verdict.state != "executed":
                await record(event_of(proposal, "proposed" if verdict.state == "needs_yes" else verdict.state, verdict))
                return verdict

            async def admit() -> Verdict:
                admitted = await self._look(kind, args, proposal, verdict)
                # Nobody waits while a shop is looked at: what others used up since is counted anew as it is stored.
                async with self._hold([*map(_scope, queries)], current_time() + WAIT_S):
                    with self._actions.while_counted(proposal.key, counted) if counted else nullcontext():
                        await record(event_of(proposal, "confirmed", admitted))
                return await self._execute(kind, args, proposal, admitted, record)

            return await to_the_end(admit(), GRACE_S)

    @asynccontextmanager
    async def _hold(self, names: Sequence[str], deadline: float) -> AsyncGenerator[None]:
        """Keep others from what an action touches, or from its limits, in an order that nobody can deadlock in.

        Who holds limits never waits for things that are touched, nor for the shop.

        Raises:
            Refused: `conflict.busy`.
        """
        async with AsyncExitStack() as stack:
            try:
                with fail_after(max(deadline - current_time(), 0)):
                    for name in sorted(set(names)):
                        await stack.enter_async_context(self._locks.hold(name))
            except TimeoutError:
                raise busy() from None
            yield

    async def _check_principal(self, kind: ActionKind[Any], principal: Principal, resources: Sequence[str]) -> None:
        if isinstance(principal, Staff):
            return
        if not kind.is_offered:
            raise Refused("identity.staff", "Only a colleague can do that.")
        _check_assurance(principal, kind.assurance)
        for resource in resources:
            if not await self._owns(principal, resource):
                raise Refused("identity.owner", "I cannot find that under your name.")

    async def _judge(
        self,
        kind: ActionKind[Any],
        args: ActionArgs,
        proposal: Proposal,
        known: Verdict,
        case: Case,
        rules: Rulebook,
        queries: Sequence[UsageQuery],
    ) -> tuple[Verdict, Counted | None]:
        """Return a verdict, and what the limits had counted for it; None where none counted anything."""
        standing = await self._actions.standing(proposal.key, known.resources, queries, rules.currency)
        if standing.record and (earlier := _settled(standing.record, proposal, known)):
            return earlier, None
        preview = await kind.preview(args)
        if preview.assurance:
            _check_assurance(proposal.identity, preview.assurance)
        case = replace(case, facts=preview.facts, amount=preview.amount)
        ruling = rules.judge(case, standing.usage)
        # The yes is for what was shown: when the amount or anything else of it has changed, it is asked for again.
        verdict = replace(
            known,
            state="executed",
            summary=preview.summary,
            digest=digest([kind.name, known.args, preview.summary]),
            amount=preview.amount,
            inputs=ruling.inputs,
            policy=rules.version,
        )
        if ruling.refusal:
            return replace(verdict, state="refused", rule=ruling.refusal.rule, reason=ruling.refusal.says), None
        if self._lacks_yes(kind, proposal, verdict.digest):
            return replace(verdict, state="needs_yes", rule="consent.yes"), None
        if clash := collision(kind.changes(args), self._live(standing)):
            if clash.rule == BUSY:
                raise clash
            return refused(verdict, clash), None

        def still_fits(usage: tuple[Usage, ...]) -> bool:
            anew = rules.judge(case, usage)
            return anew.refusal is None and (anew.approval is None or _needs_no_approval(proposal))

        counted = Counted(queries=tuple(queries), usage=standing.usage, currency=rules.currency, still_fits=still_fits)
        return self._approved(verdict, proposal, ruling, rules), counted if queries else None

    def _lacks_yes(self, kind: ActionKind[Any], proposal: Proposal, wanted: str) -> bool:
        if kind.confirmation == "none" or isinstance(proposal.identity, Staff) or proposal.approved:
            return False
        consent = proposal.consent
        if consent is None or consent.digest != wanted:
            return True
        return self._clock.now() - consent.asked_at > CONSENT_LIFETIME

    def _live(self, standing: Standing) -> list[tuple[ActionRecord, tuple[Change, ...]]]:
        """Return the other actions under way with what they change; of one that cannot be read, all it touches."""
        return [(record, self._changes(record)) for record in standing.live]

    def _changes(self, record: ActionRecord) -> tuple[Change, ...]:
        try:
            kind = self.kind(record.kind)
            changes: tuple[Change, ...] = kind.changes(parse(kind, record.args))
        except InvalidInput:  # its kind is gone, or its arguments were erased
            return tuple(Change(resource=resource, attribute="*") for resource in record.resources)
        return changes

    def _approved(self, verdict: Verdict, proposal: Proposal, ruling: Ruling, rules: Rulebook) -> Verdict:
        if proposal.approved is not None and proposal.approved != verdict.digest:
            reason = "It is no longer what was approved, so it was not done."
            return replace(verdict, state="refused", rule="approval.changed", reason=reason)
        if ruling.approval is None or _needs_no_approval(proposal):
            return verdict
        return replace(
            verdict,
            state="needs_approval",
            rule=ruling.approval.rule,
            reason=ruling.approval.says,
            expires_at=self._clock.now() + rules.expire_after,
        )

    async def _look(self, kind: ActionKind[Any], args: ActionArgs, proposal: Proposal, verdict: Verdict) -> Verdict:
        """Return the verdict on what is about to be admitted, with what it is going to change as that is now."""
        before = await kind.snapshot(args) if kind.snapshot else None
        if proposal.undoes:
            await self.check_unchanged(proposal.undoes)
        return replace(verdict, before=before)

    async def check_unchanged(self, undone: Undone) -> None:
        """Check that the world is as an action left it which is to be undone.

        Raises:
            Refused: `undo.changed`.
        """
        kind = self.kind(undone.kind)
        if kind.snapshot and await kind.snapshot(parse(kind, undone.args)) != undone.after:
            raise Refused("undo.changed", "It was changed once more since then, so it cannot be undone.")

    async def _execute(
        self, kind: ActionKind[Any], args: ActionArgs, proposal: Proposal, verdict: Verdict, record: Record
    ) -> Verdict:
        """Carry out what was admitted and record how it ended; where that fails, it may have been done."""
        try:
            return await self._carry_out(kind, args, proposal, verdict, record)
        except StorageError as error:
            logger.warning("how %s ended cannot be recorded, so it is looked at later: %s", proposal.key, error)
            return replace(verdict, state="outcome_unknown", rule="outcome.unknown", is_recorded=False)

    async def _carry_out(
        self, kind: ActionKind[Any], args: ActionArgs, proposal: Proposal, verdict: Verdict, record: Record
    ) -> Verdict:
        try:
            result = await self._durable.run_once(proposal.key, proposal.kind, verdict.args)
        except Exception as error:
            found, cause = await self._left(kind, error, proposal)
            if found is None:
                return await self._not_executed(cause, proposal, verdict, record)
            logger.warning("%s was done, but does not tell its result: %s", proposal.key, type(error).__name__)
            result = found
        verdict = await self._executed(kind, args, proposal, replace(verdict, result=result))
        try:
            await self._end(proposal, "executed", verdict, record)
        except InvalidInput:  # it is done all the same
            logger.exception("what came of %s cannot be stored", proposal.key)
            verdict = replace(verdict, result=None, after=None)
            await self._end(proposal, "executed", verdict, record)
        return verdict

    async def _end(self, proposal: Proposal, state: ActionState, verdict: Verdict, record: Record) -> None:
        """Record how an action ended: without a word, where it was erased while it was under way."""
        try:
            await record(event_of(proposal, state, verdict))
        except Refused as refusal:
            if refusal.rule != ERASED:
                raise
            await record(event_of(proposal, state, without_words(verdict)))

    async def _left(self, kind: ActionKind[Any], error: Exception, proposal: Proposal) -> tuple[JsonValue, Exception]:
        """Return what an action left that ended in an error, or None, with the error that tells what came of it.

        What says no may do so after the effect, or on a second run, in a world that has moved since the first. A key
        that was used for something else is not looked up: what it left is not this action's.
        """
        if proposal.admitted and proposal.admitted.found is not None:
            return proposal.admitted.found, error
        if isinstance(error, Conflict) or not isinstance(error, (CallerError, Refused)):
            return None, error
        try:
            return await kind.look_up(proposal.key), error
        except Exception:
            logger.warning("what came of %s cannot be looked up", proposal.key, exc_info=True)
            return None, Unavailable(f"what came of {proposal.key} cannot be looked up: it will be tried again")

    async def _not_executed(self, error: Exception, proposal: Proposal, verdict: Verdict, record: Record) -> Verdict:
        """Record why an admitted action was not carried out, or that nobody knows whether it was.

        Raises:
            CallerError: the error, where it is one, such as a key that was used for something else.
        """
        if isinstance(error, Refused):  # the world moved between the preview and the write
            verdict = refused(verdict, error)
        elif isinstance(error, CallerError):
            verdict = replace(verdict, state="refused", rule="action.impossible", reason=str(error))
        else:
            if not isinstance(error, WorldError):  # a mistake in the program: it may have come after the effect
                logger.error("carrying out %s failed", proposal.key, exc_info=error)
            verdict = replace(verdict, state="outcome_unknown", rule="outcome.unknown")
        is_unknown = verdict.state == "outcome_unknown"
        await self._end(proposal, "outcome_unknown" if is_unknown else "refused", verdict, record)
        if isinstance(error, CallerError):
            raise error
        return verdict

    async def _executed(self, kind: ActionKind[Any], args: ActionArgs, proposal: Proposal, verdict: Verdict) -> Verdict:
        if proposal.admitted is not None and (known := await self._actions.get(proposal.key)):
            verdict = replace(verdict, before=known.before, policy=known.policy, amount=known.amount)
        after: JsonValue = None
        if kind.snapshot:
            try:
                after = await kind.snapshot(args)
            except Exception:  # it is done all the same, and only cannot be undone
                logger.warning("what %s left cannot be read", proposal.key, exc_info=True)
        until = self._clock.now() + kind.inverse.within if kind.inverse and kind.inverse.within else None
        return replace(verdict, state="executed", after=after, undo_until=until)


def effects_of(kinds: Iterable[ActionKind[Any]]) -> dict[str, Effect]:
    """Return how each kind is carried out from its name and JSON arguments, for a `Durable`."""
    return {kind.name: _effect(kind) for kind in kinds}


def parse(kind: ActionKind[Any], args: Mapping[str, JsonValue]) -> ActionArgs:
    """Read a kind's arguments.

    Raises:
        InvalidFields: naming each that does not fit.
    """
    try:
        parsed: ActionArgs = kind.args.model_validate(dict(args))
    except ValidationError as error:
        raise InvalidFields(f"{kind.name} cannot take these arguments", fields_of(error, kind.args)) from error
    return parsed


def _case(
    kind: ActionKind[Any], args: dict[str, JsonValue], resources: tuple[str, ...], proposal: Proposal, now: datetime
) -> Case:
    principal = proposal.identity
    customer = principal.customer_id if isinstance(principal, Identity) else None
    return Case(
        kind=kind.name,
        args=args,
        irreversible=kind.irreversible,
        resources=resources,
        agent=proposal.origin.agent,
        principal="staff" if isinstance(principal, Staff) else "customer" if customer else "guest",
        customer_id=customer,
        confidence=proposal.confidence,
        stream=proposal.origin.stream,
        now=now,
    )


def _check_assurance(principal: Principal, assurance: Assurance) -> None:
    """Check that a customer has shown enough of who they are; staff have.

    Raises:
        Refused: `identity.signed_in`, `identity.verified`.
    """
    if isinstance(principal, Identity) and not principal.meets(assurance):
        raise Refused(f"identity.{assurance}", "Please sign in to your account first.")


def _needs_no_approval(proposal: Proposal) -> bool:
    return isinstance(proposal.identity, Staff) or proposal.approved is not None


def _scope(query: UsageQuery) -> str:
    """Return what all actions share that use up the same limit, so that they are admitted one after the other."""
    return digest([*sorted(query.kinds), query.customer_id, query.agent, query.stream, query.resource])


def _settled(record: ActionRecord, proposal: Proposal, known: Verdict) -> Verdict | None:
    """Return what became of a key before, as a verdict; None where it may still be judged.

    Raises:
        Conflict: the key was used for another action, which was admitted or waits for the merchant.
        Refused: `conflict.busy`, where it is being carried out.
    """
    if record.state in UNDECIDED:
        return None
    is_same = record.kind == proposal.kind and record.args == known.args
    if not is_same and (record.args or not known.args):
        if proposal.approved and record.state == "approved":  # the merchant changed it
            return None
        raise Conflict(f"the key {proposal.key!r} was used for another action: use a new key")
    if record.state == "confirmed":
        raise busy()
    told = replace(
        known,
        digest=record.digest,
        summary=record.summary,
        rule=record.rule,
        reason=record.reason,
        result=record.result,
        amount=record.amount,
        is_known=True,
    )
    match record.state:
        case "executed" | "outcome_unknown" | "needs_approval":
            return replace(told, state=record.state, expires_at=record.expires_at)
        case "approved":
            return None if proposal.approved else replace(told, state="needs_approval")
        case _:
            return told


def _effect(kind: ActionKind[Any]) -> Effect:
    async def run(key: str, args: dict[str, JsonValue]) -> JsonValue:
        result: JsonValue = await kind.execute(key, parse(kind, args))
        return result

    return Effect(run=run, look_up=kind.look_up, pace=kind.pace)
