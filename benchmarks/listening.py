"""Measures what figures and traces add to a turn, and what a scrape takes.

Three installations in one process answer the same messages by turns: one that nobody listens to, one of which figures
are taken, and one that sends traces besides, to a collector in a process of its own. The ratios compare them in one
run; nothing is asserted.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time

from anyio import to_thread
from figures import Figures, milliseconds, record, spread
from turn import CASES, answer, begin

from shopfloor import App, Config, open_app
from shopfloor.kernel.ids import ConversationId, stream_of

WARM_UP = 20
ROUNDS = 150
SCRAPES = 200
REPEATS = 500
COLLECTOR = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Taking(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *args):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
print(server.server_address[1], flush=True)
server.serve_forever()
"""
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
LISTENED = ("nobody listens", "figures", "figures and traces")


@contextmanager
def collecting() -> Iterator[str]:
    """Run a collector that throws away what it gets, and return its address."""
    with subprocess.Popen([sys.executable, "-c", COLLECTOR], stdout=subprocess.PIPE, text=True) as process:
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


async def measure(data: Path, collector: str) -> dict[str, Figures]:
    """Take all figures."""
    async with AsyncExitStack() as stack:
        apps: list[App] = []
        for name in LISTENED:
            if name == LISTENED[2]:
                os.environ[ENDPOINT] = collector
            config = Config(data=data / str(len(apps)))
            apps.append(await stack.enter_async_context(open_app(config, is_measured=name != LISTENED[0])))
            os.environ.pop(ENDPOINT, None)
        wall, cpu = await turns(apps)
        figures = {name: spread("wall", wall[name]) | spread("cpu", cpu[name]) for name in LISTENED}
        for name in LISTENED[1:]:
            figures[f"{name}, to nobody"] = {
                "wall_ratio": ratio(wall[name], wall[LISTENED[0]]),
                "cpu_ratio": ratio(cpu[name], cpu[LISTENED[0]]),
            }
        for name, app in zip(LISTENED[1:], apps[1:], strict=True):
            figures[f"{name}, by themselves"] = await alone(app)
        figures["a scrape"] = await scrapes(apps[1])
    return figures


def ratio(ours: list[float], theirs: list[float]) -> float:
    """Return how many times as much ours takes, each pair compared by itself: the median."""
    return round(statistics.median(one / other for one, other in zip(ours, theirs, strict=True)), 3)


async def turns(apps: list[App]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Answer the same messages in all installations by turns, and return the wall and CPU seconds of each turn."""
    wall: dict[str, list[float]] = {name: [] for name in LISTENED}
    cpu: dict[str, list[float]] = {name: [] for name in LISTENED}
    for place in range(WARM_UP + ROUNDS):
        case = CASES[place % len(CASES)]
        for name, app in zip(LISTENED, apps, strict=True):
            conversation = await begin(app, case)
            began, began_cpu = perf_counter(), process_time()
            await answer(app, conversation, case)
            if place >= WARM_UP:
                wall[name].append(perf_counter() - began)
                cpu[name].append(process_time() - began_cpu)
    return wall, cpu


async def alone(app: App) -> Figures:
    """Measure taking the events of a turn in, without the turn; the thread that sends spans is not in it."""
    conversation = await begin(app, CASES[0])
    await answer(app, conversation, CASES[0])
    events = await app.journal.read(stream_of(conversation))
    if app.telemetry is None:
        raise RuntimeError("nobody listens")
    spent: list[float] = []
    for place in range(REPEATS):
        again = [replace(event, stream=stream_of(ConversationId(f"again_{place}"))) for event in events]
        began = perf_counter()
        app.telemetry.written(again)
        spent.append(perf_counter() - began)
    return {"events": len(events), "wall_p50_ms": milliseconds(statistics.median(spent))}


async def scrapes(app: App) -> Figures:
    """Measure writing all figures down, without what is read of the database."""
    if app.telemetry is None:
        raise RuntimeError("no figures are taken")
    spent: list[float] = []
    size = 0
    for _ in range(SCRAPES):
        began = perf_counter()
        text, _ = await to_thread.run_sync(app.telemetry.figures.text, "", {}, [])
        spent.append(perf_counter() - began)
        size = len(text)
    return {"wall_p50_ms": milliseconds(statistics.median(spent)), "bytes": size}


def main() -> None:
    """Measure, print and write down."""
    with tempfile.TemporaryDirectory() as folder, collecting() as collector:
        figures = asyncio.run(measure(Path(folder), collector))
    record("listening", figures)


if __name__ == "__main__":
    main()
