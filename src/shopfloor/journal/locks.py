"""Locks by name between processes, which end with the process that holds them."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Locks(Protocol):
    """Locks by name. One process asks for a name once at a time: who comes second must wait before asking."""

    def hold(self, name: str, *, wait: bool) -> AbstractAsyncContextManager[bool]:
        """Hold a lock; yields False at once where another process has it and `wait` is False.

        Where it is lost meanwhile, as with a connection to the database, what is done under it is cancelled.

        Raises:
            StorageError: it cannot be had, or was lost.
        """
        ...

    def close(self) -> None:
        """Give all locks back."""
        ...
