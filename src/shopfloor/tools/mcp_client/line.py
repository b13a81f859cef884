"""The line to one MCP server: opened by the first call, and anew by the next one after it broke.

Where opening fails, the server is left alone for a while, and calls fail at once.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from math import ceil
from typing import Protocol

from anyio import CancelScope
from anyio.abc import TaskGroup
from pydantic import JsonValue

from shopfloor.kernel.errors import ShopfloorError, Unavailable
from shopfloor.tools.mcp_client.servers import McpServer, OfferedTool

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0


class Answered(Protocol):
    """What a tool answered, in the server's words."""

    @property
    def text(self) -> str:
        """Return its texts."""
        ...

    @property
    def data(self) -> JsonValue:
        """Return what came structured; None where nothing did."""
        ...

    @property
    def is_error(self) -> bool:
        """Whether the tool says that it failed."""
        ...


class Connected(Protocol):
    """A connection to a server."""

    async def offered(self) -> tuple[OfferedTool, ...]:
        """Return the tools that the server offers now."""
        ...

    async def call(self, tool: str, args: Mapping[str, JsonValue]) -> Answered:
        """Call a tool."""
        ...


class Connect(Protocol):
    """Connects to a server."""

    def __call__(self, server: McpServer) -> AbstractAsyncContextManager[Connected]:
        """Return a connection that lasts for the block."""
        ...


class Ready:
    """A connection in use, with what its server offered as it began."""

    def __init__(self, connection: Connected, offered: tuple[OfferedTool, ...], scope: CancelScope) -> None:
        """Take the connection, the offered tools, and the scope that ends it."""
        self.connection = connection
        self.offered = offered
        self._scope = scope

    def end(self) -> None:
        """Close the connection."""
        self._scope.cancel()


class Line:
    """Keeps at most one connection to a server; each is held by a task of the group."""

    def __init__(self, server: McpServer, group: TaskGroup, connect: Connect, *, connect_s: float) -> None:
        """Take the server, who holds the connections, how to connect, and how long that may take."""
        self.server = server
        self._group = group
        self._connect = connect
        self._connect_s = connect_s
        self._lock = asyncio.Lock()
        self._ready: Ready | None = None
        self._failures = 0
        self._rests_until = 0.0
        self._last_words = ""

    async def ready(self) -> Ready:
        """Return the connection, made where there is none.

        Raises:
            Unavailable: it cannot be had, or could not just now.
            InvalidInput: an environment variable is not set.
        """
        async with self._lock:
            if self._ready is None:
                self._check_rest()
                self._ready = await self._opened()
            return self._ready

    def drop(self, ready: Ready) -> None:
        """Close a connection that is of no use; the next call makes another."""
        if self._ready is ready:
            self._ready = None
        ready.end()

    def close(self) -> None:
        """Close the connection there is."""
        if self._ready is not None:
            self.drop(self._ready)

    def _check_rest(self) -> None:
        left = self._rests_until - asyncio.get_running_loop().time()
        if left > 0:
            wait = f"it is tried again in {ceil(left)} s"
            raise Unavailable(f"{self._last_words}; {wait}", retry_after_s=left)

    async def _opened(self) -> Ready:
        made: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
        scope = CancelScope()
        self._group.start_soon(self._hold, made, scope)
        try:
            async with asyncio.timeout(self._connect_s):
                ready = await made
        except TimeoutError as error:
            scope.cancel()
            late = Unavailable(f"the MCP server {self.server.name} did not start within {self._connect_s:g} s")
            self._rest(str(late))
            raise late from error
        except ShopfloorError as error:
            self._rest(str(error))
            raise
        except asyncio.CancelledError:
            scope.cancel()
            raise
        self._failures = 0
        return ready

    def _rest(self, words: str) -> None:
        pause = min(FIRST_PAUSE_S * 2**self._failures, LONGEST_PAUSE_S)
        self._failures += 1
        self._rests_until = asyncio.get_running_loop().time() + pause
        self._last_words = words

    async def _hold(self, made: "asyncio.Future[Ready]", scope: CancelScope) -> None:
        """Keep a connection open until its scope ends it or it breaks."""
        ready: Ready | None = None
        try:
            with scope:
                async with self._connect(self.server) as connection:
                    ready = Ready(connection, await connection.offered(), scope)
                    if not made.done():
                        made.set_result(ready)
                    await asyncio.Event().wait()
        except Exception as error:  # whatever a server does ends its connection, and nothing else
            self._fail(made, error)
        finally:
            if ready is not None and self._ready is ready:
                self._ready = None
            if not made.done():
                made.cancel()

    def _fail(self, made: "asyncio.Future[Ready]", error: Exception) -> None:
        if made.done():
            logger.warning("the connection to the MCP server %s broke: %s", self.server.name, error)
        elif isinstance(error, ShopfloorError):
            made.set_exception(error)
        else:
            logger.error("the MCP server %s could not be reached", self.server.name, exc_info=error)
            made.set_exception(Unavailable(f"the MCP server {self.server.name} cannot be reached"))
