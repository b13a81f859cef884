"""Measures the turns of an embedded installation that lies in a temporary directory.

`make bench` prints a table and writes `benchmarks/results/turn.json`. Nothing is asserted: the figures compare one
state of the code with another on one machine. Wall and CPU time of a turn run from the customer's message to the
journaled reply; CPU time is that of all threads.
"""

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

from figures import Figures, milliseconds, record, spread

from shopfloor import App, Config, open_app
from shopfloor.identity.identity import GUEST, Identity
from shopfloor.journal.events import MessageWritten
from shopfloor.kernel.ids import ConversationId, MessageId, StreamId

WARM_UP = 10
TURNS = 60
AT_ONCE = 200
APPENDS = 100
OWNER = "maya.lindqvist@example.com"


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A message whose turn is measured."""

    name: str
    message: str
    is_owner: bool = False
    """Whether the owner of order 123 is signed in; otherwise a guest asks."""


CASES = (
    Case(
        name="two requests, as the owner",
        message="Where's my order #123, and by the way, do you have any red sneakers in men's size 9?",
        is_owner=True,
    ),
    Case(name="a question about the shop", message="How long do I have to return an item?"),
    Case(name="a product search", message="I need a waterproof jacket under $150"),
)


async def measure(data: Path) -> dict[str, Figures]:
    """Take all figures, in the order in which they are shown."""
    figures: dict[str, Figures] = {"start, modules imported": {"wall_ms": imported_ms()}}
    async with opened(data) as (_, empty_ms):
        figures["start, empty directory"] = {"wall_ms": empty_ms}
    before = size(data)
    async with opened(data) as (app, existing_ms):
        figures["start, existing directory"] = {"wall_ms": existing_ms}
        for case in CASES:
            figures[case.name] = await turns(app, case)
        figures[f"{AT_ONCE} conversations at once"] = await at_once(app)
    events = count_events(data)
    turned = len(CASES) * (WARM_UP + TURNS) + AT_ONCE
    figures["the journal"] = {
        "events_a_turn": round(events / turned, 1),
        "bytes_an_event": round((size(data) - before) / events),
    }
    async with opened(data) as (app, _):
        for count in (1, 8):
            figures[f"append of {count} event{'s' if count > 1 else ''}"] = await appends(app, count)
    figures["the disk's fsync"] = syncs(data)
    figures["the process"] = {"peak_mb": peak_mb()}
    return figures


def imported_ms() -> float:
    """Return how long a new interpreter takes to import the product."""
    began = perf_counter()
    subprocess.run([sys.executable, "-c", "import shopfloor"], check=True)
    return milliseconds(perf_counter() - began)


@asynccontextmanager
async def opened(data: Path) -> AsyncGenerator[tuple[App, float]]:
    """Open the installation, and say how long that took in milliseconds."""
    began = perf_counter()
    async with open_app(Config(data=data)) as app:
        yield app, milliseconds(perf_counter() - began)


async def begin(app: App, case: Case) -> ConversationId:
    """Begin a conversation."""
    identity: Identity = GUEST
    customer = await app.shop.customers.find_customer(OWNER) if case.is_owner else None
    if customer:
        identity = await app.identify(app.tokens.sign(customer.id))
    conversation, _ = await app.chat.open("benchmark", identity)
    return conversation


async def answer(app: App, conversation: ConversationId, case: Case) -> None:
    """Have one message answered."""
    await app.chat.post(conversation, case.message)
    (reply,) = await app.chat.answer(conversation)
    if reply.outcome != "answered":
        raise RuntimeError(f"{case.name}: the turn {reply.outcome}")


async def turns(app: App, case: Case) -> Figures:
    """Measure turns one after the other, each in a conversation of its own."""
    conversations = [await begin(app, case) for _ in range(WARM_UP + TURNS)]
    first_ms = 0.0
    wall: list[float] = []
    cpu: list[float] = []
    for place, conversation in enumerate(conversations):
        began, began_cpu = perf_counter(), process_time()
        await answer(app, conversation, case)
        spent, spent_cpu = perf_counter() - began, process_time() - began_cpu
        if place == 0:
            first_ms = milliseconds(spent)
        if place >= WARM_UP:
            wall.append(spent)
            cpu.append(spent_cpu)
    return {"first_ms": first_ms, **spread("wall", wall), **spread("cpu", cpu)}


async def at_once(app: App) -> Figures:
    """Measure many conversations at the same time."""
    cases = [CASES[place % len(CASES)] for place in range(AT_ONCE)]
    conversations = [await begin(app, case) for case in cases]
    began, began_cpu = perf_counter(), process_time()
    await asyncio.gather(*(answer(app, *pair) for pair in zip(conversations, cases, strict=True)))
    spent, spent_cpu = perf_counter() - began, process_time() - began_cpu
    return {
        "wall_ms": milliseconds(spent),
        "cpu_ms_a_turn": milliseconds(spent_cpu / AT_ONCE),
        "turns_a_second": round(AT_ONCE / spent, 1),
    }


async def appends(app: App, count: int) -> Figures:
    """Measure appends of several events to a stream of their own."""
    stream = StreamId(f"benchmark/{count}")
    batches = [
        [MessageWritten(message_id=MessageId(f"{place}-{one}"), role="user", content="x" * 80) for one in range(count)]
        for place in range(WARM_UP + APPENDS)
    ]
    wall: list[float] = []
    cpu: list[float] = []
    for batch in batches:
        began, began_cpu = perf_counter(), process_time()
        await app.journal.append(stream, batch)
        wall.append(perf_counter() - began)
        cpu.append(process_time() - began_cpu)
    return {**spread("wall", wall[WARM_UP:]), **spread("cpu", cpu[WARM_UP:])}


def syncs(data: Path) -> Figures:
    """Measure how long the disk takes to keep a page for good, which each append waits for."""
    spent: list[float] = []
    with (data / "page").open("wb", buffering=0) as file:
        for _ in range(APPENDS):
            file.write(bytes(4096))
            began = perf_counter()
            os.fsync(file.fileno())
            spent.append(perf_counter() - began)
    return spread("wall", spent)


def size(data: Path) -> int:
    """Return the database's bytes on disk; its log is empty once the installation is closed."""
    return Config(data=data).database.stat().st_size


def count_events(data: Path) -> int:
    """Return how many events the journal holds."""
    with closing(sqlite3.connect(Config(data=data).database)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM journal_events").fetchone()
    return count


def peak_mb() -> float:
    """Return the most memory that the process held at any time; Linux counts it in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024**2 if sys.platform == "darwin" else 1024), 1)


def main() -> None:
    """Measure, print and write down."""
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(Path(folder)))
    record("turn", figures)


if __name__ == "__main__":
    main()
