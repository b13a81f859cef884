"""What the calendar calls for is done once whenever its time comes, over restarts, errors and other processes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given
from hypothesis import strategies as st

from shopfloor.database.engine import Database
from shopfloor.database.marks import Marks, MemoryMarks, SqlMarks
from shopfloor.durable import schedules
from shopfloor.durable.schedules import Job, Schedules, Times
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.cron import check_cron, next_time

pytestmark = pytest.mark.anyio

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "LOOK_S", 0.0)
    monkeypatch.setattr(schedules, "TROUBLE_S", 0.0)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def marks(request: pytest.FixtureRequest) -> Marks:
    if request.param == "memory":
        return MemoryMarks()
    database: Database = request.getfixturevalue("database" if request.param == "sqlite" else "postgresql")
    return SqlMarks(database)


class Nightly:
    """A job at half past three, and the process that runs it."""

    def __init__(self, marks: Marks, clock: FixedClock) -> None:
        self.clock, self.marks = clock, marks
        self.ran: list[datetime] = []
        self.cron = "30 3 * * *"
        self.faults = 0
        self.lock = anyio.Lock()

    def schedules(self) -> Schedules:
        job = Job(name="nightly", times=self._times, run=self._run)
        return Schedules([job], marks=self.marks, hold=self._hold, clock=self.clock)

    async def _times(self) -> Times:
        return Times(cron=self.cron, zone=BERLIN)

    async def _run(self) -> None:
        self.ran.append(self.clock.now())
        if self.faults:
            self.faults -= 1
            raise KeyError("a mistake")

    @asynccontextmanager
    async def _hold(self) -> AsyncGenerator[bool]:
        async with self.lock:
            yield True

    async def live(self, until: datetime, *, step: timedelta = timedelta(minutes=7), processes: int = 1) -> None:
        """Let some processes run while the clock goes on."""
        async with anyio.create_task_group() as group:
            for _ in range(processes):
                group.start_soon(self.schedules().run)
            while True:
                with anyio.fail_after(20):
                    before = -1
                    while before != len(self.ran) or not await self._is_settled():
                        before = len(self.ran)
                        await checkpoint()
                if self.clock.at >= until:
                    break
                self.clock.at = min(self.clock.at + step, until)
            group.cancel_scope.cancel()

    async def _is_settled(self) -> bool:
        [standing] = await self.schedules().standing()
        return standing.next_at > self.clock.now()


async def test_a_new_job_runs_at_once_and_then_at_its_times(marks: Marks) -> None:
    nightly = Nightly(marks, FixedClock(NOON))
    await nightly.live(NOON + timedelta(days=3))
    assert [at.astimezone(BERLIN).strftime("%d %H") for at in nightly.ran] == ["04 12", "05 03", "06 03", "07 03"]
    [standing] = await nightly.schedules().standing()
    assert standing.next_at == datetime(2026, 5, 8, 3, 30, tzinfo=BERLIN)
    assert standing.ran_at == nightly.ran[-1]


async def test_a_restart_neither_repeats_a_job_nor_leaves_one_out(marks: Marks) -> None:
    nightly = Nightly(marks, FixedClock(NOON))
    for _ in range(5):
        await nightly.live(nightly.clock.at + timedelta(hours=1))
    assert len(nightly.ran) == 1
    nightly.clock.at += timedelta(days=4)  # nothing ran for four nights
    await nightly.live(nightly.clock.at + timedelta(hours=1))
    assert len(nightly.ran) == 2, "what was missed is made up for once"


async def test_of_several_processes_one_runs_a_job() -> None:
    nightly = Nightly(MemoryMarks(), FixedClock(NOON))
    await nightly.live(NOON + timedelta(days=2), processes=3)
    assert len(nightly.ran) == 3


async def test_a_job_that_fails_is_tried_again_and_said(caplog: pytest.LogCaptureFixture) -> None:
    nightly = Nightly(MemoryMarks(), FixedClock(NOON))
    nightly.faults = 2
    await nightly.live(NOON + timedelta(hours=1))
    assert len(nightly.ran) == 3
    assert caplog.text.count("nightly failed; trying again") == 2


async def test_times_that_are_changed_hold_at_once() -> None:
    nightly = Nightly(MemoryMarks(), FixedClock(NOON))
    await nightly.live(NOON + timedelta(minutes=30))
    nightly.cron = "0 * * * *"
    await nightly.live(NOON + timedelta(minutes=70), step=timedelta(minutes=1))
    assert [at.minute for at in nightly.ran] == [0, 0]


async def test_a_clock_that_goes_back_delays_a_job_and_repeats_none() -> None:
    nightly = Nightly(MemoryMarks(), FixedClock(NOON))
    nightly.cron = "0 * * * *"
    await nightly.live(NOON + timedelta(hours=3))
    count = len(nightly.ran)
    nightly.clock.at -= timedelta(hours=2)
    await nightly.live(NOON + timedelta(hours=3))
    assert len(nightly.ran) == count
    await nightly.live(NOON + timedelta(hours=4))
    assert len(nightly.ran) == count + 1


@pytest.mark.parametrize(
    ("after", "then"),
    [
        ("2026-03-28T12:00+01:00", "2026-03-29T03:00+02:00"),  # half past two does not come that night
        ("2026-10-24T12:00+02:00", "2026-10-25T02:30+02:00"),
        ("2026-10-26T12:00+01:00", "2026-10-27T02:30+01:00"),
    ],
)
def test_summer_time_shifts_a_time_and_loses_none(after: str, then: str) -> None:
    found = next_time("30 2 * * *", datetime.fromisoformat(after), BERLIN)
    assert found == datetime.fromisoformat(then)


@given(st.integers(0, 2_500_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_the_next_time_is_later_and_within_a_day(after: datetime) -> None:
    found = next_time("30 3 * * *", after, BERLIN)
    assert after < found <= after + timedelta(hours=25)


@pytest.mark.parametrize(
    "wrong", ["", "hourly", "@daily", "* * * *", "* * * * * *", "61 * * * *", "0 0 30 2 *", "a b c d e"]
)
def test_what_is_no_cron_expression_is_told(wrong: str) -> None:
    with pytest.raises(ValueError, match="write minute, hour, day"):
        check_cron(wrong)
