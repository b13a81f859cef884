"""How actions look in JSON, on the command line and over HTTP."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from shopfloor.actions.kind import ActionKind
from shopfloor.actions.naming import action_id
from shopfloor.actions.store import ActionRecord
from shopfloor.actions.undo import Step
from shopfloor.journal.events import ActionMoved, Event
from shopfloor.kernel.money import Money

View = dict[str, JsonValue]
CONVERSATION = "conversation/"
"""What the stream of a conversation begins with."""


def action_view(record: ActionRecord) -> View:
    """Write an action as it stands, without what was read and done."""
    return {
        "id": record.id,
        "key": record.key,
        "kind": record.kind,
        "state": record.state,
        "summary": record.summary,
        "amount": amount_view(record.amount),
        "resources": list(record.resources),
        "agent": record.agent,
        "agent_name": record.agent_name,
        "is_for_shop": record.is_for_shop,
        "customer_id": record.customer_id,
        "order_numbers": list(record.order_numbers),
        "conversation_id": conversation_of(record),
        "turn_id": record.turn_id,
        "task_id": record.task_id,
        "staff": record.staff,
        "rule": record.rule,
        "reason": record.reason,
        "policy": record.policy,
        "proposed_at": record.proposed_at.isoformat(),
        "moved_at": record.moved_at.isoformat(),
        "executed_at": _instant(record.executed_at),
        "expires_at": _instant(record.expires_at),
        "undo_until": _instant(record.undo_until),
        "undoes": action_id(record.undoes) if record.undoes else None,
        "undone_by": action_id(record.undone_by) if record.undone_by else None,
    }


def detail_view(record: ActionRecord, events: Sequence[Event], undoing: Step) -> View:
    """Write an action with all that is known of it: what it was judged by, what it changed, and its steps."""
    return {
        **action_view(record),
        "args": record.args,
        "inputs": record.inputs,
        "result": record.result,
        "before": record.before,
        "after": record.after,
        "undo": undo_view(undoing),
        "steps": [step_view(event, data, changes) for event, data, changes in edits(events)],
    }


def edits(events: Sequence[Event]) -> Iterator[tuple[Event, ActionMoved, View]]:
    """Yield the steps of an action in order, each with the arguments that were changed by it."""
    before: View = {}
    for event in events:
        if isinstance(data := event.data, ActionMoved):
            names = {**before, **data.args} if before and data.args else {}
            yield event, data, {name: data.args.get(name) for name in names if data.args.get(name) != before.get(name)}
            before = data.args or before


def step_view(event: Event, data: ActionMoved, changes: View) -> View:
    """Write one step of an action, with the arguments that it changed."""
    return {
        "seq": event.seq,
        "at": event.at.isoformat(),
        "state": data.state,
        "staff": data.staff,
        "rule": data.rule,
        "reason": data.reason,
        "policy": data.policy,
        "edited": changes,
    }


def waiting_view(record: ActionRecord, kind: ActionKind[Any] | None) -> View:
    """Write an action that waits for the merchant, with its arguments and its risk.

    `kind` is None where nobody registers it any more.
    """
    inverse = kind.inverse if kind else None
    return {
        **action_view(record),
        "args": record.args,
        "inputs": record.inputs,
        "is_reversible": inverse is not None,
        "undo_within_s": int(inverse.within.total_seconds()) if inverse and inverse.within else None,
    }


def undo_view(step: Step) -> View:
    """Write whether an action can be undone, by what, and what keeps it from that."""
    return {"is_undoable": step.is_undone, **_inverse_view(step)}


def undoable_view(step: Step) -> View:
    """Write an action of a preview with whether it will be undone."""
    return {"action": action_view(step.record), "is_undoable": step.is_undone, **_inverse_view(step)}


def undone_view(step: Step) -> View:
    """Write an action with whether it was undone."""
    return {"action": action_view(step.record), "is_undone": step.is_undone, **_inverse_view(step)}


def _inverse_view(step: Step) -> View:
    return {"kind": step.kind, "summary": step.summary, "rule": step.rule, "reason": step.reason}


def kind_view(kind: ActionKind[Any]) -> View:
    """Write a kind, with the JSON schema of its arguments."""
    inverse = kind.inverse
    return {
        "name": kind.name,
        "description": kind.description,
        "args": kind.args.model_json_schema(),
        "confirmation": kind.confirmation,
        "assurance": kind.assurance,
        "is_reversible": inverse is not None,
        "undone_by": inverse.kind if inverse else None,
        "undo_within_s": int(inverse.within.total_seconds()) if inverse and inverse.within else None,
        "is_offered": kind.is_offered,
    }


def amount_view(amount: Money | None) -> JsonValue:
    """Write an amount, as a program and as a person reads it."""
    return {"currency": amount.currency, "minor": amount.minor, "text": str(amount)} if amount else None


def conversation_of(record: ActionRecord) -> str | None:
    """Return the conversation that an action is of; None where it is of none."""
    return record.stream.removeprefix(CONVERSATION) if record.stream.startswith(CONVERSATION) else None


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
