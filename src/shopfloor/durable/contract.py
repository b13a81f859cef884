"""What running once promises; each implementation keeps it, and one contract suite holds them to it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

Run = Callable[[str, dict[str, JsonValue]], Awaitable[JsonValue]]
"""Changes something outside, given an idempotency key and arguments, and returns what came of it.

It hands its key on to whatever it changes, so that a second run with the same key changes nothing more.
"""
LookUp = Callable[[str], Awaitable[JsonValue]]
"""Returns what came of a key, or None where nothing is known of it outside."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How often something may be done over all processes: the limit of an outside system."""

    times: int
    per_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """One kind of change outside."""

    run: Run
    look_up: LookUp
    pace: Pace | None = None
    """None where it may be done as often as it comes."""


class Durable(Protocol):
    """Runs effects, each registered under the name of its kind."""

    async def run_once(self, key: str, kind: str, args: dict[str, JsonValue]) -> JsonValue:
        """Run an effect to its end and return its result; the same key again returns the same result without a run.

        Calls of one key at the same time run it once. Cancelling the caller does not interrupt the effect.

        A process may die between the effect and the note that it happened, so an effect runs at least once: where it
        did not end, or raised, calling again runs it again with the same key. What it raises is raised here too. Where
        the outside world has done nothing for certain and may do better, it is tried a few times more before.

        Raises:
            NotFound: no effect is registered under the kind.
            Conflict: the key was used with another kind or other arguments.
        """
        ...

    async def run(self) -> None:
        """Take up what processes that died had begun, until cancelled; return at once where none can have left any."""
        ...
