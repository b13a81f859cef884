"""`shopfloor signals`, `outbox` and `shop`: what happened outside, and what customers heard of it unasked."""

import json
from collections.abc import Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

import anyio
import typer
from pydantic import JsonValue
from rich.markup import escape

from shopfloor.app import App, open_app
from shopfloor.cli.options import Data, Json, config
from shopfloor.cli.output import Output
from shopfloor.config import Config
from shopfloor.kernel.errors import Conflict
from shopfloor.kernel.ids import Sku
from shopfloor.outreach.attempts import Outreach
from shopfloor.outreach.signals import REPORTED, Signal, parse_signal
from shopfloor.outreach.views import message_view, outreach_view, signal_view

signals = typer.Typer(help="What happened outside, and what customers heard of it unasked.", no_args_is_help=True)
outbox = typer.Typer(help="Messages to customers that later channels send.", no_args_is_help=True)
shop = typer.Typer(help="The demo shop itself, for trying things out.", no_args_is_help=True)

PATIENCE_S = 15.0
"""How long a running server is given to carry a signal out."""
WHY = {
    "action.erased": "what was asked for was erased",
    "action.moved": "the request has gone on since",
    "quiet_hours": "these are quiet hours",
    "open_question": "the customer is being asked for a yes",
    "trouble": "something of ours did not work",
    "agent.disabled": "its agent is switched off, or no longer hears such signals",
    "agent.failed": "its agent failed",
    "agent.silent": "its agent has nothing to say",
    "cap.day": "they were sent as many offers as a day may hold",
    "cap.week": "they were sent as many offers as a week may hold",
    "cart.changed": "the cart has changed since",
    "consent.missing": "they did not agree to marketing",
    "customer.stopped": "they asked us to stop",
    "lead.withdrawn": "they no longer wait for it",
    "order.over": "the order has come, was cancelled, or is not theirs",
    "signal.too_late": "it is old news by now",
    "stock.gone": "it is sold out again",
}
"""The rules, in words."""


