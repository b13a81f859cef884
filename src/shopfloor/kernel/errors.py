"""The one tree of errors.

ShopfloorError
├── CallerError            the caller's mistake; the message says the remedy
│   ├── InvalidInput       a value that cannot be used
│   │   └── InvalidFields  several, each with the field it stands in
│   ├── NotFound           no such thing
│   └── Conflict           it changed in the meantime, or the key was used for something else
├── WorldError             the world's fault; `retryable` says whether trying again can help
│   ├── StorageError       database or disk
│   │   └── BrokenStream   an event is not as it was written: which one
│   ├── Unavailable        an outside system did not answer (in time); when to try again, if it said so
│   │   ├── RateLimited    it is asked too often
│   │   └── BadAnswer      its answer cannot be read, or has no end
│   └── Rejected           an outside system will not do this, however often it is asked; the message says the remedy
└── Decision               not a failure: a rule said no, and which one
    └── Refused
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple


class ShopfloorError(Exception):
    """Base of all errors that this package raises on purpose."""


class CallerError(ShopfloorError):
    """The caller's mistake; the message says the remedy."""


class InvalidInput(CallerError):
    """A value that cannot be used."""


class FieldProblem(NamedTuple):
    """What is wrong with one field."""

    field: str
    """Its path: `skills.0.steps.2.say`; empty for the whole."""
    message: str


class InvalidFields(InvalidInput):
    """Values that cannot be used, each with the field it stands in."""

    def __init__(self, what: str, problems: Sequence[FieldProblem]) -> None:
        """Take what cannot be used, such as a file's name, and all that is wrong with it."""
        told = [": ".join(part for part in problem if part) for problem in problems]
        super().__init__(f"{what}: {told[0]}" if len(told) == 1 else "\n  ".join([f"{what}:", *told]))
        self.what = what
        self.problems = tuple(problems)


class NotFound(CallerError):
    """No such thing."""


class Conflict(CallerError):
    """It changed in the meantime, or its idempotency key was used for something else."""


class WorldError(ShopfloorError):
    """The world's fault."""

    retryable: ClassVar[bool] = False
    """Whether trying again can help."""


class StorageError(WorldError):
    """The database or the disk."""


class BrokenStream(StorageError):
    """An event of a stream was changed, removed or slipped in, or cannot be read."""

    def __init__(self, stream: str, seq: int, problem: str) -> None:
        """Take the stream, the number of its first event that is not as it was written, and what is wrong with it."""
        super().__init__(f"event {seq} of {stream} {problem}: restore a backup")
        self.stream = stream
        self.seq = seq
        self.problem = problem


class Unavailable(WorldError):
    """An outside system did not answer, or not in time."""

    retryable: ClassVar[bool] = True

    is_undone: bool = False
    """Whether it is certain that nothing was done, as where no connection came about: else it may have been."""

    def __init__(self, message: str, *, retry_after_s: float | None = None, is_undone: bool | None = None) -> None:
        """Take what happened, and in how many seconds the system wants to be asked again; None where it did not say."""
        super().__init__(message)
        self.retry_after_s = retry_after_s
        if is_undone is not None:
            self.is_undone = is_undone


class RateLimited(Unavailable):
    """It is asked too often, and did nothing."""

    is_undone = True


class BadAnswer(Unavailable):
    """Its answer cannot be read, breaks a limit, or has no end."""


class Rejected(WorldError):
    """An outside system will not do this, however often it is asked; the message says the remedy."""

    def __init__(self, message: str, *, is_lasting: bool = False, field: str = "") -> None:
        """Take what happened and the remedy, and whether every request would be rejected, as with a wrong key.

        `field` is what the system does not take of the request, as it calls it; empty where it named none.
        """
        super().__init__(message)
        self.is_lasting = is_lasting
        self.field = field


class Decision(ShopfloorError):
    """A decision, not a failure."""


class Refused(Decision):
    """A rule said no."""

    def __init__(self, rule: str, reason: str) -> None:
        """Take the rule's name (`order.already_shipped`) and the reason as a customer may read it."""
        super().__init__(reason)
        self.rule = rule
        self.reason = reason
