"""What stands before the API: it answers at once, and lets requests in as soon as the installation is open.

Where the database cannot be opened, it says so once, says that the server lives and is not ready, and tries again until
it can. What the operator set wrongly ends the server.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial

import anyio
from anyio import to_thread
from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from shopfloor.database.health import spoken
from shopfloor.http.api import create_api
from shopfloor.http.guard import Guard
from shopfloor.http.health import LIVE, READY, Alive, not_ready
from shopfloor.http.limits import Limits, Rates
from shopfloor.http.problems import problem, request_id_of
from shopfloor.http.running import Role, Running
from shopfloor.http.services import Services
from shopfloor.http.shop import HEALTHZ, Health
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.errors import FieldProblem, WorldError
from shopfloor.kernel.ids import TimedIds

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
"""How long it waits until it tries again: twice as long each time, up to this."""
STARTING = FieldProblem("server", "it is starting")
ALIVE = {LIVE: Alive(), HEALTHZ: Health()}
CLOSED = "This server is not open yet: try again in a moment."

Opening = Callable[[], AbstractAsyncContextManager[Services]]
"""Opens an installation, each time anew."""


class Entrance:
    """An ASGI app that opens an installation while it answers already."""

    def __init__(
        self,
        opening: Opening,
        limits: Limits,
        origins: Sequence[str],
        *,
        role: Role = "all",
        opened: Callable[[], None],
        waits: Callable[[WorldError], None],
        failed: Callable[[], None],
    ) -> None:
        """Take what opens the installation, and what hears of it.

        `opened` hears that requests are let in; `waits` why not yet, once for each reason; `failed` that they never
        will be, and `error` says why.
        """
        self._opening = opening
        self._limits = limits
        self._origins = origins
        self._role: Role = role
        self._opened, self._waits, self._failed = opened, waits, failed
        self._closed = Guard(self._turn_away, limits=limits, rates=Rates(), ids=TimedIds(SystemClock()))
        self._api: ASGIApp | None = None
        self._ends = anyio.Event()
        self._problem = STARTING
        self._told = ""
        self.running: Running | None = None
        """What runs; None while the installation is not open."""
        self.error: Exception | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or live as long as the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await (self._api or self._closed)(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as group:
            await receive()
            group.start_soon(self._open)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            self._ends.set()
            if self.running is None:
                group.cancel_scope.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _open(self) -> None:
        pause = FIRST_PAUSE_S
        while not self._ends.is_set():
            try:
                await self._let_in()
            except Exception as error:
                if isinstance(error, WorldError) and self.running is None:
                    self._wait(error)
                    await anyio.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE_S)
                    continue
                self.error = error
                self._failed()
                return

    async def _let_in(self) -> None:
        """Open the installation, and let requests in until the server ends."""
        async with self._opening() as services:
            api = await to_thread.run_sync(
                partial(create_api, services, self._limits, origins=self._origins, role=self._role)
            )
            async with api.router.lifespan_context(api):
                self._api, self.running = api, api.state.running
                self._opened()
                await self._ends.wait()

    def _wait(self, error: WorldError) -> None:
        self._problem = FieldProblem("database", spoken(error))
        if str(error) != self._told:
            self._told = str(error)
            self._waits(error)

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._answer(Request(scope))(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        path = request.scope["path"]
        if path in ALIVE:
            return JSONResponse(ALIVE[path].model_dump())
        if path == READY:
            return not_ready(request, [self._problem])
        headers = {"Retry-After": f"{LONGEST_PAUSE_S:.0f}"}
        return problem(503, CLOSED, request_id=request_id_of(request), headers=headers)
