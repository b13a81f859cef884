"""What commands about versioned data share: it is shown, exported, and its history is listed."""

import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import anyio
import typer
from anyio import to_thread
from pydantic import BaseModel, JsonValue
from rich.markup import escape

from shopfloor.app import App, open_app
from shopfloor.cli.options import config, write_file
from shopfloor.cli.output import Output
from shopfloor.database.versioned import Kind, Version, Versioned
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import TimedIds
from shopfloor.kernel.yaml_files import write_yaml
from shopfloor.stores import Stores, open_stores

T = TypeVar("T", bound=BaseModel)
R = TypeVar("R")

IfVersion = Annotated[int | None, typer.Option("--if-version", help="Only if this version is still in force.")]


def on_app(work: Callable[[App, Output], Awaitable[R]], data: Path | None, *, as_json: bool = False) -> R:
    """Open the installation, do something with it, and return what that returns."""

    async def main() -> R:
        output = Output(as_json=as_json)
        async with open_app(config(data), output.progress) as installation:
            return await work(installation, output)

    return anyio.run(main)


def on_stores(work: Callable[[Stores, Output], Awaitable[R]], data: Path | None, *, as_json: bool = False) -> R:
    """Do something with what an installation keeps, without the team that takes longer to open."""

    async def main() -> R:
        output, clock = Output(as_json=as_json), SystemClock()
        async with open_stores(config(data), clock, TimedIds(clock), output.progress) as stores:
            return await work(stores, output)

    return anyio.run(main)


def told(kept: Versioned[T], version: Version[T]) -> str:
    """Say which version holds."""
    return f"The {kept.kind.plural} are at version {version.version}."


async def show(kept: Versioned[T], output: Output) -> None:
    """Show what is in force, as YAML or JSON."""
    current = await kept.current()
    if output.is_json:
        output.line(json.dumps(_row(kept.kind, current), indent=2))
        return
    output.progress(told(kept, current))
    await export(kept, None)


async def export(kept: Versioned[T], to: Path | None) -> None:
    """Write what is in force to a file, or to stdout, as YAML."""
    text = await to_thread.run_sync(write_yaml, kept.kind.data(await kept.in_force()))
    await to_thread.run_sync(partial(write_file, to, text))


async def list_versions(kept: Versioned[T], output: Output) -> None:
    """List all there were, the newest first, each with what changed."""
    versions = await kept.versions()
    if output.is_json:
        output.line(json.dumps([_row(kept.kind, one) for one in versions], indent=2))
        return
    for one, before in zip(versions, [*versions[1:], None], strict=True):
        by = "the product's" if one.is_shipped else "yours"
        changed = ", ".join(_differences(kept.kind, one, before)) if before else ""
        output.line(escape(f"{one.version:>4}  {one.made_at:%Y-%m-%d %H:%M} UTC  {by}  {changed}"))


def _row(kind: Kind[T], version: Version[T]) -> dict[str, JsonValue]:
    return {
        "version": version.version,
        "made_at": version.made_at.isoformat(),
        "is_shipped": version.is_shipped,
        kind.name: kind.data(version.value),
    }


def _differences(kind: Kind[T], one: Version[T], other: Version[T]) -> Sequence[str]:
    new, old = kind.data(one.value), kind.data(other.value)
    return [name for name in {**new, **old} if new.get(name) != old.get(name)]


async def number_before(kept: Versioned[T]) -> int:
    """Return which version was in force before the one that is.

    Raises:
        NotFound: there was none.
    """
    earlier = (await kept.versions())[1:]
    if not earlier:
        raise NotFound(f"there are no {kept.kind.plural} before those in force: they have not been changed yet")
    return earlier[0].version
