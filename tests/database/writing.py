"""A process that writes notes until the disk is full: `python writing.py <database>`.

It says how many were confirmed, and what the database said then.
"""

import sys
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.errors import StorageError


def write(session: Session) -> None:
    session.execute(text("INSERT INTO notes VALUES (:note)"), {"note": "note" * 5_000})


database = Database.sqlite(Path(sys.argv[1]))
confirmed = 0
try:
    while True:
        database.run(write, True)
        confirmed += 1
except StorageError as error:
    sys.stdout.write(f"{confirmed}\n{error}\n")
