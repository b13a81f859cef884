"""Carries a plan out: reads ahead, independent tasks side by side, everything told in the plan's order."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shopfloor.agents.outcome import Done, Failed, HandedOff, NeedsInput, Outcome, Said
from shopfloor.journal.events import EventData
from shopfloor.kernel.errors import ShopfloorError
from shopfloor.planning.plan import Prefetch, Task
from shopfloor.tools.contract import ToolResult
from shopfloor.tools.toolsets import call_key

log = logging.getLogger(__name__)

Ahead = Mapping[str, "asyncio.Future[ToolResult]"]
"""Prefetched results, under way or there, by `call_key`."""


@dataclass(frozen=True, slots=True)
class Postponed:
    """The task did not begin, since one that it depends on waits for the customer."""

    after: str


Piece = Said | EventData
Ending = Outcome | Postponed


class TaskRunner(Protocol):
    """What the executor needs from whoever it works for."""

    def run(self, task: Task, ahead: Ahead) -> AsyncIterator[Piece | Outcome]:
        """Do a task; the outcome comes last and once."""
        ...

    async def fetch(self, task: Task, call: Prefetch) -> ToolResult:
        """Make one read of a task ahead of it."""
        ...

    async def started(self, task: Task) -> None:
        """Hear that a task's turn to be told has come."""
        ...

    async def told(self, task: Task, piece: Piece) -> None:
        """Hear a piece of a task, in the plan's order."""
        ...

    async def ended(self, task: Task, ending: Ending) -> Sequence[Task]:
        """Hear how a task ended, and return the tasks that the plan now needs besides; they run next."""
        ...


class _Line:
    """A task with the pieces that wait to be told."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.pieces: asyncio.Queue[Piece | Ending] = asyncio.Queue()
        self.ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()


async def execute(tasks: Sequence[Task], runner: TaskRunner, *, held: Collection[str] = ()) -> None:
    """Carry a plan's tasks out to their end.

    `held` names tasks that ended before with a question to the customer, or postponed: what depends on them does not
    begin. Other tasks that are not among those given have ended.

    An error inside a task ends that task as failed; it never ends the turn.
    """
    lines: dict[str, _Line] = {}
    async with asyncio.TaskGroup() as group:

        def start(task: Task) -> _Line:
            ahead: dict[str, asyncio.Future[ToolResult]] = {}
            # What runs after another task must see what that one changed: nothing is read ahead for it.
            for call in task.prefetch if not task.depends_on else ():
                result = ahead[call_key(call.tool, call.args)] = asyncio.get_running_loop().create_future()
                group.create_task(_fetch(runner, task, call, result))
            lines[task.id] = _Line(task)
            group.create_task(_work(lines, held, lines[task.id], runner, ahead))
            return lines[task.id]

        if tasks:
            await runner.started(tasks[0])  # before any begins: with it the plan is in force
        waiting = [start(task) for task in tasks]
        while waiting:
            line = waiting.pop(0)
            if line.task is not tasks[0]:
                await runner.started(line.task)
            ending = await _tell(line, runner)
            more = await runner.ended(line.task, ending)
            waiting = [*(start(task) for task in more), *waiting]


async def _tell(line: _Line, runner: TaskRunner) -> Ending:
    while True:
        piece = await line.pieces.get()
        if isinstance(piece, Said | EventData):
            await runner.told(line.task, piece)
        else:
            return piece


async def _fetch(runner: TaskRunner, task: Task, call: Prefetch, result: "asyncio.Future[ToolResult]") -> None:
    """Make a read ahead; its failure is for the task to meet when it comes to the call."""
    result.add_done_callback(_seen)
    try:
        fetched = await runner.fetch(task, call)
    except Exception as error:
        result.set_exception(error)
    else:
        result.set_result(fetched)


def _seen(result: "asyncio.Future[ToolResult]") -> None:
    """Keep asyncio from complaining about a failed read that nobody came to need."""
    if not result.cancelled():
        result.exception()


async def _work(
    lines: Mapping[str, _Line], held: Collection[str], line: _Line, runner: TaskRunner, ahead: Ahead
) -> None:
    ending = await _postponed(lines, held, line) or await _ending(line, runner, ahead)
    line.pieces.put_nowait(ending)
    line.ending.set_result(ending)


async def _postponed(lines: Mapping[str, _Line], held: Collection[str], line: _Line) -> Postponed | None:
    """Wait for the tasks that one depends on, and say whether it has to wait for the customer with them."""
    for other in line.task.depends_on:
        before = await asyncio.shield(lines[other].ending) if other in lines else None
        if other in held or isinstance(before, NeedsInput | Postponed):
            return Postponed(other)
    return None


async def _ending(line: _Line, runner: TaskRunner, ahead: Ahead) -> Ending:
    try:
        async for piece in runner.run(line.task, ahead):
            if isinstance(piece, Done | NeedsInput | HandedOff | Failed):
                return piece
            line.pieces.put_nowait(piece)
    except ShopfloorError as error:
        log.warning("task %s of %s failed: %s", line.task.id, line.task.agent, error)
        return Failed(str(error))
    except Exception:
        log.exception("task %s of %s broke", line.task.id, line.task.agent)
        return Failed("an internal error")
    return Failed("the specialist ended without an outcome")
