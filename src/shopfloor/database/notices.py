"""Short notices between the processes of an installation: what has just happened, for whoever can use it at once.

A notice may get lost, so nothing hangs on one: what it tells of is found a moment later by looking.
"""

from collections.abc import Callable
from typing import Protocol

Hear = Callable[[str], object]
"""Takes the text of a notice; must neither block nor raise."""


class Notices(Protocol):
    """Passes notices between processes."""

    def send(self, topic: str, text: str) -> None:
        """Tell all other processes, soon. It neither waits nor fails."""
        ...

    def hear(self, topic: str, listener: Hear) -> None:
        """Let a listener hear what others send about a topic, from now on."""
        ...


class NoNotices:
    """Tells nobody: for an installation in memory, and for one on SQLite, whose processes look for themselves."""

    def send(self, topic: str, text: str) -> None:
        """Do nothing."""

    def hear(self, topic: str, listener: Hear) -> None:
        """Do nothing."""
