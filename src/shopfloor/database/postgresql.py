"""A process's standing connections to PostgreSQL: one for its locks, which end with it, and one that hears notices.

They are no part of the pool: a lock belongs to its connection, and so does listening. Through a pooler that lends
connections by transaction neither works: the URL has to lead to the server itself, or to sessions of it.
"""

import hashlib
import logging
import secrets
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count

import anyio
from anyio import CancelScope, create_task_group, fail_after
from psycopg import AsyncConnection, Error
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from shopfloor.database.engine import POSTGRESQL_CLIENT, UNREACHABLE, unreachable
from shopfloor.database.notices import Hear
from shopfloor.kernel.errors import StorageError
from shopfloor.kernel.finishing import to_the_end
from shopfloor.kernel.standing import held

logger = logging.getLogger(__name__)

FIRST_DELAY_S = 0.005
LONGEST_DELAY_S = 0.1
"""A lock of another process is asked for again and again: one that is waited for would keep all others waiting."""
PING_S = 1.0
"""How often it is looked whether the connection that holds the locks still does."""
ANSWER_S = 5.0
"""How long an answer about locks is waited for."""
AGAIN_S = 0.5
"""How long a connection that broke is left alone."""
GATHER_S = 0.005
"""How long notices are gathered, to be sent together."""
MOST_TOGETHER = 100
MOST_QUEUED = 10_000
"""Notices kept while they cannot be sent; the oldest get lost first."""
MOST_BYTES = 7_900
"""Of a notice: PostgreSQL takes less than 8,000."""
CHANNEL = "shopfloor"
SERVER = "-c synchronous_commit=off -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
"""What the server is told: nothing is stored here, and a machine that is gone without a word is to lose its locks."""
TRY = "SELECT pg_try_advisory_lock(%s)"
RELEASE = "SELECT pg_advisory_unlock(%s)"
NOTIFY = "SELECT pg_notify(%s, line) FROM unnest(%s::text[]) AS line"
LOST = "the connection to the database was lost, and with it what was held there: it is tried again"


