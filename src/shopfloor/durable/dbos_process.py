"""The DBOS of this process, and how a workflow comes to the installation that carries it out.

DBOS allows one of itself in a process, so this is a module's one global; several installations of a process share it,
where they are on one database. What it would do otherwise, and what is done about it:

- Its connections to SQLite are slow and know no write-ahead log: it gets some like the rest of shopfloor's.
- It pickles: everything is JSON here, so a row can hold no program, and no words of an exception.
- Where its connection fails it tries again for ever, up to a minute apart: it is told to raise.
- It waits for the disk where it starts, and would do so in the loop: it starts in a thread.
- What it adopts, it runs in a loop of its own: the workflow goes back to the loop that the installation runs in.
"""

import json
import logging
import secrets
from collections.abc import Mapping
from threading import Lock
from typing import Any, Protocol, cast

from dbos import DBOS, DBOSConfig, Serializer
from sqlalchemy import Engine

from shopfloor.database.engine import Database, translated_errors
from shopfloor.durable.contract import Effect
from shopfloor.kernel.errors import StorageError

VERSION = "1"
"""Of what a workflow holds. Programs of any release may run side by side as long as it is the same."""
QUEUE_LOOK_S = 0.1
"""How often it is looked whether what waits for its turn may begin."""
COARSE_S = 1.0
"""On SQLite DBOS notes in whole seconds when something began: what is to be a second may be none."""
POLL_S = 0.05
"""How often DBOS looks for messages, which nobody sends here: its end waits for the next look."""
DONE = "done"
FAILED = "failed"


class User(Protocol):
    """An installation that carries out workflows."""

    database: Database
    effects: Mapping[str, Effect]

    async def execute(self, key: str, kind: str) -> bool:
        """Carry out what a workflow stands for, called from any loop, and say whether it was done; it never raises."""
        ...


class JsonSerializer(Serializer):
    """Stores JSON; of an exception its name, since its words may be about a customer."""

    def serialize(self, data: Any) -> str:
        """Return what is stored."""
        return json.dumps(data, default=lambda value: type(value).__name__)

    def deserialize(self, serialized_data: str) -> Any:  # type: ignore[override]
        """Return what was stored."""
        return json.loads(serialized_data)

    def name(self) -> str:
        """Return what the rows call it."""
        return "shopfloor_json"


class _Process:
    """The DBOS of this process, and the installations that use it."""

    def __init__(self) -> None:
        self.name = ""
        self._where = ""
        self._engine: Engine | None = None
        self._users: list[User] = []
        self._changing = Lock()
        self.executing: set[str] = set()
        """The keys that are being carried out here."""

    @property
    def user(self) -> User:
        """Return an installation that is open."""
        return self._users[-1]

    def enter(self, user: User) -> str:
        """Use DBOS, start it where it does not run, and return the name of this process.

        Raises:
            StorageError: it cannot start, or another installation is open in this process.
        """
        with self._changing:
            where = str(user.database.engine.url)
            if self._users and where != self._where:
                raise StorageError("another installation is open in this process: give each a process of its own")
            if not self._users:
                self._launch(user.database)
                self._where = where
            _register_queues(user.effects, COARSE_S if user.database.is_sqlite else 0.0)
            self._users.append(user)
            return self.name

    def leave(self, user: User) -> None:
        """Use it no longer; it ends with the last user."""
        with self._changing:
            if user in self._users:
                self._users.remove(user)
                if not self._users:
                    self._end()

    def _launch(self, database: Database) -> None:
        log = logging.getLogger("dbos")
        log.propagate = True
        log.addHandler(logging.NullHandler())  # or it would make one of its own
        self.name = secrets.token_hex(8)
        self._engine = database.engine_beside()
        config = DBOSConfig(
            name="shopfloor",
            system_database_url=database.engine.url.render_as_string(hide_password=False),
            system_database_engine=self._engine,
            application_version=VERSION,
            executor_id=self.name,
            serializer=JsonSerializer(),
            log_level="ERROR",
            use_listen_notify=False,
            notification_listener_polling_interval_sec=POLL_S,
        )
        try:
            with translated_errors():
                dbos = DBOS(config=config)
                DBOS.launch()
                _raise_at_once(dbos)
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        DBOS.destroy()
        if self._engine:
            self._engine.dispose()
            self._engine = None


PROCESS = _Process()


@DBOS.workflow(name="execute")
async def execute(kind: str, wanted: str) -> str:
    """Carry out what a key stands for, which is the workflow's id; `wanted` is the digest of kind and arguments."""
    key = cast(str, DBOS.workflow_id)
    PROCESS.executing.add(key)
    try:
        is_done = await PROCESS.user.execute(key, kind)
    finally:
        PROCESS.executing.discard(key)
    return f"{DONE if is_done else FAILED} {wanted}"


def _raise_at_once(dbos: DBOS) -> None:
    """Let it raise where its connection fails: it would try again for ever, in threads, longer and longer apart."""
    dbos._sys_db._retry_connection_errors = False  # pyright: ignore[reportPrivateUsage]  (no setting says so)


def queue_of(kind: str) -> str:
    """Return the queue in which the effects of a kind wait that may not be done as often as they come."""
    return f"pace/{kind}"


def _register_queues(effects: Mapping[str, Effect], coarse_s: float) -> None:
    for kind, effect in effects.items():
        if effect.pace:
            DBOS.register_queue(
                queue_of(kind),
                limiter={"limit": effect.pace.times, "period": effect.pace.per_s + coarse_s},
                polling_interval_sec=QUEUE_LOOK_S,
                on_conflict="always_update",
            )
