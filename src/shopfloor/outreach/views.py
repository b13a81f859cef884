"""How signals, outreaches and the outbox look in JSON, on the command line and over HTTP."""

from datetime import datetime

from pydantic import JsonValue

from shopfloor.outreach.attempts import OutboxMessage, Outreach
from shopfloor.outreach.signals import Signal

View = dict[str, JsonValue]


def signal_view(signal: Signal) -> View:
    """Write a signal."""
    return {"id": signal.id, "kind": signal.kind, "data": signal.values, "at": signal.at.isoformat()}


def outreach_view(outreach: Outreach) -> View:
    """Write what came of a signal for one customer, with the rule that decided last."""
    return {
        "id": outreach.id,
        "agent": outreach.agent,
        "skill": outreach.skill,
        "purpose": outreach.purpose,
        "email": outreach.recipient.email,
        "customer_id": outreach.recipient.customer_id,
        "state": outreach.state,
        "rule": outreach.rule,
        "due_at": outreach.due_at.isoformat(),
        "conversation_id": outreach.conversation_id,
        "decisions": [decision.model_dump(mode="json") for decision in outreach.decisions],
    }


def message_view(message: OutboxMessage) -> View:
    """Write a message of the outbox."""
    return {
        "id": message.id,
        "email": message.email,
        "subject": message.subject,
        "text": message.text,
        "conversation_id": message.conversation_id,
        "purpose": message.purpose,
        "created_at": message.created_at.isoformat(),
        "not_before": _instant(message.not_before),
        "sent_at": _instant(message.sent_at),
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
