"""A `Durable` that is made at its first use."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup, TaskStatus
from pydantic import JsonValue

from shopfloor.durable.contract import Durable
from shopfloor.kernel.errors import StorageError


class Opening(Durable, Protocol):
    """A `Durable` that has to be opened."""

    def running(self) -> AbstractAsyncContextManager[None]:
        """Be ready to run effects."""
        ...


class OpenedLater:
    """Opens a `Durable` at its first use."""

    def __init__(self, make: Callable[[], Opening]) -> None:
        """Take what makes it, in a thread."""
        self._make = make
        self._made: Opening | None = None
        self._making = anyio.Lock()
        self._group: TaskGroup | None = None
        self._closing = anyio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Be ready to open it, and close it at the end where it was opened."""
        async with anyio.create_task_group() as group:
            self._group = group
            try:
                yield
            finally:
                self._group = None
                self._closing.set()

    async def run_once(self, key: str, kind: str, args: dict[str, JsonValue]) -> JsonValue:
        """Run an effect to its end, or return what came of it before under this key."""
        return await (await self._opened()).run_once(key, kind, args)

    async def run(self) -> None:
        """Take up what processes that died had begun, until cancelled."""
        await (await self._opened()).run()

    async def _opened(self) -> Opening:
        async with self._making:
            if self._group is None:
                raise StorageError("actions cannot be carried out: the installation is closed")
            if self._made is None:
                made = await to_thread.run_sync(self._make)
                await self._group.start(self._keep_open, made)
                self._made = made
            return self._made

    async def _keep_open(self, made: Opening, *, task_status: TaskStatus[None]) -> None:
        async with made.running():
            task_status.started()
            await self._closing.wait()
