"""A server whose database fails says so, is not ready, comes back by itself, and loses nothing that was confirmed."""

import resource
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from commands import run_command
from server_process import Process, Talk

from shopfloor.config import Config
from shopfloor.identity.tokens import CustomerTokens
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.ids import CustomerId

READY, LIVE = "/health/ready", "/health/live"
MAYA = CustomerId("c-001")
NO_MORE = 4096
"""No file may be written to from this byte on: less than any page of the log that is written next."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo shop that nobody uses; copied for each test."""
    data = tmp_path_factory.mktemp("prepared") / "data"
    assert run_command("chat", "-m", "hello", "--data", str(data)).returncode == 0
    return data


@pytest.fixture
def data(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "data"))


@contextmanager
def served(data: Path, *, waits: bool = False) -> Iterator[Process]:
    server = Process(data)
    try:
        yield server.until_waiting() if waits else server.until_ready()
    finally:
        server.close()


def token(data: Path) -> str:
    return CustomerTokens(Config(data=data).secret(), SystemClock()).sign(MAYA)


@contextmanager
def full_disk(server: Process) -> Iterator[None]:
    """Let no file of a server grow."""
    pid = server.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (NO_MORE, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Keep the database's write lock, as a program that hangs in a transaction does."""
    with closing(sqlite3.connect(data / "shopfloor.sqlite3", isolation_level=None)) as other:
        other.execute("PRAGMA busy_timeout=10000")
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def problems(answer: dict[str, object]) -> dict[str, str]:
    errors = answer["errors"]
    assert isinstance(errors, list)
    return {error["field"]: error["message"] for error in errors}


def one(data: Path, query: str, *values: str) -> object:
    with closing(sqlite3.connect(data / "shopfloor.sqlite3")) as database:
        return database.execute(query, values).fetchone()[0]


def cancellations(data: Path) -> object:
    return one(data, "SELECT count(*) FROM shop_effects WHERE kind LIKE '%cancel%'")


def test_a_damaged_database_at_the_start_is_told_once_and_replaced_while_the_server_waits(
    data: Path, tmp_path: Path
) -> None:
    with served(data) as server:
        talk = Talk(server)
        talk.say("do you have tents?", "a")
        said = talk.transcript()
        backup = tmp_path / "shop.backup"
        assert run_command("backup", str(backup), "--data", str(data)).returncode == 0
        server.end()
    (data / "shopfloor.sqlite3").write_text("Dear diary, " * 1_000)
    with served(data, waits=True) as server:
        talk.server = server
        assert server.call(LIVE) == {"status": "live"}
        status, answer, headers = server.ask(READY)
        assert (status, headers["content-type"]) == (503, "application/problem+json")
        assert "restore a backup" in problems(answer)["database"]
        for path in ("/v1/shop", "/v1/agents", "/", "/nowhere"):
            status, answer, headers = server.ask(path)
            assert (status, answer["status"], headers["content-type"]) == (503, 503, "application/problem+json")
            assert int(headers["retry-after"]) > 0
        assert talk.ask("hello", "b")[0] == 503
        time.sleep(2)  # it has tried again by now
        told = server.errors.read_text()
        assert told.count("shopfloor: the file is not a database: restore a backup") == 1
        assert "Traceback" not in told
        restored = run_command("restore", str(backup), "--data", str(data))
        assert restored.returncode == 0, restored.stderr
        assert server.until_status(READY, 200) == {"status": "ready"}
        assert talk.transcript() == said
        assert talk.say("hello", "b")
    [aside] = data.glob("before-restore-*")
    assert (aside / "shopfloor.sqlite3").read_text().startswith("Dear diary")


def test_a_database_that_is_gone_at_the_start_is_served_once_it_is_put_back(data: Path) -> None:
    database, elsewhere = data / "shopfloor.sqlite3", data.parent / "elsewhere"
    database.rename(elsewhere)
    with served(data, waits=True) as server:
        assert "is gone: put it back, or restore a backup" in server.errors.read_text()
        status, answer, _ = server.ask(READY)
        assert status == 503
        assert str(data) not in str(answer)
        assert not database.exists(), "an empty shop hides that it is lost"
        elsewhere.rename(database)
        server.until_status(READY, 200)
        assert server.until_ready().said.count("http://") == 1
        assert Talk(server).say("hello", "a")


def test_a_server_that_waits_for_its_database_ends_when_it_is_told_to(data: Path) -> None:
    (data / "shopfloor.sqlite3").rename(data.parent / "elsewhere")
    with served(data, waits=True) as server:
        began = time.monotonic()
        assert server.end(signal.SIGTERM) in {-signal.SIGTERM, 143}
        assert time.monotonic() - began < 10
        assert "Traceback" not in server.errors.read_text()


def test_what_is_set_wrongly_ends_a_server_that_waits_as_it_ends_one_that_starts(data: Path) -> None:
    database = data / "shopfloor.sqlite3"
    database.rename(data.parent / "elsewhere")
    with served(data, waits=True) as server:
        (data / "models.yaml").write_text("no: such setting\n")
        (data.parent / "elsewhere").rename(database)
        assert server.process.wait(30) == 2
        assert "models.yaml" in server.errors.read_text().splitlines()[-1]


def test_while_another_process_keeps_the_database_locked_nothing_is_lost(data: Path) -> None:
    with served(data) as server:
        talk = Talk(server, token(data))
        assert "?" in talk.say("cancel order 141", "a")
        with locked(data):
            assert problems(server.until_status(READY, 503)).keys() == {"database_writes"}
            assert server.call(LIVE) == {"status": "live"}
            status, answer, headers = talk.ask("yes", "b")
            assert (status, answer["status"]) == (503, 503)
            assert int(headers["retry-after"]) > 0
            assert len(talk.transcript()) == 2, "reading goes on"
        server.until_status(READY, 200)
        assert "cancelled" in talk.say("yes", "b")
        assert cancellations(data) == 1


def test_on_a_full_disk_nothing_that_was_confirmed_is_lost(data: Path) -> None:
    with served(data) as server:
        talk = Talk(server, token(data))
        assert "?" in talk.say("cancel order 141", "a")
        before = talk.transcript()
        with full_disk(server):
            told = problems(server.until_status(READY, 503))
            assert "free space" in told["database_writes"]
            assert "database_reads" not in told
            status, answer, headers = talk.ask("yes", "b")
            assert (status, answer["status"]) == (503, 503)
            assert int(headers["retry-after"]) > 0
            assert talk.transcript() == before
            assert cancellations(data) == 0
        server.until_status(READY, 200)
        assert "cancelled" in talk.say("yes", "b")
        assert cancellations(data) == 1
        assert "Traceback" not in server.errors.read_text()


@pytest.mark.parametrize(
    ("harm", "delays_ms", "lasts_s"),
    [("full", (5, 10, 15, 20, 25, 30, 40, 50, 60), 0.5), ("locked", (10, 30), 5.5)],
    ids=["full", "locked"],
)
def test_a_disk_that_fails_within_a_turn_delays_the_answer_and_the_action_is_done_once(
    data: Path, harm: str, delays_ms: tuple[int, ...], lasts_s: float
) -> None:
    with served(data) as server:
        for delay_ms in delays_ms:
            talk = Talk(server)
            talk.say("add the Ruby Runner Pro in size 9 to my cart", "a")
            answers: list[tuple[int, object]] = []
            asked = threading.Thread(
                target=lambda talk=talk, answers=answers: answers.append(
                    talk.ask("add the Speedster Red Edition in size 9 to my cart", "b")[:2]
                )
            )
            asked.start()
            time.sleep(delay_ms / 1000)
            with full_disk(server) if harm == "full" else locked(data):
                time.sleep(lasts_s)
            asked.join(60)
            [(status, answer)] = answers
            if status == 503:  # it was not taken: the page sends it again
                talk.say("add the Speedster Red Edition in size 9 to my cart", "b")
            else:
                assert status == 200, answer
            said = talk.transcript()
            assert len(said) >= 4, "the customer has no answer"
            confirmed = sum(text.startswith("I put ") for text in said)
            is_unknown = "I do not know whether that went through" in said[3]
            assert confirmed == 2 or is_unknown or "cannot reach one of our systems" in said[3]
            count = "SELECT coalesce(sum(quantity), 0) FROM shop_cart_lines WHERE cart_id LIKE ?"
            allowed = {confirmed, confirmed + 1} if is_unknown else {confirmed}
            assert one(data, count, f"%{talk.id}%") in allowed, f"after {delay_ms} ms: {said}"
        server.until_status(READY, 200)
        assert "waits for its answer" in server.errors.read_text(), "no turn was met"
