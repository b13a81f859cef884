"""`shopfloor`: the commands, and how their errors are told."""

import asyncio
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import anyio
import typer

from shopfloor.cli import chat as chatting
from shopfloor.cli import recordings
from shopfloor.cli.actions import actions
from shopfloor.cli.agents import agents
from shopfloor.cli.approvals import approvals
from shopfloor.cli.audit import audit
from shopfloor.cli.backups import backup, restore
from shopfloor.cli.catalogue import catalogue
from shopfloor.cli.customers import customers
from shopfloor.cli.demo import demo
from shopfloor.cli.evaluate import evaluation
from shopfloor.cli.evaluate_knowledge import evaluate_knowledge
from shopfloor.cli.evaluate_search import search as evaluate_search
from shopfloor.cli.evaluate_upsell import upsell
from shopfloor.cli.facts import facts
from shopfloor.cli.keys import keys
from shopfloor.cli.knowledge import knowledge
from shopfloor.cli.mcp import mcp
from shopfloor.cli.models import models as model_commands
from shopfloor.cli.options import Data, Json, Models, Router, config
from shopfloor.cli.policy import policy
from shopfloor.cli.profiles import profile
from shopfloor.cli.prompts import prompts
from shopfloor.cli.schedules import schedules
from shopfloor.cli.search import search
from shopfloor.cli.serve import serve
from shopfloor.cli.settings import settings
from shopfloor.cli.signals import outbox, shop, signals
from shopfloor.cli.tau2 import tau2
from shopfloor.cli.train_router import train_router
from shopfloor.cli.undo import undo
from shopfloor.kernel.errors import CallerError, InvalidInput, ShopfloorError
from shopfloor.kernel.ids import ConversationId

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(agents, name="agents")
app.add_typer(settings, name="settings")
app.add_typer(prompts, name="prompts")
app.add_typer(policy, name="policy")
app.add_typer(keys, name="keys")
app.add_typer(model_commands, name="models")
app.add_typer(mcp, name="mcp")
app.add_typer(profile, name="profile")
app.add_typer(customers, name="customers")
app.add_typer(audit, name="audit")
app.add_typer(signals, name="signals")
app.add_typer(outbox, name="outbox")
app.add_typer(shop, name="shop")
app.add_typer(actions, name="actions")
app.add_typer(approvals, name="approvals")
app.add_typer(catalogue, name="catalogue")
app.add_typer(knowledge, name="knowledge")
app.add_typer(facts, name="facts")
app.add_typer(evaluation, name="eval")
evaluation.command("tau2")(tau2)
evaluation.command("search")(evaluate_search)
app.command()(search)
evaluation.command("upsell")(upsell)
evaluation.command("knowledge")(evaluate_knowledge)
app.command()(undo)
app.command()(serve)
app.command()(demo)
app.command()(train_router)
app.command()(backup)
app.command()(restore)
app.command()(schedules)


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"shopfloor {version('shopfloor')}")
        raise typer.Exit


@app.callback(help="An AI team for an online shop, self-hosted.")
def shopfloor(
    is_version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Take what stands before a command."""


@app.command()
def chat(
    message: Annotated[str | None, typer.Option("--message", "-m", help="Say this, print the reply and end.")] = None,
    conversation: Annotated[str | None, typer.Option("--conversation", help="Go on with this conversation.")] = None,
    customer: Annotated[
        str | None,
        typer.Option("--customer", help="Sign this customer in by their e-mail address, as the shop's login would."),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option("--record", help="Talk in a demo shop of its own, and write what was said to this new file."),
    ] = None,
    again: Annotated[
        Path | None, typer.Option("--replay", help="Have a recorded conversation again, asking no model.")
    ] = None,
    as_json: Json = False,
    router: Router = None,
    models: Models = None,
    data: Data = None,
) -> None:
    """Talk to the shop."""
    request = chatting.ChatRequest(
        message=message,
        conversation=ConversationId(conversation) if conversation else None,
        customer=customer,
        as_json=as_json,
    )
    where = config(data, router, models)
    if again is not None:
        if record or message is not None or conversation or customer:
            raise InvalidInput("--replay says what was recorded: leave the other options out")
        anyio.run(partial(recordings.replay_recording, where, again, as_json=as_json))
    elif record is not None:
        anyio.run(recordings.record, where, request, record)
    else:
        anyio.run(chatting.chat, where, request)


@app.command()
def replay(
    conversation: Annotated[str, typer.Argument(help="The conversation's id.")],
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show a conversation step by step: messages, plans, tool calls, handoffs, actions."""
    anyio.run(chatting.replay, config(data), ConversationId(conversation), as_json)


@app.command()
def erase(
    conversation: Annotated[str, typer.Argument(help="The conversation's id.")],
    even_open: Annotated[
        bool, typer.Option("--even-open", help="Also where it waits for an approval or for an action's outcome.")
    ] = False,
    data: Data = None,
) -> None:
    """Erase for good what a conversation holds of persons: their words, names, addresses. Nothing brings it back."""
    anyio.run(chatting.erase, config(data), ConversationId(conversation), even_open)


def run() -> None:
    """Run the command line; an error is one line on stderr with its remedy.

    Exit status 2 is the caller's mistake, 1 the world's fault.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    try:
        app()
    except ShopfloorError as error:
        sys.stderr.write(f"shopfloor: {error}\n")
        sys.exit(2 if isinstance(error, CallerError) else 1)
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.stderr.write("shopfloor: interrupted\n")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
