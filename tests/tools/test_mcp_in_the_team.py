"""Attached tools in a running installation: what another process changes in the rows holds from the next message on."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from demo_app import begin, say
from tools.attached import program

from shopfloor.app import App, open_app
from shopfloor.config import Config
from shopfloor.kernel.errors import InvalidFields
from shopfloor.kernel.yaml_files import read_yaml
from shopfloor.tools.mcp_client.toolset import opened

pytestmark = pytest.mark.anyio

CARD = """
id: time_keeper
name: Time Keeper
half: conversation
description: Tells the time in places where the shop has stores.
instructions: Tell the time.
tools: [clock_now, clock_set_alarm]
skills:
  - id: tell_time
    name: Tell the time
    description: Tells what time it is at our store in Oslo.
    status: Looking at the clock...
    examples: [what time is it in your Oslo store, tell me the time in Oslo, time in oslo, how late is it in oslo]
    steps:
      - call: clock_now
        with: {timeZone: "'Europe/Oslo'"}
        as: clock
      - say: "In {{ clock.data.zone }} it is {{ clock.data.time }}."
  - id: set_alarm
    name: Set an alarm
    description: Sets the alarm in our store in Oslo.
    status: Setting the alarm...
    examples: [set the alarm in your Oslo store, set an alarm in oslo, wake up the oslo store, ring the alarm in oslo]
    steps:
      - call: clock_set_alarm
        with: {text: "'Ring.'"}
        as: alarm
      - say: "The alarm says: {{ alarm.text }}"
"""
QUESTION = "what time is it in your Oslo store"


@pytest.fixture
async def app(tmp_path: Path) -> AsyncGenerator[App]:
    async with open_app(Config(data=tmp_path / "data")) as installation:
        yield installation


async def test_attaching_and_detaching_hold_in_a_running_installation(app: App) -> None:
    card = read_yaml(CARD, "the card")
    with pytest.raises(InvalidFields, match="there is no tool clock_now"):
        await app.team.add(card, "the card")
    server = program(environment=())
    async with opened(app.mcp_servers) as other_process:
        server = replace(server, offered=await other_process.offered_by(server))
    await app.mcp_servers.put(server)
    await app.team.add(card, "the card")
    conversation = await begin(app)
    assert "In Europe/Oslo it is 12:00." in await say(app, conversation, QUESTION)
    assert "The alarm says: Ring." in await say(app, await begin(app), "set the alarm in your Oslo store")

    await app.mcp_servers.put(replace(server, allowed=()))
    assert "alarm says" not in await say(app, await begin(app), "set the alarm in your Oslo store")
    await app.mcp_servers.remove("clock")
    for _ in range(2):
        assert "12:00" not in await say(app, await begin(app), QUESTION)
    assert "Speedster" in await say(app, await begin(app), "do you have red sneakers in men's size 9")
