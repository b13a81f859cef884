"""Measures looking at, exporting and checking a journal of a few and of many conversations.

`python benchmarks/audit.py` prints a table and writes `results/audit.json`. A conversation has 24 events, as one
question about an order makes them. The memory is what the export and the check take at their peak, as Python counts it,
above what was held before; the figure of a large journal should be that of a small one.
"""

import asyncio
import tempfile
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from figures import Figures, record

from shopfloor.database.engine import Database
from shopfloor.database.migrate import upgrade
from shopfloor.journal.contract import Journal
from shopfloor.journal.events import (
    ActionMoved,
    ConversationOpened,
    EventData,
    IdentityVerified,
    MessageWritten,
    ReplyComposed,
    ToolCalled,
)
from shopfloor.journal.export import pages, text_of
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.journal.sql import SqlJournal
from shopfloor.journal.verification import Findings, verify_page
from shopfloor.journal.wanted import Wanted
from shopfloor.kernel.clock import FixedClock, SystemClock
from shopfloor.kernel.ids import AgentId, ConversationId, CustomerId, MessageId, StreamId, TurnId

FEW, MANY = 200, 6_000
AT_ONCE = 50
AGENT = AgentId("order_management")


def conversation(number: int) -> list[EventData]:
    """Return the events of one conversation, 24 of them."""
    turn = TurnId(f"turn_{number}")
    calls = [
        ToolCalled(
            turn_id=turn,
            task_id="t1",
            agent=AGENT,
            agent_name="Order Management",
            tool_name="get_order",
            tool_args={"order_number": f"{number}"},
            tool_output={"outcome": "found", "order": {"number": f"{number}", "lines": ["a thing"] * 30}},
            duration_ms=4.2,
        )
        for _ in range(18)
    ]
    return [
        ConversationOpened(conversation_id=ConversationId(f"conv_{number}"), channel="web"),
        IdentityVerified(
            method="token", customer_id=CustomerId(f"c-{number % 5_000}"), name="Ada", email="a@b.example"
        ),
        MessageWritten(message_id=MessageId("m1"), role="user", content="Where is my order? " * 4),
        *calls,
        ActionMoved(
            agent=AGENT,
            agent_name="Order Management",
            key=f"{number}/cancel",
            kind="cancel_order",
            digest="d",
            state="refused" if number % 100 else "executed",
            args={"order_number": f"{number}"},
            summary="Cancel it.",
            rule="order.already_shipped" if number % 1_000 else "identity.owner",
        ),
        MessageWritten(message_id=MessageId("m2"), role="assistant", content="It arrives tomorrow. " * 8),
        ReplyComposed(
            conversation_id=ConversationId(f"conv_{number}"),
            turn_id=turn,
            message_ids=(MessageId("m1"),),
            content="It arrives tomorrow. " * 8,
            sources=(),
        ),
    ]


@asynccontextmanager
async def filled(conversations: int) -> AsyncIterator[Journal]:
    """Hand out a journal with so many conversations."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.sqlite3"
        database = Database.sqlite(path)
        upgrade(database)
        clock = FixedClock(SystemClock().now() - timedelta(days=30))
        journal = SqlJournal(database, clock, MachineLocks(Path(folder) / "locks"))
        for first in range(0, conversations, AT_ONCE):
            clock.at += timedelta(seconds=30)
            numbers = range(first, min(first + AT_ONCE, conversations))
            await asyncio.gather(
                *(journal.append(StreamId(f"conversation/conv_{n:08}"), conversation(n)) for n in numbers)
            )
        try:
            yield journal
        finally:
            journal.close()
            database.close()


async def exported(journal: Journal) -> int:
    """Write all of it out, and return how many events that were."""
    count = 0
    async for page in pages(journal):
        text_of(page, "jsonl", with_personal=False)
        count += len(page)
    return count


async def verified(journal: Journal) -> int:
    """Check all of it, and return how many events that were."""
    findings = Findings()
    after = await verify_page(journal, findings, after=None, limit=100)
    while after:
        after = await verify_page(journal, findings, after=after, limit=100)
    if findings.broken:
        raise RuntimeError(f"{findings.broken[0]}")
    return findings.events


async def measured(work: Callable[[Journal], Awaitable[int]], journal: Journal) -> Figures:
    """Return what something takes a second, and at its peak of memory."""
    begun = time.perf_counter()
    events = await work(journal)
    took = time.perf_counter() - begun
    tracemalloc.start()
    await work(journal)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {"events": events, "events_per_s": round(events / took), "peak_mb": round(peak / 1e6, 1)}


async def found(journal: Journal, wanted: Wanted) -> float:
    """Return in how many milliseconds the newest 50 events are found."""
    begun = time.perf_counter()
    await journal.newest(wanted)
    return round((time.perf_counter() - begun) * 1_000, 1)


async def main() -> None:
    """Measure, print and write it down."""
    figures: dict[str, Figures] = {}
    for conversations in (FEW, MANY):
        async with filled(conversations) as journal:
            of = f"of {conversations:,} conversations"
            figures[f"export {of}"] = await measured(exported, journal)
            figures[f"verify {of}"] = await measured(verified, journal)
            figures[f"look at events {of}"] = {
                "newest_50_ms": await found(journal, Wanted()),
                "newest_50_of_a_rare_rule_ms": await found(journal, Wanted(rule="identity.owner")),
                "whose_each_is_ms": await _identities(journal),
            }
    record("audit", figures)


async def _identities(journal: Journal) -> float:
    begun = time.perf_counter()
    after = None
    while page := await journal.identities(after=after):
        after = page[-1].stream
    return round((time.perf_counter() - begun) * 1_000, 1)


if __name__ == "__main__":
    asyncio.run(main())
