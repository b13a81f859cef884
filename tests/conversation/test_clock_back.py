"""The machine's clock goes back an hour in the midst of an action: nothing is lost, and nothing is done twice."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from demo_app import JONAS, MAYA, NOW, begin, say
from demo_outreach import said_in
from demo_requests import ASKED, DEAR, GRACE

from shopfloor.actions.news import SETTLE_AFTER
from shopfloor.actions.store import ActionFilter
from shopfloor.actions.undo import Scope
from shopfloor.app import App, assemble
from shopfloor.config import Config
from shopfloor.journal.verification import Findings, verify_page
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Conflict
from shopfloor.kernel.ids import ConversationId, OrderNumber, TimedIds
from shopfloor.stores import open_stores

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


@asynccontextmanager
async def opened(data: Path, clock: FixedClock) -> AsyncGenerator[App]:
    """Open an installation in a folder, at the hour of a clock."""
    ids = TimedIds(clock)
    async with open_stores(Config(data=data), clock, ids) as stores:
        yield await assemble(stores, secret=b"\0" * 32, clock=clock, ids=ids)


async def states(app: App) -> list[str]:
    return [record.state for record in await app.actions.find(ActionFilter())]


async def is_whole(app: App) -> bool:
    findings = Findings()
    await verify_page(app.journal, findings, after=None, limit=1_000)
    assert findings.events
    return not findings.broken and not findings.differing


async def is_cancelled(app: App, order: str) -> bool:
    found = await app.shop.orders.get_order(OrderNumber(order))
    assert found
    return found.state == "cancelled"


@pytest.mark.parametrize("is_started_again", [False, True], ids=["running", "started again"])
async def test_a_yes_that_is_given_before_it_was_asked_for_is_carried_out_once(
    tmp_path: Path, is_started_again: bool
) -> None:
    clock = FixedClock(NOW)
    async with opened(tmp_path, clock) as app:
        conversation = await begin(app, MAYA)
        await say(app, conversation, "hello")
        assert "?" in await say(app, conversation, "cancel order 141")
        clock.at -= HOUR
        if not is_started_again:
            await _say_yes(app, conversation)
    if is_started_again:
        async with opened(tmp_path, clock) as app:
            assert await app.chat.recover() == 0
            await _say_yes(app, conversation)
    async with opened(tmp_path, clock) as app:
        said = await said_in(app, conversation)
        assert len(said) == 3, "an answer to each message, in their order"
        assert "cancelled" in said[-1]
        await say(app, conversation, "thank you")
        clock.at += HOUR
        await say(app, conversation, "hello again")
        assert await states(app) == ["executed"]
        assert await is_whole(app)


async def _say_yes(app: App, conversation: ConversationId) -> None:
    assert "cancelled" in await say(app, conversation, "yes")
    assert await is_cancelled(app, "141")


async def test_what_waits_for_the_merchant_is_decided_and_told_once(tmp_path: Path) -> None:
    clock = FixedClock(NOW)
    async with opened(tmp_path, clock) as app:
        conversation = await begin(app, JONAS)
        await say(app, conversation, f"cancel order {DEAR}")
        assert await say(app, conversation, "yes") == ASKED
        clock.at -= HOUR
        [waiting] = await app.approvals.waiting()
        record = await app.approvals.approve(waiting.key, GRACE)
        assert record.state == "executed"
        with pytest.raises(Conflict):
            await app.approvals.approve(waiting.key, GRACE)
    async with opened(tmp_path, clock) as app:
        before = len(await said_in(app, conversation))
        clock.at += HOUR + SETTLE_AFTER
        for _ in range(3):
            await app.outreach.work()
        news = (await said_in(app, conversation))[before:]
        assert len(news) == 1
        assert f"Your order #{DEAR} is cancelled" in news[0]
        clock.at -= HOUR
        assert len(await app.undoing.preview(Scope(key=record.key))) == 1
        assert await is_whole(app)
