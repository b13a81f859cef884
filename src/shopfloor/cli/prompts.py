"""`shopfloor prompts`: what models are told, shown, held against each other, changed and brought back."""

import json
from pathlib import Path
from typing import Annotated

import anyio
import typer

from shopfloor.agents.prompt_texts import KeptPrompts, Prompts, differences
from shopfloor.app import App
from shopfloor.cli import prompt_trials as trials
from shopfloor.cli.options import Data, Json, Models, To, config
from shopfloor.cli.output import Output
from shopfloor.cli.versions import IfVersion, export, list_versions, number_before, on_app, show, told

prompts = typer.Typer(help="What models are told about their work.", no_args_is_help=True)

WHICH = "A version, as `prompts history` counts, or a file; - is stdin."


@prompts.command("show")
def show_prompts(as_json: Json = False, data: Data = None) -> None:
    """Show the prompts in force."""
    on_app(lambda app, output: show(app.prompts, output), data, as_json=as_json)


@prompts.command("export")
def export_prompts(to: To = None, data: Data = None) -> None:
    """Write the prompts as YAML, such as `prompts import` reads."""
    on_app(lambda app, _output: export(app.prompts, to), data)


@prompts.command("import")
def import_prompts(
    file: Annotated[str, typer.Argument(help="All prompts, in YAML; - is stdin.")],
    if_version: IfVersion = None,
    data: Data = None,
) -> None:
    """Replace the prompts by those of a file, in force from the next message on."""

    async def put(app: App, output: Output) -> None:
        wanted, _ = await trials.candidate(app.prompts, file)
        output.line(told(app.prompts, await app.prompts.put(wanted, if_version=if_version)))

    on_app(put, data)


@prompts.command("history")
def history_of_prompts(as_json: Json = False, data: Data = None) -> None:
    """List the prompts there were, the newest first, each with the texts that changed."""
    on_app(lambda app, output: list_versions(app.prompts, output), data, as_json=as_json)


@prompts.command("diff")
def diff_prompts(
    old: Annotated[str | None, typer.Argument(help=f"{WHICH} The version before the one in force.")] = None,
    new: Annotated[str | None, typer.Argument(help="The same; the version in force.")] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show what differs, text by text."""

    async def diff(app: App, output: Output) -> None:
        before, old_name = await (trials.candidate(app.prompts, old) if old else _before(app.prompts))
        after, new_name = await (trials.candidate(app.prompts, new) if new else _in_force(app.prompts))
        found = differences(before, after)
        if output.is_json:
            output.line(json.dumps({"old": old_name, "new": new_name, "texts": found}, indent=2))
            return
        output.progress(f"From {old_name} to {new_name}." if found else f"{old_name} and {new_name} are the same.")
        for name, lines in found.items():
            output.line(f"[bold]{name}[/]")
            output.diff(lines)

    on_app(diff, data, as_json=as_json)


@prompts.command("test")
def try_prompts(
    which: Annotated[str, typer.Argument(metavar="CANDIDATE", help=WHICH)],
    on: Annotated[list[Path], typer.Option("--on", help="A recording of `chat --record`; may be given several times.")],
    record: Annotated[
        Path | None,
        typer.Option("--record", help="Keep new answers of models in this file; find them there again."),
    ] = None,
    as_json: Json = False,
    models: Models = None,
    data: Data = None,
) -> None:
    """Have recorded conversations with the prompts in force and with others; exit status 1 where these do worse."""
    request = trials.TrialRequest(candidate=which, recordings=on, answers=record, as_json=as_json)
    if not anyio.run(trials.try_prompts, config(data, models=models), request):
        raise typer.Exit(1)


@prompts.command("rollback")
def roll_back_prompts(
    version: Annotated[int | None, typer.Argument(help="As `prompts history` counts; the one before.")] = None,
    data: Data = None,
) -> None:
    """Bring earlier prompts back, as a new version."""

    async def roll_back(app: App, output: Output) -> None:
        wanted = version if version is not None else await number_before(app.prompts)
        output.line(told(app.prompts, await app.prompts.restore(wanted)))

    on_app(roll_back, data)


async def _in_force(kept: KeptPrompts) -> tuple[Prompts, str]:
    current = await kept.current()
    return current.value, f"version {current.version}"


async def _before(kept: KeptPrompts) -> tuple[Prompts, str]:
    return await trials.candidate(kept, str(await number_before(kept)))
