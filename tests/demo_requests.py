"""Requests that wait for the merchant, and what tests of telling customers about them share."""

from collections.abc import Sequence
from datetime import timedelta

from demo_app import JONAS, begin, say
from demo_outreach import said_in

from shopfloor.app import App
from shopfloor.identity.identity import Staff
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.ids import ConversationId

GRACE = Staff(name="Grace")
DEAR = "150"
"""An order of Jonas's over $991.95: more than the team may cancel by itself."""
SUMMARY = "Cancel order #150, placed on 21 November 2026, over $991.95; the money goes back to PayPal."
ASKED = (
    f"Above $500.00 a colleague has to approve this. I have passed it on: {SUMMARY} You will hear from me here, "
    "tomorrow at the latest."
)


async def cancelling(app: App, email: str | None = JONAS) -> ConversationId:
    """Ask for the cancellation of the dear order, and say yes, so that it waits for the merchant."""
    conversation = await begin(app, email)
    await say(app, conversation, f"cancel order {DEAR}")
    if email is None:
        await say(app, conversation, JONAS)
    assert await say(app, conversation, "yes") == ASKED
    return conversation


async def key_of(app: App) -> str:
    """Return the key of the one action that waits for the merchant."""
    [record] = await app.approvals.waiting()
    return record.key


async def told(app: App, conversation: ConversationId, before: int) -> str:
    """Let the worker work twice, and return what was said from a place in the conversation on."""
    for _ in range(2):
        assert await app.outreach.work()
    return "\n\n".join((await said_in(app, conversation))[before:])


async def mails(app: App) -> Sequence[tuple[str, str]]:
    """Return the outbox, the oldest first: to whom, and what."""
    return [(one.email, one.text) for one in reversed(await app.outreach.outreaches.outbox())]


def later(app: App, time: timedelta) -> None:
    """Put the clock of the installation forward."""
    assert isinstance(app.clock, FixedClock)
    app.clock.at += time
