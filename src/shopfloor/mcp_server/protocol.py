"""The served tools in the protocol's terms, by its SDK; over stdio for one caller who is known from the start."""

import json
import logging
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

from shopfloor.identity.identity import Identity
from shopfloor.kernel.errors import ShopfloorError
from shopfloor.mcp_server.served import ServedTools
from shopfloor.models.contract import ToolSpec

logger = logging.getLogger(__name__)

Request = Any
"""What the transport knows of a request: Starlette's over HTTP, None over stdio."""
Identify = Callable[[Request], Awaitable[Identity]]
"""Says who a request comes from; raises `CallerError` where what it shows is not valid."""

INSTRUCTIONS = (
    "A shop's catalogue, help pages and, for a signed-in customer, their orders, cart and returns. All only read. "
    "Each answer has an `outcome`. Whose data is read follows from the connection and cannot be asked for."
)


def server_of(tools: ServedTools, identify: Identify) -> Server[Any]:
    """Return the protocol's server for the tools."""

    async def list_tools(_context: Any, _params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_tool(spec) for spec in tools.specs()], ttl_ms=0, cache_scope="private")

    async def call_tool(context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        if params.name not in {spec.name for spec in tools.specs()}:
            raise MCPError(types.INVALID_PARAMS, f"there is no tool called {params.name[:100]}")
        try:
            identity = await identify(context.request)
            output = await tools.call(params.name, params.arguments or {}, identity)
        except ShopfloorError as error:  # told as the tool's answer, so that a model can mend its arguments
            return types.CallToolResult(content=[_text(str(error))], is_error=True)
        except Exception as error:
            logger.exception("the tool %s broke", params.name)
            raise MCPError(types.INTERNAL_ERROR, "the shop could not do this") from error
        return types.CallToolResult(content=[_text(json.dumps(output, ensure_ascii=False))], structured_content=output)

    return Server(
        "shopfloor",
        version=version("shopfloor"),
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def serve_stdio(tools: ServedTools, identify: Identify) -> None:
    """Serve whoever started this process, until they close its input."""
    server = server_of(tools, identify)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def _tool(spec: ToolSpec) -> types.Tool:
    annotations = types.ToolAnnotations(read_only_hint=True, open_world_hint=False)
    return types.Tool(
        name=spec.name, description=spec.description, input_schema=spec.parameters, annotations=annotations
    )


def _text(text: str) -> types.TextContent:
    return types.TextContent(type="text", text=text)
