"""A server goes on while a newer version has brought the schema up to date and writes what this one does not know."""

import json
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import pytest
from anyio import run
from commands import run_command
from postgres import Postgres
from pydantic import JsonValue
from server_process import Process, Talk
from sqlalchemy import Connection, text

from shopfloor.config import Config
from shopfloor.database.engine import Database
from shopfloor.database.sql_versioned import FRESH_S
from shopfloor.journal.events import EventData, MessageScreened, MessageWritten
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.ids import ConversationId, MessageId, TurnId, stream_of


class MoodNoticed(EventData):
    """What no version knows yet."""

    TYPE = "MOOD"
    PERSONAL = frozenset({"words"})
    turn_id: TurnId
    words: str

    @property
    def idempotency_key(self) -> str | None:
        return f"mood:{self.turn_id}"


class Screened(MessageScreened):
    """What this version knows, with a field that it does not."""

    TYPE = "SCREENING"
    sarcasm: str = "none"


@contextmanager
def of_sqlite(tmp_path: Path, _postgres: Postgres) -> Generator[Config]:
    yield Config(data=tmp_path / "data")


@contextmanager
def of_postgresql(tmp_path: Path, postgres: Postgres) -> Generator[Config]:
    name = postgres.create()
    yield Config(data=tmp_path / "data", database_url=postgres.url(name))
    postgres.drop(name)


@pytest.fixture(params=[of_sqlite, of_postgresql], ids=["sqlite", "postgresql"])
def config(request: pytest.FixtureRequest, tmp_path: Path, postgres: Postgres) -> Iterator[Config]:
    with request.param(tmp_path, postgres) as config:
        yield config


@pytest.fixture
def server(config: Config) -> Iterator[Process]:
    server = Process(config.data, **environment(config))
    yield server.until_ready()
    server.close()


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    database = Database(config.url)
    yield database
    database.close()


@pytest.fixture
def newer(database: Database, config: Config) -> Iterator[SqlJournal]:
    """A journal that a process of a newer version has."""
    newer = SqlJournal(database, SystemClock(), MachineLocks(config.data / "locks"))
    yield newer
    newer.close()


def environment(config: Config) -> dict[str, str]:
    return {"SHOPFLOOR_DATABASE_URL": config.database_url} if config.database_url else {}


def upgrade(connection: Connection) -> None:
    """Do to the database what a newer version may do at its start: it only adds."""
    card = read(connection, "SELECT card FROM agent_cards WHERE id = 'product_upsell'")
    settings = read(connection, "SELECT data FROM versions WHERE kind = 'settings'")
    values = {
        "card": json.dumps(card | {"temper": "warm"}),
        "settings": json.dumps(settings | {"moods": ["warm"], "shop_name": "Another Name"}),
    }
    for statement in (
        "ALTER TABLE journal_events ADD COLUMN mood VARCHAR DEFAULT 'calm' NOT NULL",
        "CREATE TABLE moods (name VARCHAR)",
        "UPDATE agent_cards SET card = :card, revision = revision + 100 WHERE id = 'product_upsell'",
        "INSERT INTO versions (kind, version, data, is_shipped, made_at) VALUES ('settings', 2, :settings, false, 0)",
        "UPDATE alembic_version SET version_num = '9999'",
    ):
        connection.execute(text(statement), values)


def read(connection: Connection, query: str) -> dict[str, JsonValue]:
    """Return a JSON value as it is stored, whether or not the driver reads it already."""
    stored = connection.execute(text(query)).scalar_one()
    return json.loads(stored) if isinstance(stored, str) else stored


def test_an_older_server_passes_over_what_a_newer_one_writes(
    server: Process, config: Config, newer: SqlJournal, database: Database
) -> None:
    talk = Talk(server)
    assert "Speedster" in talk.say("do you have any red sneakers?", "a")
    stream = stream_of(ConversationId(talk.id))
    run(database.write_core, upgrade)
    run(newer.append, stream, what_a_newer_one_writes())
    server.until_status("/health/ready", 200)
    said = talk.say("the second one in size 9", "b")
    assert "Rocket Red Strap Trainer" in said
    assert talk.transcript()[-2:] == ["the second one in size 9", said]
    assert run(newer.verify, stream) > 10
    sleep(FRESH_S)  # the settings are looked at again only then
    talk.say("thanks", "c")
    told = server.errors.read_text()
    assert "a card of product_upsell is passed over" in told
    assert "of the settings is passed over" in told
    assert "Traceback" not in told
    shown = run_command(
        "replay", talk.id, "--data", str(config.data), environment={**os.environ, **environment(config)}
    )
    assert "newer version of shopfloor" in shown.stderr, "one that is older does not start any more"


def what_a_newer_one_writes() -> list[EventData]:
    turn = TurnId("turn_new")
    return [
        MoodNoticed(turn_id=turn, words="They sound happy."),
        Screened(turn_id=turn, injection=None, abuse=None, self_harm=None),
        MessageWritten(message_id=MessageId("msg_new"), role="assistant", content="Here they are.", turn_id=turn),
    ]
