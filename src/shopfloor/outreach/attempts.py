"""An outreach: one attempt to reach one customer about one signal, from when it is due to what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shopfloor.kernel.canonical import digest
from shopfloor.kernel.ids import AgentId, ConversationId, CustomerId, OrderNumber
from shopfloor.outreach.rules import Verdict
from shopfloor.outreach.signals import Purpose, Signal

OutreachState = Literal["due", "sending", "sent", "suppressed", "nothing_to_say", "failed"]
EndState = Literal["sent", "suppressed", "nothing_to_say", "failed"]
UNDER_WAY: frozenset[OutreachState] = frozenset({"due", "sending"})
HELD: frozenset[OutreachState] = frozenset({"due", "sending", "sent"})
"""In these states an outreach is the one answer to its lead; in the others the lead goes on waiting."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """Whom a signal concerns, and how they are reached."""

    email: str
    """Empty for a guest who named none: they are reached in their conversation only."""
    customer_id: CustomerId | None = None
    """None for a guest."""
    lead_id: str | None = None
    """The wish that is answered; None where the signal answers none."""
    order_number: OrderNumber | None = None
    """A guest's order that it is about; None otherwise."""
    conversation_id: ConversationId | None = None
    """Where they asked for it; None where it was not in a conversation."""

    @property
    def key(self) -> str:
        """Return what tells one recipient of a signal from another."""
        return self.lead_id or self.customer_id or self.email


class Decision(BaseModel):
    """What was decided on an outreach, and by which rule."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: datetime
    outcome: Literal["send", "wait", "suppress", "sent", "nothing_to_say", "failed"]
    rule: str
    until: datetime | None = None
    """When it is judged again; in `wait` only."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outreach:
    """One attempt to reach one customer about one signal."""

    id: str
    signal: Signal
    agent: AgentId
    skill: str
    purpose: Purpose
    recipient: Recipient
    planned_for: datetime
    """When it was due at first."""
    due_at: datetime
    """When it is looked at next."""
    state: OutreachState = "due"
    is_open: bool = True
    """Whether something is left to do; of one that is sent, to settle the lead."""
    admitted_at: datetime | None = None
    """When the rules let it pass; None before."""
    conversation_id: ConversationId | None = None
    """Where it is said; None before it passed the rules."""
    decisions: tuple[Decision, ...] = ()
    """Oldest first."""

    @property
    def rule(self) -> str | None:
        """Return the rule of the newest decision; None before the first."""
        return self.decisions[-1].rule if self.decisions else None

    @property
    def wish(self) -> str | None:
        """Return the lead that no other outreach may answer meanwhile; None where it answers none."""
        return self.recipient.lead_id if self.state in HELD else None


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboxMessage:
    """A message that later channels, such as mail, send."""

    id: str
    """The outreach's: there is one message for each."""
    email: str
    subject: str
    text: str
    conversation_id: ConversationId
    purpose: Purpose
    created_at: datetime
    not_before: datetime | None = None
    """When a channel may send it, where that is later: the end of the quiet hours that it was said in."""
    sent_at: datetime | None = None
    """When a channel sent it; None before."""


def new_outreach(
    signal: Signal, agent: AgentId, skill: str, purpose: Purpose, recipient: Recipient, *, due_at: datetime
) -> Outreach:
    """Return the outreach to a recipient; the same ones give the same id."""
    name = digest([signal.id, agent, skill, recipient.key])
    return Outreach(
        id=f"out_{name[:26]}",
        signal=signal,
        agent=agent,
        skill=skill,
        purpose=purpose,
        recipient=recipient,
        planned_for=due_at,
        due_at=due_at,
    )


def judged(outreach: Outreach, verdict: Verdict, at: datetime, conversation: ConversationId | None) -> Outreach:
    """Return an outreach under way as a verdict leaves it.

    One that passed before keeps its place and its conversation, since words may have been said there already.
    """
    decided = Decision(at=at, outcome=verdict.outcome, rule=verdict.rule, until=verdict.until)
    decisions = (*outreach.decisions, decided)
    if verdict.outcome == "suppress":
        return replace(outreach, state="suppressed", is_open=False, decisions=decisions)
    if verdict.outcome == "wait":
        return replace(outreach, due_at=verdict.until or at, decisions=decisions)
    if outreach.state == "sending":
        return outreach
    return replace(
        outreach, state="sending", admitted_at=at, due_at=at, conversation_id=conversation, decisions=decisions
    )


def ended(outreach: Outreach, state: EndState, rule: str, at: datetime) -> Outreach:
    """Return an outreach at its end."""
    outcome = "suppress" if state == "suppressed" else state
    decisions = (*outreach.decisions, Decision(at=at, outcome=outcome, rule=rule))
    is_open = state == "sent" and outreach.recipient.lead_id is not None
    return replace(outreach, state=state, is_open=is_open, decisions=decisions)


def counted(outreaches: Sequence[Outreach], outreach: Outreach) -> list[datetime]:
    """Return when the customer of an outreach was sent other marketing."""
    return [
        other.admitted_at
        for other in outreaches
        if other.id != outreach.id
        and other.purpose == "marketing"
        and other.state in {"sending", "sent"}
        and other.admitted_at
        and is_same_person(other.recipient, outreach.recipient)
    ]


def is_same_person(one: Recipient, other: Recipient) -> bool:
    """Whether two recipients are the same customer, or share an e-mail address."""
    is_same_customer = one.customer_id is not None and one.customer_id == other.customer_id
    return is_same_customer or email_key(one.email) == email_key(other.email)


def email_key(email: str) -> str:
    """Return an e-mail address as it is compared."""
    return email.strip().casefold()
