"""`shopfloor customers`: what is held of a customer, given out and erased on their request."""

import json
import sys
from pathlib import Path
from typing import Annotated

import anyio
import typer
from pydantic import JsonValue
from rich.markup import escape

from shopfloor.app import App, open_app
from shopfloor.cli.options import Data, Json, To, config
from shopfloor.cli.output import Output
from shopfloor.cli.streaming import written_to
from shopfloor.config import Config
from shopfloor.kernel.errors import InvalidInput
from shopfloor.privacy.customer_data import Erasure

customers = typer.Typer(help="What is held of a customer.", no_args_is_help=True)

Customer = Annotated[str, typer.Argument(help="A customer's id or e-mail address, or the e-mail address of a guest.")]
NAMES = {
    "conversations": "conversations",
    "events": "events in them and of the staff",
    "staff_actions": "actions of the staff",
    "profile_entries": "entries of the profile",
    "leads": "leads",
    "tickets": "closed tickets",
    "outreaches": "outreaches",
    "messages": "messages of the outbox",
}
"""What can be erased, in words."""


@customers.command("export")
def export(customer: Customer, to: To = None, data: Data = None) -> None:
    """Write all that is held of a customer to one JSON file."""
    anyio.run(_export, config(data), customer, to)


@customers.command("erase")
def erase(
    customer: Customer,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    even_open: Annotated[
        bool,
        typer.Option("--even-open", help="Also conversations that wait for an approval or for an action's outcome."),
    ] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Erase what is held of a customer, for good; what stays is said, and why. Status 1: something is not over yet."""
    done = anyio.run(_erase, config(data), customer, yes, even_open, Output(as_json=as_json))
    if done is not None and not done.is_whole:
        raise typer.Exit(1)


async def _export(where: Config, customer: str, to: Path | None) -> None:
    output = Output(as_json=False)
    async with open_app(where, output.progress) as app, written_to(to) as write:
        with output.working("Writing down what is held..."):
            async for piece in app.customers.export(customer, staff=None):
                await write(piece)
    if to:
        output.progress(f"Written to {to}, which holds personal data: hand it over, and delete it.")


async def _erase(where: Config, customer: str, yes: bool, even_open: bool, output: Output) -> Erasure | None:
    async with open_app(where, output.progress) as app:
        if not yes and not await _is_sure(app, customer):
            output.progress("Nothing was erased.")
            return None
        with output.working("Erasing...") as tell:
            done = await app.customers.erase(
                customer, staff=None, even_open=even_open, tell=lambda step: tell(f"Erasing... {step}")
            )
    _tell(done, output)
    return done


async def _is_sure(app: App, customer: str) -> bool:
    person = await app.customers.belonging.person(customer)
    theirs = await app.customers.belonging.of(person)
    who = f"customer {person.customer_id}" if person.customer_id else "a guest"
    question = (
        f"This erases for good what is held of {customer} ({who}): {len(theirs.conversations)} conversations, "
        "profile, leads, outreaches. Nothing brings it back. Erase it?"
    )
    if not sys.stdin.isatty():
        raise InvalidInput("nobody is there to be asked whether to erase it for good: say --yes")
    return await anyio.to_thread.run_sync(typer.confirm, question)


def _tell(done: Erasure, output: Output) -> None:
    if output.is_json:
        kept: list[JsonValue] = [{"what": one.what, "why": one.why} for one in done.kept]
        view: dict[str, JsonValue] = {"erased": {**done.counts}, "kept": kept, "is_whole": done.is_whole}
        output.line(json.dumps(view, indent=2, ensure_ascii=False))
        return
    output.line("Erased:")
    for name, count in done.counts.items():
        output.line(f"  {count:,} {NAMES[name]}")
    output.line("Kept:")
    for one in done.kept:
        output.line(f"  {escape(one.what)}: {escape(one.why)}")
    if not any(done.counts.values()) and done.is_whole:
        output.progress("Nothing was held of such a customer. Look whether that is their id, or their e-mail address.")
    if not done.is_whole:
        output.progress("Not everything is over yet: erase again once it is.")
