"""Effects as DBOS workflows, on the installation's SQLite or PostgreSQL: what a process began, another one ends.

A workflow's id is the idempotency key. It holds a kind and a digest, no argument and no result: an argument is read
where the action is kept, a result where the effect took place, so an erasure finds all there is in those two places.

DBOS adopts nothing of a process that died under another name. So each process has a name of its own and holds a lock
under it, which ends with the process; who waits for a workflow, and one worker, take up those of names that are free.
It ties a workflow to the version of the program: that is pinned, since the arguments are the same in all.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup, TaskStatus
from dbos import DBOS, SetWorkflowID, WorkflowHandleAsync, WorkflowStatus
from pydantic import JsonValue
from sqlalchemy.exc import SQLAlchemyError

from shopfloor.database.engine import Database, translated_errors
from shopfloor.durable.contract import Effect
from shopfloor.durable.dbos_process import DONE, FAILED, PROCESS, execute, queue_of
from shopfloor.durable.trying import tried
from shopfloor.kernel.canonical import digest
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import Conflict, NotFound, StorageError, Unavailable
from shopfloor.kernel.finishing import GRACE_S, to_the_end
from shopfloor.kernel.keyed_locks import KeyedLocks
from shopfloor.kernel.standing import held

logger = logging.getLogger(__name__)

T = TypeVar("T")

Arguments = Callable[[str], Awaitable[dict[str, JsonValue] | None]]
"""Returns the arguments of a key that was begun elsewhere; None where it is not to be carried out any more."""
Hold = Callable[[str], AbstractAsyncContextManager[bool]]
"""Holds a name as long as this process lives; yields False at once where another process does."""

ALIVE = "process/"
"""How the names begin that processes hold."""
WORKER = "worker/workflows"
"""What the one process holds that adopts what others left."""
SWEEP_S = 2.0
FIRST_LOOK_S = 0.01
LOOK_S = 0.1
"""How often a workflow is looked at that may run elsewhere."""
ENDING_S = 2.0
"""How long a process that ends waits for DBOS to note what has ended."""
KEEP = timedelta(days=7)
"""How long a workflow that has ended is kept: the journal knows its action, and the outside world its key."""
PURGE_S = 3_600.0
PAGE = 500
ENDED = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Open:
    """What there is while an installation is open."""

    loop: asyncio.AbstractEventLoop
    group: TaskGroup
    """What runs beside it and is cancelled at the end."""


class _Call:
    """Somebody here who waits for an effect."""

    def __init__(self, args: dict[str, JsonValue]) -> None:
        self.args = args
        self.has_begun = False
        """Whether it is carried out here."""
        self.has_ended = anyio.Event()
        self.result: JsonValue = None
        self.error: Exception | None = None

    async def unless_ended(self, look: Coroutine[None, None, T]) -> T | None:
        """Await a look at the database, but no longer than until the effect has ended: the database may be away."""
        looking = asyncio.ensure_future(look)
        ending = asyncio.ensure_future(self.has_ended.wait())
        try:
            await asyncio.wait({looking, ending}, return_when=asyncio.FIRST_COMPLETED)
            return looking.result() if looking.done() and not looking.cancelled() else None
        finally:
            looking.cancel()
            ending.cancel()


class DbosDurable:
    """A `Durable` that outlasts its process. It is opened by `running`."""

    def __init__(
        self,
        effects: Mapping[str, Effect],
        *,
        database: Database,
        arguments: Arguments,
        hold: Hold,
        clock: Clock,
        grace_s: float = GRACE_S,
    ) -> None:
        """Take the effects by the name of their kind, the database, what adoption needs, and by which clock it is."""
        self.effects = effects
        self.database = database
        self._arguments = arguments
        self._hold = hold
        self._clock = clock
        self._grace_s = grace_s
        self._open: _Open | None = None
        self._starting = anyio.Lock()
        self._has_started = False
        self._locks = KeyedLocks()
        self._calls: dict[str, _Call] = {}
        self._again: set[str] = set()
        """What was taken over here for somebody who waits for it."""
        self._idle: set[str] = set()
        """What was pending here at the last look and was not being carried out."""
        self._noting = 0
        """Workflows whose callers went on, and whose ends DBOS is noting."""
        self._noted = anyio.Event()
        self._noted.set()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Be ready to run effects. DBOS itself starts with the first one, or with `run`."""
        async with held(anyio.create_task_group()) as group:
            self._open = _Open(loop=asyncio.get_running_loop(), group=group)
            try:
                yield
            finally:
                with anyio.CancelScope(shield=True):
                    with anyio.move_on_after(ENDING_S):
                        await self._noted.wait()
                    await to_thread.run_sync(PROCESS.leave, self)
                if self._has_started:  # DBOS gave the loop its own threads, which end with it; the loop goes on
                    self._open.loop.set_default_executor(ThreadPoolExecutor())
                self._open = None

    async def run_once(self, key: str, kind: str, args: dict[str, JsonValue]) -> JsonValue:
        """Run an effect to its end, or return what came of it before under this key.

        Raises:
            StorageError: it was carried out before, and the outside world does not tell what came of it.
        """
        effect = self.effects.get(kind)
        if effect is None:
            raise NotFound(f"no effect is registered under {kind!r}: register it where the application is put together")
        await to_the_end(self._start())
        async with self._locks.hold(key):
            with translated_errors():
                return await to_the_end(self._run_once(effect, key, kind, args), self._grace_s)

    async def run(self) -> None:
        """Adopt what processes that died had begun, and forget what ended long ago, until cancelled.

        It waits while another process does so.
        """
        await to_the_end(self._start())
        purge_at = 0.0
        while True:
            async with self._hold(WORKER) as is_worker:
                while is_worker:
                    with translated_errors():
                        await self._adopt(await _pending())
                        if anyio.current_time() >= purge_at:
                            await self._purge()
                            purge_at = anyio.current_time() + PURGE_S
                    await anyio.sleep(SWEEP_S)
            await anyio.sleep(SWEEP_S)

    # -- one effect --------------------------------------------------------------------------------------------------

    async def _run_once(self, effect: Effect, key: str, kind: str, args: dict[str, JsonValue]) -> JsonValue:
        wanted = digest([kind, args])
        call = self._calls[key] = _Call(args)
        try:
            while True:
                is_new = effect.pace is not None and await DBOS.get_workflow_status_async(key) is None
                with SetWorkflowID(key):
                    if effect.pace:
                        handle = await DBOS.enqueue_workflow_async(queue_of(kind), execute, kind, wanted)
                    else:
                        handle = await DBOS.start_workflow_async(execute, kind, wanted)
                outcome = await self._outcome(key, call)
                if outcome is None:
                    self._see_out(handle)
                    if call.error:
                        raise call.error
                    return call.result
                state, _, known = outcome.partition(" ")
                if known and known != wanted:
                    raise Conflict(f"the key {key!r} was used for something else: use a new key")
                if state == DONE:
                    return await _found(effect, key)
                if is_new:  # its turn came in another process, which keeps no word of why it failed
                    raise Unavailable(f"{key} failed in another process: what came of it is to be looked up")
                await DBOS.delete_workflow_async(key)  # it failed before, or elsewhere: it runs again
        finally:
            del self._calls[key]
            self._again.discard(key)

    async def _outcome(self, key: str, call: _Call) -> str | None:
        """Wait for the end of a workflow; return None where it ran here, else what it left: how it ended, a digest."""
        pause_s = FIRST_LOOK_S
        while True:
            with anyio.move_on_after(pause_s):
                await call.has_ended.wait()
            if call.has_ended.is_set():
                return None
            try:
                status = await call.unless_ended(DBOS.get_workflow_status_async(key))
            except SQLAlchemyError:
                if not call.has_begun:
                    raise
                pause_s = LOOK_S  # it goes on here: what comes of it is known without the database
                continue
            if call.has_ended.is_set():
                return None
            if status is None or status.status in ENDED:
                return str(status.output) if status and status.status == "SUCCESS" else FAILED
            if status.status == "PENDING":
                await self._adopt([status])
            pause_s = min(2 * pause_s, LOOK_S)

    async def execute(self, key: str, kind: str) -> bool:
        """Carry out what a workflow stands for, in the loop of this installation, and say whether it was done.

        No exception leaves it: DBOS would keep its words.
        """
        loop = self._opened().loop
        if asyncio.get_running_loop() is not loop:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.execute(key, kind), loop))
        call = self._calls.get(key)
        try:
            if call is not None:
                call.has_begun = True
            args = call.args if call else await self._arguments(key)
            if args is None or kind not in self.effects:
                return False
            result = await self._carried_out(self.effects[kind], key, args, is_again=call is None or key in self._again)
        except Exception as error:
            if call is None:
                logger.warning("%s, which another process had begun, failed: %s", key, type(error).__name__)
            else:
                call.error = error
                call.has_ended.set()
            return False
        if call is not None:
            call.result = result
            call.has_ended.set()
        return True

    async def _carried_out(self, effect: Effect, key: str, args: dict[str, JsonValue], *, is_again: bool) -> JsonValue:
        """Run an effect; what another process had begun is looked up before: it may have been done."""
        if is_again and (found := await effect.look_up(key)) is not None:
            return found
        return await tried(effect, key, args)

    def _see_out(self, handle: WorkflowHandleAsync[str]) -> None:
        """Let DBOS note the end of a workflow while its caller goes on."""

        async def wait() -> None:
            try:
                await handle.get_result()
            except Exception:  # it is adopted then, and found to be done
                logger.warning("the end of %s could not be noted", handle.workflow_id, exc_info=True)
            finally:
                self._noting -= 1
                if not self._noting:
                    self._noted.set()

        if not self._noting:
            self._noted = anyio.Event()
        self._noting += 1
        self._opened().group.start_soon(wait)

    # -- processes ---------------------------------------------------------------------------------------------------

    def _opened(self) -> _Open:
        if self._open is None:
            raise StorageError("actions cannot be carried out: the installation is closed")
        return self._open

    async def _start(self) -> None:
        opened = self._opened()
        async with self._starting:
            if not self._has_started:
                name = await to_thread.run_sync(PROCESS.enter, self)
                await opened.group.start(self._stay_alive, name)
                self._has_started = True

    async def _stay_alive(self, name: str, *, task_status: TaskStatus[None]) -> None:
        is_told = False
        while True:
            try:
                async with self._hold(ALIVE + name) as is_held:
                    if not is_told:
                        task_status.started()
                        is_told = True
                    while is_held:  # else another installation of this process does
                        await anyio.sleep(SWEEP_S)
                        try:
                            await self._heal()
                        except Exception as error:  # the name is kept all the same
                            logger.warning("it cannot be looked at what is to be carried out: %s", error)
            except StorageError as error:
                logger.warning("what this process carries out may be taken over by another: %s", error)
            await anyio.sleep(SWEEP_S)

    async def _heal(self) -> None:
        """Carry out again what this process began and of which the end could not be noted, as on a full disk."""
        with translated_errors():
            mine = await _pending(executor_id=PROCESS.name)
            idle = {status.workflow_id for status in mine} - PROCESS.executing
            if lost := sorted(idle & self._idle):
                logger.warning("the end of what was carried out was not noted: %s", ", ".join(lost))
                await DBOS.resume_workflows_async(lost)
            self._idle = idle

    async def _adopt(self, pending: Sequence[WorkflowStatus]) -> None:
        """Take up the workflows of those processes that are no longer alive."""
        left: dict[str, list[str]] = {}
        for status in pending:
            if status.executor_id and status.executor_id != PROCESS.name:
                left.setdefault(status.executor_id, []).append(status.workflow_id)
        for name, keys in left.items():
            async with self._hold(ALIVE + name) as is_gone:
                if is_gone:
                    logger.warning("what a process that died was carrying out is taken over: %s", ", ".join(keys))
                    self._again |= self._calls.keys() & set(keys)
                    await DBOS.resume_workflows_async(keys)

    async def _purge(self) -> None:
        before = (self._clock.now() - KEEP).isoformat()
        while old := await DBOS.list_workflows_async(
            status=sorted(ENDED), completed_before=before, limit=PAGE, load_input=False, load_output=False
        ):
            await DBOS.delete_workflows_async([status.workflow_id for status in old])


async def _pending(executor_id: str | None = None) -> Sequence[WorkflowStatus]:
    return await DBOS.list_workflows_async(
        status="PENDING", executor_id=executor_id, limit=PAGE, load_input=False, load_output=False
    )


async def _found(effect: Effect, key: str) -> JsonValue:
    found = await effect.look_up(key)
    if found is None:
        raise StorageError(f"{key} was carried out, but nothing is known any more of what came of it")
    return found
