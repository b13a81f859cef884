"""How much of lists one expression may look at; all else that it does is bounded by its own length.

The count depends on the expression and on what it reads, never on time: the same case always comes out the same.
"""

from collections.abc import Sequence
from typing import cast

MAX_STEPS = 20_000
"""Items of lists that one expression looks at, those of lists in lists among them; one that needs more is unknown."""


class TooManySteps(Exception):
    """An expression looks at more than it may."""


class Steps:
    """What is left of them to one expression."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        """Start with all."""
        self.left = MAX_STEPS

    def take(self, *values: object, times: int = 1) -> None:
        """Count the items that lie in values, at any depth, so many times; it looks at no more of them than are left.

        Raises:
            TooManySteps: there are more than are left.
        """
        waiting = _lists(values)
        while waiting:
            items = waiting.pop()
            self.left -= len(items) * times
            if self.left < 0:
                raise TooManySteps
            waiting += _lists(items)


def _lists(values: Sequence[object]) -> list[Sequence[object]]:
    return [cast("Sequence[object]", value) for value in values if isinstance(value, list | tuple)]
