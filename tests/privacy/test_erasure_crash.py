"""A process is killed at the commits of an erasure; the same erasure once more completes it."""

import shutil
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from demo_app import MAYA, begin, say
from demo_outreach import HOODIE, happen, only_crier, wait_for
from privacy.people import MAYA_ID, whole
from pydantic import JsonValue

from shopfloor.actions.desk import STREAM
from shopfloor.app import App, open_app
from shopfloor.config import Config
from shopfloor.identity.identity import Staff
from shopfloor.journal.record_events import RECORDS, CustomerErased

pytestmark = pytest.mark.anyio

KILLED_AT = (1, 3, 5, 7, 9, 11, 12, 13, 14, 17)
"""Of the 19 commits of the erasure here; some of them may be made together."""
SECRET = "Okonkwo-Lindqvist"
BY_STAFF: dict[str, dict[str, JsonValue]] = {
    "cancel_order": {"order_number": "141", "reason": "She rang."},
    "subscribe_newsletter": {"email": MAYA, "conversation_id": SECRET},
}
"""What the staff did for her: one action is found by her order, and one by the address in it."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop in which Maya wrote, signed in and as a guest, waits for something, was written to and helped."""
    data = tmp_path_factory.mktemp("prepared") / "data"

    async def prepare() -> None:
        async with open_app(Config(data=data)) as app:
            await only_crier(app)
            await app.shop.catalogue.set_stock(HOODIE, 5, key="delivery")
            signed_in, guest = await begin(app, MAYA), await begin(app)
            await say(app, signed_in, f"I wear size 9 and am called {SECRET}")
            await say(app, guest, "where is order 123?")
            await say(app, guest, MAYA)
            await wait_for(app, MAYA, customer=MAYA_ID)
            now = app.clock.now()
            await happen(app, "late", "parcel_delayed", at=now, order_number="123")
            await app.chat.post(guest, f"thanks, {SECRET}")
            for kind, args in BY_STAFF.items():
                await app.staff_desk.propose(kind, args, Staff(name="Alan"))

    anyio.run(prepare)
    return data


def erase_and_die(data: Path, kill_at: int) -> int:
    command = [sys.executable, str(Path(__file__).with_name("crashing_erasure.py")), str(data), MAYA, str(kill_at)]
    return subprocess.run(command, check=False, timeout=60, capture_output=True).returncode


async def is_erased(app: App) -> bool:
    theirs = await app.customers.belonging.of(await app.customers.belonging.person(MAYA))
    personal = [
        entry
        for stream in theirs.streams
        for entry in await app.journal.entries(stream, limit=10_000)
        if entry.personal is not None
    ]
    person = await app.customers.belonging.person(MAYA)
    held = await app.shop.records.held(person)
    kept = (await app.profiles.show(MAYA_ID)).entries
    is_said = any(entry.origin == "said" for entry in kept)
    personal += [entry for entry in await app.journal.entries(STREAM) if entry.personal is not None]
    return not (personal or held.leads or is_said or await app.outreach.outreaches.held(person))


@pytest.mark.parametrize("kill_at", KILLED_AT)
async def test_an_erasure_that_was_cut_short_is_completed_by_the_next(
    prepared: Path, tmp_path: Path, kill_at: int
) -> None:
    data = tmp_path / "data"
    await to_thread.run_sync(shutil.copytree, prepared, data)
    died = await to_thread.run_sync(erase_and_die, data, kill_at)
    assert died == -9 or (died == 0 and kill_at > 11)
    async with open_app(Config(data=data)) as app:
        assert not await is_erased(app) or kill_at > 11
        await whole(app.journal)
        done = await app.customers.erase(MAYA, staff=None)
        assert done.is_whole
        assert await is_erased(app)
        streams = await whole(app.journal)
        last = (await app.journal.read(RECORDS))[-1].data
        assert isinstance(last, CustomerErased)
        assert last.state == "done"
        assert set((await app.customers.erase(MAYA, staff=None)).counts.values()) == {0}
        assert await whole(app.journal) == streams
    on_disk = await to_thread.run_sync(lambda: b"".join(file.read_bytes() for file in data.glob("shopfloor.sqlite3*")))
    assert SECRET.encode() not in on_disk


async def test_the_process_lives_once_all_is_done(prepared: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    await to_thread.run_sync(shutil.copytree, prepared, data)
    assert await to_thread.run_sync(erase_and_die, data, 1_000) == 0
    async with open_app(Config(data=data)) as app:
        assert await is_erased(app)
