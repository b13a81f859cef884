"""A process that holds a stream until it is killed: `python held_stream.py <database> <locks> <stream>`."""

import sys
from pathlib import Path

import anyio

from shopfloor.database.engine import Database
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.ids import StreamId


async def main(path: str, locks: str, stream: str) -> None:
    journal = SqlJournal(Database.sqlite(Path(path)), SystemClock(), MachineLocks(Path(locks)))
    async with journal.hold(StreamId(stream)):
        sys.stdout.write("held\n")
        sys.stdout.flush()
        await anyio.sleep_forever()


anyio.run(main, *sys.argv[1:])
