"""Several processes on one conversation: each message is answered once, and each process hears its own answer."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from demo_app import MAYA, identity_of
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from shopfloor.app import open_app
from shopfloor.config import Config
from shopfloor.conversation.live import Piece, Released
from shopfloor.identity.identity import GUEST
from shopfloor.journal.events import MessageWritten, ReplyComposed

pytestmark = pytest.mark.anyio
SHOPFLOOR = Path(sys.executable).with_name("shopfloor")
QUESTIONS = ["How long do I have to return an item?", "Do you ship to Canada?", "red sneakers in size 9", "thanks"]


def say(data: Path, conversation: str, text: str) -> subprocess.CompletedProcess[str]:
    command = [SHOPFLOOR, "chat", "--data", data, "--conversation", conversation, "--json", "-m", text]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


async def test_four_processes_on_one_conversation_answer_each_message_once(tmp_path: Path) -> None:
    config = Config(data=tmp_path / "data")
    async with open_app(config) as app:
        conversation, _ = await app.chat.open("cli", GUEST)
    heard: dict[str, subprocess.CompletedProcess[str]] = {}

    async def ask(text: str) -> None:
        heard[text] = await to_thread.run_sync(say, config.data, conversation, text)

    async with anyio.create_task_group() as group:
        for text in QUESTIONS:
            group.start_soon(ask, text)

    async with open_app(config) as app:
        state = await app.chat.state(conversation)
        await app.journal.verify(state.events[0].stream)
    asked = {e.data.message_id: e.data.content for e in state.events if _is_customers(e.data)}
    replies = [e.data for e in state.events if isinstance(e.data, ReplyComposed)]
    answers = {asked[one]: reply.content for reply in replies for one in reply.message_ids}
    assert sum(len(reply.message_ids) for reply in replies) == len(asked) == len(QUESTIONS)
    assert set(answers) == set(QUESTIONS)
    for text, done in heard.items():
        assert done.returncode == 0, done.stderr
        *_, last = map(json.loads, done.stdout.splitlines())
        assert answers[text] in last["event_data"]["content"], text


def _is_customers(data: object) -> bool:
    return isinstance(data, MessageWritten) and data.role == "user"


@pytest.mark.parametrize("is_queued", [False, True])
async def test_what_was_shown_before_a_stop_is_journaled_and_in_the_reply(tmp_path: Path, is_queued: bool) -> None:
    """A stop that comes while words are being written down, or wait for it, loses none of them."""
    async with open_app(Config(data=tmp_path)) as app:
        conversation, _ = await app.chat.open("test", await identity_of(app, MAYA))
        loop = asyncio.get_running_loop()
        stopped: list[bool] = []

        def stop(connection: Connection) -> None:
            is_write = connection.get_execution_options().get("sqlite_begin") == "BEGIN IMMEDIATE"
            if is_write and not stopped and heard and isinstance(heard[-1], Released):
                stopped.append(True)
                loop.call_soon_threadsafe(app.chat.stop, conversation)
                time.sleep(0.05)

        heard: list[Piece] = []
        event.listen(Engine, "begin" if is_queued else "commit", stop)
        try:
            await app.chat.post(conversation, "Where is order #123? Also find red sneakers in men's size 9.")
            (reply,) = await app.chat.answer(conversation, heard.append)
        finally:
            event.remove(Engine, "begin" if is_queued else "commit", stop)
        state = await app.chat.state(conversation)
        said = [message.content for message in state.messages if message.role == "assistant"]
        assert stopped
        assert reply.outcome == "stopped"
        assert reply.content == "\n\n".join(said)
        assert "TRK456" in said[0]
        assert all(piece.text.strip() in reply.content for piece in heard if isinstance(piece, Released))
