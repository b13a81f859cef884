"""One connection to an MCP server, over the protocol's official SDK; every failure of it is told as `Unavailable`.

Nothing is granted to the server: no sampling, no questions to the customer, no roots. A program gets the usual
environment and the variables its row names; what it writes to its error output goes where the caller says. An HTTP
server gets its header, and no redirect leads to another host.
"""

import logging
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TextIO, cast

import httpx2
import mcp_types as types
from anyio import to_thread
from mcp.client.client import Client
from mcp.client.session import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from pydantic import JsonValue, ValidationError

from shopfloor.kernel.errors import BadAnswer, InvalidInput, Unavailable
from shopfloor.tools.mcp_client.argument_schema import check_arguments
from shopfloor.tools.mcp_client.servers import McpServer, OfferedTool

__all__ = ["Answer", "Broken", "Connection", "check_arguments", "connected"]

MAX_PAGES = 20
MAX_TOOLS = 200
MAX_SCHEMA = 20_000
"""Letters of one tool's schema."""
MAX_DESCRIPTION = 2_000
MAX_BODY_BYTES = 4_000_000
"""Of one answer over HTTP that comes as one piece; the SDK limits those that stream."""
HTTP_TIMEOUT_S = 60.0
MAX_TOLD = 300


class Broken(Unavailable):
    """The connection is of no use any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a tool answered, in the server's words."""

    text: str
    data: JsonValue
    """What came structured; None where nothing did."""
    is_error: bool


class Connection:
    """A server that listens."""

    def __init__(self, server: str, session: ClientSession) -> None:
        """Take the server's name and the session with it."""
        self._server = server
        self._session = session

    async def offered(self) -> tuple[OfferedTool, ...]:
        """Return the tools that the server offers, all its pages.

        Raises:
            BadAnswer: its list cannot be read or has no end.
            Unavailable: it did not answer.
        """
        found: list[OfferedTool] = []
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            try:
                page = await self._session.list_tools(params=types.PaginatedRequestParams(cursor=cursor))
            except Exception as error:
                raise _translated(self._server, error) from error
            found += [_offered(tool) for tool in page.tools]
            cursor = page.next_cursor
            if len(found) > MAX_TOOLS:
                break
            if cursor is None:
                return tuple(tool for tool in found if len(str(tool.parameters)) <= MAX_SCHEMA)
        raise BadAnswer(f"the MCP server {self._server} lists more than {MAX_TOOLS} tools or {MAX_PAGES} pages")

    async def call(self, tool: str, args: Mapping[str, JsonValue]) -> Answer:
        """Call a tool.

        Raises:
            InvalidInput: the server does not take the arguments.
            BadAnswer: its answer cannot be read.
            Broken: the connection ended.
            Unavailable: it answered with an error of its own.
        """
        params = types.CallToolRequestParams(name=tool, arguments=dict(args))
        try:
            # Not the session's own `call_tool`: that would hold the answer against a schema of the server's choice.
            result = await self._session.send_request(types.CallToolRequest(params=params), types.CallToolResult)
        except Exception as error:
            raise _translated(self._server, error) from error
        texts = [block.text for block in result.content if isinstance(block, types.TextContent)]
        return Answer(text="\n".join(texts), data=result.structured_content, is_error=result.is_error)


@asynccontextmanager
async def connected(server: McpServer, log: TextIO) -> AsyncGenerator[Connection]:
    """Connect to a server; `log` takes what a program writes to its error output.

    Raises:
        InvalidInput: an environment variable that its row names is not set.
        Unavailable: it cannot be reached, or does not speak the protocol.
    """
    # The SDK logs each line that it cannot read, in the server's own letters and with a traceback; we tell what failed.
    logging.getLogger("mcp.client").setLevel(logging.CRITICAL)
    async with AsyncExitStack() as stack:
        try:
            client = await stack.enter_async_context(await _client(server, stack, log))
        except (InvalidInput, Unavailable):
            raise
        except Exception as error:
            raise _translated(server.name, error) from error
        yield Connection(server.name, client.session)


async def _client(server: McpServer, stack: AsyncExitStack, log: TextIO) -> Client:
    if server.command:
        program, *args = server.command
        given = {name: _variable(server.name, name) for name in server.environment}
        parameters = StdioServerParameters(command=program, args=args, env=given, encoding_error_handler="replace")
        return Client(stdio_client(parameters, errlog=log), cache=None)
    headers = {"accept-encoding": "identity"}  # what is not compressed cannot unfold
    if server.header:
        headers[server.header] = _variable(server.name, server.header_variable)
    transport = _Bounded(await to_thread.run_sync(httpx2.AsyncHTTPTransport))  # it reads certificates
    http = httpx2.AsyncClient(headers=headers, timeout=HTTP_TIMEOUT_S, transport=transport, trust_env=False)
    await stack.enter_async_context(http)
    return Client(streamable_http_client(server.url, http_client=http), cache=None)


def _variable(server: str, name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise InvalidInput(f"the MCP server {server} needs the environment variable {name}: set it")
    return value


class _Bounded(httpx2.AsyncBaseTransport):
    """Ends an answer that comes as one piece and does not end by itself."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        if not response.headers.get("content-type", "").lower().startswith("text/event-stream"):
            response.stream = _BoundedStream(cast("httpx2.AsyncByteStream", response.stream))
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        size = 0
        async for piece in self._inner:
            size += len(piece)
            if size > MAX_BODY_BYTES:
                raise httpx2.ReadError(f"the answer is larger than {MAX_BODY_BYTES:,} bytes")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


def _offered(tool: types.Tool) -> OfferedTool:
    annotations = tool.annotations
    return OfferedTool(
        name=_one_line(tool.name),
        description=_one_line(tool.description or "")[:MAX_DESCRIPTION],
        parameters=tool.input_schema,
        says_it_reads=bool(annotations and annotations.read_only_hint),
    )


def _translated(server: str, error: Exception) -> Exception:
    """Return a failure of the SDK as one of ours."""
    cause = _innermost(error)
    told = _one_line(str(cause))[:MAX_TOLD] or type(cause).__name__
    if isinstance(cause, MCPError):
        if cause.code == types.INVALID_PARAMS:
            return InvalidInput(f"the MCP server {server} does not take this: {told}")
        if cause.code in {types.CONNECTION_CLOSED, types.INVALID_REQUEST}:  # the latter for a session it forgot
            return Broken(f"the MCP server {server} ended the connection")
        return Unavailable(f"the MCP server {server} failed: {told}")
    if isinstance(cause, ValidationError | ValueError):
        return BadAnswer(f"the MCP server {server} gave an answer that cannot be read")
    if isinstance(cause, OSError):
        told = cause.strerror or told
    return Broken(f"the MCP server {server} cannot be reached: {told}")


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error


def _one_line(text: str) -> str:
    """Return a server's words on one line, without what could steer a terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
