"""A server over a till, with actions that wait, that can be undone, and that cannot."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx2
from actions.conftest import Kept
from actions.till import STREAM, Desk, Till
from demo_app import demo_app
from serving import Served, serving

from shopfloor.actions.desk import StaffDesk
from shopfloor.actions.naming import action_id
from shopfloor.app import App, services_of
from shopfloor.http.services import Services
from shopfloor.kernel.money import Money

CONVERSATION = STREAM.removeprefix("conversation/")
LARGE = {"order": "1", "minor": 900}


@dataclass(frozen=True, kw_only=True)
class Counter:
    """A served till: `pay` waits over 500 and is final, `lend` can be undone."""

    served: Served
    desk: Desk
    heads: dict[str, dict[str, str]]

    async def call(
        self, method: str, path: str, role: str = "operator", *, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx2.Response:
        if role not in self.heads:
            self.heads[role] = await self.served.key(role)
        return await self.served.client.request(method, path, headers={**self.heads[role], **(headers or {})}, **more)

    async def waiting(self, key: str = "k", args: dict[str, Any] | None = None) -> str:
        """Let an action wait, and return its id."""
        verdict = await self.desk.submit(args or LARGE, key=key)
        assert verdict.state == "needs_approval"
        return action_id(key)

    async def lent(self, key: str, order: str = "1", minor: int = 100) -> str:
        """Let an action be done that can be undone, and return its id."""
        verdict = await self.desk.submit({"order": order, "minor": minor}, kind="lend", key=key)
        assert verdict.state == "executed"
        return action_id(key)


def services(app: App, desk: Desk) -> Services:
    """Return the services of an installation whose actions are a desk's."""
    return replace(
        services_of(app),
        gate=desk.gate,
        actions=desk.actions,
        journal=desk.journal,
        approvals=desk.approvals,
        undoing=desk.undoing,
        staff_desk=StaffDesk(desk.gate, desk.actions, desk.journal, app.ids),
        clock=desk.clock,
        background=(),
    )


@asynccontextmanager
async def counter(kept: Kept | None = None, **limits: Any) -> AsyncGenerator[Counter]:
    """Serve a till, over a journal and its actions that are given or in memory."""
    app = await demo_app()
    till = Till()
    kinds = till.kind(confirmation="none"), till.undoable(name="lend")
    desk = Desk(*kinds, till=till, limit=Money("USD", 500), kept=kept)
    async with serving(app=app, services=services(app, desk), **limits) as served:
        yield Counter(served=served, desk=desk, heads={})
