"""What the kinds of writes share about being undone."""

from typing import cast

from pydantic import JsonValue

from shopfloor.actions.kind import Done
from shopfloor.kernel.errors import Refused


def earlier(done: Done) -> dict[str, JsonValue]:
    """Return what a kind's snapshot read before its action.

    Raises:
        Refused: `undo.unknown` where it is not known any more.
    """
    if not isinstance(done.before, dict):
        raise Refused("undo.unknown", "It is not known any more how it was before.")
    return done.before


def given(done: Done, name: str) -> str:
    """Return a text of what an action's execution returned.

    Raises:
        Refused: `undo.unknown` where it is not known any more.
    """
    result = cast("dict[str, JsonValue]", done.result) if isinstance(done.result, dict) else {}
    value = result.get(name)
    if not isinstance(value, str):
        raise Refused("undo.unknown", "It is not known any more what was done.")
    return value