class _Session:
    """A connection and what is held by it."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.held: set[CancelScope] = set()

    async def ask(self, statement: str, *args: object) -> bool:
        with fail_after(ANSWER_S):
            cursor = await self.connection.execute(statement.encode(), args)
            row = await cursor.fetchone()
        return bool(row and row[0])


class PostgresNode:
    """One of the processes that share a PostgreSQL database: its locks, and the notices between them."""

    def __init__(self, url: URL) -> None:
        """Take the database's URL as `database_url` returns it; nothing is opened before the first use."""
        client = {**POSTGRESQL_CLIENT, "options": SERVER}
        given = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._address = make_conninfo(given, **{key: value for key, value in client.items() if key not in url.query})
        self._session: _Session | None = None
        self._opening = anyio.Lock()
        self._id = secrets.token_hex(4)
        self._numbers = count()
        self._queue: deque[str] = deque(maxlen=MOST_QUEUED)
        self._has_some = anyio.Event()
        self._listeners: dict[str, list[Hear]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Watch over the locks, send and hear notices; give everything back at the end."""
        async with held(create_task_group()) as group:
            for work in (self._watch, self._send, self._listen):
                group.start_soon(work)
            try:
                yield
            finally:
                with CancelScope(shield=True):
                    await self._give_up(self._session)

    # -- locks -------------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def hold(self, name: str, *, wait: bool) -> AsyncGenerator[bool]:
        """Hold a lock; yields False at once where another process has it and `wait` is False."""
        place = _place(name)
        session = await self._acquired(place, wait=wait)
        if session is None:
            yield False
            return
        scope = CancelScope()
        session.held.add(scope)
        try:
            if session is not self._session:  # it was given up since it answered
                raise StorageError(LOST)
            with scope:
                yield True
        finally:
            session.held.discard(scope)
            await to_the_end(self._release(session, place))
        if scope.cancelled_caught:
            raise StorageError(LOST)

    def close(self) -> None:
        """Do nothing: the locks end with the connection."""

    async def _acquired(self, place: int, *, wait: bool) -> _Session | None:
        delay = FIRST_DELAY_S
        while True:
            session = await self._opened()
            try:
                is_mine = await to_the_end(session.ask(TRY, place))
            except (Error, OSError, TimeoutError) as error:
                await self._give_up(session)
                raise StorageError(UNREACHABLE) from error
            except BaseException:  # who was cancelled may hold it all the same
                await to_the_end(self._release(session, place))
                raise
            if is_mine:
                return session
            if not wait:
                return None
            await anyio.sleep(delay)
            delay = min(delay * 1.5, LONGEST_DELAY_S)

    async def _release(self, session: _Session, place: int) -> None:
        if session is self._session:  # else it is gone already, and its locks with it
            try:
                await session.ask(RELEASE, place)
            except (Error, OSError, TimeoutError):
                await self._give_up(session)

    async def _opened(self) -> _Session:
        async with self._opening:
            if self._session is None:
                self._session = _Session(await self._connected())
            return self._session

    async def _connected(self) -> AsyncConnection:
        try:
            with fail_after(2 * ANSWER_S):
                return await AsyncConnection.connect(self._address, autocommit=True)
        except (Error, OSError, TimeoutError) as error:
            raise unreachable(error) from error

    async def _give_up(self, session: _Session | None) -> None:
        """Close a connection, and cancel whatever is done under a lock of it."""
        if session is None:
            return
        if session is self._session:
            self._session = None
        for scope in session.held:
            scope.cancel()
        await session.connection.close()

    async def _watch(self) -> None:
        while True:
            await anyio.sleep(PING_S)
            if (session := self._session) is None:
                continue
            try:
                await session.ask("SELECT true")
            except (Error, OSError, TimeoutError):
                logger.warning("the connection that holds the locks broke")
                await self._give_up(session)

    # -- notices -----------------------------------------------------------------------------------------------------

    def send(self, topic: str, text: str) -> None:
        """Tell all other processes, soon."""
        line = f"{self._id} {next(self._numbers)} {topic} {text}"  # numbered, or two that are alike would be one
        if len(line.encode()) <= MOST_BYTES:
            self._queue.append(line)
            self._has_some.set()

    def hear(self, topic: str, listener: Hear) -> None:
        """Let a listener hear what others send about a topic, from now on."""
        self._listeners.setdefault(topic, []).append(listener)

    async def _send(self) -> None:
        while True:
            await self._has_some.wait()
            await anyio.sleep(GATHER_S)
            self._has_some = anyio.Event()
            while self._queue:
                lines = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_TOGETHER))]
                try:
                    await (await self._opened()).ask(NOTIFY, CHANNEL, lines)
                except (StorageError, Error, OSError, TimeoutError):
                    await anyio.sleep(AGAIN_S)  # they are lost: who followed finds what they told of by looking

    async def _listen(self) -> None:
        while True:
            try:
                async with await self._connected() as connection:
                    await connection.execute(f"LISTEN {CHANNEL}".encode())
                    async for notice in connection.notifies():
                        self._heard(notice.payload)
            except (StorageError, Error, OSError):
                await anyio.sleep(AGAIN_S)

    def _heard(self, line: str) -> None:
        sender, _, rest = line.partition(" ")
        _, topic, text = [*rest.split(" ", 2), "", ""][:3]
        if sender != self._id:
            for listener in self._listeners.get(topic, ()):
                try:
                    listener(text)
                except Exception:  # whatever was sent, such as by another version: what it tells of is found by looking
                    logger.warning("a notice about %s could not be taken", topic, exc_info=True)


def _place(name: str) -> int:
    """Return the number of a lock: 63 bits, so that two names never meet."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1
