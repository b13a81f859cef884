"""What is put before the gate, what it answers, and the event that both make."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from shopfloor.identity.identity import Identity, Principal
from shopfloor.journal.events import ActionMoved, ActionState
from shopfloor.kernel.errors import Refused
from shopfloor.kernel.ids import AgentId, StreamId, TurnId
from shopfloor.kernel.money import Money

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
    found: JsonValue = None
    """What its look-up returned, so that it is known to be done; None where it was not looked up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """What a proposal stems from."""

    agent: AgentId
    agent_name: str
    turn_id: TurnId | None = None
    """The turn, and with it the plan; None where a person of the staff acts."""
    task_id: str | None = None
    stream: StreamId | None = None
    """The conversation, by which a guest is counted; None where it is of none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Undone:
    """The action that another is to undo."""

    key: str
    kind: str
    args: dict[str, JsonValue]
    after: JsonValue
    """The world as it was left; undoing needs it to be still so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A write that somebody would like to see done."""

    kind: str
    args: Mapping[str, JsonValue]
    identity: Principal
    """For whom; injected by code, never part of the arguments."""
    key: str
    """Idempotency key, made from the origin: conversation, turn, task and call."""
    origin: Origin
    consent: Consent | None = None
    admitted: Admitted | None = None
    """What was admitted under this key before a crash; None where nothing was. It is not judged again, since the world
    may already hold its effect: exactly that is carried out under its key, which happens once."""
    approved: str | None = None
    """The digest that the merchant approved; the customer's yes, if it takes one, was given before."""
    approved_by: str | None = None
    undoes: Undone | None = None
    confidence: float | None = None
    """How sure the agent is, 0 to 1; None where it does not say."""


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
    resources: tuple[str, ...] = ()
    amount: Money | None = None
    inputs: dict[str, JsonValue] | None = None
    """What the policy's conditions read; None where it was not asked."""
    policy: int | None = None
    before: JsonValue = None
    after: JsonValue = None
    expires_at: datetime | None = None
    undo_until: datetime | None = None
    is_known: bool = False
    """Whether it was so before and is only told again: nothing is recorded."""
    is_recorded: bool = True
    """Whether the record says so, too; else the storage failed after the action was admitted."""


def refused(verdict: Verdict, refusal: Refused) -> Verdict:
    """Return a verdict with the rule that said no."""
    return replace(verdict, state="refused", rule=refusal.rule, reason=refusal.reason)


def without_words(verdict: Verdict) -> Verdict:
    """Return a verdict without what is personal of it: what is told of an action that was erased while it was open."""
    nothing = replace(verdict, args={}, summary="", digest="", reason="", inputs=None)
    return replace(nothing, result=None, before=None, after=None)


def event_of(proposal: Proposal, state: ActionState, verdict: Verdict) -> ActionMoved:
    """Return the event that tells of one step of an action."""
    principal, origin = proposal.identity, proposal.origin
    is_customers = isinstance(principal, Identity)
    return ActionMoved(
        turn_id=origin.turn_id,
        task_id=origin.task_id,
        agent=origin.agent,
        agent_name=origin.agent_name,
        is_for_shop=not is_customers,
        customer_id=principal.customer_id if is_customers else None,
        order_numbers=tuple(sorted(principal.order_numbers)) if is_customers else (),
        staff=proposal.approved_by if is_customers else principal.name,
        key=proposal.key,
        kind=proposal.kind,
        digest=verdict.digest,
        state=state,
        args=verdict.args,
        summary=verdict.summary,
        resources=verdict.resources,
        amount_minor=verdict.amount.minor if verdict.amount else None,
        currency=verdict.amount.currency if verdict.amount else None,
        rule=verdict.rule,
        reason=verdict.reason,
        inputs=verdict.inputs or {},
        policy=verdict.policy,
        result=verdict.result,
        before=verdict.before,
        after=verdict.after,
        expires_at=verdict.expires_at,
        undo_until=verdict.undo_until,
        undoes=proposal.undoes.key if proposal.undoes else None,
    )
