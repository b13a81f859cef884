"""A `Durable` that is made at its first use."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol, Self

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup, TaskStatus
from pydantic import JsonValue

from shopfloor.durable.contract import Durable, Effect
from shopfloor.kernel.errors import StorageError
from shopfloor.kernel.standing import held


class Opening(Durable, Protocol):
    """A `Durable` that has to be opened."""

    def running(self) -> AbstractAsyncContextManager[None]:
        """Be ready to run effects."""
        ...


class OpenedLater:
    """Opens a `Durable` at its first use."""

    def __init__(self, make: Callable[[Mapping[str, Effect]], Opening]) -> None:
        """Take what makes it of effects, in a thread."""
        self._make = make
        self._effects: Mapping[str, Effect] = {}
        self._made: Opening | None = None
        self._making = anyio.Lock()
        self._group: TaskGroup | None = None
        self._closing = anyio.Event()
        self._closed = anyio.Event()
        self._closed.set()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Be ready to open it, and close it at the end where it was opened."""
        async with held(anyio.create_task_group()) as group:
            self._group = group
            try:
                yield
            finally:
                self._group = None
                self._closing.set()
                with anyio.CancelScope(shield=True):
                    async with self._making:
                        await self._closed.wait()

    def having(self, effects: Mapping[str, Effect]) -> Self:
        """Take the effects by the name of their kind."""
        self._effects = effects
        return self

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
                made = await to_thread.run_sync(self._make, self._effects)
                await self._group.start(self._keep_open, made)
                self._made = made
            return self._made

    async def _keep_open(self, made: Opening, *, task_status: TaskStatus[None]) -> None:
        self._closed = anyio.Event()
        try:
            async with made.running():
                task_status.started()
                await self._closing.wait()
        finally:
            self._closed.set()
