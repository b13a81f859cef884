"""Staff who decide while the shop cannot be reached, in a process that is then killed, and a start that is killed too.

Run by `test_decided_while_down_crash.py`.
"""

import os
import signal
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest.mock import patch

import anyio
from anyio import CapacityLimiter
from conversation.crashing_at_random import serving
from demo_requests import GRACE

from shopfloor.actions.news import SETTLE_AFTER
from shopfloor.app import App, assemble, open_app
from shopfloor.config import Config
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.errors import Unavailable
from shopfloor.kernel.ids import TimedIds
from shopfloor.shop.contract import Orders
from shopfloor.stores import open_stores

REASON = "It has left us."
AT_ONCE = 8
EVERY = 10
"""Which of them are rejected: the first of so many."""


class CutOff:
    """The orders of a shop that answers, until its line is cut."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self.is_cut = False

    def __getattr__(self, name: str) -> Any:
        if self.is_cut:
            raise Unavailable("the shop does not answer")
        return getattr(self._orders, name)


async def decide(data: str, url: str | None) -> None:
    """Decide on all that waits; nothing but the decisions comes of it."""
    config, clock = Config(data=Path(data), database_url=url), SystemClock()
    async with open_stores(config, clock, TimedIds(clock)) as stores:
        orders = CutOff(stores.shop.orders)
        shop = replace(stores.shop, orders=orders)
        app = await assemble(
            replace(stores, shop=shop),
            secret=await anyio.to_thread.run_sync(config.secret),
            clock=clock,
            ids=TimedIds(clock),
        )
        waiting = await app.approvals.waiting(limit=10_000)
        orders.is_cut = True
        limiter = CapacityLimiter(AT_ONCE)
        async with anyio.create_task_group() as group:
            for number, record in enumerate(waiting):
                group.start_soon(_decide, app, record.key, number % EVERY == 0, limiter)
        os.kill(os.getpid(), signal.SIGKILL)


async def _decide(app: App, key: str, is_rejected: bool, limiter: CapacityLimiter) -> None:
    async with limiter:
        if is_rejected:
            await app.approvals.reject(key, GRACE, reason=REASON)
            return
        try:
            await app.approvals.approve(key, GRACE)
        except Unavailable:
            return
        raise AssertionError(f"{key} was carried out though the shop cannot be reached")


def two_minutes_later() -> ExitStack:
    """Put the clocks of this process forward, so that what was decided is left to nobody any more."""

    def later(now: Callable[[SystemClock], datetime]) -> Callable[[SystemClock], datetime]:
        return lambda clock: now(clock) + SETTLE_AFTER + timedelta(seconds=30)

    stack = ExitStack()
    stack.enter_context(patch.object(SystemClock, "now", later(SystemClock.now)))
    return stack


async def start(data: str, url: str | None, pipe: Connection) -> None:
    """Do what a server does that starts again, until it is killed."""
    with two_minutes_later():
        async with open_app(Config(data=Path(data), database_url=url)) as app:
            pipe.send(None)
            async with serving(app):
                await anyio.sleep_forever()
