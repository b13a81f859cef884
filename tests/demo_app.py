"""The demo shop in memory, at a fixed hour, for tests that talk to it."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from anyio import to_thread

from shopfloor.app import App, memory_app
from shopfloor.identity.identity import GUEST, Identity
from shopfloor.kernel.clock import Clock, FixedClock
from shopfloor.kernel.ids import ConversationId, SeededIds
from shopfloor.models.router import ModelRouter
from shopfloor.planning.model_planner import SURE
from shopfloor.search.products import CatalogueSearch
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.demo import demo_contents
from shopfloor.telemetry.telemetry import Telemetry
from shopfloor.tools.contract import Toolset

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
"""A Saturday, 10 in the morning at the shop."""
MAYA = "maya.lindqvist@example.com"
"""Owner of the orders 107, 118, 123 and 141."""
JONAS = "jonas.weber@example.org"
"""Owner of the orders 150 and 151."""


@lru_cache(maxsize=1)
def contents() -> ShopContents:
    return demo_contents(NOW)


@lru_cache(maxsize=1)
def indexed() -> CatalogueSearch:
    """Return the index of the demo shop, which takes most of the time that an installation takes to start.

    It is one without vectors, as without the extra, so that the order is the same whether that is installed or not.
    """
    return CatalogueSearch(contents().products)


async def demo_app(
    *,
    clock: Clock | None = None,
    wrap: Callable[[Toolset], Toolset] = lambda tools: tools,
    models: ModelRouter | None = None,
    sure: float = SURE,
    telemetry: Telemetry | None = None,
) -> App:
    return await memory_app(
        await to_thread.run_sync(contents),
        search=await to_thread.run_sync(indexed),
        clock=clock or FixedClock(NOW),
        ids=SeededIds(),
        wrap=wrap,
        models=models,
        sure=sure,
        telemetry=telemetry,
    )


async def identity_of(app: App, email: str | None) -> Identity:
    if email is None:
        return GUEST
    customer = await app.shop.customers.find_customer(email)
    assert customer is not None
    return await app.identify(app.tokens.sign(customer.id))


async def begin(app: App, email: str | None = None) -> ConversationId:
    conversation, _ = await app.chat.open("test", await identity_of(app, email))
    return conversation


async def say(app: App, conversation: ConversationId, text: str) -> str:
    await app.chat.post(conversation, text)
    replies = await app.chat.answer(conversation)
    return "\n\n".join(reply.content for reply in replies)
