"""Whether two actions pull at the same thing: one function for the gate and for all who put actions in an order."""

from collections.abc import Iterable, Sequence

from shopfloor.actions.kind import Change
from shopfloor.actions.store import ActionRecord, busy
from shopfloor.kernel.errors import Refused

ALL = "*"


def collision(changes: Sequence[Change], live: Iterable[tuple[ActionRecord, Sequence[Change]]]) -> Refused | None:
    """Return why an action cannot go on while others are under way, or None.

    `live` are the other actions that touch one of its resources, each with what it changes. One that is being carried
    out is over in a moment. One that was sent and not confirmed goes before one that waits for the merchant, since
    nobody knows how it leaves the world.
    """
    rivals = [record for record, theirs in live if _collide(changes, theirs)]
    states = {record.state for record in rivals}
    if "confirmed" in states:
        return busy()
    if "outcome_unknown" in states:
        return Refused("conflict.unsettled", "An earlier change of this is still being checked. Please wait for that.")
    if rivals:
        what = rivals[0].summary.removesuffix(".")
        waits = f"A colleague is still deciding on an earlier request: {what}." if what else "A decision is pending."
        return Refused("conflict.waiting", waits)
    return None


def _collide(ours: Sequence[Change], theirs: Sequence[Change]) -> bool:
    """Say whether two actions set the same attribute, or pull it in two directions."""
    return any(
        one.resource == other.resource
        and (one.attribute == other.attribute or ALL in {one.attribute, other.attribute})
        and (one.direction == "set" or one.direction != other.direction)
        for one in ours
        for other in theirs
    )
