"""`shopfloor settings`: what every agent keeps to, shown, changed and brought back."""

import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, cast

import anyio
import typer
from pydantic import JsonValue
from rich.markup import escape

from shopfloor.agents.brand import Brand
from shopfloor.agents.settings import brand_json, export_brand
from shopfloor.agents.team import Team
from shopfloor.agents.yaml_files import read_yaml
from shopfloor.app import open_app
from shopfloor.cli.options import Data, Json, To, config, read_file, write_file
from shopfloor.cli.output import Output
from shopfloor.database.versioned import Version
from shopfloor.kernel.errors import InvalidInput

settings = typer.Typer(help="The shop's settings, which every agent keeps to.", no_args_is_help=True)

IfVersion = Annotated[int | None, typer.Option("--if-version", help="Only if this version is still in force.")]


def _run(work: Callable[[Team, Output], Awaitable[None]], data: Path | None, *, as_json: bool = False) -> None:
    async def main() -> None:
        output = Output(as_json=as_json)
        async with open_app(config(data), output.progress) as installation:
            await work(installation.team, output)

    anyio.run(main)


@settings.command("show")
def show_settings(as_json: Json = False, data: Data = None) -> None:
    """Show the settings in force."""

    async def show(team: Team, output: Output) -> None:
        current = await team.settings()
        if output.is_json:
            output.line(json.dumps({**_row(current), "settings": brand_json(current.value)}, indent=2))
            return
        output.progress(_told(current))
        write_file(None, export_brand(current.value))

    _run(show, data, as_json=as_json)


@settings.command("set")
def set_settings(
    changes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUE...", help="hours.sunday.opens=10:00; the value is a text or JSON, null takes it away."
        ),
    ] = None,
    file: Annotated[str | None, typer.Option("--from", help="Take them from a file, in YAML; - is stdin.")] = None,
    if_version: IfVersion = None,
    data: Data = None,
) -> None:
    """Change some settings, in force from the next message on."""
    wanted = _changes(changes or [])
    if not changes and not file:
        raise InvalidInput("nothing is to be changed: name KEY=VALUE, or a file with --from")

    async def change(team: Team, output: Output) -> None:
        given = await anyio.to_thread.run_sync(_from_file, file) if file else {}
        output.line(_told(await team.change_settings({**given, **wanted}, if_version=if_version)))

    _run(change, data)


@settings.command("import")
def import_settings(
    file: Annotated[str, typer.Argument(help="All settings, in YAML; - is stdin.")],
    if_version: IfVersion = None,
    data: Data = None,
) -> None:
    """Replace the settings by those of a file."""

    async def put(team: Team, output: Output) -> None:
        text = await anyio.to_thread.run_sync(read_file, file)
        output.line(_told(await team.put_settings(read_yaml(text, file), file, if_version=if_version)))

    _run(put, data)


@settings.command("export")
def export_settings(to: To = None, data: Data = None) -> None:
    """Write the settings as YAML, such as `settings import` reads."""

    async def export(team: Team, _output: Output) -> None:
        text = export_brand((await team.settings()).value)
        await anyio.to_thread.run_sync(partial(write_file, to, text))

    _run(export, data)


@settings.command("history")
def history_of_settings(as_json: Json = False, data: Data = None) -> None:
    """List the settings there were, the newest first, each with what changed."""

    async def history(team: Team, output: Output) -> None:
        versions = await team.settings_versions()
        if output.is_json:
            output.line(json.dumps([{**_row(one), "settings": brand_json(one.value)} for one in versions], indent=2))
            return
        for one, before in zip(versions, [*versions[1:], None], strict=True):
            by = "the product's" if one.is_shipped else "yours"
            changed = ", ".join(_differences(one, before)) if before else ""
            output.line(escape(f"{one.version:>4}  {one.made_at:%Y-%m-%d %H:%M} UTC  {by}  {changed}"))

    _run(history, data, as_json=as_json)


@settings.command("restore")
def restore_settings(
    version: Annotated[int, typer.Argument(help="As `settings history` counts.")], data: Data = None
) -> None:
    """Bring earlier settings back, as a new version."""

    async def restore(team: Team, output: Output) -> None:
        output.line(_told(await team.restore_settings(version)))

    _run(restore, data)


def _changes(given: Sequence[str]) -> dict[str, JsonValue]:
    """Return what `KEY=VALUE` lines change, a dot in a key leading into it."""
    wanted: dict[str, JsonValue] = {}
    for line in given:
        key, sign, value = line.partition("=")
        *path, last = key.strip().split(".")
        if not sign or not all([*path, last]):
            raise InvalidInput(f"{line!r} is no change: write KEY=VALUE, such as thanks='You are welcome.'")
        place = wanted
        for name in path:
            inner = place.setdefault(name, {})
            if not isinstance(inner, dict):
                raise InvalidInput(f"{key}: {name} is set as a whole and in part; do one of them")
            place = inner
        place[last] = _value(value)
    return wanted


def _from_file(file: str) -> dict[str, JsonValue]:
    given = read_yaml(read_file(file), file)
    if not isinstance(given, dict):
        raise InvalidInput(f"{file} names no settings: write `name: value` in each line")
    return cast("dict[str, JsonValue]", given)


def _value(text: str) -> JsonValue:
    try:
        return cast(JsonValue, json.loads(text))
    except (ValueError, RecursionError):
        return text


def _row(version: Version[Brand]) -> dict[str, JsonValue]:
    return {
        "version": version.version,
        "made_at": version.made_at.isoformat(),
        "is_shipped": version.is_shipped,
    }


def _told(version: Version[Brand]) -> str:
    return f"The settings are at version {version.version}."


def _differences(one: Version[Brand], other: Version[Brand]) -> list[str]:
    new, old = brand_json(one.value), brand_json(other.value)
    return [name for name in new if new[name] != old.get(name)]
