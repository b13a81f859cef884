"""`shopfloor backup` and `shopfloor restore`."""

from pathlib import Path
from typing import Annotated

import typer

from shopfloor.backups.making import make_backup
from shopfloor.backups.restoring import restore_backup
from shopfloor.cli.options import Data, config
from shopfloor.cli.output import Output
from shopfloor.config import Config
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.errors import InvalidInput


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    data: Data = None,
) -> None:
    """Write all that an installation is to one file, also while it is in use."""
    output = Output(as_json=False)
    where = _in_files(data)
    with output.working("Copying the database...") as tell:
        made = make_backup(where, file, SystemClock(), is_forced=force, tell=tell)
    output.progress(
        f"Written to {file}: {made.size / 1e6:.1f} MB, schema {made.revision}, checked. It holds what your customers "
        "wrote and the secret that signs them in: keep it where nobody else can read it."
    )


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `shopfloor backup` wrote.")],
    data: Data = None,
) -> None:
    """Put an installation back as it was when a backup was written; what is there now is kept aside."""
    output, where = Output(as_json=False), _in_files(data)
    with output.working("Reading the backup...") as tell:
        done = restore_backup(where, file, SystemClock(), tell)
    output.progress(f"{where.data} is as it was on {done.made_at:%Y-%m-%d at %H:%M:%S} UTC.")
    if done.aside:
        output.progress(f"What was there before lies in {done.aside}: delete that once nothing of it is missed.")
    output.progress("What was erased since then is back: erase it again, see docs/operations.md.")


def _in_files(data: Path | None) -> Config:
    """Return where an installation is that lies in files.

    Raises:
        InvalidInput: a server has its database.
    """
    where = config(data)
    if where.is_on_server:
        raise InvalidInput(
            "this installation's database is on PostgreSQL: copy it with pg_dump and pg_restore, and keep the file "
            "`secret` of the data directory with it, see docs/operations.md"
        )
    return where
