"""`shopfloor settings`: what every agent keeps to, shown, changed and brought back."""

import json
from collections.abc import Sequence
from typing import Annotated, cast

import anyio
import typer
from pydantic import JsonValue

from shopfloor.app import App
from shopfloor.cli.options import Data, Json, To, read_file
from shopfloor.cli.output import Output
from shopfloor.cli.versions import IfVersion, export, list_versions, on_app, show, told
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.yaml_files import read_yaml

settings = typer.Typer(help="The shop's settings, which every agent keeps to.", no_args_is_help=True)


@settings.command("show")
def show_settings(as_json: Json = False, data: Data = None) -> None:
    """Show the settings in force."""
    on_app(lambda app, output: show(app.settings, output), data, as_json=as_json)


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

    async def change(app: App, output: Output) -> None:
        given = await anyio.to_thread.run_sync(_from_file, file) if file else {}
        output.line(told(app.settings, await app.team.change_settings({**given, **wanted}, if_version=if_version)))

    on_app(change, data)


@settings.command("import")
def import_settings(
    file: Annotated[str, typer.Argument(help="All settings, in YAML; - is stdin.")],
    if_version: IfVersion = None,
    data: Data = None,
) -> None:
    """Replace the settings by those of a file."""

    async def put(app: App, output: Output) -> None:
        text = await anyio.to_thread.run_sync(read_file, file)
        output.line(told(app.settings, await app.team.put_settings(read_yaml(text, file), file, if_version=if_version)))

    on_app(put, data)


@settings.command("export")
def export_settings(to: To = None, data: Data = None) -> None:
    """Write the settings as YAML, such as `settings import` reads."""
    on_app(lambda app, _output: export(app.settings, to), data)


@settings.command("history")
def history_of_settings(as_json: Json = False, data: Data = None) -> None:
    """List the settings there were, the newest first, each with what changed."""
    on_app(lambda app, output: list_versions(app.settings, output), data, as_json=as_json)


@settings.command("restore")
def restore_settings(
    version: Annotated[int, typer.Argument(help="As `settings history` counts.")], data: Data = None
) -> None:
    """Bring earlier settings back, as a new version."""

    async def restore(app: App, output: Output) -> None:
        output.line(told(app.settings, await app.team.restore_settings(version)))

    on_app(restore, data)


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
