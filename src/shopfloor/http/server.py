"""The server: uvicorn, told to wait for nobody for long and to say nothing about itself."""

import asyncio
import os
import resource
import socket
from collections.abc import Callable
from math import ceil
from time import monotonic

import h11
import uvicorn
from anyio import to_thread
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from shopfloor.http.api import create_api
from shopfloor.http.entrance import Entrance, Opening
from shopfloor.http.limits import Limits
from shopfloor.http.problems import problem
from shopfloor.http.running import Role, Running
from shopfloor.http.services import Services
from shopfloor.http.site import Site
from shopfloor.kernel.errors import InvalidInput, WorldError

HEADERS_S = 15.0
"""How long the head of a request may take to arrive, from the connection or from the request before."""
READS_S = 30.0
"""How long a client may take nothing of what is on its way to it."""
KEEP_ALIVE_S = 65
"""Longer than a reverse proxy's, so that it does not send a request into a connection that is being closed."""
BACKLOG = 2_048
OVERTIME_S = 15.0
"""How long a server may take to end beyond the time that turns under way are given."""
DRAIN_TICK_S = 0.1
"""How soon a second Ctrl-C ends a server that still takes requests."""


class Impatient(H11Protocol):
    """Closes a connection whose request's head does not come to its end in time, or whose client does not read."""

    reads_s = READS_S
    _cutting: asyncio.TimerHandle | None = None
    _dropping: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # whatever waits to be read is watched, also while it closes
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take bytes in; those of an unfinished head do not buy time."""
        super().data_received(data)
        self._wait()

    def send_400_response(self, msg: str) -> None:
        """Turn away what is no HTTP, or a head that is too large."""
        answer = problem(400, "This is no HTTP request that can be read.", request_id="none")
        headers = [*answer.raw_headers, (b"connection", b"close")]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        self._stop_watching()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Watch whether the client reads."""
        super().pause_writing()
        self._watch(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Watch no more: it has read everything."""
        self._stop_watching()
        super().resume_writing()

    def _watch(self, left: int) -> None:
        self._stop_watching()
        self._dropping = self.loop.call_later(self.reads_s, self._drop, left)

    def _drop(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left < before:
            self._watch(left)
        else:
            self.transport.abort()

    def _stop_watching(self) -> None:
        if self._dropping:
            self._dropping.cancel()
            self._dropping = None

    def _wait(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._cutting is None:
            self._cutting = self.loop.call_later(HEADERS_S, self._cut)

    def _stop_waiting(self) -> None:
        if self._cutting:
            self._cutting.cancel()
            self._cutting = None

    def _cut(self) -> None:
        self._cutting = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


class Server(uvicorn.Server):
    """Ends streams first when it is stopped: they would never end by themselves."""

    def __init__(
        self,
        config: uvicorn.Config,
        running: Running | None,
        tell: Callable[[int], None],
        ends_within: Callable[[float], None] | None = None,
    ) -> None:
        """Take what is to be told the port once it listens; `running` comes later where nothing runs yet.

        `ends_within` hears, once it ends, within how many seconds that must be over.
        """
        super().__init__(config)
        self._ends_within = ends_within or unhurried
        self.running = running
        self._tell = tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        for server in self.servers if self.started else ():
            for listening in server.sockets[:1]:
                self._tell(listening.getsockname()[1])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that it is not ready, take no more requests after a while, and end."""
        if self.running:
            self.running.readiness.close()
            drained_at = monotonic() + self.running.limits.drain_s
            while monotonic() < drained_at and not self.force_exit:  # noqa: ASYNC110  (uvicorn tells it by a flag)
                await asyncio.sleep(DRAIN_TICK_S)
            self.running.watch.closing.set()
            self._ends_within(self.running.limits.shutdown_s + OVERTIME_S)
        await super().shutdown(sockets)


def silent(_port: int) -> None:
    """Tell nobody."""


def unhurried(_seconds: float) -> None:
    """Let it take as long as it takes."""


def server_of(
    services: Services, site: Site, limits: Limits | None = None, tell: Callable[[int], None] = silent
) -> Server:
    """Return a server that is not listening yet; `tell` hears the port once it does. It reads from the disk."""
    api = create_api(services, limits, origins=site.origins)
    running: Running = api.state.running
    return Server(_uvicorn_config(api, site, running.limits), running, tell)


def _uvicorn_config(app: ASGIApp, site: Site, limits: Limits) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=site.host,
        port=site.port,
        http=Impatient,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(site.trusted_proxies),
        forwarded_allow_ips=list(site.trusted_proxies),
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=ceil(limits.shutdown_s),
        backlog=BACKLOG,
    )


async def serve(
    services: Services, site: Site, tell: Callable[[int], None] = silent, *, limits: Limits | None = None
) -> None:
    """Serve an installation that is open until the process is told to end.

    Raises:
        InvalidInput: the address or the port cannot be had.
    """
    server = await to_thread.run_sync(server_of, services, site, limits, tell)
    _allow_many_connections()
    await server.serve([await to_thread.run_sync(_listening, site)])


async def serve_opening(
    opening: Opening,
    site: Site,
    tell: Callable[[int], None],
    waits: Callable[[int, WorldError], None],
    *,
    limits: Limits,
    role: Role = "all",
    ends_within: Callable[[float], None] = unhurried,
) -> None:
    """Listen at once, and serve an installation as soon as it can be opened, until the process is told to end.

    `tell` hears the port once the installation is open; `waits` hears it with what keeps it from opening, which is
    tried again. `ends_within` hears, once it ends, within how many seconds that must be over.

    Raises:
        InvalidInput: the address or the port cannot be had, or the operator set something wrongly.
    """
    _allow_many_connections()
    listening = await to_thread.run_sync(_listening, site)
    port: int = listening.getsockname()[1]

    def opened() -> None:
        server.running = entrance.running
        tell(port)

    def failed() -> None:
        server.should_exit = True

    entrance = Entrance(
        opening, limits, site.origins, role=role, opened=opened, waits=lambda error: waits(port, error), failed=failed
    )
    server = Server(await to_thread.run_sync(_uvicorn_config, entrance, site, limits), None, silent, ends_within)
    await server.serve([listening])
    if entrance.error:
        raise entrance.error


def _allow_many_connections() -> None:
    """Let the process have as many files open as the system allows: each connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _listening(site: Site) -> socket.socket:
    family = socket.AF_INET6 if ":" in site.host else socket.AF_INET
    try:
        return socket.create_server((site.host, site.port), family=family, backlog=BACKLOG)
    except OSError as error:
        why = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise InvalidInput(
            f"{site.host}, port {site.port}, cannot be listened on ({why}): choose another --port, or another --host "
            "where this one is not the machine's"
        ) from error
