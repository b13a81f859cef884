"""How much of lists one expression may look at. All else is bounded by its length; lists are as long as what it is given.

The count depends on the expression and on what it reads, never on time: the same case always comes out the same.
"""

from collections.abc import Sequence
from typing import cast

MAX_STEPS = 20_000
"""Items of lists that one expression looks at, those of lists in lists among them; one that needs more is unknown."""


class TooManySteps(Exception):  # noqa: N818  (it never leaves the expressions)
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
        waiting = [value for value in values if isinstance(value, list | tuple)]
        while waiting:
            items = cast("Sequence[object]", waiting.pop())
            self.left -= len(items) * times
            if self.left < 0:
                raise TooManySteps
            waiting += [item for item in items if isinstance(item, list | tuple)]
