"""One lock per key, which exists only while somebody uses it. Inside one process and one event loop."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class _Lock(asyncio.Lock):
    users = 0
    """How many hold it or wait for it."""


class KeyedLocks:
    """Locks by key, each fair: who asked first gets it first."""

    def __init__(self) -> None:
        """Start without any."""
        self._locks: dict[str, _Lock] = {}

    def __contains__(self, key: str) -> bool:
        """Return whether somebody holds a key's lock or waits for it."""
        return key in self._locks

    def __len__(self) -> int:
        """Return how many keys are in use."""
        return len(self._locks)

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncGenerator[None]:
        """Hold a key's lock, waiting for it as long as it takes."""
        lock = self._locks.setdefault(key, _Lock())
        lock.users += 1
        try:
            async with lock:
                yield
        finally:
            lock.users -= 1
            if not lock.users:
                del self._locks[key]
