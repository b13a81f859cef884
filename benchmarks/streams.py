"""Measures one server process that holds many open streams, while some of their customers write.

`make bench` prints the figures and writes `benchmarks/results/streams.json`. The server runs in a process of its own,
over loopback, on an installation in a temporary directory; its limits for one address are lifted, since all customers
come from one here. A message's time runs from sending it to the frame that ends its run on the customer's stream.
"""

import argparse
import asyncio
import json
import random
import resource
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from figures import Figures, record, spread
from turn import CASES

from shopfloor import GUEST, Config, open_app
from shopfloor.app import services_of
from shopfloor.http.access import conversation_secret
from shopfloor.http.limits import Limits, Rate
from shopfloor.http.server import serve
from shopfloor.http.site import Site
from shopfloor.kernel.ids import ConversationId

STREAMS = 5_000
MESSAGES = 600
AT_ONCE = 16
"""Messages under way while the server is kept busy."""
SHARE = 0.5
"""Of the busy server's rate, for the measurement of waiting times under an ordinary load."""
DEADLINE_S = 120.0
HOST = "127.0.0.1"


@dataclass(slots=True)
class Customer:
    """A customer with an open stream."""

    conversation: ConversationId
    secret: str
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever a run ends on the stream."""

    def request(self, method: str, path: str, body: bytes = b"", accept: str = "*/*") -> bytes:
        """Write an HTTP request."""
        head = (
            f"{method} /v1/conversations/{self.conversation}/{path} HTTP/1.1\r\nHost: {HOST}\r\nAccept: {accept}\r\n"
            f"Authorization: Bearer {self.secret}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def prepare(data: Path, count: int) -> list[Customer]:
    """Open conversations before the server starts."""
    config = Config(data=data)
    async with open_app(config) as app:
        opened = [(await app.chat.open("benchmark", GUEST))[0] for _ in range(count)]
    secret = config.secret()
    return [Customer(conversation, conversation_secret(secret, conversation)) for conversation in opened]


@asynccontextmanager
async def serving(data: Path) -> AsyncGenerator[tuple[int, int]]:
    """Run the server, and give its process id and port."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--serve", str(data), str(port), stdout=subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not await is_up(port):  # noqa: ASYNC110  (another process has no event to wait for)
                await asyncio.sleep(0.05)
        yield process.pid, port
    finally:
        process.terminate()
        await process.wait()


async def is_up(port: int) -> bool:
    """Say whether the server takes connections."""
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True


async def listen(customer: Customer, port: int, opened: asyncio.Event) -> None:
    """Hold a stream open and note the ends of runs."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(customer.request("GET", "events", accept="text/event-stream"))
    status = await reader.readline()
    if b" 200 " not in status:
        raise RuntimeError(f"a stream was not opened: {status.decode().strip()}")
    opened.set()
    try:
        while line := await reader.readline():
            if b'"RUN_FINISHED"' in line:
                customer.ended.set()
    finally:
        writer.close()


async def say(customer: Customer, port: int, text: str, client_id: str) -> float:
    """Send a message and return the seconds until its run ended on the stream."""
    customer.ended.clear()
    body = json.dumps({"client_id": client_id, "text": text}).encode()
    began = perf_counter()
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(customer.request("POST", "messages", body))
    status = await reader.readline()
    if b" 202 " not in status:
        raise RuntimeError(f"a message was not taken: {status.decode().strip()}")
    async with asyncio.timeout(DEADLINE_S):
        await customer.ended.wait()
    writer.close()
    return perf_counter() - began


async def busy(customers: list[Customer], port: int) -> tuple[float, list[float]]:
    """Keep some messages under way all the time; return the seconds it took, and those of each message."""
    waiting = iter(enumerate(customers))
    spent: list[float] = []

    async def work() -> None:
        for place, customer in waiting:
            spent.append(await say(customer, port, CASES[place % len(CASES)].message, f"busy-{place}"))

    began = perf_counter()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return perf_counter() - began, spent


async def ordinary(customers: list[Customer], port: int, rate: float, chance: random.Random) -> list[float]:
    """Send messages at random times, so many a second, and return the seconds of each."""
    sent: list[asyncio.Task[float]] = []
    async with asyncio.TaskGroup() as group:
        for place, customer in enumerate(customers):
            sent.append(group.create_task(say(customer, port, CASES[place % len(CASES)].message, f"paced-{place}")))
            await asyncio.sleep(chance.expovariate(rate))
    return [task.result() for task in sent]


async def measure(data: Path) -> dict[str, Figures]:
    """Take all figures."""
    customers = await prepare(data, STREAMS)
    chance = random.Random(7)
    async with serving(data) as (server, port), asyncio.TaskGroup() as group:
        first = customers[: len(CASES) * 3]
        streams = [await hold(group, customer, port) for customer in first]
        for place, customer in enumerate(first):  # the planner is fitted in the first turn
            await say(customer, port, CASES[place % len(CASES)].message, f"warm-{place}")
        idle_kb = memory_kb(server)
        began = perf_counter()
        streams += [await hold(group, customer, port) for customer in customers[len(first) :]]
        opening_s = perf_counter() - began
        held_kb = memory_kb(server)
        writing = chance.sample(customers, 2 * MESSAGES)
        took_s, spent = await busy(writing[:MESSAGES], port)
        rate = MESSAGES / took_s
        paced = await ordinary(writing[MESSAGES:], port, SHARE * rate, chance)
        peak_kb = memory_kb(server, "VmHWM")
        for stream in streams:
            stream.cancel()
    held = len(customers) - len(first)
    return {
        f"{STREAMS} open streams": {
            "kb_a_stream": round((held_kb - idle_kb) / held, 1),
            "opened_a_second": round(held / opening_s),
            "server_idle_mb": round(idle_kb / 1024, 1),
            "server_peak_mb": round(peak_kb / 1024, 1),
        },
        f"busy, {AT_ONCE} messages under way": {"messages_a_second": round(rate, 1), **spread("wall", spent)},
        f"ordinary, {SHARE * rate:.0f} messages a second": spread("wall", paced),
    }


async def hold(group: asyncio.TaskGroup, customer: Customer, port: int) -> "asyncio.Task[None]":
    """Open a stream and wait until it is open."""
    opened = asyncio.Event()
    task = group.create_task(listen(customer, port, opened))
    async with asyncio.timeout(DEADLINE_S):
        await opened.wait()
    return task


async def run_server(data: Path, port: int) -> None:
    """Serve, with no limits for one address."""
    free = Rate(per_minute=1_000_000, burst=1_000_000)
    limits = Limits(address=free, opening=free, streams_per_address=2 * STREAMS)
    async with open_app(Config(data=data)) as app:
        await serve(services_of(app), Site(host=HOST, port=port), limits=limits)


def memory_kb(process: int, what: str = "VmRSS") -> int:
    """Return a process's memory, as Linux counts it."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))


def main() -> None:
    """Measure, print and write down; with `--serve`, be the server."""
    options = argparse.ArgumentParser()
    options.add_argument("--serve", nargs=2, metavar=("DATA", "PORT"))
    serve: list[str] | None = options.parse_args().serve
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(files, min(most, 3 * STREAMS)), most))
    if serve:
        asyncio.run(run_server(Path(serve[0]), int(serve[1])))
        return
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(Path(folder)))
    record("streams", figures)


if __name__ == "__main__":
    main()
