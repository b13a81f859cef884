"""A process is killed at every commit of an outreach; the customer gets one message, and the outbox holds one."""

import asyncio
import shutil
from datetime import UTC, datetime, time
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from conversation.crashing_outreach import carry_out
from demo_outreach import HOODIE, only_crier, said_in, wait_for
from dying import outcome

from shopfloor.app import App, open_app
from shopfloor.config import Config
from shopfloor.outreach.rules import OutreachRules
from shopfloor.outreach.signals import parse_signal

pytestmark = pytest.mark.anyio

GUEST = "guest@example.com"
COMMITS = 11
FEWEST = 9
"""Of an outreach: at one more the process ends by itself."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo shop without quiet hours, where somebody waits for the hoodie that is back; copied for each crash."""
    data = tmp_path_factory.mktemp("prepared") / "data"

    async def prepare() -> None:
        async with open_app(Config(data=data)) as app:
            brand = await app.settings.in_force()
            awake = OutreachRules(quiet_from=time(0), quiet_until=time(0))
            await app.settings.put(brand.model_copy(update={"outreach": awake}))
            await app.shop.catalogue.set_stock(HOODIE, 5, key="delivery")
            await only_crier(app)
            await wait_for(app, GUEST)  # without a conversation: one has to be opened, which is a commit more

    anyio.run(prepare)
    return data


async def go_on(app: App) -> None:
    """Do what a server does that starts again, while the sender sends the signal once more."""
    await app.chat.recover()
    again = parse_signal("s1", "stock_returned", {"sku": HOODIE}, at=None, now=datetime.now(UTC))
    await app.outreach.receive(again)
    await asyncio.gather(app.outreach.work(), app.outreach.work())


@pytest.mark.parametrize("kill_at", range(1, COMMITS + 2))
async def test_after_a_crash_there_is_one_message(prepared: Path, tmp_path: Path, kill_at: int) -> None:
    data = tmp_path / "data"
    await to_thread.run_sync(shutil.copytree, prepared, data)
    died = await to_thread.run_sync(outcome, carry_out, str(data), HOODIE, kill_at)
    assert died == -9 or (died == 0 and kill_at > FEWEST)
    assert died == 0 or kill_at <= COMMITS
    async with open_app(Config(data=data)) as app:
        await go_on(app)
        (message,) = await app.outreach.outreaches.outbox()
        assert message.email == GUEST
        assert await said_in(app, message.conversation_id) == [message.text]
        (outreach,) = await app.outreach.outreaches.outreaches_of("s1") or ()
        assert (outreach.state, outreach.is_open) == ("sent", False)
        assert await app.shop.leads.leads_for(HOODIE) == []


async def test_two_processes_at_once_send_one_message(prepared: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    await to_thread.run_sync(shutil.copytree, prepared, data)
    async with asyncio.TaskGroup() as group:
        runs = [group.create_task(to_thread.run_sync(outcome, carry_out, str(data), HOODIE, 0)) for _ in range(2)]
    assert [run.result() for run in runs] == [0, 0]
    async with open_app(Config(data=data)) as app:
        (message,) = await app.outreach.outreaches.outbox()
        assert await said_in(app, message.conversation_id) == [message.text]
