"""Which steps of an action its customer is told of, and that each is noted in one piece with the step."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from actions.till import NOW, Desk, Till
from sqlalchemy import Connection

from shopfloor.actions.memory_store import MemoryActions
from shopfloor.actions.news import SETTLE_AFTER, news_of
from shopfloor.actions.sql_store import SqlActions
from shopfloor.actions.store import ActionRecord
from shopfloor.actions.undo import Scope
from shopfloor.database.engine import Database
from shopfloor.identity.identity import Staff
from shopfloor.journal.events import ActionState
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.journal.memory import MemoryJournal
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Refused, StorageError, Unavailable
from shopfloor.kernel.money import Money
from shopfloor.outreach.memory import MemoryOutreaches
from shopfloor.outreach.signals import ActionSettled, Signal
from shopfloor.outreach.sql import SqlOutreaches

pytestmark = pytest.mark.anyio
GRACE = Staff(name="Grace")
LARGE = {"order": "1", "minor": 900}


class Newsroom:
    """A desk whose actions note what their customers are to be told."""

    def __init__(self, outreaches: MemoryOutreaches | SqlOutreaches, desk: Desk) -> None:
        self.outreaches = outreaches
        self.desk = desk

    async def news(self) -> list[tuple[str, str]]:
        """Return the keys and states that were noted, the first leading."""
        signals = [signal.data for signal in await self.outreaches.untaken()]
        return [(data.action_key, data.state) for data in signals if isinstance(data, ActionSettled)]


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def newsroom(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Newsroom:
    clock, till = FixedClock(NOW), Till()
    if request.param == "memory":
        outreaches = MemoryOutreaches()
        actions = MemoryActions(outreaches.note)
        kept = (MemoryJournal(clock, [actions.project]), actions, clock)
        return Newsroom(outreaches, Desk(till.kind(confirmation="none"), till=till, limit=Money("USD", 500), kept=kept))
    stored = SqlOutreaches(database, clock)
    sql = SqlActions(database, stored.note)
    on_sql = (SqlJournal(database, clock, MachineLocks(tmp_path / "locks"), [sql.project]), sql, clock)
    return Newsroom(stored, Desk(till.kind(confirmation="none"), till=till, limit=Money("USD", 500), kept=on_sql))


async def test_what_a_turn_tells_itself_is_no_news(newsroom: Newsroom) -> None:
    desk = newsroom.desk
    await desk.submit(key="done")
    desk.till.broken = Unavailable("no answer")
    await desk.submit({"order": "2"}, key="unknown")
    desk.till.shut = Refused("closed", "It is closed.")
    await desk.submit(key="refused")
    await desk.submit(LARGE, key="staff", identity=GRACE)
    assert await newsroom.news() == []


async def test_what_is_decided_is_noted_once(newsroom: Newsroom) -> None:
    desk = newsroom.desk
    for key in ("approved", "rejected", "expired"):
        desk.till.paid.clear()
        assert (await desk.submit(LARGE, key=key)).state == "needs_approval"
        match key:
            case "approved":
                await desk.approvals.approve(key, GRACE)
            case "rejected":
                await desk.approvals.reject(key, GRACE, reason="No.")
            case _:
                desk.clock.at += timedelta(hours=25)
                await desk.approvals.settle()
    await desk.approvals.settle()
    assert await newsroom.news() == [("approved", "executed"), ("rejected", "rejected"), ("expired", "expired")]


async def test_what_is_found_out_later_is_noted(newsroom: Newsroom) -> None:
    desk = newsroom.desk
    desk.till.broken = Unavailable("no answer")
    await desk.submit(key="lost")
    desk.till.paid["lost"], desk.till.broken = 500, None
    desk.clock.at += SETTLE_AFTER + timedelta(seconds=1)
    await desk.approvals.settle()
    assert await newsroom.news() == [("lost", "executed")]


async def test_a_signal_that_cannot_be_noted_undoes_the_step(database: Database, tmp_path: Path) -> None:
    def note(_connection: Connection, _signal: Signal) -> None:
        raise StorageError("the disk is full")

    clock, till = FixedClock(NOW), Till()
    actions = SqlActions(database, note)
    journal = SqlJournal(database, clock, MachineLocks(tmp_path / "locks"), [actions.project])
    desk = Desk(till.kind(confirmation="none"), till=till, limit=Money("USD", 500), kept=(journal, actions, clock))
    await desk.submit(LARGE)
    with pytest.raises(StorageError):
        await desk.approvals.reject("k", GRACE, reason="No.")
    assert await desk.states() == ["needs_approval"]
    assert (await desk.get()).state == "needs_approval"


@pytest.mark.parametrize(
    ("known", "state", "after", "is_news"),
    [
        ("confirmed", "executed", timedelta(seconds=1), False),
        ("confirmed", "executed", SETTLE_AFTER, True),
        ("confirmed", "refused", SETTLE_AFTER, True),
        ("outcome_unknown", "refused", timedelta(seconds=1), True),
        ("outcome_unknown", "outcome_unknown", SETTLE_AFTER, False),
        ("proposed", "refused", SETTLE_AFTER, False),
        ("needs_approval", "approved", SETTLE_AFTER, False),
        ("approved", "confirmed", SETTLE_AFTER, False),
    ],
)
async def test_what_was_left_by_its_turn_is_news(
    known: ActionState, state: ActionState, after: timedelta, is_news: bool
) -> None:
    earlier = replace(await _record(), state=known, staff=None)
    now = replace(earlier, state=state, moved_at=earlier.moved_at + after)
    assert (news_of(earlier, now) is not None) == is_news
    assert news_of(earlier, replace(now, is_for_shop=True)) is None


async def test_only_an_undo_that_was_done_is_news() -> None:
    till = Till()
    desk = Desk(till.undoable(), till=till)
    await desk.submit()
    await desk.undoing.run(Scope(key="k"), GRACE)
    undo = await desk.get("undo/k")
    assert news_of(None, undo)
    assert news_of(None, replace(undo, state="refused")) is None


async def test_a_step_has_one_signal_and_its_id_is_nobody_elses() -> None:
    record = replace(await _record(), state="rejected")
    one, again = news_of(None, record), news_of(record, replace(record, moved_at=NOW + timedelta(days=1)))
    other = news_of(None, replace(record, state="expired"))
    assert one is not None
    assert again is not None
    assert other is not None
    assert one.id == again.id
    assert len({one.id, other.id}) == 2
    assert one.id.startswith("action:")
    assert one.values == {"action_key": "k", "state": "rejected"}


async def _record() -> ActionRecord:
    desk = Desk()
    await desk.paid()
    return await desk.get()
