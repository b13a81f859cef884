"""The wiring: the only file that knows everything."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from anyio import to_thread
from sqlalchemy import select

from shopfloor.actions.gate import Gate, effects_of
from shopfloor.actions.kind import ActionKind
from shopfloor.agents.brand import Brand
from shopfloor.agents.registry import MemoryRegistry, Registry, SqlRegistry, shipped_brand, shipped_cards
from shopfloor.config import Config
from shopfloor.conversation.log import Desk
from shopfloor.conversation.orchestrator import ChatOrchestrator
from shopfloor.database.engine import Database
from shopfloor.database.migrate import upgrade
from shopfloor.durable.inline import InlineDurable
from shopfloor.identity.guest_check import GuestCheck, Tries
from shopfloor.identity.identity import Identity
from shopfloor.identity.tokens import CustomerTokens
from shopfloor.identity.tries import MemoryTries, SqlTries
from shopfloor.journal.contract import Journal
from shopfloor.journal.memory import MemoryJournal
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.clock import Clock, SystemClock
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import IdSource, TimedIds
from shopfloor.kernel.money import Money
from shopfloor.planning.rules import RulePlanner, not_ours
from shopfloor.search.knowledge import PageRetriever, parse_page
from shopfloor.search.products import CatalogueSearch
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Shop
from shopfloor.shop.demo import demo_contents, demo_pages
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.sql import load, sql_shop
from shopfloor.shop.sql.rows import ProductRow
from shopfloor.tools.contract import Toolset
from shopfloor.tools.gated import gated_tool
from shopfloor.tools.retail.knowledge import KnowledgeTools
from shopfloor.tools.retail.orders import OrderTools, order_kinds, owns_resource
from shopfloor.tools.retail.products import ProductTools
from shopfloor.tools.retail.tickets import ticket_kinds
from shopfloor.tools.toolsets import ToolList


@dataclass(frozen=True, kw_only=True, slots=True)
class App:
    """A running installation."""

    shop: Shop
    journal: Journal
    registry: Registry
    chat: ChatOrchestrator
    tokens: CustomerTokens
    brand: Brand

    async def identify(self, token: str) -> Identity:
        """Return who a token names.

        Raises:
            InvalidInput: the token is not valid or has expired.
            NotFound: it names nobody the shop knows.
        """
        customer = await self.shop.customers.get_customer(self.tokens.verify(token))
        if customer is None:
            raise NotFound("the signed-in customer is not known to the shop")
        return Identity(customer_id=customer.id, name=customer.name, email=customer.email)


async def assemble(
    *,
    shop: Shop,
    journal: Journal,
    registry: Registry,
    tries: Tries,
    secret: bytes,
    clock: Clock,
    ids: IdSource,
    wrap: Callable[[Toolset], Toolset] = lambda tools: tools,
) -> App:
    """Connect everything.

    `wrap` may put a wrapper around all tools, such as one that records, delays or fails them.
    """
    brand = await to_thread.run_sync(shipped_brand)
    search = await CatalogueSearch.build(shop.catalogue)
    pages = await to_thread.run_sync(demo_pages)
    retriever = PageRetriever([parse_page(page, text) for page, text in pages.items()], home=brand.country)
    zone = ZoneInfo(brand.zone)
    known: tuple[ActionKind[Any], ...] = (*order_kinds(shop.orders, clock, zone), *ticket_kinds(shop.tickets, clock))
    kinds = [kind for kind in known if kind.needs in shop.capabilities]

    async def owns(identity: Identity, resource: str) -> bool:
        return await owns_resource(shop.orders, identity, resource)

    gate = Gate(
        kinds,
        durable=InlineDurable(effects_of(kinds)),
        owns=owns,
        irreversible_limit=Money(brand.currency, brand.irreversible_limit_minor),
        clock=clock,
    )
    tools = wrap(
        ToolList(
            [
                *OrderTools(shop, GuestCheck(shop.orders, tries, clock)).tools(),
                *ProductTools(shop.catalogue, search, clock).tools(),
                *KnowledgeTools(retriever).tools(),
                *(gated_tool(kind, gate) for kind in kinds),
            ]
        )
    )
    planner = RulePlanner(search, {tool.name: tool for tool in tools.tools()}, await to_thread.run_sync(not_ours))
    chat = ChatOrchestrator(
        Desk(journal=journal, tools=tools, clock=clock, ids=ids),
        registry=registry,
        brand=brand,
        planner=planner,
        retriever=retriever,
    )
    return App(
        shop=shop,
        journal=journal,
        registry=registry,
        chat=chat,
        tokens=CustomerTokens(secret, clock),
        brand=brand,
    )


@asynccontextmanager
async def open_app(
    config: Config,
    tell: Callable[[str], None] = lambda _line: None,
    *,
    wrap: Callable[[Toolset], Toolset] = lambda tools: tools,
) -> AsyncGenerator[App]:
    """Open an installation on its data directory; an empty one gets the demo shop.

    `tell` hears of work that takes a moment; `wrap` is as for `assemble`.

    Raises:
        StorageError: the directory or the database cannot be used.
    """
    clock = SystemClock()
    await to_thread.run_sync(config.prepare)
    database = await to_thread.run_sync(Database.sqlite, config.database)
    try:
        await to_thread.run_sync(upgrade, database)
        if await database.read(lambda session: session.scalar(select(ProductRow.id).limit(1))) is None:
            tell("Preparing the demo shop...")
            await load(database, await to_thread.run_sync(demo_contents, clock.now()))
        registry = SqlRegistry(database, clock)
        await registry.ship(await to_thread.run_sync(shipped_cards))
        yield await assemble(
            shop=sql_shop(database),
            journal=SqlJournal(database, clock, config.locks),
            registry=registry,
            tries=SqlTries(database),
            secret=await to_thread.run_sync(config.secret),
            clock=clock,
            ids=TimedIds(clock),
            wrap=wrap,
        )
    finally:
        await to_thread.run_sync(database.close)


async def memory_app(
    contents: ShopContents,
    *,
    clock: Clock,
    ids: IdSource,
    wrap: Callable[[Toolset], Toolset] = lambda tools: tools,
) -> App:
    """Return an installation that lives in memory only, for tests, simulations and evaluations."""
    return await assemble(
        shop=memory_shop(contents),
        journal=MemoryJournal(clock),
        registry=MemoryRegistry(await to_thread.run_sync(shipped_cards)),
        tries=MemoryTries(),
        secret=b"\0" * 32,
        clock=clock,
        ids=ids,
        wrap=wrap,
    )
