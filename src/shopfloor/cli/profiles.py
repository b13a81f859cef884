"""`shopfloor profile`: what is remembered of a customer; showing, correcting and erasing it."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import anyio
import typer
from rich.markup import escape

from shopfloor.app import open_app
from shopfloor.cli.options import Data, Json, config
from shopfloor.cli.output import Output
from shopfloor.profiles.contract import Origin
from shopfloor.profiles.profile import Profile, entry_view
from shopfloor.profiles.records import ProfileRecords
from shopfloor.profiles.vocabulary import KEYS

profile = typer.Typer(help="What is remembered of a customer.", no_args_is_help=True)

Customer = Annotated[str, typer.Argument(help="The customer's id or e-mail address.")]
Key = Annotated[str, typer.Argument(help=f"One of {', '.join(KEYS)}.")]

ORIGINS: dict[Origin, str] = {
    "said": "the customer said so",
    "order": "from what they bought and kept",
    "search": "from what they looked for",
    "staff": "corrected by staff",
    "ticket": "open",
}


def _run(work: Callable[[ProfileRecords, Output], Awaitable[None]], data: Path | None, *, as_json: bool) -> None:
    async def main() -> None:
        output = Output(as_json=as_json)
        async with open_app(config(data), output.progress) as installation:
            await work(installation.profiles, output)

    anyio.run(main)


@profile.command("show")
def show_profile(customer: Customer, as_json: Json = False, data: Data = None) -> None:
    """Show what is remembered, each with where it is known from."""

    async def show(records: ProfileRecords, output: Output) -> None:
        _tell(await records.show(await records.find(customer)), output)

    _run(show, data, as_json=as_json)


@profile.command("set")
def set_entry(
    customer: Customer,
    key: Key,
    values: Annotated[list[str], typer.Argument(help="Its value; a key that holds several takes several.")],
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Correct a key: it holds these values from now on."""

    async def correct(records: ProfileRecords, output: Output) -> None:
        _tell(await records.set(await records.find(customer), key, values), output)

    _run(correct, data, as_json=as_json)


@profile.command("forget")
def forget_entry(customer: Customer, key: Key, data: Data = None) -> None:
    """Forget a key; orders and searches do not tell it again."""

    async def forget(records: ProfileRecords, output: Output) -> None:
        await records.forget(await records.find(customer), key)
        output.line(f"Forgot {key}. Orders and searches do not tell it again; only the customer's own words do.")

    _run(forget, data, as_json=False)


@profile.command("erase")
def erase_profile(customer: Customer, data: Data = None) -> None:
    """Erase all that is remembered of a customer. Nothing brings it back."""

    async def erase(records: ProfileRecords, output: Output) -> None:
        count = await records.erase(await records.find(customer))
        entries = "1 entry" if count == 1 else f"{count} entries"
        output.line(f"Erased the profile: {entries}. Orders and searches do not tell it again.")

    _run(erase, data, as_json=False)


def _tell(held: Profile, output: Output) -> None:
    if output.is_json:
        output.line(json.dumps([entry_view(entry) for entry in held.entries], indent=2, ensure_ascii=False))
        return
    for entry in held.entries:
        output.line(f"[bold]{entry.key}[/]  {escape(entry.value)}, {ORIGINS[entry.origin]}")
    if not held.entries:
        output.progress("Nothing is remembered of this customer.")
