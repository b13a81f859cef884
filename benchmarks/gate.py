"""Measures what the gate takes for a verdict, and the check of conflicts with few and with many live actions.

`python benchmarks/gate.py` prints a table and writes `results/gate.json`. A verdict is that on a cancellation over the
limit whose customer has said yes, by a policy of ten rules and two limits, after 10,000 actions of thirty agents today:
it passes every stage and ends waiting for the merchant. What is journaled afterwards, and its commit, are left out. The
check of conflicts is the look at all actions that touch an order, five of them live, while 10 or 10,000 others are.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from figures import Figures, milliseconds, record, spread

from shopfloor.actions.proposal import Consent, Origin, Proposal
from shopfloor.app import App, memory_app, open_app
from shopfloor.config import Config
from shopfloor.identity.identity import Identity
from shopfloor.journal.events import ActionMoved, ActionState
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.ids import AgentId, CustomerId, OrderNumber, StreamId, TimedIds, TurnId
from shopfloor.shop.demo import demo_contents
from shopfloor.shop.models import Order
from shopfloor.shop.rules import is_changeable

VERDICTS = 400
CHECKS = 400
WARM_UP = 50
EARLIER = 10_000
FEW, MANY = 10, 10_000
OWN = 5
BATCH = 500
AGENTS = 30
ORIGIN = Origin(agent=AgentId("order_management"), agent_name="Orders", turn_id=TurnId("turn_1"), task_id="t1")
POLICY = {
    "rules": [
        {"id": "cancel.within_limit", "kinds": ["cancel_order"], "when": "amount <= 1", "then": "allow"},
        *(
            {
                "id": f"cancel.rule_{number}",
                "kinds": ["cancel_order"],
                "when": f'args.reason == "reason {number}" and amount > {number}00 or agent == "agent_{number}"',
                "then": "refuse",
                "says": "No.",
            }
            for number in range(9)
        ),
    ],
    "limits": [
        {"id": "customer.often", "per": "customer", "within": "1h", "actions": 60, "then": "refuse", "says": "No."},
        {"id": "agent.money", "per": "agent", "within": "24h", "amount": 10**9, "then": "refuse", "says": "No."},
    ],
}
Opened = Callable[[], AbstractAsyncContextManager[App]]


@asynccontextmanager
async def on_disk() -> AsyncIterator[App]:
    """Open an installation on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_app(Config(data=Path(folder))) as app:
            yield app


@asynccontextmanager
async def in_memory() -> AsyncIterator[App]:
    """Open one in memory."""
    clock = SystemClock()
    yield await memory_app(demo_contents(clock.now()), clock=clock, ids=TimedIds(clock))


def _event(number: int, state: ActionState, resource: str, customer: str = "") -> ActionMoved:
    return ActionMoved(
        turn_id=ORIGIN.turn_id,
        task_id="t1",
        agent=AgentId(f"agent_{number % AGENTS}") if number % AGENTS else ORIGIN.agent,
        agent_name="Agent",
        customer_id=CustomerId(customer or f"customer-{number % 500}"),
        key=f"{state}/{number}/{resource}",
        kind="cancel_order",
        digest="",
        state=state,
        args={"order_number": resource.partition(":")[2], "reason": "changed my mind"},
        summary=f"Cancel order {number}.",
        resources=(resource,),
        amount_minor=100,
        currency="USD",
    )


async def _fill(app: App, events: Sequence[ActionMoved]) -> None:
    for first in range(0, len(events), BATCH):
        await app.journal.append(StreamId("conversation/bench"), events[first : first + BATCH])


async def _order(app: App) -> Order:
    for number in range(100, 400):
        order = await app.shop.orders.get_order(OrderNumber(str(number)))
        if order and order.customer_id and is_changeable(order):
            return order
    raise LookupError("the demo shop has no order that can be cancelled")


async def _timed(count: int, work: Callable[[int], Awaitable[object]]) -> list[float]:
    for number in range(WARM_UP):
        await work(-number - 1)
    times: list[float] = []
    for number in range(count):
        begun = time.perf_counter()
        await work(number)
        times.append(time.perf_counter() - begun)
    return times


async def verdicts(opened: Opened) -> Figures:
    """Return how long verdicts take."""
    async with opened() as app:
        order = await _order(app)
        await app.policies.put(POLICY, "the policy")
        await _fill(app, [_event(number, "executed", f"order:old{number}") for number in range(EARLIER)])
        who = Identity(customer_id=order.customer_id)
        args = {"order_number": order.number, "reason": "no longer needed"}

        async def nowhere(_event: ActionMoved) -> None:
            pass

        def proposal(number: int, consent: Consent | None = None) -> Proposal:
            key = f"bench/{number}"
            return Proposal(kind="cancel_order", args=args, identity=who, key=key, origin=ORIGIN, consent=consent)

        asked = await app.gate.submit(proposal(0), nowhere)
        yes = Consent(digest=asked.digest, asked_at=app.clock.now())

        async def judge(number: int) -> None:
            verdict = await app.gate.submit(proposal(number, yes), nowhere)
            if verdict.state != "needs_approval":
                raise RuntimeError(f"the verdict is {verdict}")

        return spread("verdict", await _timed(VERDICTS, judge))


async def conflicts(opened: Opened) -> Figures:
    """Return how long the check of conflicts takes with few and with many live actions, and how often longer."""
    medians: dict[int, float] = {}
    async with opened() as app:
        await _fill(app, [_event(number, "needs_approval", "order:1") for number in range(OWN)])
        made = 0
        for live in (FEW, MANY):
            await _fill(app, [_event(number, "needs_approval", f"order:x{number}") for number in range(made, live)])
            made = live

            async def check(_number: int) -> None:
                standing = await app.actions.standing("new", ["order:1"], (), "USD")
                if len(standing.live) != OWN:
                    raise RuntimeError(f"{len(standing.live)} live actions were found")

            medians[live] = statistics.median(await _timed(CHECKS, check))
    return {
        f"{FEW}_live_ms": milliseconds(medians[FEW]),
        f"{MANY}_live_ms": milliseconds(medians[MANY]),
        "times": round(medians[MANY] / medians[FEW], 2),
    }


async def main() -> None:
    """Measure both, in memory and on SQLite."""
    figures: dict[str, Figures] = {}
    for name, opened in (("in memory", in_memory), ("on SQLite", on_disk)):
        figures[f"verdict by ten rules, {name}"] = await verdicts(opened)
        figures[f"check of conflicts, {name}"] = await conflicts(opened)
    record("gate", figures)


if __name__ == "__main__":
    asyncio.run(main())
