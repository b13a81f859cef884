"""An attached MCP server, as the merchant's row has it.

What a server offered when it was attached is kept in its row. So the installation starts without asking it, a card that
names its tools is admitted while it is down, and what it offers later does not change what agents are told about it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Literal, Protocol
from urllib.parse import SplitResult, urlsplit

from pydantic import JsonValue

from shopfloor.kernel.errors import FieldProblem, InvalidFields
from shopfloor.kernel.ids import AgentId

Transport = Literal["stdio", "http"]
MAX_TOOL_NAME = 60
"""Of a tool as cards name it."""
SERVER_NAME = re.compile(r"[a-z][a-z0-9]{0,19}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferedTool:
    """A tool as its server told of it; its words are the server's and prove nothing."""

    name: str
    """As the server calls it."""
    description: str
    parameters: dict[str, JsonValue]
    """JSON Schema of the arguments."""
    says_it_reads: bool
    """Whether the server says that it changes nothing (`readOnlyHint`)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class McpServer:
    """An MCP server that agents may use tools of."""

    name: str
    """A word without underscores, which its tools' names begin with."""
    command: tuple[str, ...] = ()
    """The program and its arguments; empty for a server that is reached over HTTP."""
    environment: tuple[str, ...] = ()
    """The names of the environment variables that the program is given besides the usual ones."""
    url: str = ""
    """Where it is reached over HTTP; empty for a program."""
    header: str = ""
    """A header that each request carries, such as `Authorization`; empty for none."""
    header_variable: str = ""
    """The environment variable that holds the header's value."""
    reads: tuple[str, ...] = ()
    """The tools that only look, in the merchant's word; they count as reads where the server says so too."""
    allowed: tuple[str, ...] = ()
    """The tools that agents may call though they may change something."""
    agents: tuple[AgentId, ...] = ()
    """Who may use its tools; empty for every agent whose card names them."""
    offered: tuple[OfferedTool, ...] = ()
    attached_at: datetime

    @property
    def transport(self) -> Transport:
        """Return how it is reached."""
        return "stdio" if self.command else "http"

    @property
    def tools(self) -> Mapping[str, OfferedTool]:
        """Return the tools that agents may call, by the names that cards have for them."""
        callable_tools = (tool for tool in self.offered if self.is_read(tool) or tool.name in self.allowed)
        return _named(self.name, callable_tools)

    def is_read(self, tool: OfferedTool) -> bool:
        """Whether a tool only looks: the merchant and the server must both say so."""
        return tool.says_it_reads and tool.name in self.reads

    def card_name(self, tool: OfferedTool) -> str:
        """Return what cards call a tool: `<server>_<tool>`, in small letters."""
        return tool_name(self.name, tool.name)

    def reaches_the_same(self, other: "McpServer") -> bool:
        """Whether a connection to one serves the other."""
        return _reached(self) == _reached(other)


class McpServers(Protocol):
    """Keeps the attached servers. All methods may raise `StorageError`."""

    async def all(self) -> Sequence[McpServer]:
        """Return all servers, by name."""
        ...

    async def find(self, name: str) -> McpServer | None:
        """Return a server, or None."""
        ...

    async def put(self, server: McpServer) -> None:
        """Store a server, in place of the one of its name."""
        ...

    async def remove(self, name: str) -> None:
        """Remove a server.

        Raises:
            NotFound: no such server.
        """
        ...


def tool_name(server: str, tool: str) -> str:
    """Return what cards call a server's tool: `weather_get_forecast` for `getForecast` of the server `weather`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", tool)
    return f"{server}_{re.sub(r'[^a-z0-9]+', '_', parted.lower()).strip('_')}"


def checked(server: McpServer, own_tools: Iterable[str]) -> McpServer:
    """Return a server that may be attached beside the installation's own tools.

    Raises:
        InvalidFields: naming each field that is wrong.
    """
    found = [*_name_problems(server, own_tools), *_reach_problems(server), *_permission_problems(server)]
    if found:
        raise InvalidFields(f"the MCP server {server.name} cannot be attached", found)
    return server


def check_reach(server: McpServer, own_tools: Iterable[str]) -> None:
    """Check all that has to be right before a server is asked what it offers.

    Raises:
        InvalidFields: naming each field that is wrong.
    """
    if found := [*_name_problems(server, own_tools), *_reach_problems(server)]:
        raise InvalidFields(f"the MCP server {server.name} cannot be attached", found)


def _named(server: str, tools: Iterable[OfferedTool]) -> dict[str, OfferedTool]:
    """Return tools by the names that cards have for them; of two with one name the first."""
    found: dict[str, OfferedTool] = {}
    for tool in tools:
        name = tool_name(server, tool.name)
        if len(name) <= MAX_TOOL_NAME and name != f"{server}_":
            found.setdefault(name, tool)
    return found


def _reached(server: McpServer) -> tuple[object, ...]:
    return server.command, server.environment, server.url, server.header, server.header_variable


def _name_problems(server: McpServer, own_tools: Iterable[str]) -> list[FieldProblem]:
    if not SERVER_NAME.fullmatch(server.name):
        return [FieldProblem("name", "it is a word of at most 20 small letters and digits, such as weather")]
    clash = next((tool for tool in own_tools if tool.startswith(f"{server.name}_")), None)
    if clash:
        return [FieldProblem("name", f"its tools would be named like the shop's own {clash}: choose another")]
    return []


def _reach_problems(server: McpServer) -> list[FieldProblem]:
    found: list[FieldProblem] = []
    if bool(server.command) == bool(server.url):
        found.append(FieldProblem("command", "give a command or a url, one of them"))
    variables = (*server.environment, *([server.header_variable] if server.header else []))
    found += [
        FieldProblem("environment", f"{name or 'nothing'} is no name of an environment variable")
        for name in variables
        if not VARIABLE.fullmatch(name)
    ]
    if server.header and (server.command or not HEADER.fullmatch(server.header)):
        found.append(FieldProblem("header", "a server that is reached by a url may have one, such as Authorization"))
    return found + (_url_problems(server) if server.url else [])


def _url_problems(server: McpServer) -> list[FieldProblem]:
    try:
        parts = urlsplit(server.url)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable, parts = False, urlsplit("")
    if not is_usable or parts.username or parts.password or parts.fragment:
        return [FieldProblem("url", "it is no address like https://tools.example.com/mcp, without a name or password")]
    if parts.scheme == "http" and server.header and not _is_this_machine(parts):
        return [FieldProblem("url", "a header with a secret goes to https:// or to this machine only")]
    return []


def _is_this_machine(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _permission_problems(server: McpServer) -> list[FieldProblem]:
    offered = {tool.name: tool for tool in server.offered}
    named = _named(server.name, server.offered).values()
    found: list[FieldProblem] = []
    for field, names in (("reads", server.reads), ("allowed", server.allowed)):
        for name in names:
            if name not in offered:
                known = ", ".join(offered) or "none"
                found.append(FieldProblem(field, f"the server has no tool {name}: it has {known}"))
            elif offered[name] not in named:
                found.append(FieldProblem(field, f"no card can name {name}: its name is too long, or another's"))
            elif field == "reads" and not offered[name].says_it_reads:
                remedy = "allow it, if agents may call it all the same"
                found.append(FieldProblem(field, f"the server does not say that {name} only reads: {remedy}"))
    return found
