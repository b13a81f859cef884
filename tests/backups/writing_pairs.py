"""A process that writes two rows at a time until it is told to end: `python writing_pairs.py <database>`.

It says how many pairs were confirmed, each time that one was.
"""

import sys
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database

ROW = text("INSERT INTO journal_streams (stream, last_seq, head, unanswered) VALUES (:name, 0, :head, 0)")


def write(session: Session, number: int) -> None:
    for side in ("left", "right"):
        session.execute(ROW, {"name": f"{side}/{number}", "head": f"{number}" * 200})


database = Database.sqlite(Path(sys.argv[1]))
for number in range(1_000_000):
    database.run(lambda session, number=number: write(session, number), True)
    sys.stdout.write(f"{number + 1}\n")
    sys.stdout.flush()
