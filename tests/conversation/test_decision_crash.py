"""A merchant decides in one process and the customer is told by another; one is killed at any commit between."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from conversation.crashing_decision import decide
from demo_app import JONAS, identity_of, say
from demo_outreach import said_in
from demo_requests import DEAR, GRACE
from dying import outcome

from shopfloor.actions.news import SETTLE_AFTER
from shopfloor.app import App, open_app
from shopfloor.config import Config
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.ids import ConversationId

pytestmark = pytest.mark.anyio

COMMITS = 12
"""Of a decision with what comes of it: at one more the process ends by itself."""
KILLED_AT = (1, 2, 3, 4, 5, 6, 8, 10, COMMITS + 1)
"""The decision, its admission, the shop's change, the outcome with its signal, and from there on what tells of it."""
CANCELLED = f"Your order #{DEAR} is cancelled."


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ConversationId]:
    """A demo shop in which a cancellation waits for the merchant; copied for each crash."""
    data = tmp_path_factory.mktemp("prepared") / "data"

    async def prepare() -> ConversationId:
        async with open_app(Config(data=data)) as app:
            conversation, _ = await app.chat.open("test", await identity_of(app, JONAS))
            await say(app, conversation, f"cancel order {DEAR}")
            assert "You will hear from me here" in await say(app, conversation, "yes")
            return conversation

    return data, anyio.run(prepare)


async def heard(app: App, conversation: ConversationId) -> list[str]:
    """Return what the conversation and the outbox hold of the cancellation, each by where it is."""
    said = [f"said: {text}" for text in await said_in(app, conversation) if CANCELLED in text]
    return said + [f"mailed: {one.text}" for one in await app.outreach.outreaches.outbox()]


def two_minutes_later(now: Callable[[SystemClock], datetime]) -> Callable[[SystemClock], datetime]:
    return lambda clock: now(clock) + SETTLE_AFTER + timedelta(seconds=30)


@pytest.mark.parametrize("kill_at", KILLED_AT)
async def test_killed_between_the_decision_and_the_telling_it_is_told_once(
    prepared: tuple[Path, ConversationId], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kill_at: int
) -> None:
    source, conversation = prepared
    data = tmp_path / "data"
    await to_thread.run_sync(shutil.copytree, source, data)
    died = await to_thread.run_sync(outcome, decide, str(data), kill_at)
    assert died == (0 if kill_at > COMMITS else -9)
    monkeypatch.setattr(SystemClock, "now", two_minutes_later(SystemClock.now))
    async with open_app(Config(data=data)) as app:
        await app.chat.recover()
        for record in await app.approvals.waiting():  # it died before it had decided
            await app.approvals.approve(record.key, GRACE)
        await app.approvals.settle()
        for _ in range(2):
            await asyncio.gather(app.outreach.work(), app.outreach.work())
        told = f"Good news: a colleague has approved it. {CANCELLED}\n$991.95 goes back to PayPal."
        assert await heard(app, conversation) == [f"said: {told}", f"mailed: {told}"]


async def test_what_one_process_decides_another_tells(prepared: tuple[Path, ConversationId], tmp_path: Path) -> None:
    source, conversation = prepared
    config = Config(data=tmp_path / "data")
    await to_thread.run_sync(shutil.copytree, source, config.data)
    async with open_app(config) as chatting, open_app(config) as deciding:
        assert "still waits" in await say(chatting, conversation, "what about my cancellation?")
        [waiting] = await deciding.approvals.waiting()
        await deciding.approvals.reject(waiting.key, GRACE, reason="It has left us.")
        await asyncio.gather(chatting.outreach.work(), deciding.outreach.work())
        await chatting.outreach.work()
        said = [text for text in await said_in(chatting, conversation) if "It has left us." in text]
        assert len(said) == 1
        assert [one.text for one in await deciding.outreach.outreaches.outbox()] == said
        assert "A colleague decided against this today" in await say(
            chatting, conversation, "what about my cancellation?"
        )
