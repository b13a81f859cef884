"""`shopfloor serve`."""

import logging
import os
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from enum import Enum
from importlib import import_module
from typing import Annotated

import anyio
import typer

from shopfloor.app import open_app, services_of
from shopfloor.cli.options import Data, Models, Router, config
from shopfloor.cli.output import Output
from shopfloor.config import Config
from shopfloor.http.limits import Limits
from shopfloor.http.services import Services
from shopfloor.http.site import Site
from shopfloor.kernel.errors import InvalidInput, WorldError

logger = logging.getLogger(__name__)

FIRST_KEY = "first owner"


class Role(Enum):
    """What a process is there for."""

    all = "all"
    web = "web"
    worker = "worker"


def serve(
    host: Annotated[
        str, typer.Option(help="The address to listen on; others than this machine's need a proxy.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on; 0 for any free one.", min=0, max=65_535)] = 8000,
    allow_origin: Annotated[
        list[str] | None, typer.Option(help="A site whose pages may call the API, https://...; may be repeated.")
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(help="A proxy's address or network whose X-Forwarded-For is believed; may be repeated."),
    ] = None,
    drain: Annotated[
        float,
        typer.Option(
            help="For how many seconds it still takes requests once it is told to end, while /health/ready says 503.",
            min=0,
            max=600,
        ),
    ] = 0,
    role: Annotated[
        Role,
        typer.Option(
            help="What this process is there for: `web` takes requests and answers customers, `worker` does what falls "
            "due and answers what others left, `all` does both. Several processes share one PostgreSQL database."
        ),
    ] = Role.all,
    router: Router = None,
    models: Models = None,
    data: Data = None,
) -> None:
    """Serve the API, and the page at /."""
    site = Site(host=host, port=port, origins=tuple(allow_origin or ()), trusted_proxies=tuple(trusted_proxy or ()))
    for origin in site.origins:
        if not origin.startswith(("http://", "https://")) or origin.count("/") != 2:
            raise InvalidInput(f"{origin} is no origin: write it like https://shop.example.com")
    anyio.run(_serve, config(data, router, models), site, drain, role)


async def _serve(config: Config, site: Site, drain_s: float, role: Role) -> None:
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    output = Output(as_json=False)

    @asynccontextmanager
    async def opening() -> AsyncGenerator[Services]:
        async with open_app(config, output.progress, is_measured=True) as app:
            await app.warm_up()
            secret = await app.keys.create_first(FIRST_KEY)
            if secret:
                output.line("The owner's API key. It is shown only now, and whoever has it may do everything:\n")
                output.line(f"    {secret}\n")
            yield services_of(app)

    def tell(port: int) -> None:
        if role is Role.worker:
            output.line(f"Working; {_address(site, port)}health/ready and /metrics tell how. Ctrl-C ends.")
        else:
            output.line(f"Open {_address(site, port)} in a browser. Ctrl-C ends.")

    def waits(port: int, error: WorldError) -> None:
        sys.stderr.write(f"shopfloor: {error}\n")
        output.progress(f"{_address(site, port)} answers 503 meanwhile; it is tried again until it can serve.")

    # Imported here, since the web framework takes longer to import than the other commands to run.
    serving = import_module("shopfloor.http.server").serve_opening
    limits = Limits(drain_s=drain_s)
    await serving(opening, site, tell, waits, limits=limits, role=role.value, ends_within=_end_in_any_case)


def _end_in_any_case(within_s: float) -> None:
    """End the process after a while, whatever it still waits for, such as a database that does not answer any more.

    Nothing is lost by it: what is under way goes on in another process, or at the next start.
    """

    def end() -> None:
        logger.error(
            "it has not ended within %g seconds, so it is broken off: what it waits for does not answer", within_s
        )
        logging.shutdown()
        os._exit(1)

    timer = threading.Timer(within_s, end)
    timer.daemon = True
    timer.start()


def _address(site: Site, port: int) -> str:
    host = f"[{site.host}]" if ":" in site.host else site.host
    return f"http://{host}:{port}/"
