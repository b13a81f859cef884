"""`shopfloor catalogue import`: what a feed lists becomes what the shop sells."""

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn

from shopfloor.cli.options import Data, Json
from shopfloor.cli.output import Output
from shopfloor.cli.versions import on_stores
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.errors import InvalidInput
from shopfloor.shop.contract import Capability
from shopfloor.shop.feeds.importing import Imported, Tell, import_feed
from shopfloor.shop.feeds.reading import Format, opened
from shopfloor.stores import Stores

catalogue = typer.Typer(help="What the shop sells.", no_args_is_help=True)

NAMED = 20
"""Problems that are shown to people; JSON has all."""


@catalogue.command("import")
def import_catalogue(
    file: Annotated[Path, typer.Argument(help="The feed: .csv, .tsv, .txt or .jsonl.")],
    form: Annotated[
        Format | None, typer.Option("--format", help="How it is written, where its name does not say so.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Its encoding, such as cp1252; UTF-8 where it is not given.")
    ] = None,
    remove_missing: Annotated[
        bool, typer.Option("--remove-missing", help="Remove the variants that it does not name.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would come of it, and change nothing.")] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Put the products of a feed into the catalogue; exit status 1 where rows are left out, each with its reason."""

    async def work(stores: Stores, output: Output) -> Imported:
        if Capability.PUT_PRODUCTS not in stores.shop.capabilities:
            raise InvalidInput("the shop system takes no products from here: change them there")
        with _bar() as tell:
            to = stores.shop.catalogue
            done = await import_feed(to, feed, removes_missing=remove_missing, is_trial=dry_run, tell=tell)
        _tell(output, done, is_trial=dry_run)
        return done

    with opened(file, form, encoding, SystemClock().now()) as feed:
        done = on_stores(work, data, as_json=as_json)
    if done.left_out or done.not_removed:
        raise typer.Exit(1)


def _tell(output: Output, done: Imported, *, is_trial: bool) -> None:
    if output.is_json:
        view = {
            "dry_run": is_trial,
            "rows": done.rows,
            "new": done.new,
            "changed": done.changed,
            "unchanged": done.unchanged,
            "removed": done.removed,
            "not_removed": done.not_removed,
            "left_out": [{"line": one.line, "id": one.id, "why": one.why} for one in done.left_out],
            "unused_columns": list(done.unused),
        }
        output.line(json.dumps(view, indent=2, ensure_ascii=False))
        return
    counts = ", ".join(f"{getattr(done, name):,} {name}" for name in ("new", "changed", "unchanged"))
    products = "1 product" if done.products == 1 else f"{done.products:,} products"
    rows = "1 row" if done.rows == 1 else f"{done.rows:,} rows"
    output.line(f"{'So it would be: ' if is_trial else ''}{products} ({counts}) from {rows}")
    if done.removed:
        output.line(f"Removed: {len(done.removed):,} variants that it does not name")
    if done.not_removed:
        output.line(f"Nothing was removed: {done.not_removed}")
    if done.unused:
        output.line(f"Not used: {escape(', '.join(done.unused))}")
    if done.left_out:
        output.line(f"Left out: {len(done.left_out):,}")
    for one in done.left_out[:NAMED]:
        output.line(f"  line {one.line:,}{f' ({escape(one.id)})' if one.id else ''}: {escape(one.why)}")
    if len(done.left_out) > NAMED:
        output.line(f"  and {len(done.left_out) - NAMED:,} more, which --json names")


@contextmanager
def _bar() -> Generator[Tell]:
    """Show on a terminal how far it has come; elsewhere say nothing."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _whole: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None, count="")

        def tell(what: str, done: int, whole: int) -> None:
            count = f"{done / whole:.0%}" if whole else f"{done:,}"
            progress.update(task, description=what, completed=done, total=whole or None, count=count)

        yield tell
