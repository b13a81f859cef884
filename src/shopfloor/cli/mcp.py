"""`shopfloor mcp`: other systems' tools for the team, and the shop's tools for other systems.

A server can be attached here only, never over HTTP: a command is code that runs on this machine.
"""

import json
import logging
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Annotated, Any

import anyio
import typer
from anyio import to_thread
from pydantic import JsonValue
from rich.markup import escape

from shopfloor.app import App, open_app
from shopfloor.cli.options import Data, Json, config
from shopfloor.cli.output import Output
from shopfloor.config import Config
from shopfloor.identity.identity import GUEST, Identity
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.errors import Conflict, FieldProblem, InvalidFields, InvalidInput, NotFound, Unavailable
from shopfloor.kernel.ids import AgentId
from shopfloor.mcp_server.served import ServedTools
from shopfloor.tools.mcp_client.servers import McpServer, OfferedTool, check_reach, checked
from shopfloor.tools.mcp_client.toolset import opened

mcp = typer.Typer(help="MCP servers: attach their tools, or serve the shop's.", no_args_is_help=True)

FIRST_START_S = 60.0
"""How long a server may take to start when it is attached: some fetch themselves first."""

Name = Annotated[str, typer.Argument(help="The server's name, a word: its tools are called NAME_tool.")]


@mcp.command("attach")
def attach_server(
    name: Name,
    command: Annotated[str, typer.Option(help="The program that serves, with its arguments, as one text.")] = "",
    url: Annotated[str, typer.Option(help="Where it is served over streamable HTTP, in place of a command.")] = "",
    read: Annotated[
        list[str] | None, typer.Option(help="A tool that only looks, where the server says so too; may be repeated.")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="A tool that agents may call though it may change something; may be repeated."),
    ] = None,
    agent: Annotated[
        list[str] | None, typer.Option(help="An agent that may use its tools; all whose cards name one if not given.")
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option(help="The name of a variable that the program is given; may be repeated.")
    ] = None,
    header: Annotated[
        str, typer.Option(help="A header for the URL, and the variable that holds its value: Authorization=VARIABLE.")
    ] = "",
    is_replacing: Annotated[bool, typer.Option("--replace", help="Replace the server of this name.")] = False,
    data: Data = None,
) -> None:
    """Attach an MCP server. Agents may call what --read and --allow name of it, and nothing else."""
    header_name, _, variable = header.partition("=")
    anyio.run(
        _attach,
        config(data),
        McpServer(
            name=name,
            command=_words(command),
            environment=tuple(env or ()),
            url=url,
            header=header_name.strip(),
            header_variable=variable.strip(),
            reads=tuple(read or ()),
            allowed=tuple(allow or ()),
            agents=tuple(AgentId(one) for one in agent or ()),
            attached_at=SystemClock().now(),
        ),
        is_replacing,
    )


@mcp.command("list")
def list_servers(as_json: Json = False, data: Data = None) -> None:
    """List the attached servers, and what agents may call of each."""
    anyio.run(_list, config(data), as_json)


@mcp.command("tools")
def list_tools(name: Name, as_json: Json = False, data: Data = None) -> None:
    """Ask an attached server what it offers now, and say what agents may call of it."""
    anyio.run(_tools, config(data), name, as_json)


@mcp.command("detach")
def detach_server(name: Name, data: Data = None) -> None:
    """Detach a server: its tools are gone from the next call on, in a running server too."""
    anyio.run(_detach, config(data), name)


