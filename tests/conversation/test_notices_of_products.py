"""What the staff let customers know with a product is in the next answer about it, until it holds no longer."""

from datetime import timedelta

import pytest
from demo_app import NOW, begin, demo_app, say

from shopfloor.app import App
from shopfloor.facts.shared_context import Saying
from shopfloor.facts.shipped import Notice
from shopfloor.journal.events import ToolCalled
from shopfloor.kernel.clock import FixedClock

pytestmark = pytest.mark.anyio

TEXT = "The olive one is back on December 12."
ASKED = "is the Saltbox Slip-On in stock in olive size 9.5?"


async def tell(app: App, text: str | None, lasts: timedelta | None = None) -> None:
    value = None if text is None else Notice(text=text)
    await app.context.say("staff", [Saying(kind="notice", subject="p-008", value=value, lasts=lasts)])


@pytest.mark.parametrize(
    "asked", [ASKED, "does the Saltbox Slip-On have laces", "compare the Saltbox Slip-On and the Casual Crimson Loafer"]
)
async def test_a_notice_is_said_wherever_its_product_is_told_of(asked: str) -> None:
    app = await demo_app()
    conversation = await begin(app)
    assert TEXT not in await say(app, conversation, asked)
    await tell(app, TEXT)
    assert f"Saltbox Slip-On: {TEXT}" in await say(app, conversation, asked)
    assert TEXT not in await say(app, conversation, "is the Casual Crimson Loafer in stock?")


async def test_a_notice_is_said_no_longer_once_it_is_taken_back_or_over() -> None:
    clock = FixedClock(NOW)
    app = await demo_app(clock=clock)
    conversation = await begin(app)
    await tell(app, TEXT)
    await tell(app, None)
    assert TEXT not in await say(app, conversation, ASKED)
    await tell(app, TEXT, timedelta(hours=1))
    assert TEXT in await say(app, conversation, ASKED)
    clock.at += timedelta(hours=1)
    assert TEXT not in await say(app, conversation, ASKED)


async def test_the_journal_tells_which_version_a_reply_was_made_of() -> None:
    app = await demo_app()
    conversation = await begin(app)
    await tell(app, "Back soon.")
    await tell(app, TEXT)
    await say(app, conversation, ASKED)
    events = [event.data for event in (await app.chat.state(conversation)).events]
    [call] = [one for one in events if isinstance(one, ToolCalled) and one.tool_name == "check_availability"]
    output = call.tool_output
    assert isinstance(output, dict)
    assert output["notices"] == {"said": f"Saltbox Slip-On: {TEXT}", "facts": {"notice:p-008": 2}}
