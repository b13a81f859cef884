"""Where attached MCP servers are kept: in memory, or in the installation's database."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import cast

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import AgentId
from shopfloor.tools.mcp_client.rows import McpServerRow
from shopfloor.tools.mcp_client.servers import McpServer, OfferedTool

_OFFERED = TypeAdapter[tuple[OfferedTool, ...]](tuple[OfferedTool, ...])


class MemoryMcpServers:
    """Servers kept for the life of the process."""

    def __init__(self) -> None:
        """Start with none."""
        self._servers: dict[str, McpServer] = {}

    async def all(self) -> Sequence[McpServer]:
        """Return all servers."""
        return [self._servers[name] for name in sorted(self._servers)]

    async def find(self, name: str) -> McpServer | None:
        """Return a server."""
        return self._servers.get(name)

    async def put(self, server: McpServer) -> None:
        """Store a server."""
        self._servers[server.name] = server

    async def remove(self, name: str) -> None:
        """Remove a server."""
        if self._servers.pop(name, None) is None:
            raise NotFound(_unknown(name))


class SqlMcpServers:
    """Servers kept in the database, over all processes."""

    def __init__(self, database: Database) -> None:
        """Take the installation's database."""
        self._database = database

    async def all(self) -> Sequence[McpServer]:
        """Return all servers."""
        every = select(McpServerRow).order_by(McpServerRow.name)
        return await self._database.read(lambda session: [_server(row) for row in session.scalars(every)])

    async def find(self, name: str) -> McpServer | None:
        """Return a server."""
        row = await self._database.read(lambda session: session.get(McpServerRow, name))
        return _server(row) if row else None

    async def put(self, server: McpServer) -> None:
        """Store a server."""
        await self._database.write(lambda session: session.merge(_row(server)))

    async def remove(self, name: str) -> None:
        """Remove a server."""

        def work(session: Session) -> None:
            row = session.get(McpServerRow, name)
            if row is None:
                raise NotFound(_unknown(name))
            session.delete(row)

        await self._database.write(work)


def _unknown(name: str) -> str:
    return f"no MCP server {name} is attached: `shopfloor mcp list` shows those that are"


def _row(server: McpServer) -> McpServerRow:
    return McpServerRow(
        name=server.name,
        command=list(server.command),
        environment=list(server.environment),
        url=server.url,
        header=server.header,
        header_variable=server.header_variable,
        reads=list(server.reads),
        allowed=list(server.allowed),
        agents=cast("list[str]", list(server.agents)),
        offered=[asdict(tool) for tool in server.offered],
        attached_at=server.attached_at,
    )


def _server(row: McpServerRow) -> McpServer:
    return McpServer(
        name=row.name,
        command=tuple(row.command),
        environment=tuple(row.environment),
        url=row.url,
        header=row.header,
        header_variable=row.header_variable,
        reads=tuple(row.reads),
        allowed=tuple(row.allowed),
        agents=tuple(AgentId(agent) for agent in row.agents),
        offered=_OFFERED.validate_python(row.offered),
        attached_at=row.attached_at,
    )
