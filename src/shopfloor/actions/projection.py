"""How an event moves the record of its action: pure, so that every store keeps the same."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from pydantic import JsonValue

from shopfloor.actions.store import LIVE, UNSETTLED, ActionRecord, Listing, erased_meanwhile
from shopfloor.journal.events import ActionMoved, Event
from shopfloor.kernel.money import Money

NEW = ":new"
"""How a resource ends that an action makes: nobody else can have it yet."""
EMPTY: tuple[JsonValue, ...] = (None, "", {})
"""What holds no words."""


def moved(known: ActionRecord | None, event: Event, data: ActionMoved) -> ActionRecord:
    """Return an action as it stands after an event; what the event does not say stays."""
    has_money = data.amount_minor is not None and data.currency is not None
    record = ActionRecord(
        key=data.key,
        stream=event.stream,
        kind=data.kind,
        state=data.state,
        agent=data.agent,
        agent_name=data.agent_name,
        turn_id=data.turn_id,
        task_id=data.task_id,
        is_for_shop=data.is_for_shop,
        customer_id=data.customer_id,
        order_numbers=data.order_numbers,
        staff=data.staff,
        args=data.args,
        summary=data.summary,
        digest=data.digest,
        resources=data.resources,
        amount=Money(data.currency or "", data.amount_minor or 0) if has_money else None,
        rule=data.rule,
        reason=data.reason,
        inputs=data.inputs,
        policy=data.policy,
        result=data.result,
        before=data.before,
        after=data.after,
        proposed_at=known.proposed_at if known else event.at,
        moved_at=event.at,
        executed_at=event.at if data.state == "executed" else known.executed_at if known else None,
        expires_at=data.expires_at,
        undo_until=data.undo_until,
        undoes=data.undoes,
        undone_by=known.undone_by if known else None,
    )
    if known is None:
        return record
    return replace(
        record,
        # a decision is made by somebody else than who proposed it, and tells nothing of this anew
        summary=record.summary or known.summary,
        resources=record.resources or known.resources,
        inputs=record.inputs or known.inputs,
        amount=record.amount or known.amount,
        undoes=record.undoes or known.undoes,
    )


def check_words(known: ActionRecord | None, data: ActionMoved) -> None:
    """Check that a step does not bring back what was erased of an action that was open.

    Raises:
        Refused: `action.erased`.
    """
    words = (data.args, data.summary, data.digest, data.inputs, data.result, data.before, data.after)
    if known and known.state in LIVE and is_erased(known) and any(word not in EMPTY for word in words):
        raise erased_meanwhile()


class Undoable(Protocol):
    """What it takes of an action to tell what an undo does to it."""

    @property
    def key(self) -> str:
        """Return its key."""
        ...

    @property
    def undoes(self) -> str | None:
        """Return the key of the action that it undoes."""
        ...

    @property
    def undone_by(self) -> str | None:
        """Return the key of the action that undid it and holds."""
        ...


def undone(record: Undoable, known: Callable[[str], Undoable | None]) -> Iterator[tuple[str, str | None]]:
    """Yield the key of each action that an executed undo changes the standing of, with its `undone_by` from now on.

    The action that it undoes does not hold any more. If that was an undo itself, what it had undone holds again, and so
    on. `known` returns an action by its key, as it stood before.
    """
    undoing, undoes, is_in_force = record.key, record.undoes, True
    while undoes and (one := known(undoes)):
        if one.undone_by not in {None, undoing}:  # by yet another, which holds
            return
        yield one.key, undoing if is_in_force else None
        undoing, undoes, is_in_force = one.key, one.undoes, not is_in_force


def erased(record: ActionRecord) -> ActionRecord:
    """Return an action without what was personal of it."""
    return replace(record, args={}, summary="", digest="", inputs={}, reason="", result=None, before=None, after=None)


def is_erased(record: ActionRecord) -> bool:
    """Whether what was personal of an action was erased: every action has a digest until then."""
    return not record.digest


def held(record: ActionRecord) -> tuple[str, ...]:
    """Return the resources that an action keeps all others from, as long as it may get its effect."""
    return disputed(record.resources) if record.state in UNSETTLED else ()


def listing(record: ActionRecord) -> Listing:
    """Return how an action that stands so is to be listed."""
    live = sorted(set(record.resources)) if record.state in LIVE else ()
    return Listing(id=record.id, live=tuple(live), held=held(record))


def disputed(resources: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the resources that another action could want as well."""
    return tuple(sorted({resource for resource in resources if not resource.endswith(NEW)}))
