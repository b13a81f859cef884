"""A process is killed at every commit of a turn; the message is answered once, and its action happens once."""

import shutil
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from conversation.crashing import answer
from demo_app import MAYA, identity_of
from dying import outcome

from shopfloor.app import open_app
from shopfloor.config import Config
from shopfloor.journal.events import ActionMoved, MessageWritten, ReplyComposed, ToolCalled
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.ids import OrderNumber, StreamId

pytestmark = pytest.mark.anyio

ARTICLE = "Where's my order #123, and by the way, do you have any red sneakers in men's size 9?"
COMMITS = 8
"""Of each of the turns here, with that of its message: at one more the process ends by itself."""
ADMITTED = 5
"""The first commit after that of the action's admission."""
FEWEST = 6
"""Where writes happen to be committed together."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo shop, opened once and copied for each crash."""
    data = tmp_path_factory.mktemp("prepared") / "data"

    async def prepare() -> None:
        async with open_app(Config(data=data)):
            pass

    anyio.run(prepare)
    return data


@pytest.mark.parametrize("kill_at", range(2, COMMITS + 2))
async def test_after_a_crash_in_a_turn_that_writes_it_is_answered_once_and_done_once(
    prepared: Path, tmp_path: Path, kill_at: int
) -> None:
    data = tmp_path / "data"
    await to_thread.run_sync(shutil.copytree, prepared, data)
    config = Config(data=data)
    async with open_app(config) as app:
        conversation, _ = await app.chat.open("test", await identity_of(app, MAYA))
        await app.chat.post(conversation, "cancel order 141")
        await app.chat.answer(conversation)
    died = await to_thread.run_sync(outcome, answer, str(data), conversation, "yes", kill_at)
    assert died == -9 or (died == 0 and kill_at > FEWEST)
    assert died == 0 or kill_at <= COMMITS
    async with open_app(config) as app:
        await app.chat.recover()
        state = await app.chat.state(conversation)
        assert state.unanswered == []
        replies = [e.data for e in state.events if isinstance(e.data, ReplyComposed)]
        assert len(replies) == 2
        assert "is cancelled" in replies[-1].content
        said = [m.content for m in state.messages if m.role == "assistant"]
        assert len(said) == 2, "no message was said twice"
        order = await app.shop.orders.get_order(OrderNumber("141"))
        assert order is not None
        assert order.state == "cancelled"
        assert len(order.refunds) == 1
        executed = [e for e in state.events if isinstance(e.data, ActionMoved) and e.data.state == "executed"]
        assert len({e.data.key for e in executed}) == 1
        await app.journal.verify(StreamId(f"conversation/{conversation}"))
        assert await app.chat.recover() == 0


@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=10)])
@pytest.mark.parametrize("kill_at", range(ADMITTED, COMMITS + 1))
async def test_after_a_crash_in_a_turn_that_reads_the_same_twice_it_sees_what_it_had_seen_before_it_acted(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kill_at: int, later: timedelta
) -> None:
    data = tmp_path / "data"
    await to_thread.run_sync(shutil.copytree, prepared, data)
    config = Config(data=data)
    async with open_app(config) as app:
        conversation, _ = await app.chat.open("test", await identity_of(app, MAYA))
        for text in ("I received the wrong size of the trench from order 118", "exchange please", "XS"):
            await app.chat.post(conversation, text)
            (asked,) = await app.chat.answer(conversation)
        assert "in exchange for size XS" in asked.content
    died = await to_thread.run_sync(outcome, answer, str(data), conversation, "yes", kill_at)
    assert died in {-9, 0}
    now = SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda clock: now(clock) + later)
    async with open_app(config) as app:
        await app.chat.recover()
        state = await app.chat.state(conversation)
        (*_, reply) = [e.data for e in state.events if isinstance(e.data, ReplyComposed)]
        assert "your return R118-1 is registered" in reply.content
        assert len(await app.shop.returns.returns_of(OrderNumber("118"))) == 1
        turn = [e.data for e in state.events if getattr(e.data, "turn_id", None) == reply.turn_id]
        reads = [one for one in turn if isinstance(one, ToolCalled) and one.tool_name == "check_return"]
        assert len(reads) == 2, "what was read once is written down once"
        moves = [one.state for one in turn if isinstance(one, ActionMoved)]
        assert moves == ["confirmed", "executed"]


@pytest.mark.parametrize("kill_at", range(2, COMMITS + 2))
async def test_after_a_crash_in_a_turn_that_reads_the_message_is_answered_once(
    prepared: Path, tmp_path: Path, kill_at: int
) -> None:
    data = tmp_path / "data"
    await to_thread.run_sync(shutil.copytree, prepared, data)
    config = Config(data=data)
    async with open_app(config) as app:
        conversation, _ = await app.chat.open("test", await identity_of(app, MAYA))
    died = await to_thread.run_sync(outcome, answer, str(data), conversation, ARTICLE, kill_at)
    assert died == -9 or (died == 0 and kill_at > FEWEST)
    assert died == 0 or kill_at <= COMMITS
    async with open_app(config) as app:
        await app.chat.recover()
        state = await app.chat.state(conversation)
        (reply,) = [e.data for e in state.events if isinstance(e.data, ReplyComposed)]
        assert "TRK456" in reply.content
        assert "Speedster" in reply.content
        agents = [
            e.data.agent for e in state.events if isinstance(e.data, MessageWritten) and e.data.role == "assistant"
        ]
        assert agents == ["order_management", "product_expert"]
