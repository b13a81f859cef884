"""A running server: the services, and what lives as long as it does."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Literal, cast

import anyio
from fastapi import Depends, Request

from shopfloor.http.answering import Answering, lasting
from shopfloor.http.limits import Limits, Places, Rates
from shopfloor.http.probes import probes_of
from shopfloor.http.problems import rejection
from shopfloor.http.readiness import Readiness
from shopfloor.http.services import Services
from shopfloor.http.watch import Watch
from shopfloor.telemetry.gauges import Gauges

Role = Literal["web", "worker", "all"]
"""What a process is there for: `web` takes requests and answers, `worker` does what falls due, `all` does both."""


class Running:
    """What all requests share."""

    def __init__(self, services: Services, limits: Limits, role: Role = "all") -> None:
        """Take the services, the limits, and what this process is there for."""
        self.services = services
        self.role: Role = role
        self.limits = limits
        self.rates = Rates()
        self.places = Places()
        self.answering = Answering(services.chat, services.journal, limits.turns)
        self.watch = Watch(services.journal, services.chat.hub)
        self.readiness = Readiness(services.checks)
        self.gauges = Gauges(probes_of(services, self.places))

    @asynccontextmanager
    async def run(self) -> AsyncGenerator[None]:
        """Take messages and do what falls due, as far as this process is there for it, and end orderly."""
        async with anyio.create_task_group() as group:
            self.answering.open(group)
            self.readiness.open(group)
            self.gauges.open(group)
            for work in self.services.upkeep:
                group.start_soon(lasting, work)
            if self.role != "worker":
                group.start_soon(lasting, partial(self.watch.run, self.limits.poll_s))
            if self.role != "web":
                for work in (self.answering.recover, *self.services.background):
                    group.start_soon(lasting, work)
            try:
                yield
            finally:
                self.readiness.close()
                self.watch.closing.set()
                with anyio.CancelScope(shield=True):
                    await self.answering.close(self.limits.shutdown_s)
                group.cancel_scope.cancel()

    def count(self, subject: str, rate: str) -> None:
        """Count a request against the rate that `Limits` names so.

        Raises:
            HTTPException: 429, with the seconds to wait.
        """
        wait = self.rates.take(f"{rate}:{subject}", getattr(self.limits, rate))
        if wait:
            raise rejection(429, f"Too many of these: try again in {wait} seconds.", {"Retry-After": str(wait)})


def running_of(request: Request) -> Running:
    """Return the running server that a request came to."""
    return cast(Running, request.app.state.running)


Here = Annotated[Running, Depends(running_of)]
