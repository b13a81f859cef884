"""The tools of the attached MCP servers, as a toolset.

- The merchant's row is read at every call, so attaching, detaching and a narrower permission hold at once, in a running
  server too.
- A tool that the row neither counts as a read nor allows does not exist here.
- A tool whose server describes it otherwise than when it was attached is not called: the merchant has not seen that.
- No server can stop the installation or hold it up: each call has its time, and one that is down fails at once.
- What a server says is text that proves nothing: control characters are taken out, and long answers refused.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TextIO, cast

from anyio import create_task_group, to_thread
from anyio.abc import TaskGroup
from pydantic import ConfigDict, JsonValue

from shopfloor.kernel.canonical import canonical_json
from shopfloor.kernel.errors import BadAnswer, InvalidInput, NotFound, Unavailable
from shopfloor.kernel.standing import held
from shopfloor.models.contract import ToolSpec
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult, Toolset
from shopfloor.tools.mcp_client.line import Answered, Connected, Line, Ready
from shopfloor.tools.mcp_client.servers import McpServer, McpServers, OfferedTool

CALL_TIMEOUT_S = 20.0
"""How long one call may take, with the connection it may have to make."""
CONNECT_TIMEOUT_S = 10.0
MAX_OUTPUT = 100_000
"""Letters of one answer, as JSON."""
MAX_ARGS = 20_000
"""Letters of one call's arguments, as JSON."""
DOUBT = "whether it was done is not known"
SDK_MODULE = "shopfloor.tools.mcp_client.connection"


class McpArgs(ToolArgs):
    """Arguments by the server's own names; its JSON Schema says what they may be."""

    model_config = ConfigDict(str_strip_whitespace=False, str_max_length=None)
    values: dict[str, JsonValue]


@dataclass(frozen=True, kw_only=True, slots=True)
class McpTool(Tool[Any]):
    """A tool of a server."""

    parameters: dict[str, JsonValue]
    """JSON Schema of the arguments."""

    def spec(self) -> ToolSpec:
        """Return the tool as a model sees it."""
        return ToolSpec(name=self.name, description=self.description, parameters=self.parameters)

    def parse(self, args: Mapping[str, JsonValue]) -> McpArgs:
        """Take arguments over; each is checked when the tool is called.

        Raises:
            InvalidInput: they are too long.
        """
        if len(canonical_json(dict(args))) > MAX_ARGS:
            raise InvalidInput(f"{self.name}: the arguments are longer than {MAX_ARGS:,} letters")
        return McpArgs(values=dict(args))

    def takes(self) -> Mapping[str, bool]:
        """Return the arguments that the schema names, each with whether it must be given."""
        properties, required = self.parameters.get("properties"), self.parameters.get("required")
        names = list(properties) if isinstance(properties, dict) else []
        needed = required if isinstance(required, list) else []
        return {name: name in needed for name in names}


class AttachedTools:
    """The tools of all attached servers. `opened` makes one."""

    def __init__(self, servers: McpServers, group: TaskGroup, log: TextIO, *, call_s: float, connect_s: float) -> None:
        """Take the rows, who holds the connections, where programs may complain, and how long things may take."""
        self._servers = servers
        self._group = group
        self._log = log
        self._call_s = call_s
        self._connect_s = connect_s
        self._known: dict[str, McpServer] = {}
        """The rows as they were last read, for `tools`."""
        self._lines: dict[str, Line] = {}

    def tools(self) -> Sequence[Tool[ToolArgs]]:
        """Return the tools that agents may call, as the rows were when they were last read."""
        servers = [self._known[name] for name in sorted(self._known)]
        return tuple(self._tool(name, server, tool) for server in servers for name, tool in server.tools.items())

    async def refresh(self) -> None:
        """Read the rows again."""
        self._known = {server.name: server for server in await self._servers.all()}
        for name in [name for name in self._lines if name not in self._known]:
            self._lines.pop(name).close()

    async def call(self, name: str, args: Mapping[str, JsonValue], context: ToolContext) -> ToolResult:
        """Call a tool."""
        server, offered = await self._permitted(name, context)
        tool = self._tool(name, server, offered)
        values = tool.parse(args).values
        try:
            async with asyncio.timeout(self._call_s):
                sdk = await _sdk()
                await to_thread.run_sync(sdk.check_arguments, name, offered.parameters, values)
                answer = await self._answer(self._line(server, sdk), offered, values, is_read=tool.is_read)
        except TimeoutError as error:
            doubt = "" if tool.is_read else f"; {DOUBT}"
            raise Unavailable(f"{name} did not answer within {self._call_s:g} s{doubt}") from error
        return ToolResult(output=_output(name, answer))

    async def offered_by(self, server: McpServer) -> tuple[OfferedTool, ...]:
        """Ask a server what it offers, attached or not.

        Raises:
            Unavailable: it cannot be asked.
            InvalidInput: an environment variable that it needs is not set.
        """
        line = Line(server, self._group, _Connect(await _sdk(), self._log), connect_s=self._connect_s)
        try:
            return (await line.ready()).offered
        finally:
            line.close()

    async def _permitted(self, name: str, context: ToolContext) -> tuple[McpServer, OfferedTool]:
        prefix = name.partition("_")[0]
        server = await self._servers.find(prefix)
        if server is None:
            self._forget(prefix)
            raise NotFound(f"there is no tool called {name}")
        self._known[prefix] = server
        tool = server.tools.get(name)
        if tool is None:
            raise NotFound(f"{name} is not allowed: `shopfloor mcp attach {prefix}` says which tools agents may call")
        if server.agents and context.agent not in server.agents:
            raise NotFound(f"{context.agent} may not use the tools of the MCP server {prefix}")
        return server, tool

    def _forget(self, name: str) -> None:
        self._known.pop(name, None)
        if line := self._lines.pop(name, None):
            line.close()

    def _line(self, server: McpServer, sdk: Any) -> Line:
        line = self._lines.get(server.name)
        if line is not None and not line.server.reaches_the_same(server):
            line.close()
            line = None
        if line is None:
            line = Line(server, self._group, _Connect(sdk, self._log), connect_s=self._connect_s)
            self._lines[server.name] = line
        return line

    async def _answer(self, line: Line, tool: OfferedTool, args: Mapping[str, JsonValue], *, is_read: bool) -> Answered:
        """Call over the line; a read is sent once more where the connection turns out to be broken."""
        broken = (await _sdk()).Broken
        ready = await line.ready()
        try:
            return await _asked(ready, tool, args)
        except broken as error:
            line.drop(ready)
            if not is_read:
                raise Unavailable(f"{error}; {DOUBT}") from error
        ready = await line.ready()
        try:
            return await _asked(ready, tool, args)
        except broken:
            line.drop(ready)
            raise

    def _tool(self, name: str, server: McpServer, offered: OfferedTool) -> McpTool:
        async def run(args: McpArgs, context: ToolContext) -> ToolResult:
            return await self.call(name, args.values, context)

        return McpTool(
            name=name,
            description=offered.description,
            args=McpArgs,
            run=run,
            is_read=server.is_read(offered),
            parameters=offered.parameters,
            only_for=frozenset(server.agents),
        )


