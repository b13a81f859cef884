"""Three servers on one PostgreSQL under load: one is killed, and the database goes and comes back; nothing is lost.

`CRASHES` says how often, once for each 40 of them, and `CRASH_SEED` from which seed on.
"""

import os
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
from conversation.crashing_at_random import TALKS, Conversations, converse, opened
from conversation.told_by_talks import Told, check, check_answers, looked_at, told
from copies import Original
from dying import times_of
from postgres import Postgres
from server_process import PATIENCE_S, Process, Talk

from shopfloor.app import open_app
from shopfloor.config import Config
from shopfloor.kernel.ids import ConversationId

FIRST = int(os.environ.get("CRASH_SEED", "0"))
SEEDS = range(FIRST, FIRST + max(1, int(os.environ.get("CRASHES", "0")) // 40))
SERVERS = 3
GUESTS = 5
QUESTIONS = (
    "How long do I have to return an item?",
    "Do you ship to Canada?",
    "red sneakers in men's size 9",
    "do you have hoodies",
    "any deals on right now",
    "thanks",
)
EVERYTHING = GUESTS * len(QUESTIONS) + sum(len(talk.says) for talk in TALKS.values())
DOWN_S = 2.0
"""How long the database is away."""
AGAIN_S = 0.2
"""How long a customer waits before they send again what was not answered."""


@dataclass(kw_only=True, slots=True)
class Load:
    """Customers who talk to whichever server answers, until each of their messages is answered."""

    servers: list[Process]
    chance: random.Random
    answered: int = 0
    has_changed: threading.Condition = field(default_factory=threading.Condition)
    errors: list[BaseException] = field(default_factory=list[BaseException])

    def wait_for(self, count: int) -> None:
        """Wait until so many messages are answered."""
        with self.has_changed:
            assert self.has_changed.wait_for(lambda: self.answered >= count or self.errors, 4 * PATIENCE_S)

    def talk(self, talk: Talk, says: tuple[str, ...], waits: tuple[int, ...]) -> None:
        """Say all, each once so many messages are answered."""
        try:
            for number, (text, count) in enumerate(zip(says, waits, strict=True)):
                self.wait_for(count)
                self._say(talk, text, f"message {number}")
                with self.has_changed:
                    self.answered += 1
                    self.has_changed.notify_all()
        except BaseException as error:
            with self.has_changed:
                self.errors.append(error)
                self.has_changed.notify_all()

    def _say(self, talk: Talk, text: str, client_id: str) -> None:
        deadline = time.monotonic() + 2 * PATIENCE_S
        while True:
            talk.server = self.chance.choice(self.servers)
            try:
                status, answer, _ = talk.ask(text, client_id)
            except (OSError, ValueError):  # it is gone, or it went while it answered
                status, answer = 0, {}
            if status == 200:
                return
            assert status in {0, 202, 429, 503}, answer
            assert time.monotonic() < deadline, (text, status, answer)
            time.sleep(AGAIN_S)


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """Return a database server that the test may stop."""
    with Postgres(Path(tempfile.mkdtemp(prefix="shopfloor-postgres-")), is_safe=True) as server:
        yield server


@pytest.mark.parametrize("seed", SEEDS)
def test_after_a_crash_of_one_of_three_servers_and_of_the_database_each_message_is_answered_once(
    own_server: Postgres, tmp_path: Path, seed: int
) -> None:
    original = Original.at(tmp_path / "data", own_server)
    chance = random.Random(seed)
    conversations = anyio.run(opened, original.config)
    with original.copied(tmp_path / "undisturbed") as config:
        times_of(converse, str(config.data), config.database_url, conversations)
        undisturbed = anyio.run(looked_at, config, conversations)
    folders = [shutil.copytree(original.config.data, tmp_path / f"data{number}") for number in range(SERVERS)]
    url = original.config.url
    servers = [Process(folder, SHOPFLOOR_DATABASE_URL=url) for folder in folders]
    try:
        for server in servers:
            server.until_ready()
        load = Load(servers=servers, chance=chance)
        talks = {name: Talk(servers[0], token) for name, token in anyio.run(tokens, original.config).items()}
        guests = [Talk(servers[0]) for _ in range(GUESTS)]
        threads = [*begun(load, talks, guests)]
        for thread in threads:
            thread.start()
        load.wait_for(chance.randint(5, EVERYTHING // 3))
        servers[0].process.kill()
        load.wait_for(chance.randint(EVERYTHING // 3, 2 * EVERYTHING // 3))
        own_server.stop()
        time.sleep(DOWN_S)
        own_server.start()
        for thread in threads:
            thread.join(4 * PATIENCE_S)
        assert load.errors == []
        assert load.answered == EVERYTHING
        assert [server.end() for server in servers[1:]] == [130, 130]  # as Ctrl-C ends a command
    finally:
        for server in servers:
            server.close()
    found = anyio.run(look, original.config, {name: ConversationId(one.id) for name, one in talks.items()}, guests)
    assert found.said == undisturbed.said
    assert found.orders == undisturbed.orders


def begun(load: Load, talks: dict[str, Talk], guests: list[Talk]) -> Iterator[threading.Thread]:
    """Begin all that is said: guests talk as quickly as they are answered, customers all the time between."""
    enough = GUESTS * len(QUESTIONS)
    for name, talk in talks.items():
        says = TALKS[name].says
        waits = tuple(sorted(load.chance.randrange(enough) for _ in says))
        yield threading.Thread(target=load.talk, args=(talk, says, waits), daemon=True)
    for guest in guests:
        yield threading.Thread(target=load.talk, args=(guest, QUESTIONS, (0,) * len(QUESTIONS)), daemon=True)


async def tokens(config: Config) -> dict[str, str]:
    """Return a token of the customer of each talk."""
    async with open_app(config) as app:
        found = {name: await app.shop.customers.find_customer(talk.email) for name, talk in TALKS.items()}
        return {name: app.tokens.sign(customer.id) for name, customer in found.items() if customer}


async def look(config: Config, conversations: Conversations, guests: list[Talk]) -> Told:
    async with open_app(config) as app:
        for guest in guests:
            check_answers(await app.chat.state(ConversationId(guest.id)), QUESTIONS)
        await check(app, conversations)
        return await told(app, conversations)
