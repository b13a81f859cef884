"""Customers who talk at once, in a process that may be killed at any moment; run by `test_random_crash.py`.

Each goes on where their conversation was. What they do not know to be answered they send again, as a page does.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import anyio
from demo_app import JONAS, MAYA, identity_of

from shopfloor.app import App, open_app, services_of
from shopfloor.config import Config
from shopfloor.http.limits import Limits
from shopfloor.http.running import Running
from shopfloor.kernel.ids import ConversationId, OrderNumber


@dataclass(frozen=True, kw_only=True, slots=True)
class Talk:
    """What a customer says about an order; the last of it changes something."""

    email: str
    order: OrderNumber
    says: tuple[str, ...]


TALKS: Mapping[str, Talk] = {
    "cancel": Talk(email=MAYA, order=OrderNumber("141"), says=("cancel order 141", "yes")),
    "money back": Talk(
        email=JONAS, order=OrderNumber("150"), says=("change the payment method of order 150 to my card", "yes")
    ),
    "refund": Talk(
        email="lucy.abernathy@example.com",
        order=OrderNumber("108"),
        says=("I want to send the shoes from order 108 back for a refund, they are too small", "yes"),
    ),
    "exchange": Talk(
        email="ethan.kowalczyk@example.com",
        order=OrderNumber("101"),
        says=("I received the wrong size in order 101 and want to return it", "exchange please", "M", "yes"),
    ),
    "address": Talk(
        email="kenji.morita@example.org",
        order=OrderNumber("137"),
        says=("Can you change my shipping address on 137 to 15 Market St?", "no, 16 Market St please", "yes"),
    ),
}

Conversations = dict[str, ConversationId]
"""The conversation of each talk."""


Tell = Callable[[], None]
"""Hears of each step."""
STEPS = 1 + 2 * sum(len(talk.says) for talk in TALKS.values())
"""It begins; each message is posted, and answered."""


def nobody() -> None:
    """Hear nothing."""


async def opened(config: Config) -> Conversations:
    """Open an installation, and a conversation for each talk."""
    async with open_app(config) as app:
        return {
            name: (await app.chat.open("test", await identity_of(app, talk.email)))[0] for name, talk in TALKS.items()
        }


@asynccontextmanager
async def serving(app: App) -> AsyncGenerator[None]:
    """Do meanwhile what a server does beside its requests."""
    async with Running(services_of(app), Limits()).run():
        yield


async def go_on(app: App, conversations: Conversations, tell: Tell = nobody) -> None:
    """Let all talk to their end, at once."""
    async with anyio.create_task_group() as group:
        for name, talk in TALKS.items():
            group.start_soon(_talk, app, conversations[name], talk, tell)


async def _talk(app: App, conversation: ConversationId, talk: Talk, tell: Tell) -> None:
    state = await app.chat.state(conversation)
    heard = len([one for one in state.messages if one.role == "user" and one.message_id in state.answered])
    for number, text in enumerate(talk.says[heard:], heard):
        await app.chat.post(conversation, text, f"message {number}")
        tell()
        await app.chat.answer(conversation)
        tell()


async def converse(data: str, url: str | None, conversations: Conversations, pipe: Connection) -> None:
    async with open_app(Config(data=Path(data), database_url=url)) as app, serving(app):
        pipe.send(None)
        await go_on(app, conversations, partial(pipe.send, None))
