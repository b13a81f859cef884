"""The one tree of errors.

ShopfloorError
├── CallerError            the caller's mistake; the message says the remedy
│   ├── InvalidInput       a value that cannot be used
│   ├── NotFound           no such thing
│   └── Conflict           it changed in the meantime, or the key was used for something else
├── WorldError             the world's fault; `retryable` says whether trying again can help
│   ├── StorageError       database or disk
│   └── Unavailable        an outside system did not answer (in time)
└── Decision               not a failure: a rule said no, and which one
    └── Refused
"""

from typing import ClassVar


class ShopfloorError(Exception):
    """Base of all errors that this package raises on purpose."""


class CallerError(ShopfloorError):
    """The caller's mistake; the message says the remedy."""


class InvalidInput(CallerError):
    """A value that cannot be used."""


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


class Unavailable(WorldError):
    """An outside system did not answer, or not in time."""

    retryable: ClassVar[bool] = True


class Decision(ShopfloorError):
    """A decision, not a failure."""


class Refused(Decision):
    """A rule said no."""

    def __init__(self, rule: str, reason: str) -> None:
        """Take the rule's name (`order.already_shipped`) and the reason as a customer may read it."""
        super().__init__(reason)
        self.rule = rule
        self.reason = reason
