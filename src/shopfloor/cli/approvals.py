"""`shopfloor approvals`: what waits for the merchant, and deciding on it."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, cast

import typer
from pydantic import JsonValue

from shopfloor.actions.finding import find_action
from shopfloor.actions.kind import ActionKind
from shopfloor.actions.store import ActionRecord
from shopfloor.actions.views import waiting_view
from shopfloor.app import App
from shopfloor.cli.action_lines import plain, risk, table
from shopfloor.cli.actions import After, Args, Limit, Name, end_by, reader_of, tell, tell_more
from shopfloor.cli.options import As, Data, Json, json_object, staff
from shopfloor.cli.output import Output
from shopfloor.cli.versions import on_app
from shopfloor.kernel.errors import InvalidInput

approvals = typer.Typer(help="What waits for your decision.", no_args_is_help=True)


@approvals.command("list")
def list_approvals(limit: Limit = 50, after: After = None, as_json: Json = False, data: Data = None) -> None:
    """List what waits, the last proposed first, each with its risk."""

    async def show(app: App, output: Output) -> None:
        last = (await find_action(app.actions, after)).key if after else None
        found = await app.approvals.waiting(after=last, limit=limit + 1)
        page = found[:limit]
        if output.is_json:
            rows = [waiting_view(record, _kind(app, record)) for record in page]
            output.line(json.dumps(rows, indent=2, ensure_ascii=False))
            return
        reader = await reader_of(app)
        for number, line in enumerate(table(page, reader)):
            output.line(line)
            if number % 2:
                record = page[number // 2]
                output.line(f"  {plain(risk(record, _kind(app, record), reader))}")
                output.line(f"  {plain(f'{record.reason} ({record.rule})')}\n")
        tell_more(found, page, output)

    on_app(show, data, as_json=as_json)


@approvals.command("show")
def show_approval(action: Name, as_json: Json = False, data: Data = None) -> None:
    """Show an action with its risk, and all that is known of it."""

    async def show(app: App, output: Output) -> None:
        record = await find_action(app.actions, action)
        await tell(app, record, output)
        if not output.is_json and record.state == "needs_approval":
            output.line(f"\n  [bold]{plain(risk(record, _kind(app, record), await reader_of(app)))}[/]")

    on_app(show, data, as_json=as_json)


@approvals.command("approve")
def approve_action(
    action: Name,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Carry it out with this argument instead.")
    ] = None,
    name: As = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Approve an action, carry it out, and show what came of it; exit status 1 where it was not done."""
    person = staff(name)

    async def approve(app: App, output: Output) -> ActionRecord:
        record = await find_action(app.actions, action)
        done = await app.approvals.approve(record.key, person, args=_changed(record, changes or ()))
        await tell(app, done, output)
        return done

    end_by(on_app(approve, data, as_json=as_json))


@approvals.command("edit")
def edit_action(action: Name, args: Args, name: As = None, as_json: Json = False, data: Data = None) -> None:
    """Approve an action with other arguments in place of those of the same name."""
    person, given = staff(name), json_object(args, "--args")

    async def edit(app: App, output: Output) -> ActionRecord:
        record = await find_action(app.actions, action)
        done = await app.approvals.approve(record.key, person, args=given)
        await tell(app, done, output)
        return done

    end_by(on_app(edit, data, as_json=as_json))


@approvals.command("reject")
def reject_action(
    action: Name,
    reason: Annotated[str, typer.Option("--reason", help="Why, as the customer reads it.")],
    name: As = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Reject an action, with a reason."""
    person = staff(name)

    async def reject(app: App, output: Output) -> None:
        record = await find_action(app.actions, action)
        await tell(app, await app.approvals.reject(record.key, person, reason=reason), output)

    on_app(reject, data, as_json=as_json)


def _kind(app: App, record: ActionRecord) -> ActionKind[Any] | None:
    try:
        return app.gate.kind(record.kind)
    except InvalidInput:  # nobody registers it any more
        return None


def _changed(record: ActionRecord, changes: Sequence[str]) -> dict[str, JsonValue] | None:
    """Return the arguments that `NAME=VALUE` lines change; one that is a text stays a text, others are JSON."""
    wanted: dict[str, JsonValue] = {}
    for line in changes:
        name, sign, value = line.partition("=")
        if not sign or not name.strip():
            raise InvalidInput(f"{line!r} is no change: write NAME=VALUE, such as quantity=2")
        wanted[name.strip()] = value if isinstance(record.args.get(name.strip()), str) else _value(value)
    return wanted or None


def _value(text: str) -> JsonValue:
    try:
        return cast(JsonValue, json.loads(text))
    except (ValueError, RecursionError):
        return text
