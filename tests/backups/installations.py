"""Small installations: a database with a mark in it, and a secret that belongs to the mark."""

import shutil
from pathlib import Path

from sqlalchemy import text

from shopfloor.backups.in_use import used
from shopfloor.config import Config
from shopfloor.database.engine import Database


def installation(data: Path, migrated: Path, mark: str) -> Config:
    """Make an installation whose database and secret bear a mark."""
    config = Config(data=data)
    config.prepare()
    shutil.copy(migrated, config.database)
    (data / "secret").write_bytes(mark.encode().ljust(32, b"."))
    database = Database.sqlite(config.database)
    row = "INSERT INTO journal_streams (stream, last_seq, head, unanswered) VALUES (:mark, 0, '', 0)"
    database.run(lambda session: session.execute(text(row), {"mark": mark}), True)
    database.close()
    return config


def marks(data: Path) -> tuple[str, str]:
    """Open an installation as any process does, and return the marks of its database and its secret."""
    with used(data):
        database = Database.sqlite(data / "shopfloor.sqlite3")
        [found] = database.run(lambda session: list(session.scalars(text("SELECT stream FROM journal_streams"))), False)
        database.close()
        return found, (data / "secret").read_bytes().rstrip(b".").decode()
