"""Finding one action by what a person calls it, and what happened to it step by step."""

from collections.abc import Sequence
from datetime import timedelta

from shopfloor.actions.naming import PREFIX, SHORTEST, beginning
from shopfloor.actions.store import ActionRecord, Actions
from shopfloor.journal.chain import rebuild
from shopfloor.journal.contract import Journal
from shopfloor.journal.events import ActionMoved, Event
from shopfloor.journal.wanted import Place, Wanted, place_of
from shopfloor.kernel.errors import InvalidInput, NotFound

PAGE = 200
TICK = timedelta(microseconds=1)


async def find_action(actions: Actions, name: str) -> ActionRecord:
    """Return the action of a key, of an id, or of the beginning of an id that no other action's id begins with.

    Raises:
        NotFound: no such action.
        InvalidInput: several ids begin so; each is named with what it is.
    """
    if record := await actions.get(name):
        return record
    start = beginning(name)
    named = await actions.named(start) if start else ()
    found = [record for record in named if start and record.id.startswith(start)]  # a stored id may have been changed
    if len(found) > 1:
        which = "".join(f"\n  {one.id}  {one.kind}, {one.state}, {', '.join(one.resources)}" for one in found)
        raise InvalidInput(f"{name} is the beginning of several ids, so add a character:{which}")
    if not found:
        known_by = (
            f"its id, such as {PREFIX}7k3m9q2x1zab, at least {SHORTEST} characters behind {PREFIX}, or by its key"
        )
        raise NotFound(f"there is no action {name}: name it by {known_by}")
    return found[0]


async def steps_of(journal: Journal, record: ActionRecord) -> Sequence[Event]:
    """Return the events that moved an action, in order; only those of its time are read, since streams grow long."""
    wanted = Wanted(
        stream=record.stream,
        types=frozenset({ActionMoved.TYPE}),
        kind=record.kind,
        since=min(record.proposed_at, record.moved_at),
        until=max(record.proposed_at, record.moved_at) + TICK,
    )
    found: list[Event] = []
    before: Place | None = None
    while page := await journal.newest(wanted, before=before, limit=PAGE):
        found += [rebuild(entry) for entry in page]
        before = place_of(page[-1])
    return [event for event in reversed(found) if isinstance(event.data, ActionMoved) and event.data.key == record.key]
