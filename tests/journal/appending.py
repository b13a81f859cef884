"""A process that appends messages two at a time until it is killed: `python appending.py <database> <locks> <stream>`.

It writes the number of each pair that the journal has confirmed.
"""

import sys
from itertools import count
from pathlib import Path

import anyio

from shopfloor.database.engine import Database
from shopfloor.journal.events import MessageWritten
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.ids import MessageId, StreamId


async def main(path: str, locks: str, stream: str) -> None:
    journal = SqlJournal(Database.sqlite(Path(path)), SystemClock(), MachineLocks(Path(locks)))
    for number in count(1):
        pair = [MessageWritten(message_id=MessageId(f"{number}.{n}"), role="user", content="Hello") for n in (1, 2)]
        await journal.append(StreamId(stream), pair)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


anyio.run(main, *sys.argv[1:])
