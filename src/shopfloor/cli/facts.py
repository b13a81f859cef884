"""`shopfloor facts`: what all agents know now, and what the staff let them know."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import anyio
import typer
from pydantic import JsonValue, ValidationError
from rich.markup import escape

from shopfloor.app import App, open_app
from shopfloor.cli.options import Data, Json, config
from shopfloor.cli.output import Output
from shopfloor.cli.times import length, moment
from shopfloor.config import Config
from shopfloor.facts.contract import Fact, FactName, kind_in
from shopfloor.facts.kinds import FactKind, FactValue
from shopfloor.facts.shared_context import Saying
from shopfloor.kernel.errors import InvalidFields, InvalidInput
from shopfloor.kernel.fields import fields_of

STAFF = "staff"

facts = typer.Typer(help="What all agents know now, and what you let them know.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The fact: its kind and what it is about, such as notice:p-001.")]


@facts.command("list")
def list_facts(
    kinds: Annotated[list[str] | None, typer.Argument(metavar="KIND...", help="Only these kinds.")] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List the facts that hold now."""
    anyio.run(_list, config(data), kinds or [], as_json)


@facts.command("kinds")
def list_kinds(as_json: Json = False, data: Data = None) -> None:
    """List the kinds of facts, what each says and who alone may say it."""
    anyio.run(_kinds, config(data), as_json)


@facts.command("say")
def say_fact(
    name: Name,
    fields: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE...", help="What it says.")],
    lasts: Annotated[str | None, typer.Option("--for", help="How long it holds: 30m, 12h, 3d.")] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Let all agents know something, in place of what the fact said before."""
    anyio.run(_say, config(data), name, fields, lasts, as_json)


@facts.command("retract")
def retract_fact(name: Name, as_json: Json = False, data: Data = None) -> None:
    """Take a fact back that the staff said."""
    anyio.run(_retract, config(data), name, as_json)


@facts.command("history")
def show_history(
    name: Name,
    limit: Annotated[int, typer.Option(help="Versions shown.", min=1, max=1_000)] = 20,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show what a fact said before, the newest first."""
    anyio.run(_history, config(data), name, limit, as_json)


async def _list(config: Config, kinds: Sequence[str], as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(config, output.progress) as app:
        snapshot = await app.context.read_kinds(*(kinds or app.context.kinds.all()))
        await _show(app, [*snapshot.facts.values()], output, as_json)
    if not snapshot.facts:
        output.progress("Nothing is known: `shopfloor facts kinds` lists what can be said.")


async def _kinds(config: Config, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(config, output.progress) as app:
        kinds = [*app.context.kinds.all().values()]
    if as_json:
        output.line(json.dumps([_kind_row(kind) for kind in kinds], indent=2))
        return
    for kind in kinds:
        fields = ", ".join(kind.value.model_fields)
        output.line(f"[bold]{kind.name}[/]:{kind.about.upper()}  {fields}; said by {kind.owner}\n    {kind.says}")


async def _say(config: Config, name: str, fields: Sequence[str], lasts: str | None, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(config, output.progress) as app:
        value = _value(app.context.kinds.get(kind_in(FactName(name))), fields)
        await _put(app, name, value, length(lasts) if lasts else None, output, as_json)


async def _retract(config: Config, name: str, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(config, output.progress) as app:
        if FactName(name) not in (await app.context.read(FactName(name))).facts:
            raise InvalidInput(f"nobody says {name} now: `shopfloor facts list` shows what holds")
        await _put(app, name, None, None, output, as_json)


async def _put(
    app: App, name: str, value: FactValue | None, lasts: timedelta | None, output: Output, as_json: bool
) -> None:
    kind, _, subject = name.partition(":")
    said = await app.context.say(STAFF, [Saying(kind=kind, subject=subject, value=value, lasts=lasts)])
    await _show(app, said, output, as_json)


async def _history(config: Config, name: str, limit: int, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(config, output.progress) as app:
        await _show(app, await app.context.history(FactName(name), limit=limit), output, as_json)


async def _show(app: App, shown: Sequence[Fact], output: Output, as_json: bool) -> None:
    if as_json:
        output.line(json.dumps([_row(fact) for fact in shown], indent=2, ensure_ascii=False))
        return
    zone = ZoneInfo((await app.settings.in_force()).zone)
    for fact in shown:
        until = f", until {moment(fact.expires_at, zone)}" if fact.expires_at else ""
        sure = f", {fact.confidence:.0%} sure" if fact.confidence < 1 else ""
        value = "taken back" if fact.value is None else ", ".join(f"{key} {one}" for key, one in fact.value.items())
        said = f"v{fact.version}, {fact.source}{sure}, {moment(fact.at, zone)}{until}"
        output.line(f"[bold]{escape(fact.name)}[/]  {escape(value)}  [dim]{said}[/]")


def _value(kind: FactKind, fields: Sequence[str]) -> FactValue:
    """Return what fields say, each written `text=Back in May`."""
    given = dict[str, str]()
    for field in fields:
        key, sign, value = field.partition("=")
        if not sign:
            raise InvalidInput(f"{field!r} says nothing: write it like {next(iter(kind.value.model_fields))}=...")
        given[key.strip()] = value
    try:
        return kind.value.model_validate_strings(given, strict=False)
    except ValidationError as error:
        raise InvalidFields(f"a {kind.name} cannot say this", fields_of(error, kind.value)) from error


def _row(fact: Fact) -> dict[str, JsonValue]:
    return {
        "name": fact.name,
        "version": fact.version,
        "value": fact.value,
        "source": fact.source,
        "confidence": fact.confidence,
        "at": fact.at.isoformat(),
        "expires_at": fact.expires_at.isoformat() if fact.expires_at else None,
    }


def _kind_row(kind: FactKind) -> dict[str, JsonValue]:
    return {
        "name": kind.name,
        "says": kind.says,
        "about": kind.about,
        "fields": list(kind.value.model_fields),
        "owner": kind.owner,
        "lasts_s": kind.lasts.total_seconds() if kind.lasts else None,
    }
