"""What every store of attached MCP servers keeps to, in memory and in a database."""

from dataclasses import replace

import pytest
from tools.attached import program

from shopfloor.database.engine import Database
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import AgentId
from shopfloor.tools.mcp_client.servers import McpServers, OfferedTool
from shopfloor.tools.mcp_client.stores import MemoryMcpServers, SqlMcpServers

pytestmark = pytest.mark.anyio

OFFERED = (
    OfferedTool(name="now", description="The time.", parameters={"type": "object"}, says_it_reads=True),
    OfferedTool(name="setAlarm", description="", parameters={"properties": {"at": {}}}, says_it_reads=False),
)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def servers(request: pytest.FixtureRequest) -> McpServers:
    if request.param == "memory":
        return MemoryMcpServers()
    database: Database = request.getfixturevalue("database")
    return SqlMcpServers(database)


async def test_a_server_comes_back_as_it_was_put(servers: McpServers) -> None:
    program_row = program(offered=OFFERED, agents=(AgentId("order_management"),))
    http_row = program(name="web", command=(), url="https://a.example.com", header="X-Key", header_variable="KEY")
    await servers.put(http_row)
    await servers.put(program_row)
    assert await servers.all() == [program_row, http_row]
    assert await servers.find("clock") == program_row
    assert await servers.find("none") is None


async def test_the_newer_one_of_a_name_counts(servers: McpServers) -> None:
    await servers.put(program(offered=OFFERED))
    newer = program(offered=OFFERED[:1], allowed=())
    await servers.put(newer)
    assert await servers.all() == [newer]


async def test_a_removed_server_is_gone(servers: McpServers) -> None:
    await servers.put(program())
    await servers.put(replace(program(), name="other"))
    await servers.remove("clock")
    assert [server.name for server in await servers.all()] == ["other"]
    with pytest.raises(NotFound, match="no MCP server clock is attached"):
        await servers.remove("clock")
