"""An attached MCP server for tests: a real one, in a process of its own, over stdio or HTTP."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anyio import to_thread
from tools.visit import Visit

from shopfloor.tools.contract import ToolContext
from shopfloor.tools.mcp_client.servers import McpServer
from shopfloor.tools.mcp_client.stores import MemoryMcpServers
from shopfloor.tools.mcp_client.toolset import AttachedTools, opened

SCRIPT = Path(__file__).parent / "mcp_tools_server.py"
READS = ("now", "echo", "slow", "flood", "die", "fail", "header")
ALLOWED = ("setAlarm", "dieHalfWay")


def program(**changes: Any) -> McpServer:
    """Return the server that runs as a program."""
    row = McpServer(
        name="clock",
        command=(sys.executable, str(SCRIPT)),
        environment=("STARTS",),
        reads=READS,
        allowed=ALLOWED,
        attached_at=datetime(2026, 11, 21, tzinfo=UTC),
    )
    return replace(row, **changes)


class Bench:
    """The tools of one attached server, and the ways to call them."""

    def __init__(self, tools: AttachedTools, servers: MemoryMcpServers, starts: Path) -> None:
        self.tools = tools
        self.servers = servers
        self._starts = starts
        self.context: ToolContext = Visit().context()

    async def attach(self, server: McpServer) -> McpServer:
        whole = replace(server, offered=await self.tools.offered_by(server))
        await self.servers.put(whole)
        await self.tools.refresh()
        return whole

    async def call(self, tool: str, /, **args: Any) -> dict[str, Any]:
        return (await self.tools.call(tool, args, self.context)).output

    async def pids(self) -> list[int]:
        """Return the processes that were started, the oldest first."""
        text = await to_thread.run_sync(self._starts.read_text)
        return [int(line) for line in text.split()]

    async def kill_newest(self) -> None:
        pid = (await self.pids())[-1]
        await to_thread.run_sync(kill, pid)


@asynccontextmanager
async def bench(starts: Path, **times: float) -> AsyncGenerator[Bench]:
    servers = MemoryMcpServers()
    async with opened(servers, **times) as tools:
        yield Bench(tools, servers, starts)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + 10
    while is_running(pid):
        assert time.monotonic() < end
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextmanager
def served(port: int = 0) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run the server over HTTP, and tell where it is."""
    command = [sys.executable, str(SCRIPT), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/mcp", process
        finally:
            process.kill()
