"""What only a journal on a disk can show: other processes, crashes, tampering, bytes."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from anyio import create_task_group, fail_after, open_process
from anyio.abc import Process
from anyio.streams.text import TextReceiveStream
from journal.samples import asks, hands_off, replies
from sqlalchemy import text
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import StorageError
from shopfloor.kernel.ids import StreamId

pytestmark = pytest.mark.anyio

STREAM = StreamId("conversation:1")
OTHER = StreamId("conversation:2")
DEADLINE_S = 30
COPY_THE_LAST = """
    INSERT INTO journal_events
    SELECT stream, 5, at, type, header, personal, salt, personal_digest, NULL, chain FROM journal_events WHERE seq = 4
"""


@asynccontextmanager
async def another_process(script: str, path: Path) -> AsyncIterator[tuple[Process, TextReceiveStream]]:
    program = str(Path(__file__).parent / script)
    arguments = [sys.executable, program, str(path), str(path.parent / "locks"), STREAM]
    async with await open_process(arguments, stderr=None) as process:
        assert process.stdout is not None
        try:
            yield process, TextReceiveStream(process.stdout)
        finally:
            if process.returncode is None:
                process.kill()


@pytest.fixture
def second_journal(path: Path, clock: FixedClock) -> Iterator[SqlJournal]:
    database = Database.sqlite(path)
    journal = SqlJournal(database, clock, MachineLocks(path.parent / "locks"))
    yield journal
    journal.close()
    database.close()


async def tamper(database: Database, statement: str) -> None:
    def work(session: Session) -> None:
        session.execute(text(statement))

    await database.write(work)


async def test_a_stream_held_by_a_process_that_crashes_is_free_again(sql_journal: SqlJournal, path: Path) -> None:
    with fail_after(DEADLINE_S):
        async with another_process("held_stream.py", path) as (process, said):
            assert await said.receive() == "held\n"
            async with sql_journal.hold(STREAM, wait=False) as is_held:
                assert not is_held
            async with sql_journal.hold(OTHER, wait=False) as is_held:
                assert is_held
            async with create_task_group() as tasks:

                async def wait_for_it() -> None:
                    async with sql_journal.hold(STREAM) as is_held:
                        assert is_held

                tasks.start_soon(wait_for_it)
                process.kill()


async def test_a_crash_while_appending_loses_nothing_confirmed_and_halves_nothing(
    sql_journal: SqlJournal, path: Path
) -> None:
    confirmed = ""
    with fail_after(DEADLINE_S):
        async with another_process("appending.py", path) as (process, said):
            while confirmed.count("\n") < 20:
                confirmed += await said.receive()
            process.kill()
            async for rest in said:
                confirmed += rest
    events = await sql_journal.read(STREAM)
    assert len(events) % 2 == 0
    assert len(events) >= 2 * confirmed.count("\n")
    await sql_journal.verify(STREAM)
    assert await sql_journal.unanswered() == [STREAM]


async def test_two_journals_of_one_process_exclude_each_other(
    sql_journal: SqlJournal, second_journal: SqlJournal
) -> None:
    async with sql_journal.hold(STREAM), second_journal.hold(STREAM, wait=False) as is_held:
        assert not is_held
    async with second_journal.hold(STREAM, wait=False) as is_held:
        assert is_held


async def test_two_journals_append_to_one_stream_without_a_gap(
    sql_journal: SqlJournal, second_journal: SqlJournal
) -> None:
    async with create_task_group() as appenders:
        for number in range(20):
            for journal in (sql_journal, second_journal):
                appenders.start_soon(journal.append, STREAM, [asks(f"{number}", client_id=f"{number}")])
    assert [event.seq for event in await sql_journal.read(STREAM)] == list(range(1, 21))
    await sql_journal.verify(STREAM)


async def test_a_lock_file_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "locks").write_text("a file where the directory should be")
    with pytest.raises(StorageError, match="check its permissions"):
        async with MachineLocks(tmp_path / "locks").hold("a", wait=True):
            pass


async def test_erased_text_is_gone_from_the_disk(sql_journal: SqlJournal, path: Path) -> None:
    secret = "Zoe Lindqvist-Okonkwo of 15 Market Street "
    await sql_journal.append(STREAM, [asks("a", text=secret), replies("a", text=secret * 500), hands_off(secret)])
    await sql_journal.append(OTHER, [asks("b", text="I am somebody else")])
    assert secret.encode() in on_disk(path)
    assert await sql_journal.erase(STREAM) == 3
    assert b"Lindqvist" not in on_disk(path)
    assert b"I am somebody else" in on_disk(path)
    await sql_journal.verify(STREAM)
    await sql_journal.verify(OTHER)


def on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE journal_events SET header = replace(header, 'returns', 'refunds') WHERE seq = 2", "event 2 of"),
        ("UPDATE journal_events SET personal = replace(personal, 'Where', 'There') WHERE seq = 3", "event 3 of"),
        ("UPDATE journal_events SET personal = NULL WHERE seq = 3", "event 3 of"),
        ("UPDATE journal_events SET salt = NULL WHERE seq = 3", "event 3 of"),
        ("UPDATE journal_events SET at = at + 1 WHERE seq = 2", "event 2 of"),
        ("UPDATE journal_events SET type = 'UNHEARD_OF' WHERE seq = 2", "event 2 of"),
        ("UPDATE journal_events SET idempotency_key = NULL WHERE seq = 1", "event 1 of"),
        ("UPDATE journal_events SET personal_digest = 'a' WHERE seq = 4", "event 4 of"),
        ("UPDATE journal_events SET chain = 'a' WHERE seq = 2", "event 2 of"),
        ("DELETE FROM journal_events WHERE seq = 2", "event 2 of .* removed"),
        ("DELETE FROM journal_events WHERE seq = 4", "event 4 of .* removed"),
        ("UPDATE journal_events SET seq = 5 WHERE seq = 2", "event 2 of .* removed"),
        (COPY_THE_LAST, "event 5 of .* slipped in"),
        ("UPDATE journal_streams SET last_seq = 7", "event 5 of .* removed"),
        ("UPDATE journal_streams SET head = 'a'", "event 4 of"),
    ],
)
async def test_tampering_is_found_and_named(
    sql_journal: SqlJournal, database: Database, statement: str, named: str
) -> None:
    await sql_journal.append(STREAM, [asks("a", client_id="x"), hands_off("return"), asks("b"), replies("a", "b")])
    await sql_journal.verify(STREAM)
    await tamper(database, statement)
    with pytest.raises(StorageError, match=named):
        await sql_journal.verify(STREAM)


async def test_an_event_that_cannot_be_read_is_a_storage_error(sql_journal: SqlJournal, database: Database) -> None:
    await sql_journal.append(STREAM, [asks("a")])
    await tamper(database, "UPDATE journal_events SET header = '{'")
    with pytest.raises(StorageError, match="event 1 of conversation:1 cannot be read"):
        await sql_journal.read(STREAM)
