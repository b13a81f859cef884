"""What was made of the newest values, kept as long as they are the very same objects."""

import operator
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """One result; for values that cannot be hashed, and stay the same objects until they change."""

    def __init__(self) -> None:
        """Start without any."""
        self._kept: tuple[tuple[object, ...], T] | None = None

    def of(self, make: Callable[[], T], *values: object) -> T:
        """Return what is made of some values: what is kept where it was made of the same, or else what is made now."""
        kept = self._kept
        if kept and len(kept[0]) == len(values) and all(map(operator.is_, kept[0], values)):
            return kept[1]
        made = make()
        self._kept = (values, made)
        return made
