"""The one gate that every write passes, whoever proposes it and whatever a model says.

In this order: a known kind and valid arguments, identity, ownership, the shop's own state rules, the customer's yes,
the limit for what cannot be undone; then it is executed once under its key. Each verdict is recorded with its rule.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import JsonValue, ValidationError

from shopfloor.actions.kind import ActionArgs, ActionKind
from shopfloor.durable.contract import Durable, Effect
from shopfloor.identity.identity import Identity
from shopfloor.journal.events import ActionState
from shopfloor.kernel.canonical import digest
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import CallerError, InvalidInput, Refused, WorldError
from shopfloor.kernel.finishing import to_the_end
from shopfloor.kernel.money import Money

CONSENT_LIFETIME = timedelta(minutes=30)
"""How long a question for the customer's yes stays open."""
GRACE_S = 60.0
"""How long a cancelled caller stays with an admitted action; longer than a `Durable` stays with its effect."""

VerdictState = Literal["needs_yes", "executed", "refused", "needs_approval", "outcome_unknown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    """The customer's yes, read in code from a message that came after the question."""

    digest: str
    """Of the action that the question was about."""
    asked_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Admitted:
    """An action that passed the gate and whose outcome was not recorded."""

    args: dict[str, JsonValue]
    summary: str
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A write that an agent would like to see done."""

    kind: str
    args: Mapping[str, JsonValue]
    identity: Identity
    """Injected by code, never part of the arguments."""
    key: str
    """Idempotency key, made from the origin: conversation, turn, task and call."""
    consent: Consent | None = None
    admitted: Admitted | None = None
    """What was admitted under this key before a crash; None where nothing was. It is not judged again, since the world
    may already hold its effect: exactly that is carried out under its key, which happens once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the gate decided, or what came of it."""

    state: VerdictState
    digest: str
    args: dict[str, JsonValue]
    summary: str
    rule: str | None = None
    """The rule that decided; None where all were met."""
    reason: str = ""
    """As a customer may read it, where a rule said no."""
    result: JsonValue = None


Owns = Callable[[Identity, str], Awaitable[bool]]
"""Says whether a resource is theirs."""
Limit = Callable[[], Awaitable[Money | None]]
Record = Callable[[ActionState, Verdict], Awaitable[None]]
"""Journals one step of an action before the next is taken."""


class Gate:
    """Admits, holds or refuses."""

    def __init__(
        self,
        kinds: Iterable[ActionKind[Any]],
        *,
        durable: Durable,
        owns: Owns,
        irreversible_limit: Limit,
        clock: Clock,
    ) -> None:
        """Take the kinds, what carries them out once, who owns what, and the limit for what cannot be undone.

        Up to `irreversible_limit`, asked for each action, an irreversible action needs no merchant's approval; None
        admits every amount. An amount in another currency needs it always.

        Raises:
            ValueError: two kinds of one name.
        """
        self._kinds: dict[str, ActionKind[Any]] = {}
        for kind in kinds:
            if kind.name in self._kinds:
                raise ValueError(f"two action kinds are called {kind.name}")
            self._kinds[kind.name] = kind
        self._durable = durable
        self._owns = owns
        self._limit = irreversible_limit
        self._clock = clock

    async def submit(self, proposal: Proposal, record: Record) -> Verdict:
        """Judge a proposal and, where it is admitted, carry it out once.

        Raises:
            InvalidInput: an unknown kind, or arguments that do not fit it.
            Conflict: the key was used for another action.
        """
        kind = self._kinds.get(proposal.kind)
        if kind is None:
            raise InvalidInput(f"there is no action called {proposal.kind}")
        args = _parse(kind, proposal.args)
        dumped: dict[str, JsonValue] = args.model_dump(mode="json")
        known = Verdict(state="refused", digest=digest([kind.name, dumped]), args=dumped, summary="")
        if proposal.admitted is not None:
            again = proposal.admitted
            known = replace(known, args=again.args, summary=again.summary, digest=again.digest)
            return await to_the_end(self._execute(proposal, known, record), GRACE_S)
        try:
            verdict = await self._judge(kind, args, proposal, known)
        except Refused as refusal:
            verdict = _refused(known, refusal)
        if verdict.state == "executed":
            return await to_the_end(self._confirm_and_execute(proposal, verdict, record), GRACE_S)
        await record("proposed" if verdict.state == "needs_yes" else verdict.state, verdict)
        return verdict

    async def _judge(self, kind: ActionKind[Any], args: ActionArgs, proposal: Proposal, known: Verdict) -> Verdict:
        if not proposal.identity.meets(kind.assurance):
            raise Refused(f"identity.{kind.assurance}", "Please sign in to your account first.")
        resources: Sequence[str] = kind.resources(args)
        for resource in resources:
            if not await self._owns(proposal.identity, resource):
                raise Refused("identity.owner", "I cannot find that under your name.")
        preview = await kind.preview(args)
        # The yes is for what was shown: when the amount or anything else of it has changed, it is asked for again.
        shown = digest([kind.name, known.args, preview.summary])
        verdict = replace(known, state="executed", summary=preview.summary, digest=shown)
        if kind.confirmation == "yes" and not self._is_consent(proposal.consent, verdict.digest):
            return replace(verdict, state="needs_yes", rule="consent.yes")
        limit = await self._limit() if kind.irreversible else None
        if limit and preview.amount and not _is_within(limit, preview.amount):
            reason = f"Above {limit} a colleague has to approve this."
            return replace(verdict, state="needs_approval", rule="approval.irreversible_amount", reason=reason)
        return verdict

    def _is_consent(self, consent: Consent | None, wanted: str) -> bool:
        if consent is None or consent.digest != wanted:
            return False
        return self._clock.now() - consent.asked_at <= CONSENT_LIFETIME

    async def _confirm_and_execute(self, proposal: Proposal, verdict: Verdict, record: Record) -> Verdict:
        await record("confirmed", verdict)
        return await self._execute(proposal, verdict, record)

    async def _execute(self, proposal: Proposal, verdict: Verdict, record: Record) -> Verdict:
        try:
            result = await self._durable.run_once(proposal.key, proposal.kind, verdict.args)
        except Refused as refusal:  # the world moved between the preview and the write
            verdict = _refused(verdict, refusal)
            await record("refused", verdict)
            return verdict
        except WorldError:
            verdict = replace(verdict, state="outcome_unknown", rule="outcome.unknown")
            await record("outcome_unknown", verdict)
            return verdict
        except CallerError as error:  # such as a key that was used for something else
            await record("refused", replace(verdict, state="refused", rule="action.impossible", reason=str(error)))
            raise
        verdict = replace(verdict, state="executed", result=result)
        await record("executed", verdict)
        return verdict


def effects_of(kinds: Iterable[ActionKind[Any]]) -> dict[str, Effect]:
    """Return how each kind is carried out from its name and JSON arguments, for a `Durable`."""
    return {kind.name: _effect(kind) for kind in kinds}


def _is_within(limit: Money, amount: Money) -> bool:
    """Say whether an amount is up to a limit; one in another currency never is, since nobody said what it is worth."""
    return amount.currency == limit.currency and amount <= limit


def _refused(verdict: Verdict, refusal: Refused) -> Verdict:
    return replace(verdict, state="refused", rule=refusal.rule, reason=refusal.reason)


def _parse(kind: ActionKind[Any], args: Mapping[str, JsonValue]) -> ActionArgs:
    try:
        parsed: ActionArgs = kind.args.model_validate(dict(args))
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise InvalidInput(f"{kind.name} cannot take these arguments: {problems}") from error
    return parsed


def _effect(kind: ActionKind[Any]) -> Effect:
    async def effect(key: str, args: dict[str, JsonValue]) -> JsonValue:
        result: JsonValue = await kind.execute(key, _parse(kind, args))
        return result

    return effect
