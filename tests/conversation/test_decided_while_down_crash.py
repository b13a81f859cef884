"""What was decided while everything was down is carried out once after the start, also where that start is killed.

`CRASHES` from 100 on makes it 500 decisions instead of 20.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import cycle
from pathlib import Path

import anyio
import pytest
from anyio import CapacityLimiter, to_thread
from conversation.crashing_approvals import AT_ONCE, EVERY, REASON, decide, start, two_minutes_later
from conversation.crashing_at_random import serving
from conversation.told_by_talks import check_records
from copies import Original
from demo_app import begin, say
from demo_outreach import said_in
from demo_requests import DEAR
from dying import killed, outcome
from kills import NAME, Kills

from shopfloor.actions.store import ActionFilter
from shopfloor.app import App, open_app
from shopfloor.database.engine import Database
from shopfloor.database.migrate import upgrade
from shopfloor.journal.events import ActionMoved
from shopfloor.kernel.ids import ConversationId, OrderNumber
from shopfloor.shop.demo import demo_contents
from shopfloor.shop.models import Customer, Order
from shopfloor.shop.sql import load

pytestmark = pytest.mark.anyio

COUNT = 500 if int(os.environ.get("CRASHES", "0")) >= 100 else 20
FIRST = 1_000
"""The number of the first of the orders."""
EACH_S = 0.05
"""How long it takes about to carry one out."""
PATIENCE_S = 60 + COUNT
Asked = dict[OrderNumber, ConversationId]
"""In which conversation the cancellation of which order waits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A shop in which cancellations wait for the merchant."""

    original: Original
    asked: Asked


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def waiting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Waiting:
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    original = Original.at(tmp_path_factory.mktemp("waiting") / "data", server)
    original.config.prepare()
    database = Database(original.config.url)
    upgrade(database)

    async def prepare() -> Asked:
        contents = demo_contents(datetime.now(UTC))
        dear = next(order for order in contents.orders if order.number == DEAR)
        customers = cycle(contents.customers)  # each may have a few changes made in an hour
        more = [another(dear, number, next(customers)) for number in range(FIRST, FIRST + COUNT)]
        await load(database, replace(contents, orders=(*contents.orders, *more)))
        database.close()
        limiter, asked = CapacityLimiter(AT_ONCE), Asked()
        async with open_app(original.config) as app, asyncio.TaskGroup() as group:
            for order in more:
                group.create_task(ask(app, order, asked, limiter))
        return asked

    return Waiting(original=original, asked=anyio.run(prepare))


def another(dear: Order, number: int, customer: Customer) -> Order:
    """Return an order of a customer's that is like one that the team may not cancel by itself."""
    payments = tuple(replace(one, id=f"{one.id}-{number}") for one in dear.payments)
    owner = {"customer_id": customer.id, "email": customer.email}
    return replace(dear, number=OrderNumber(str(number)), payments=payments, **owner)


async def ask(app: App, order: Order, asked: Asked, limiter: CapacityLimiter) -> None:
    """Ask for a cancellation, and say yes, so that it waits for the merchant."""
    async with limiter:
        conversation = asked[order.number] = await begin(app, order.email)
        await say(app, conversation, f"cancel order {order.number}")
        assert "You will hear from me here" in await say(app, conversation, "yes")


async def states(app: App) -> Counter[str]:
    return Counter(record.state for record in await app.actions.find(ActionFilter(), limit=2 * COUNT))


async def news(app: App, conversation: ConversationId) -> list[str]:
    """Return what a conversation was told after it had been asked to wait."""
    return (await said_in(app, conversation))[2:]


async def until_all_are_told(app: App, asked: Asked) -> None:
    with anyio.fail_after(PATIENCE_S):
        left = [*asked.values()]
        while left:
            left = [one for one in left if not await news(app, one)]
            await anyio.sleep(0.1)


async def check_order(app: App, number: OrderNumber, conversation: ConversationId) -> bool:
    """Check that what was decided on an order happened once and was told once; say whether it is cancelled."""
    order = await app.shop.orders.get_order(number)
    assert order
    [told] = await news(app, conversation)
    events = [event.data for event in await app.journal.read((await app.chat.state(conversation)).events[0].stream)]
    moves = Counter(one.state for one in events if isinstance(one, ActionMoved))
    if order.state == "cancelled":
        assert len(order.refunds) == 1
        assert f"Your order #{number} is cancelled." in told
        assert (moves["approved"], moves["confirmed"], moves["executed"], moves["rejected"]) == (1, 1, 1, 0)
        return True
    assert order.refunds == ()
    assert REASON in told
    assert (moves["approved"], moves["confirmed"], moves["executed"], moves["rejected"]) == (0, 0, 0, 1)
    return False


async def test_decided_while_down_crash_of_the_first_start_and_each_is_carried_out_once(
    waiting: Waiting, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    rejected = len(range(0, COUNT, EVERY))
    approved = COUNT - rejected
    after_s = random.Random(COUNT).uniform(0.2, 0.9) * EACH_S * approved
    with waiting.original.copied(tmp_path / "data") as config, two_minutes_later():
        place = str(config.data), config.database_url
        assert await to_thread.run_sync(outcome, decide, *place) == -9
        async with open_app(config) as app:
            assert await states(app) == {"approved": approved, "rejected": rejected}
        assert await to_thread.run_sync(partial(killed, start, *place, told=1, after_s=after_s)) == -9
        async with open_app(config) as app:
            there = await states(app)
            found = Kills(
                of=f"{COUNT} decisions on {waiting.original.database}",
                killed=2,
                ended=0,
                there={"actions carried out": there["executed"], "actions under way": there["confirmed"]},
            )
            record_property(NAME, found.recorded())
            with two_minutes_later():  # than the one that was being carried out
                async with serving(app):
                    await until_all_are_told(app, waiting.asked)
            assert await states(app) == {"executed": approved, "rejected": rejected}
            cancelled = [await check_order(app, number, one) for number, one in waiting.asked.items()]
            assert cancelled.count(True) == approved
            await check_records(app)