@signals.command("send")
def send_signal(
    kind: Annotated[str, typer.Argument(help=f"What happened: {', '.join(REPORTED)}.")],
    cart: Annotated[str | None, typer.Option(help="The cart's id.")] = None,
    sku: Annotated[str | None, typer.Option(help="The variant.")] = None,
    order: Annotated[str | None, typer.Option(help="The order's number.")] = None,
    signal_id: Annotated[str | None, typer.Option("--id", help="The signal's id: sent again it is the same.")] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Say that something happened, and show who hears of it."""
    told = {"cart_id": cart, "sku": sku, "order_number": order}
    given: dict[str, JsonValue] = {name: value for name, value in told.items() if value is not None}
    anyio.run(_send, config(data), kind, given, signal_id, as_json)


@signals.command("list")
def list_signals(as_json: Json = False, data: Data = None) -> None:
    """List the newest signals with what came of them."""
    anyio.run(_list, config(data), as_json)


@signals.command("run")
def run_signals(data: Data = None) -> None:
    """Carry out what is due now, where no server is running to do so."""
    anyio.run(_run, config(data))


@outbox.command("list")
def list_outbox(as_json: Json = False, data: Data = None) -> None:
    """List the newest messages."""
    anyio.run(_outbox, config(data), as_json)


@shop.command("restock")
def restock(
    sku: Annotated[str, typer.Argument(help="The variant.")],
    quantity: Annotated[int, typer.Argument(help="How many pieces there are now; 0 sells it out.", min=0)],
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Set how much of a variant the demo shop has; one that was sold out is announced to who waits for it.

    With `--json` the signal that this makes, or null.
    """
    anyio.run(_restock, config(data), Sku(sku), quantity, as_json)


async def _send(config: Config, kind: str, told: dict[str, JsonValue], signal_id: str | None, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(config, output.progress) as app:
        signal = parse_signal(signal_id or app.ids.new("sig"), kind, told, at=None, now=app.clock.now())
        await _carry_out(app, signal, output)


async def _restock(config: Config, sku: Sku, quantity: int, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(config, output.progress) as app:
        product = await app.shop.catalogue.find_product(sku)
        before = next((variant.stock for variant in product.variants if variant.sku == sku), 0) if product else 0
        name = app.ids.new("sig")
        await app.shop.catalogue.set_stock(sku, quantity, key=name)
        output.progress(f"{sku}: {before} before, {quantity} now.")
        if quantity and not before:
            signal = parse_signal(name, "stock_returned", {"sku": sku}, at=None, now=app.clock.now())
            await _carry_out(app, signal, output)
        elif as_json:
            output.line("null")


async def _carry_out(app: App, signal: Signal, output: Output) -> None:
    is_new = await app.outreach.receive(signal)
    made = await app.outreach.seen_to(signal.id, PATIENCE_S)
    if output.is_json:
        row = {**signal_view(signal), "is_new": is_new, "outreaches": _rows(made)}
        output.line(json.dumps(row, ensure_ascii=False))
        return
    output.line(f"{signal.kind} ({escape(signal.id)}){'' if is_new else ': known already'}")
    await _tell(app, made, output)


async def _tell(app: App, made: Sequence[Outreach] | None, output: Output) -> None:
    zone = ZoneInfo((await app.settings.in_force()).zone)
    if made is None:
        output.line("  It is stored, and not taken up yet: see `shopfloor signals list` in a moment.")
    elif not made:
        output.line(
            "  Nobody is to hear of it: nobody waits for it who is not told already, or no agent hears such signals."
        )
    for outreach in made or ():
        output.line(f"  {escape(outreach.recipient.email)}, by {outreach.agent}: {_became(outreach, zone)}")


def _became(outreach: Outreach, zone: ZoneInfo) -> str:
    why = WHY.get(outreach.rule or "", outreach.rule or "its time has not come")
    match outreach.state:
        case "due" | "sending":
            until = outreach.due_at.astimezone(zone)
            return f"waits until {until:%Y-%m-%d %H:%M}, since {why} ({outreach.rule or 'delay'})"
        case "sent":
            return f"sent, in {outreach.conversation_id} and in the outbox"
        case _:
            return f"not sent, since {why} ({outreach.rule})"


async def _list(config: Config, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(config, output.progress) as app:
        found = [(signal, await app.outreach.outreaches.outreaches_of(signal.id)) for signal in await _newest(app)]
        if as_json:
            rows = [{**signal_view(signal), "outreaches": _rows(made)} for signal, made in found]
            output.line(json.dumps(rows, indent=2, ensure_ascii=False))
            return
        for signal, made in found:
            values = ", ".join(f"{name} {value}" for name, value in signal.values.items())
            output.line(
                f"{signal.at:%Y-%m-%d %H:%M} UTC  [bold]{signal.kind}[/] {escape(values)} ({escape(signal.id)})"
            )
            await _tell(app, made, output)


async def _newest(app: App) -> Sequence[Signal]:
    return await app.outreach.outreaches.signals()


async def _run(config: Config) -> None:
    output = Output(as_json=False)
    async with open_app(config, output.progress) as app, app.outreach.hold(wait=False) as is_worker:
        if not is_worker:
            raise Conflict("a running server carries out what is due: nothing is left to do here")
        await app.outreach.work()


async def _outbox(config: Config, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(config, output.progress) as app:
        messages = await app.outreach.outreaches.outbox()
    if as_json:
        output.line(json.dumps([message_view(message) for message in messages], indent=2, ensure_ascii=False))
        return
    for message in messages:
        state = f"sent {message.sent_at:%Y-%m-%d %H:%M} UTC" if message.sent_at else "not sent yet"
        output.line(
            f"{message.created_at:%Y-%m-%d %H:%M} UTC  [bold]{escape(message.email)}[/], {message.purpose}, {state}"
        )
        output.line(f"  {escape(message.subject)} ({message.conversation_id})")
        output.line("".join(f"    {escape(line)}\n" for line in message.text.splitlines()))


def _rows(made: Sequence[Outreach] | None) -> list[JsonValue] | None:
    return None if made is None else [outreach_view(outreach) for outreach in made]
