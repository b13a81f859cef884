"""Which steps of an action its customer is told of, since no turn tells them: what was decided, found out or undone.

Such a step becomes a signal in the transaction that journals it, so that none gets lost and each is told once.
"""

from collections.abc import Callable
from datetime import timedelta

from shopfloor.actions.store import ActionRecord
from shopfloor.outreach.signals import Signal, settled_signal

SETTLE_AFTER = timedelta(seconds=90)
"""How long an admitted action is left to whoever carries it out; longer than a cancelled caller stays with it."""
Note = Callable[[Signal], None]
"""Stores a signal with the step that it tells of; one that is known changes nothing."""


def nowhere(_signal: Signal) -> None:
    """Store nothing: nobody is told."""


def news_of(known: ActionRecord | None, record: ActionRecord) -> Signal | None:
    """Return the signal that an action has moved from what was known of it; None where nobody has to be told."""
    is_news = not record.is_erased and _is_news(known, record)
    return settled_signal(record.key, record.state, at=record.moved_at) if is_news else None


def _is_news(known: ActionRecord | None, record: ActionRecord) -> bool:
    if record.undoes is not None:
        return record.state == "executed"
    if record.is_for_shop:
        return False
    match record.state:
        case "rejected" | "expired":
            return True
        case "executed" | "refused":
            return record.staff is not None or _was_left(known, record)
        case "outcome_unknown":
            return record.staff is not None
        case _:
            return False


def _was_left(known: ActionRecord | None, record: ActionRecord) -> bool:
    """Say whether the turn of an action was over before its outcome was known."""
    if known is None:
        return False
    is_late = record.moved_at - known.moved_at >= SETTLE_AFTER
    return known.state == "outcome_unknown" or (known.state == "confirmed" and is_late)
