"""Several processes on one conversation: each message is answered once, and each process hears its own answer."""

import json
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from shopfloor.app import open_app
from shopfloor.config import Config
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
