"""`shopfloor actions`: what was proposed, what came of it, and proposing something oneself."""

import json
from collections.abc import Sequence
from typing import Annotated, cast, get_args
from zoneinfo import ZoneInfo

import typer

from shopfloor.actions.finding import find_action, steps_of
from shopfloor.actions.store import ActionFilter, ActionRecord
from shopfloor.actions.undo import Scope
from shopfloor.actions.views import CONVERSATION, action_view, detail_view, kind_view
from shopfloor.app import App
from shopfloor.cli.action_lines import Reader, detail, plain, reversible, table
from shopfloor.cli.options import As, Data, Json, json_object, staff
from shopfloor.cli.output import Output
from shopfloor.cli.times import HOW, instant
from shopfloor.cli.versions import on_app, on_stores
from shopfloor.journal.events import ActionState
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.errors import InvalidInput, NotFound
from shopfloor.kernel.ids import AgentId, CustomerId, StreamId, TurnId
from shopfloor.stores import Stores

actions = typer.Typer(help="What was proposed, and what came of it.", no_args_is_help=True)

STATES: tuple[ActionState, ...] = get_args(ActionState)
Name = Annotated[str, typer.Argument(metavar="ACTION", help="Its id or the beginning of it, or its key.")]
Args = Annotated[str, typer.Option("--args", metavar="JSON", help="Its arguments, a JSON object; - is stdin.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1_000, help="How many at most.")]
After = Annotated[str | None, typer.Option("--after", metavar="ACTION", help="Go on behind this one.")]
Since = Annotated[str | None, typer.Option("--since", metavar="TIME", help=f"From this time on: {HOW}.")]


@actions.command("list")
def list_actions(
    state: Annotated[list[str] | None, typer.Option("--state", help=f"One of {', '.join(STATES)}; or several.")] = None,
    is_waiting: Annotated[bool, typer.Option("--waiting", help="Only what waits for an approval.")] = False,
    conversation: Annotated[str | None, typer.Option("--conversation", help="Of this conversation.")] = None,
    turn: Annotated[str | None, typer.Option("--turn", "--plan", help="Of this turn, and with it of its plan.")] = None,
    agent: Annotated[str | None, typer.Option("--agent", help="Of this agent; `staff` is the staff.")] = None,
    customer: Annotated[str | None, typer.Option("--customer", help="For this one, by id or e-mail address.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Of this kind.")] = None,
    resource: Annotated[str | None, typer.Option("--resource", help="Touching this, such as order:123.")] = None,
    since: Since = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before this time.")] = None,
    limit: Limit = 50,
    after: After = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List actions, the last proposed first."""
    states = frozenset([*map(_state, state or ()), *(["needs_approval"] if is_waiting else [])])

    async def show(stores: Stores, output: Output) -> None:
        reader = await reader_of(stores)
        wanted = ActionFilter(
            states=cast("frozenset[ActionState]", states),
            stream=StreamId(f"{CONVERSATION}{conversation}") if conversation else None,
            turn_id=TurnId(turn) if turn else None,
            agent=AgentId(agent) if agent else None,
            customer_id=await _customer(stores, customer) if customer else None,
            kind=kind,
            resource=resource,
            since=instant(since, reader.now, reader.zone) if since else None,
            until=instant(until, reader.now, reader.zone) if until else None,
        )
        last = (await find_action(stores.actions, after)).key if after else None
        found = await stores.actions.find(wanted, after=last, limit=limit + 1)
        page = found[:limit]
        if output.is_json:
            output.line(json.dumps([action_view(record) for record in page], indent=2, ensure_ascii=False))
            return
        for line in table(page, reader):
            output.line(line)
        tell_more(found, page, output)

    on_stores(show, data, as_json=as_json)


@actions.command("show")
def show_action(action: Name, as_json: Json = False, data: Data = None) -> None:
    """Show an action: what it was judged by, what it changed, who decided, whether it can be undone, and its steps."""

    async def show(app: App, output: Output) -> None:
        await tell(app, await find_action(app.actions, action), output)

    on_app(show, data, as_json=as_json)


@actions.command("propose")
def propose_action(
    kind: Annotated[str, typer.Argument(help="Its kind, as `actions kinds` lists them.")],
    args: Args = "{}",
    key: Annotated[
        str | None, typer.Option("--key", help="Your own id of it: proposed again under it, it is the same one.")
    ] = None,
    name: As = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Propose an action as a person of the staff, and show what came of it; exit status 1 where it was not done."""
    person, given = staff(name), json_object(args, "--args")

    async def propose(app: App, output: Output) -> ActionRecord:
        record = await app.staff_desk.propose(kind, given, person, given=key)
        await tell(app, record, output)
        return record

    end_by(on_app(propose, data, as_json=as_json))


@actions.command("kinds")
def list_kinds(as_json: Json = False, data: Data = None) -> None:
    """List the kinds of actions with their arguments, and whether they can be undone."""

    async def show(app: App, output: Output) -> None:
        kinds = app.gate.kinds()
        if output.is_json:
            output.line(json.dumps([kind_view(kind) for kind in kinds], indent=2, ensure_ascii=False))
            return
        for kind in kinds:
            fields = kind.args.model_fields.items()
            named = [name if field.is_required() else f"[{name}]" for name, field in fields]
            output.line(f"[bold]{kind.name}[/]  {reversible(kind)}{'' if kind.is_offered else '; staff only'}")
            output.line(f"  {plain(kind.description)}")
            output.line(f"  {plain(', '.join(named))}\n")

    on_app(show, data, as_json=as_json)


async def reader_of(shop: App | Stores) -> Reader:
    """Return when and where what is shown is read."""
    return Reader(now=SystemClock().now(), zone=ZoneInfo((await shop.settings.in_force()).zone))


async def tell(app: App, record: ActionRecord, output: Output) -> None:
    """Show all that is known of an action."""
    events = await steps_of(app.journal, record)
    [undoing] = await app.undoing.preview(Scope(key=record.key))
    if output.is_json:
        output.line(json.dumps(detail_view(record, events, undoing), indent=2, ensure_ascii=False))
        return
    for line in detail(record, events, undoing, await reader_of(app)):
        output.line(line)


def tell_more(found: Sequence[ActionRecord], page: Sequence[ActionRecord], output: Output) -> None:
    """Say how to go on, or that there is nothing."""
    if not page:
        output.progress("There are none.")
    elif len(found) > len(page):
        output.progress(f"There are more: go on with --after {page[-1].id}")


def end_by(record: ActionRecord) -> None:
    """End with status 1 where an action that somebody wanted was not done."""
    if record.state != "executed":
        raise typer.Exit(1)


async def _customer(stores: Stores, named: str) -> CustomerId:
    if "@" not in named:
        return CustomerId(named)
    known = await stores.shop.customers.find_customer(named)
    if known is None:
        raise NotFound(f"there is no customer {named}: give the id or the e-mail address of the account")
    return known.id


def _state(name: str) -> ActionState:
    state = name.strip().lower().replace(" ", "_").replace("-", "_")
    if state not in STATES:
        raise InvalidInput(f"there is no state {name}: choose one of {', '.join(STATES)}")
    return state
