"""Measures what durability costs on SQLite and on PostgreSQL, and how many turns several processes answer.

`python benchmarks/durability.py` prints a table and writes `results/durability.json`. PostgreSQL is that of the tests,
told to wait for the disk; `--postgresql URL` names another, with an empty database. A turn is the question for a
parcel by a signed-in customer, answered by the rules alone: measured is the time that its appends to the journal take.
The first turn of a conversation opens it, too, and writes down the brand and the agents' cards.
An executed action is a change of an order's address by the staff: verdict, admission, workflow, change, outcome. Turns
of several processes are counted over some seconds, each process talking with itself; the cores are what all took.
"""

import argparse
import asyncio
import gc
import json
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter, process_time
from unittest.mock import patch

from figures import Figures, record, spread

from shopfloor import App, Config, open_app
from shopfloor.actions.proposal import Origin, Proposal
from shopfloor.identity.identity import GUEST, Staff
from shopfloor.journal.events import ActionMoved
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.ids import AgentId, ConversationId, StreamId

ROOT = Path(__file__).parent.parent
OWNER = "maya.lindqvist@example.com"
ASKED = "Where's my order #123?"
ORDER = "141"
TURNS = 200
ACTIONS = 200
WARM_UP = 20
IDLE = 400
PROCESSES = (1, 2, 3)
COUNTED_S = 8.0
ORIGIN = Origin(agent=AgentId("staff"), agent_name="Staff", stream=StreamId("staff"))


async def begin(app: App) -> ConversationId:
    """Begin a conversation of a signed-in customer."""
    customer = await app.shop.customers.find_customer(OWNER)
    identity = await app.identify(app.tokens.sign(customer.id)) if customer else GUEST
    conversation, _ = await app.chat.open("benchmark", identity)
    return conversation


async def answer(app: App) -> None:
    """Have one message answered in a conversation of its own."""
    await answer_in(app, await begin(app))


async def answer_in(app: App, conversation: ConversationId) -> None:
    """Have one message answered in a conversation."""
    await app.chat.post(conversation, ASKED)
    (reply,) = await app.chat.answer(conversation)
    if "TRK456" not in reply.content:
        raise RuntimeError(reply.content)


async def journaling(app: App) -> dict[str, Figures]:
    """Return how long the appends of a conversation's first turn take together, and of its second."""
    append, spent = SqlJournal.append, 0.0

    async def timed(journal: SqlJournal, *args: object) -> object:
        nonlocal spent
        began = perf_counter()
        try:
            return await append(journal, *args)  # type: ignore[arg-type]
        finally:
            spent += perf_counter() - began

    first: list[float] = []
    further: list[float] = []
    with patch.object(SqlJournal, "append", timed):
        for number in range(WARM_UP + TURNS):
            spent = 0.0
            conversation = await begin(app)
            await answer_in(app, conversation)
            at = spent
            await answer_in(app, conversation)
            if number >= WARM_UP:
                first.append(at)
                further.append(spent - at)
    return {"of a first read-only turn": spread("wall", first), "of a further one": spread("wall", further)}


async def actions(app: App) -> Figures:
    """Return how long an action takes from its proposal to its recorded outcome."""
    times: list[float] = []

    async def note(event: ActionMoved) -> None:
        await app.journal.append(ORIGIN.stream, [event])

    for number in range(WARM_UP + ACTIONS):
        address = {
            "name": "Maya",
            "line1": f"{number} Market St",
            "city": "Portland",
            "region": "OR",
            "postal_code": "97205",
        }
        proposal = Proposal(
            kind="change_shipping_address",
            args={"order_number": ORDER, "country": "US", **address},
            identity=Staff(name="benchmark"),
            key=f"bench/{number}",
            origin=ORIGIN,
        )
        began = perf_counter()
        verdict = await app.gate.submit(proposal, note)
        if verdict.state != "executed":
            raise RuntimeError(f"{verdict.rule}: {verdict.reason}")
        if number >= WARM_UP:
            times.append(perf_counter() - began)
    return spread("wall", times)


async def idle(app: App) -> Figures:
    """Return how much memory a conversation takes that was answered once and is kept at hand."""
    await answer(app)
    gc.collect()
    tracemalloc.start()
    for _ in range(IDLE):
        await answer(app)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {"kb": round(held / IDLE / 1024, 1)}


async def talk(config: Config) -> None:
    """Answer turns for a while, and print how many and what they took; run in a process of its own."""
    async with open_app(config) as app:
        for _ in range(WARM_UP):
            await answer(app)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        turns, began, began_cpu = 0, perf_counter(), process_time()
        while perf_counter() - began < COUNTED_S:
            await asyncio.gather(*(answer(app) for _ in range(4)))
            turns += 4
        spent, cpu = perf_counter() - began, process_time() - began_cpu
        print(json.dumps({"turns_a_second": turns / spent, "cores": cpu / spent}))


def together(config: Config, processes: int) -> Figures:
    """Return how many turns a second some processes answer together, and how many cores they took."""
    command = [sys.executable, __file__, "--talk", str(config.data)]
    command += ["--postgresql", config.database_url] if config.database_url else []
    with ExitStack() as stack:
        talking = [
            stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(processes)
        ]
        for process in talking:
            if process.stdout:
                process.stdout.readline()
        told = [process.communicate("go\n")[0] for process in talking]
    figures: list[Figures] = [json.loads(lines.splitlines()[-1]) for lines in told]
    return {name: round(sum(each[name] for each in figures), 2) for name in figures[0]}


@contextmanager
def configs(url: str | None) -> Iterator[dict[str, Config]]:
    """Make an empty installation on each database."""
    sys.path.insert(0, str(ROOT / "tests"))
    from postgres import Postgres

    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        if url is None:
            server = stack.enter_context(Postgres(Path(tempfile.mkdtemp(prefix="shopfloor-bench-")), is_safe=True))
            url = server.url(server.create())
        yield {
            "SQLite": Config(data=Path(folder) / "sqlite"),
            "PostgreSQL": Config(data=Path(folder) / "postgresql", database_url=url),
        }


async def alone(config: Config) -> dict[str, Figures]:
    """Return what is measured in one process."""
    async with open_app(config) as app:
        return {
            **{f"journaling {turn}": times for turn, times in (await journaling(app)).items()},
            "an executed action": await actions(app),
            "an idle conversation": await idle(app),
        }


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--postgresql")
    parser.add_argument("--talk", type=Path)
    given = parser.parse_args()
    if given.talk:
        asyncio.run(talk(Config(data=given.talk, database_url=given.postgresql)))
        return
    figures: dict[str, Figures] = {}
    with configs(given.postgresql) as where:
        for name, config in where.items():
            for what, values in asyncio.run(alone(config)).items():
                figures[f"{what}, {name}"] = values
            for processes in PROCESSES:
                figures[f"turns by {processes} processes, {name}"] = together(config, processes)
    record("durability", figures)


if __name__ == "__main__":
    main()
