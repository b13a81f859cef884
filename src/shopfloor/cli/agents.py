"""`shopfloor agents`: who is on the team; adding, changing and switching off."""

import json
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import anyio
import typer
from pydantic import JsonValue
from rich.markup import escape

from shopfloor.agents.registry import AgentEntry, card_json, id_in
from shopfloor.agents.team import Team, card_data
from shopfloor.app import open_app
from shopfloor.cli.options import Data, Json, To, config, read_file, write_file
from shopfloor.cli.output import Output
from shopfloor.topics.topics import shipped_topics

agents = typer.Typer(help="The team's specialists.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="The agent's id.")]
File = Annotated[str, typer.Argument(help="The card, in YAML; - is stdin.")]


def _run(work: Callable[[Team, Output], Awaitable[None]], data: Path | None, *, as_json: bool = False) -> None:
    async def main() -> None:
        output = Output(as_json=as_json)
        async with open_app(config(data), output.progress) as installation:
            await work(installation.team, output)

    anyio.run(main)


@agents.command("list")
def list_agents(as_json: Json = False, data: Data = None) -> None:
    """List the specialists, what they are good at and what they may use."""
    _run(_list, data, as_json=as_json)


async def _list(team: Team, output: Output) -> None:
    entries = await team.entries()
    if output.is_json:
        output.line(json.dumps([_row(entry) for entry in entries], indent=2))
        return
    for entry in entries:
        card = entry.card
        off = "" if entry.is_enabled else " [yellow]switched off[/]"
        output.line(f"[bold]{escape(card.name)}[/] ({card.id}){off}")
        output.line(f"  {escape(card.description)}")
        output.line(f"  skills: {escape(', '.join(skill.name for skill in card.skills))}")
        output.line(f"  tools: {escape(', '.join(card.tools))}\n")


def _row(entry: AgentEntry) -> dict[str, JsonValue]:
    card = entry.card
    return {
        "id": card.id,
        "name": card.name,
        "skills": [skill.name for skill in card.skills],
        "tools": list(card.tools),
        "half": card.half,
        "version": entry.version,
        "is_enabled": entry.is_enabled,
        "is_shipped": entry.is_shipped,
    }


@agents.command("topics")
def list_topics(as_json: Json = False, data: Data = None) -> None:
    """List the topics that skills may claim, each with the skills that claim it."""
    _run(_topics, data, as_json=as_json)


async def _topics(team: Team, output: Output) -> None:
    claimed: dict[str, list[str]] = {topic: [] for topic in shipped_topics().header.shop}
    for entry in await team.entries():
        for skill in entry.card.skills:
            for topic in skill.topics:
                claimed.setdefault(topic, []).append(f"{entry.card.id}/{skill.id}")
    if output.is_json:
        output.line(json.dumps(claimed, indent=2))
        return
    for topic, skills in claimed.items():
        output.line(f"{topic:24} {', '.join(skills) or '[dim]nobody[/]'}")


@agents.command("show")
def show_agent(agent: Id, as_json: Json = False, data: Data = None) -> None:
    """Show an agent: its card, its version, whether it is switched on."""

    async def show(team: Team, output: Output) -> None:
        entry = await team.get(agent)
        if output.is_json:
            output.line(json.dumps({**_row(entry), "card": card_json(entry.card)}, indent=2, ensure_ascii=False))
            return
        output.progress(_told(entry))
        write_file(None, await team.export(agent))

    _run(show, data, as_json=as_json)


@agents.command("add")
def add_agent(
    file: File,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the card of the agent of its id.")] = False,
    data: Data = None,
) -> None:
    """Add an agent; it is routed to from the next message on, in a running server too."""

    async def add(team: Team, output: Output) -> None:
        card = await _from_file(file)
        known = [entry.card.id for entry in await team.entries()]
        change = team.replace if replace and id_in(card) in known else team.add
        output.line(escape(_told(await change(card, file))))

    _run(add, data)


@agents.command("replace")
def replace_agent(file: File, data: Data = None) -> None:
    """Give an agent another card; the one before stays in its history."""

    async def swap(team: Team, output: Output) -> None:
        output.line(escape(_told(await team.replace(await _from_file(file), file))))

    _run(swap, data)


@agents.command("check")
def check_agent(file: File, data: Data = None) -> None:
    """Say whether a card could be added, and change nothing."""

    async def check(team: Team, output: Output) -> None:
        card = await team.read(await _from_file(file), file, is_new=False)
        output.line(escape(f"{file} fits: {card.name} ({card.id})."))

    _run(check, data)


@agents.command("export")
def export_agent(agent: Id, to: To = None, data: Data = None) -> None:
    """Write an agent's card as YAML, such as `agents add` reads."""

    async def export(team: Team, _output: Output) -> None:
        text = await team.export(agent)
        await anyio.to_thread.run_sync(partial(write_file, to, text))

    _run(export, data)


@agents.command("disable")
def disable_agent(agent: Id, data: Data = None) -> None:
    """Switch an agent off, from the next message on."""

    async def disable(team: Team, output: Output) -> None:
        output.line(escape(_told(await team.disable(agent))))

    _run(disable, data)


@agents.command("enable")
def enable_agent(agent: Id, data: Data = None) -> None:
    """Switch an agent on again, from the next message on."""

    async def enable(team: Team, output: Output) -> None:
        output.line(escape(_told(await team.enable(agent))))

    _run(enable, data)


@agents.command("history")
def history_of_agent(agent: Id, as_json: Json = False, data: Data = None) -> None:
    """List the cards that an agent has had, the newest first."""

    async def history(team: Team, output: Output) -> None:
        versions = await team.versions(agent)
        if output.is_json:
            rows = [
                {
                    "version": one.version,
                    "made_at": one.made_at.isoformat(),
                    "is_shipped": one.is_shipped,
                    "card": card_json(one.card),
                }
                for one in versions
            ]
            output.line(json.dumps(rows, indent=2, ensure_ascii=False))
            return
        for one in versions:
            by = "the product's" if one.is_shipped else "yours"
            output.line(f"{one.version:>4}  {one.made_at:%Y-%m-%d %H:%M} UTC  {by}  {escape(one.card.name)}")

    _run(history, data, as_json=as_json)


@agents.command("restore")
def restore_agent(
    agent: Id, version: Annotated[int, typer.Argument(help="As `agents history` counts.")], data: Data = None
) -> None:
    """Bring an earlier card of an agent back, as a new version."""

    async def restore(team: Team, output: Output) -> None:
        output.line(escape(_told(await team.restore(agent, version))))

    _run(restore, data)


async def _from_file(file: str) -> object:
    text = await anyio.to_thread.run_sync(read_file, file)
    return card_data(text, file)


def _told(entry: AgentEntry) -> str:
    state = "on" if entry.is_enabled else "switched off"
    return f"{entry.card.name} ({entry.card.id}): version {entry.version}, {state}."
