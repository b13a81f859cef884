"""An import that is killed just before it commits something."""

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from anyio import to_thread
from dying import die_before_commit

from shopfloor.database.engine import Database
from shopfloor.shop.feeds.importing import Imported, import_feed
from shopfloor.shop.feeds.reading import opened
from shopfloor.shop.sql import sql_shop

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


async def bring_in(path: Path, file: Path) -> Imported:
    """Import a feed into a shop's database, and remove what it does not name."""
    database = await to_thread.run_sync(Database.sqlite, path)
    try:
        with ExitStack() as stack:
            feed = await to_thread.run_sync(stack.enter_context, opened(file, None, None, NOW))
            return await import_feed(
                sql_shop(database).catalogue,
                feed,
                removes_missing=True,
                is_trial=False,
                tell=lambda _what, _done, _whole: None,
            )
    finally:
        database.close()


async def cut(path: Path, file: Path, number: int) -> None:
    die_before_commit(number)
    await bring_in(path, file)
