"""`shopfloor demo`: the article's session at the terminal, then the shop's page, signed in as its customer."""

import os
import sys
import threading
import webbrowser
from importlib import import_module
from typing import Annotated
from urllib.parse import urlencode

import anyio
import typer
from rich.markup import escape

from shopfloor.app import App, open_app, services_of
from shopfloor.cli.chat import PROGRAM, data_option, say, sign_in
from shopfloor.cli.options import Data, Router, config
from shopfloor.cli.output import Output
from shopfloor.config import Config
from shopfloor.http.site import Site
from shopfloor.identity.identity import Identity
from shopfloor.kernel.ids import CustomerId

ARTICLE = "Where's my order #123, and by the way, do you have any red sneakers in men's size 9?"
OWNER = "maya.lindqvist@example.com"
"""The demo customer whose order the article's session is about."""


def demo(
    *,
    data: Data = None,
    router: Router = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the page's address.")] = False,
) -> None:
    """Prepare the demo shop, play a conversation, and open the shop's page."""
    try:
        anyio.run(_demo, config(data, router), not no_browser)
    except KeyboardInterrupt:
        if not sys.stdin.isatty():
            raise
        sys.stderr.write("\n")  # Ctrl-C is how it is meant to end


async def _demo(config: Config, is_opened: bool) -> None:
    output = Output(as_json=False)
    async with open_app(config, output.progress) as app:
        identity = await sign_in(app, OWNER)
        conversation, _ = await app.chat.open("cli", identity)
        output.line(f"[dim]Signed in as {identity.name} ({OWNER}).[/]\n\n[bold]> {escape(ARTICLE)}[/]\n")
        await say(app, conversation, ARTICLE, output)
        output.line(f"\n[dim]Every step of it: {PROGRAM} replay {conversation}{data_option(config)}[/]")
        if sys.stdin.isatty():
            await _show_page(app, identity, output, is_opened)
        else:
            output.line(f"[dim]The shop's page: {PROGRAM} serve{data_option(config)}[/]")


async def _show_page(app: App, identity: Identity, output: Output, is_opened: bool) -> None:
    """Serve until Ctrl-C. The token stands behind the address's `#`, which browsers keep to themselves."""
    token = app.tokens.sign(CustomerId(identity.customer_id or ""))

    def tell(port: int) -> None:
        address = f"http://127.0.0.1:{port}/#{urlencode({'token': token, 'ask': ARTICLE})}"
        output.line(f"\nThe same on the shop's page, signed in as {identity.name}. Ctrl-C ends.\n\n    {address}\n")
        if is_opened and has_desktop():
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    # Imported here, since the web framework takes longer to import than the other commands to run.
    await import_module("shopfloor.http.server").serve(services_of(app), Site(port=0), tell)


def has_desktop() -> bool:
    """Whether a browser can be opened beside the terminal; one inside it would take its keys away."""
    return sys.platform in {"darwin", "win32"} or bool({"DISPLAY", "WAYLAND_DISPLAY"}.intersection(os.environ))
