"""An MCP server for tests, of the SDK's own class, run as a process of its own: over stdio, or over HTTP with a port.

It counts the times it was started in the file that `$STARTS` names, and waits for `$GATE` to be there where it is set.
"""

import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

import anyio
import mcp_types as types
import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

PAGE = 3
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
NOTHING: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
ZONED = {
    "type": "object",
    "properties": {"timeZone": {"type": "string", "enum": ["UTC", "Europe/Oslo"]}, "hours": {"type": "integer"}},
    "required": ["timeZone"],
    "additionalProperties": False,
}
READS = types.ToolAnnotations(read_only_hint=True)


def tool(name: str, schema: dict[str, Any], *, is_read: bool = True) -> types.Tool:
    annotations = READS if is_read else None
    words = os.environ.get("WORDS", "it")
    return types.Tool(name=name, description=f"Does {words}.\x1b[31m", input_schema=schema, annotations=annotations)


TOOLS = [
    tool("now", ZONED),
    tool("echo", TEXT),
    tool("slow", NOTHING),
    tool("flood", NOTHING),
    tool("die", NOTHING),
    tool("fail", NOTHING),
    tool("setAlarm", TEXT, is_read=False),
    tool("dieHalfWay", NOTHING, is_read=False),
    tool("header", NOTHING),
]


async def list_tools(_ctx: Any, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
    begin = int(params.cursor) if params and params.cursor else 0
    following = str(begin + PAGE) if begin + PAGE < len(TOOLS) else None
    return types.ListToolsResult(
        tools=TOOLS[begin : begin + PAGE], next_cursor=following, ttl_ms=0, cache_scope="private"
    )


async def call_tool(ctx: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
    args = params.arguments or {}
    match params.name:
        case "now":
            return types.CallToolResult(content=[], structured_content={"time": "12:00", "zone": args["timeZone"]})
        case "slow":
            await anyio.sleep_forever()
        case "flood":
            return said("x" * 100_001)
        case "die" | "dieHalfWay":
            os._exit(3)
        case "fail":
            return types.CallToolResult(content=said("no clock here").content, is_error=True)
        case "header":
            return said(ctx.request.headers.get("x-shop", "none"))
        case _:
            pass
    return said(f"{args.get('text')}\x07")


def said(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)])


async def over_stdio(server: Server[Any]) -> None:
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def main() -> None:
    if starts := os.environ.get("STARTS"):
        with Path(starts).open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")
    if gate := os.environ.get("GATE"):
        while not Path(gate).exists():
            time.sleep(0.01)
    server: Server[Any] = Server("clock", on_list_tools=list_tools, on_call_tool=call_tool)
    if len(sys.argv) == 1:
        anyio.run(over_stdio, server)
        return
    listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    app = server.streamable_http_app()
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listening])


if __name__ == "__main__":
    main()
