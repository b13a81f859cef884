"""`shopfloor`: the commands, and how their errors are told."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import anyio
import typer
from pydantic import JsonValue

from shopfloor.app import open_app
from shopfloor.cli import chat as chatting
from shopfloor.cli.output import Output
from shopfloor.config import DATA_VARIABLE, Config, default_data
from shopfloor.kernel.errors import CallerError, ShopfloorError
from shopfloor.kernel.ids import ConversationId

app = typer.Typer(
    help="An AI team for an online shop, self-hosted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
agents = typer.Typer(help="The team's specialists.", no_args_is_help=True)
app.add_typer(agents, name="agents")

Data = Annotated[
    Path | None,
    typer.Option("--data", help=f"The data directory; ${DATA_VARIABLE} or ./data where it is not given."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON only; progress goes to stderr.")]


def _config(data: Path | None) -> Config:
    return Config(data=data or default_data())


@app.command()
def chat(
    message: Annotated[str | None, typer.Option("--message", "-m", help="Say this, print the reply and end.")] = None,
    conversation: Annotated[str | None, typer.Option("--conversation", help="Go on with this conversation.")] = None,
    customer: Annotated[
        str | None,
        typer.Option("--customer", help="Sign this customer in by their e-mail address, as the shop's login would."),
    ] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Talk to the shop."""
    request = chatting.ChatRequest(
        message=message,
        conversation=ConversationId(conversation) if conversation else None,
        customer=customer,
        as_json=as_json,
    )
    anyio.run(chatting.chat, _config(data), request)


@app.command()
def replay(
    conversation: Annotated[str, typer.Argument(help="The conversation's id.")],
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show a conversation step by step: messages, plans, tool calls, handoffs, actions."""
    anyio.run(chatting.replay, _config(data), ConversationId(conversation), as_json)


@app.command()
def demo(data: Data = None) -> None:
    """Prepare the demo shop, play the article's session, and open a chat."""
    anyio.run(chatting.demo, _config(data))


@agents.command("list")
def list_agents(as_json: Json = False, data: Data = None) -> None:
    """List the specialists, what they are good at and what they may use."""
    anyio.run(_list_agents, _config(data), as_json)


async def _list_agents(config: Config, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(config, output.progress) as installation:
        cards = await installation.registry.cards()
    rows: list[JsonValue] = [
        {
            "id": card.id,
            "name": card.name,
            "skills": [skill.name for skill in card.skills],
            "tools": list(card.tools),
            "half": card.half,
        }
        for card in cards
    ]
    if as_json:
        output.line(json.dumps(rows, indent=2))
        return
    for card in cards:
        output.line(f"[bold]{card.name}[/] ({card.id})")
        output.line(f"  {card.description}")
        output.line(f"  skills: {', '.join(skill.name for skill in card.skills)}")
        output.line(f"  tools: {', '.join(card.tools)}\n")


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