@mcp.command("serve")
def serve_tools(
    over_http: Annotated[
        bool, typer.Option("--http", help="Serve over streamable HTTP, to callers with an API key; else over stdio.")
    ] = False,
    host: Annotated[str, typer.Option(help="With --http: the address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="With --http: the port; 0 for any.", min=0, max=65_535)] = 8001,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="SHOPFLOOR_CUSTOMER_TOKEN",
            help="Over stdio: what the shop signed for the customer whose data may be read; a guest's where not given.",
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Serve the shop's read tools to MCP clients."""
    if over_http and token:
        raise InvalidInput("over HTTP each request brings its own token, in X-Customer-Token: leave --token out")
    if over_http:
        anyio.run(_serve_http, config(data), host, port)
    else:
        anyio.run(_serve_stdio, config(data), token)


async def _attach(config: Config, server: McpServer, is_replacing: bool) -> None:
    output = Output(as_json=False)
    async with open_app(config, output.progress) as app:
        own = [tool.name for tool in app.tools.tools()]
        check_reach(server, own)
        await _check_agents(app, server)
        if not is_replacing and await app.mcp_servers.find(server.name):
            raise Conflict(f"an MCP server {server.name} is attached already: give --replace, or another name")
        output.progress(f"Asking {server.name} what it offers...")
        attached = replace(server, offered=await _offered(app, server))
        await app.mcp_servers.put(checked(attached, own))
    _show(output, attached, attached.offered)
    if not attached.tools:
        output.progress(
            "None of its tools may be called yet: attach it with --replace, and --read TOOL for each that only looks, "
            "--allow TOOL for each that may be called though it may change something."
        )


async def _check_agents(app: App, server: McpServer) -> None:
    """Check that whoever may use a server's tools is there; a slip would leave its tools to nobody."""
    known = [entry.card.id for entry in await app.team.entries()]
    remedy = f"there are {', '.join(known)}. One that is to come is named later, with --replace"
    unknown = [one for one in server.agents if one not in known]
    if unknown:
        problems = [FieldProblem("agent", f"there is no agent {one}: {remedy}") for one in unknown]
        raise InvalidFields(f"the MCP server {server.name} cannot be attached", problems)


async def _offered(app: App, server: McpServer) -> tuple[OfferedTool, ...]:
    """Ask a server, whose complaints the operator sees, and which may take its time to start."""
    async with opened(app.mcp_servers, log=sys.__stderr__, connect_s=FIRST_START_S) as tools:
        return await tools.offered_by(server)


async def _list(config: Config, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(config, output.progress) as app:
        servers = await app.mcp_servers.all()
    if as_json:
        output.line(json.dumps([_row(server) for server in servers], indent=2))
        return
    if not servers:
        output.progress("There are none: `shopfloor mcp attach` attaches one.")
    for server in servers:
        output.line(f"[bold]{server.name}[/]  {escape(server.url or shlex.join(server.command))}")
        output.line(f"  tools: {escape(', '.join(server.tools) or 'none that agents may call')}")
        if server.agents:
            output.line(f"  for: {escape(', '.join(server.agents))}")


async def _tools(config: Config, name: str, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(config, output.progress) as app:
        server = await app.mcp_servers.find(name)
        if server is None:
            raise NotFound(f"no MCP server {name} is attached: `shopfloor mcp list` shows those that are")
        offered = await _offered(app, server)
    _show(output, server, offered)


async def _detach(config: Config, name: str) -> None:
    output = Output(as_json=False)
    async with open_app(config, output.progress) as app:
        await app.mcp_servers.remove(name)
        entries = await app.team.entries()
    output.line(f"{name} is detached.")
    left = [entry.card.id for entry in entries if any(tool.startswith(f"{name}_") for tool in entry.card.tools)]
    if left:
        output.progress(f"These agents still name its tools, and fail where they need them: {', '.join(left)}.")


def _show(output: Output, server: McpServer, offered: Sequence[OfferedTool]) -> None:
    """Show what a server offers, with what the merchant's row makes of it."""
    if output.is_json:
        output.line(json.dumps([_tool_row(server, tool) for tool in offered], indent=2))
        return
    for tool in offered:
        output.line(f"[bold]{escape(tool.name)}[/]  {_standing(server, tool)}")
        output.line(f"  {escape(tool.description)}")


def _standing(server: McpServer, tool: OfferedTool) -> str:
    name = server.card_name(tool)
    if tool not in server.tools.values():
        kept = next((one for one in server.offered if one.name == tool.name), tool)
        changed = " It is described otherwise than when it was attached." if kept != tool else ""
        return f"[yellow]not callable[/].{changed}"
    return f"{name}, a read" if server.is_read(tool) else f"{name}, allowed"


def _row(server: McpServer) -> JsonValue:
    return {
        "name": server.name,
        "transport": server.transport,
        "command": list(server.command),
        "url": server.url,
        "tools": list(server.tools),
        "agents": [str(agent) for agent in server.agents],
        "attached_at": server.attached_at.isoformat(),
    }


def _tool_row(server: McpServer, tool: OfferedTool) -> JsonValue:
    return {
        "name": tool.name,
        "card_name": server.card_name(tool),
        "description": tool.description,
        "parameters": tool.parameters,
        "says_it_reads": tool.says_it_reads,
        "is_callable": tool in server.tools.values(),
        "is_read": server.is_read(tool),
    }


def _words(command: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise InvalidInput(f"the command cannot be read: {error}") from error


async def _serve_stdio(config: Config, token: str | None) -> None:
    output = Output(as_json=False)
    async with open_app(config, output.progress) as app:

        async def identify(_request: object) -> Identity:
            return await app.identify(token) if token else GUEST

        await identify(None)  # a token that is not valid is told before anything is served
        protocol = await _sdk("shopfloor.mcp_server.protocol")
        await protocol.serve_stdio(ServedTools(app.tools, app.clock), identify)


async def _serve_http(config: Config, host: str, port: int) -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    output = Output(as_json=False)
    async with open_app(config, output.progress) as app:

        def tell(port: int) -> None:
            shown = f"[{host}]" if ":" in host else host
            output.line(escape(f"Serving MCP at http://{shown}:{port}/mcp. Ctrl-C ends."))

        http = await _sdk("shopfloor.mcp_server.http")
        asgi = http.app_of(ServedTools(app.tools, app.clock), app.keys, app.identify, host)
        await http.serve_http(asgi, host, port, tell)


async def _sdk(module: str) -> Any:
    try:
        return await to_thread.run_sync(import_module, module)
    except ImportError as error:
        message = "serving MCP needs the protocol's SDK: install shopfloor with its extra `mcp`"
        raise Unavailable(message) from error
