"""Conversations as customers write them, each a file under `scripts/`, played from the first word to the last.

title: what it shows
customer: e-mail of the signed-in customer; left out for a guest
turns:
  - says: the message
    hears: [texts that the reply holds, whatever their case]
    not: [texts that it does not hold]
    agents: [who speaks, in order]
    actions: [kind state, ...; what becomes of writes in this turn, in order]
"""

from pathlib import Path
from typing import Annotated

import pytest
import yaml
from demo_app import begin, demo_app
from pydantic import BaseModel, ConfigDict, Field

from shopfloor.app import App
from shopfloor.journal.events import ActionMoved, Event, MessageWritten
from shopfloor.kernel.ids import ConversationId

pytestmark = pytest.mark.anyio
SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.yaml"))


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    says: str
    hears: list[str] = []
    lacks: Annotated[list[str], Field(alias="not")] = []
    agents: list[str] | None = None
    actions: list[str] = []


class Script(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    customer: str | None = None
    turns: Annotated[list[Line], Field(min_length=3)]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
async def test_the_team_answers_as_the_script_tells(path: Path) -> None:
    script = Script.model_validate(yaml.safe_load(path.read_text("utf-8")))  # noqa: ASYNC240  (nothing else runs)
    app = await demo_app()
    conversation = await begin(app, script.customer)
    for number, line in enumerate(script.turns, start=1):
        reply, events = await _turn(app, conversation, line.says)
        _check(line, reply, events, f"{path.stem}, turn {number}: {line.says!r}\n--- reply ---\n{reply}\n---")


async def _turn(app: App, conversation: ConversationId, text: str) -> tuple[str, list[Event]]:
    before = (await app.chat.state(conversation)).seq
    await app.chat.post(conversation, text)
    (reply,) = await app.chat.answer(conversation)
    state = await app.chat.state(conversation)
    return reply.content, state.events[before:]


def _check(line: Line, reply: str, events: list[Event], where: str) -> None:
    heard = reply.lower()
    assert [text for text in line.hears if text.lower() not in heard] == [], f"missing in {where}"
    assert [text for text in line.lacks if text.lower() in heard] == [], f"too much in {where}"
    if line.agents is not None:
        said = [e.data.agent for e in events if isinstance(e.data, MessageWritten) and e.data.role == "assistant"]
        assert said == line.agents, where
    moved = [f"{e.data.kind} {e.data.state}" for e in events if isinstance(e.data, ActionMoved)]
    assert moved == line.actions, where
