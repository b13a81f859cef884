"""Writes that happen once: what a key was used for is kept with the write itself, in every implementation of the shop.

What makes two writes the same is what they ask for, not when: a write that is sent again after a crash carries a later
time, or a new id for the thing it makes, and still is the same write.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pydantic import JsonValue, TypeAdapter
from pydantic_core import to_jsonable_python

from shopfloor.kernel.canonical import digest
from shopfloor.kernel.errors import Conflict

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Write(Generic[T]):
    """A write as it is asked for."""

    kind: str
    key: str
    asked: object
    """What is asked for: values that can be written as JSON, without the times and ids that a second attempt renews."""
    gives: TypeAdapter[T]
    """Reads the result back from what was kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """A write that was carried out."""

    kind: str
    digest: str
    """Of what was asked for."""
    result: JsonValue


class EffectLog(Protocol):
    """Keeps the effects of one shop; it lives and dies with the transaction of the write."""

    def claim(self, key: str, kind: str, asked: str) -> Effect | None:
        """Take a key for a write with a digest, or return the effect that the key already had."""
        ...

    def settle(self, key: str, effect: Effect) -> None:
        """Keep the effect of a key that was claimed."""
        ...


def once(log: EffectLog, write: Write[T], do: Callable[[], T]) -> T:
    """Carry out a write, or return what it gave the first time.

    Raises:
        Conflict: the key was used for another write.
    """
    asked = digest(to_jsonable_python(write.asked))
    earlier = log.claim(write.key, write.kind, asked)
    if earlier is None:
        result = do()
        log.settle(write.key, Effect(kind=write.kind, digest=asked, result=to_jsonable_python(result)))
        return result
    if (earlier.kind, earlier.digest) != (write.kind, asked):
        raise Conflict(f"the key {write.key!r} was used for another write: use a new key")
    return write.gives.validate_python(earlier.result)
