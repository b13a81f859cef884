"""Work that the calendar calls for: each job runs once whenever its time comes, in one process of an installation.

When a job ran last is kept, so a restart neither leaves it out nor runs it again; what was missed while no process ran
is made up for once. What breaks off runs again, so a job does no harm where it runs twice. What is to happen once at an
instant of its own, such as a reminder, is no job: it is a row with a date.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import anyio

from shopfloor.database.marks import Marks
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.cron import next_time
from shopfloor.kernel.errors import StorageError

logger = logging.getLogger(__name__)

LOOK_S = 15.0
"""How often it is looked whether a job's time has come: its times may be changed."""
TROUBLE_S = 300.0
"""When a job that failed is tried again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """When a job is to run."""

    cron: str
    zone: tzinfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What is to be done at its times."""

    name: str
    """Such as `retention`; when it ran last is kept under it."""
    times: Callable[[], Awaitable[Times]]
    """Returns the times, as they are set now."""
    run: Callable[[], Awaitable[object]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How it stands with a job."""

    name: str
    cron: str
    ran_at: datetime | None
    """When it last began and then came to its end; None where it never did."""
    next_at: datetime
    """When it is to begin; what is past was missed, and begins as soon as a worker runs."""


class Schedules:
    """Runs jobs at their times."""

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        marks: Marks,
        hold: Callable[[], AbstractAsyncContextManager[bool]],
        clock: Clock,
    ) -> None:
        """Take the jobs, where it is kept when they ran, what makes this process the one, and by which clock it is."""
        self._jobs = jobs
        self._marks = marks
        self._hold = hold
        self._clock = clock

    async def run(self) -> None:
        """Run each job at its times, side by side, until cancelled; wait while another process does so."""
        async with self._hold(), anyio.create_task_group() as group:
            for job in self._jobs:
                group.start_soon(self._keep, job)

    async def standing(self) -> Sequence[Standing]:
        """Return how it stands with each job."""
        return [await self._standing(job) for job in self._jobs]

    async def _keep(self, job: Job) -> None:
        while True:
            try:
                left = (await self._standing(job)).next_at - (began := self._clock.now())
                pause_s = min(left.total_seconds(), LOOK_S)
                if left <= timedelta():
                    await job.run()
                    await self._marks.put(_mark(job), began.isoformat())
                    pause_s = 0.0
            except StorageError as error:
                logger.warning("%s waits for the database: %s", job.name, error)
                pause_s = LOOK_S
            except Exception:
                logger.exception("%s failed; trying again in %d seconds", job.name, TROUBLE_S)
                pause_s = TROUBLE_S
            await anyio.sleep(pause_s)

    async def _standing(self, job: Job) -> Standing:
        times, mark = await job.times(), await self._marks.get(_mark(job))
        ran_at = datetime.fromisoformat(mark) if mark else None
        next_at = next_time(times.cron, ran_at, times.zone) if ran_at else self._clock.now()
        return Standing(name=job.name, cron=times.cron, ran_at=ran_at, next_at=next_at)


def _mark(job: Job) -> str:
    return f"ran/{job.name}"