class WithAttached:
    """The installation's own tools, and those of the attached servers; of two with one name the own one counts."""

    def __init__(self, own: Toolset, attached: Toolset) -> None:
        """Take both."""
        self._own = own
        self._attached = attached
        self._names = frozenset(tool.name for tool in own.tools())

    def tools(self) -> Sequence[Tool[ToolArgs]]:
        """Return the own tools, then the others."""
        others = (tool for tool in self._attached.tools() if tool.name not in self._names)
        return (*self._own.tools(), *others)

    async def call(self, name: str, args: Mapping[str, JsonValue], context: ToolContext) -> ToolResult:
        """Call a tool where it belongs."""
        inner = self._own if name in self._names else self._attached
        return await inner.call(name, args, context)


@asynccontextmanager
async def opened(
    servers: McpServers,
    *,
    log: TextIO | None = None,
    call_s: float = CALL_TIMEOUT_S,
    connect_s: float = CONNECT_TIMEOUT_S,
) -> AsyncGenerator[AttachedTools]:
    """Hand out the attached servers' tools, and close all connections at the end.

    No server is asked anything before it is needed. `log` takes what programs write to their error output, which goes
    nowhere where it is None.

    Raises:
        StorageError: the rows cannot be read.
    """
    async with AsyncExitStack() as stack:
        if log is None:
            log = cast("TextIO", await to_thread.run_sync(open, os.devnull, "w"))
            stack.callback(log.close)
        group = await stack.enter_async_context(held(create_task_group()))
        attached = AttachedTools(servers, group, log, call_s=call_s, connect_s=connect_s)
        await attached.refresh()
        yield attached


class _Connect:
    """Connects by the SDK, which is only imported once a server is asked something."""

    def __init__(self, sdk: Any, log: TextIO) -> None:
        self._connected: Callable[[McpServer, TextIO], Any] = sdk.connected
        self._log = log

    def __call__(self, server: McpServer) -> Any:
        return self._connected(server, self._log)


async def _sdk() -> Any:
    try:
        return await to_thread.run_sync(import_module, SDK_MODULE)
    except ImportError as error:
        message = "MCP servers need the protocol's SDK: install shopfloor with its extra `mcp`"
        raise Unavailable(message) from error


async def _asked(ready: Ready, tool: OfferedTool, args: Mapping[str, JsonValue]) -> Answered:
    now = next((one for one in ready.offered if one.name == tool.name), None)
    if now != tool:
        what = "has gone" if now is None else "is described otherwise"
        raise Unavailable(f"the MCP server's tool {tool.name} {what} since it was attached: attach the server anew")
    connection: Connected = ready.connection
    return await connection.call(tool.name, args)


def _output(name: str, answer: Answered) -> dict[str, JsonValue]:
    """Write an answer as a tool's output.

    Raises:
        BadAnswer: it is too long.
    """
    text = answer.text if answer.data is None else ""
    try:
        size = len(text) if answer.data is None else len(canonical_json(answer.data))
        if size > MAX_OUTPUT:
            raise BadAnswer(f"{name} answered with more than {MAX_OUTPUT:,} letters")
        outcome = "failed" if answer.is_error else "answered"
        return {"outcome": outcome, "data": _plain(answer.data), "text": _plain(text)}
    except RecursionError as error:
        raise BadAnswer(f"{name} answered with something nested too deep") from error


def _plain(value: JsonValue) -> JsonValue:
    """Return a value without the letters that could steer a terminal or hide in a text."""
    match value:
        case str():
            return "".join(letter for letter in value if letter.isprintable() or letter in "\n\t")
        case list():
            return [_plain(part) for part in value]
        case dict():
            return {str(_plain(name)): _plain(part) for name, part in value.items()}
        case _:
            return value
