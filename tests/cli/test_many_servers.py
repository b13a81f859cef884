"""Several server processes on one PostgreSQL database, each there for something, as an operator runs them."""

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import Postgres
from server_process import PATIENCE_S, Process, Talk

OWNER = "first owner"
ASKED = "Where's my order #123, and by the way, do you have any red sneakers in men's size 9?"
WITHIN_S = 1.0
"""How soon a change that one process made is in force in the others; asked for again and again until then."""


class Servers:
    """Processes on one database."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._url = folder, url
        self.started: list[Process] = []

    def start(self, role: str, name: str = "data") -> Process:
        server = Process(self._folder / name, "--role", role, SHOPFLOOR_DATABASE_URL=self._url)
        self.started.append(server)
        return server


@pytest.fixture
def servers(tmp_path: Path, postgres: Postgres) -> Iterator[Servers]:
    name = postgres.create()
    made = Servers(tmp_path, postgres.url(name))
    yield made
    for server in made.started:
        server.close()
    postgres.drop(name)


def key_of(server: Process) -> str:
    """Return the owner's key, which the first process of an installation tells."""
    return next(line.strip() for line in server.said.splitlines() if line.startswith("    "))


def heard(server: Process, talk: Talk, into: list[dict[str, object]], is_open: threading.Event) -> None:
    """Follow a conversation at a server until its turn ends."""
    request = urllib.request.Request(  # noqa: S310
        f"{server.base}/v1/conversations/{talk.id}/events", headers={"Authorization": f"Bearer {talk.secret}"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as stream:  # noqa: S310
        is_open.set()
        for line in stream:
            if line.startswith(b"data:"):
                into.append(json.loads(line[5:]))
                if into[-1]["type"] == "RUN_FINISHED":
                    return


def test_processes_share_conversations_settings_and_what_falls_due(servers: Servers) -> None:
    here = servers.start("web").until_ready()
    there = servers.start("web").until_ready()
    worker = servers.start("worker").until_ready()
    key = key_of(here)

    # What one answers, those who follow at another hear as it is said.
    talk = Talk(here)
    told: list[dict[str, object]] = []
    is_open = threading.Event()
    follower = threading.Thread(target=heard, args=(there, talk, told, is_open))
    follower.start()
    assert is_open.wait(PATIENCE_S)
    said = talk.say(ASKED, "1")
    follower.join(PATIENCE_S)
    assert not follower.is_alive()
    asked = {event["messageId"] for event in told if event.get("role") == "user"}
    texts = [event for event in told if event["type"] == "TEXT_MESSAGE_CONTENT" and event["messageId"] not in asked]
    assert " ".join(str(event["delta"]) for event in texts).split() == said.split()
    assert len(texts) > 1
    talk.server = there
    assert "30 days" in talk.say("How long do I have to return an item?", "2")

    # What was changed at one is in force at the other.
    here.call("/v1/settings", {"shop_name": "Marigold & Sons"}, key, method="PATCH")
    since = time.monotonic()
    while there.call("/v1/settings", bearer=key)["settings"]["shop_name"] != "Marigold & Sons":
        assert time.monotonic() < since + PATIENCE_S
        time.sleep(0.02)
    assert time.monotonic() < since + 2 * WITHIN_S

    # A worker is asked of itself and of nothing else.
    assert worker.ask("/health/ready")[0] == 200
    assert worker.ask("/v1/shop")[0] == 404
    assert worker.ask("/v1/conversations", {})[0] in {404, 405}

    # What one took and did not answer, since it was killed, another one answers.
    talk.server = there
    status, _, _ = there.ask(
        f"/v1/conversations/{talk.id}/messages", {"client_id": "3", "text": "where is my order #123?"}, talk.secret
    )
    assert status == 202
    there.process.kill()
    talk.server = here
    deadline = time.monotonic() + PATIENCE_S
    while len(found := talk.transcript()) < 6:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    assert [here.end(), worker.end()] == [130, 130]  # as Ctrl-C ends a command


def test_a_process_that_signs_otherwise_is_turned_away(servers: Servers) -> None:
    servers.start("web").until_ready()
    other = servers.start("web", "elsewhere")
    assert other.process.wait(PATIENCE_S) != 0
    assert "copy the file `secret`" in other.errors.read_text()
