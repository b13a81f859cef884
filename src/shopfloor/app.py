"""The wiring: the only file that knows everything."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo
from functools import partial
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from anyio import to_thread
from sqlalchemy import select

from shopfloor.actions.approvals import Approvals
from shopfloor.actions.gate import Gate, Owns, effects_of
from shopfloor.actions.kind import ActionKind
from shopfloor.actions.memory_store import MemoryActions
from shopfloor.actions.ruling import Case, Reason, Rulebook, Ruling
from shopfloor.actions.sql_store import SqlActions
from shopfloor.actions.store import ActionRecord, Actions, Usage, UsageQuery
from shopfloor.actions.undo import Undoing
from shopfloor.agents.brand import Brand
from shopfloor.agents.card import AgentCard
from shopfloor.agents.prompt_texts import PROMPTS, KeptPrompts, Prompts, shipped_prompts
from shopfloor.agents.registry import MemoryRegistry, Registry, shipped_cards
from shopfloor.agents.settings import SETTINGS, Settings, shipped_brand
from shopfloor.agents.slots import SlotReader
from shopfloor.agents.sql_registry import SqlRegistry
from shopfloor.agents.team import Team
from shopfloor.config import Config
from shopfloor.conversation.hearing import prepare
from shopfloor.conversation.live import Hub
from shopfloor.conversation.log import Desk
from shopfloor.conversation.orchestrator import ChatOrchestrator
from shopfloor.conversation.outreach_runner import OutreachRunner
from shopfloor.database.engine import Database
from shopfloor.database.migrate import upgrade
from shopfloor.database.sql_versioned import SqlVersioned
from shopfloor.database.versioned import MemoryVersioned
from shopfloor.durable.inline import InlineDurable
from shopfloor.http.services import Services
from shopfloor.identity.guest_check import GuestCheck, Tries
from shopfloor.identity.identity import Identity
from shopfloor.identity.key_stores import MemoryKeys, SqlKeys
from shopfloor.identity.keys import ApiKeys
from shopfloor.identity.tokens import CustomerTokens
from shopfloor.identity.tries import MemoryTries, SqlTries
from shopfloor.journal.contract import Journal
from shopfloor.journal.memory import MemoryJournal
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.clock import Clock, SystemClock
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import IdSource, TimedIds
from shopfloor.kernel.money import Money
from shopfloor.models.ledger import Ledger, MemoryLedger
from shopfloor.models.router import ModelRouter
from shopfloor.models.settings import MODELS, KeptModels, ModelSettings
from shopfloor.models.spending import MemorySpending, Spending
from shopfloor.models.sql_ledger import SqlLedger, SqlSpending
from shopfloor.outreach.contract import Outreaches
from shopfloor.outreach.memory import MemoryOutreaches
from shopfloor.outreach.sql import SqlOutreaches
from shopfloor.planning.background import shipped_background
from shopfloor.planning.model_planner import SURE, ModelPlanner
from shopfloor.planning.plan import Planner
from shopfloor.planning.rules import RulePlanner
from shopfloor.planning.trained import Trained, load_trained
from shopfloor.profiles.contract import Profiles
from shopfloor.profiles.recollection import Recollection
from shopfloor.profiles.records import ProfileRecords
from shopfloor.profiles.stores import MemoryProfiles, SqlProfiles
from shopfloor.search.knowledge import PageRetriever, parse_page
from shopfloor.search.products import CatalogueSearch
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Shop
from shopfloor.shop.demo import demo_contents, demo_pages
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.return_policy import ReturnPolicy
from shopfloor.shop.sql import load, sql_shop
from shopfloor.shop.sql.rows import ProductRow
from shopfloor.tools.contract import Tool, Toolset
from shopfloor.tools.gated import gated_tool
from shopfloor.tools.mcp_client.servers import McpServers
from shopfloor.tools.mcp_client.stores import MemoryMcpServers, SqlMcpServers
from shopfloor.tools.mcp_client.toolset import AttachedTools, WithAttached, opened
from shopfloor.tools.retail.accounts import AccountTools, account_kinds
from shopfloor.tools.retail.carts import CartTools, cart_kinds, owns_cart
from shopfloor.tools.retail.choosing import ChoosingTools
from shopfloor.tools.retail.knowledge import KnowledgeTools
from shopfloor.tools.retail.leads import LeadTools
from shopfloor.tools.retail.order_changes import OrderChanges
from shopfloor.tools.retail.orders import OrderTools, owns_resource
from shopfloor.tools.retail.products import ProductTools
from shopfloor.tools.retail.profile import Noticing, ProfileTools, profile_kinds
from shopfloor.tools.retail.requests import RequestTools
from shopfloor.tools.retail.return_cases import Policy
from shopfloor.tools.retail.return_requests import ReturnRequests
from shopfloor.tools.retail.returns import ReturnTools
from shopfloor.tools.retail.sign_ups import lead_kinds
from shopfloor.tools.retail.tickets import ticket_kinds
from shopfloor.tools.retail.upsell import Habits, UpsellTools
from shopfloor.tools.toolsets import ToolList


@dataclass(frozen=True, kw_only=True, slots=True)
class App:
    """A running installation."""

    shop: Shop
    journal: Journal
    registry: Registry
    chat: ChatOrchestrator
    planner: Planner
    outreach: OutreachRunner
    tokens: CustomerTokens
    settings: Settings
    prompts: KeptPrompts
    model_settings: KeptModels
    team: Team
    profiles: ProfileRecords
    keys: ApiKeys
    clock: Clock
    ids: IdSource
    ledger: Ledger
    tools: Toolset
    """The shop's own tools, for faces that serve them."""
    mcp_servers: McpServers
    gate: Gate
    actions: Actions
    approvals: Approvals
    undoing: Undoing
    attached: AttachedTools | None = None
    """The tools of the attached MCP servers; None where the installation takes none."""
    models: ModelRouter | None = None
    """Who thinks; None where no model is set up, and the team works without one."""
    secret: bytes = field(repr=False)

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Stores:
    """Where everything is kept: in memory, or in a database."""

    shop: Shop
    journal: Journal
    registry: Registry
    settings: Settings
    prompts: KeptPrompts
    model_settings: KeptModels
    tries: Tries
    outreaches: Outreaches
    profiles: Profiles
    keys: ApiKeys
    actions: Actions
    """The journal has it as one of its projections."""
    mcp_servers: McpServers = field(default_factory=MemoryMcpServers)
    ledger: Ledger = field(default_factory=MemoryLedger)
    spending: Spending = field(default_factory=MemorySpending)


async def assemble(
    stores: Stores,
    *,
    secret: bytes,
    clock: Clock,
    ids: IdSource,
    wrap: Callable[[Toolset], Toolset] = lambda tools: tools,
    planner: Planner | None = None,
    trained: Trained | None = None,
    models: ModelRouter | None = None,
    sure: float = SURE,
    attached: AttachedTools | None = None,
) -> App:
    """Connect everything.

    `wrap` may put a wrapper around all tools, such as one that records, delays or fails them. `planner` is one that was
    made before, to be used by several installations; `trained` is what one that is made here knows beside the cards.
    `models` hands out models; None where none is set up. `sure` is the confidence from which on no model plans.
    `attached` are the tools of MCP servers.
    """
    brand = await stores.settings.in_force()  # home, zone and currency hold until the next start
    search = await CatalogueSearch.build(stores.shop.catalogue)
    retriever = await _retriever(home=brand.country)
    await to_thread.run_sync(prepare)
    kinds = kinds_of(stores, clock, ZoneInfo(brand.zone))
    owns = _owner(stores.shop)
    gate = _gate(kinds, stores, owns, clock)
    recollection = Recollection(stores.profiles, stores.shop, search.category_of, clock)
    reads = _reads(stores, search, retriever, recollection, clock, ZoneInfo(brand.zone))
    requests = RequestTools(stores.actions, gate, owns).tools()
    own = ToolList([*reads, *requests, *(gated_tool(kind, gate) for kind in kinds if kind.is_offered)])
    noticing = Noticing(own, stores.profiles)
    tools = wrap(WithAttached(noticing, attached) if attached else noticing)
    refresh = attached.refresh if attached else None
    # It plans with our own tools: nothing is read ahead that may be detached meanwhile.
    planner = planner or await _planner(search, own, trained, sure if models else None)
    desk = Desk(stores.journal, tools, clock, ids, Hub(), recollection, models)
    chat = _chat(desk, stores, planner, retriever)
    outreach = _outreach(stores, chat, clock)

    async def tell(_record: ActionRecord) -> None:
        outreach.poke()

    return App(
        gate=gate,
        actions=stores.actions,
        approvals=Approvals(gate, stores.actions, stores.journal, clock, tell),
        undoing=Undoing(gate, stores.actions, stores.journal, clock),
        shop=stores.shop,
        journal=stores.journal,
        registry=stores.registry,
        settings=stores.settings,
        prompts=stores.prompts,
        model_settings=stores.model_settings,
        team=Team(stores.registry, stores.settings, tools, [kind.name for kind in kinds if kind.is_offered], refresh),
        chat=chat,
        planner=planner,
        outreach=outreach,
        tokens=CustomerTokens(secret, clock),
        profiles=ProfileRecords(recollection, stores.shop.customers, clock),
        keys=stores.keys,
        clock=clock,
        ids=ids,
        ledger=stores.ledger,
        tools=own,
        mcp_servers=stores.mcp_servers,
        attached=attached,
        models=models,
        secret=secret,
    )


def _chat(desk: Desk, stores: Stores, planner: Planner, retriever: PageRetriever) -> ChatOrchestrator:
    return ChatOrchestrator(
        desk,
        registry=stores.registry,
        settings=stores.settings,
        prompts=stores.prompts,
        planner=planner,
        retriever=retriever,
    )


async def _planner(search: CatalogueSearch, tools: Toolset, trained: Trained | None, sure: float | None) -> Planner:
    """Return who plans; `sure` is from where on the rules need no model, None where there is none."""
    known = {tool.name: tool for tool in tools.tools()}
    rules = RulePlanner(search, known, await to_thread.run_sync(shipped_background), trained)
    return rules if sure is None else ModelPlanner(rules, known, SlotReader(search), sure=sure)


async def _retriever(home: str) -> PageRetriever:
    pages = await to_thread.run_sync(demo_pages)
    return PageRetriever([parse_page(page, text) for page, text in pages.items()], home=home)


def services_of(app: App) -> Services:
    """Return what the HTTP API uses of an installation."""
    return Services(
        chat=app.chat,
        outreach=app.outreach,
        journal=app.journal,
        gate=app.gate,
        actions=app.actions,
        approvals=app.approvals,
        undoing=app.undoing,
        registry=app.registry,
        settings=app.settings,
        team=app.team,
        keys=app.keys,
        profiles=app.profiles,
        identify=app.identify,
        secret=app.secret,
        clock=app.clock,
        ids=app.ids,
        background=(app.outreach.run, app.approvals.run),
    )


def _outreach(stores: Stores, chat: ChatOrchestrator, clock: Clock) -> OutreachRunner:
    return OutreachRunner(
        chat,
        stores.outreaches,
        shop=stores.shop,
        actions=stores.actions,
        journal=stores.journal,
        registry=stores.registry,
        settings=stores.settings,
        clock=clock,
    )


def kinds_of(stores: Stores, clock: Clock, zone: tzinfo) -> list[ActionKind[Any]]:
    """Return the writes that an installation's shop offers, those among them that no agent may propose."""
    shop = stores.shop
    known: tuple[ActionKind[Any], ...] = (
        *OrderChanges(shop, clock, zone).kinds(),
        *ReturnRequests(shop, _return_policy(stores), clock, zone).kinds(),
        *ticket_kinds(shop, clock),
        *cart_kinds(shop, clock),
        *lead_kinds(shop, clock),
        *account_kinds(shop),
        *profile_kinds(stores.profiles, clock),
    )
    return [kind for kind in known if kind.needs is None or kind.needs in shop.capabilities]


def _return_policy(stores: Stores) -> Policy:
    async def policy() -> ReturnPolicy:
        return (await stores.settings.in_force()).returns

    return policy


def _reads(
    stores: Stores,
    search: CatalogueSearch,
    retriever: PageRetriever,
    recollection: Recollection,
    clock: Clock,
    zone: tzinfo,
) -> Sequence[Tool[Any]]:
    """Return the tools that propose nothing."""
    shop = stores.shop
    return (
        *OrderTools(shop, GuestCheck(shop.orders, stores.tries, clock)).tools(),
        *AccountTools(shop, clock).tools(),
        *ProductTools(shop.catalogue, search, clock, partial(search.refresh, shop.catalogue)).tools(),
        *ChoosingTools(shop.catalogue, search).tools(),
        *CartTools(shop.carts, shop.catalogue).tools(),
        *UpsellTools(shop, search, Habits(shop.orders, search.category_of, clock)).tools(),
        *LeadTools(shop, search).tools(),
        *KnowledgeTools(retriever).tools(),
        *ReturnTools(shop, _return_policy(stores), clock, zone).tools(),
        *ProfileTools(recollection, lambda text: search.understand(text).brand).tools(),
    )


def _owner(shop: Shop) -> Owns:
    async def owns(identity: Identity, resource: str) -> bool:
        kind = resource.partition(":")[0]
        if kind in {"cart", "guest_cart"}:
            return await owns_cart(shop.carts, identity, resource)
        return kind == "lead" or await owns_resource(shop.orders, identity, resource)

    return owns


def _gate(kinds: Sequence[ActionKind[Any]], stores: Stores, owns: Owns, clock: Clock) -> Gate:
    async def rules() -> Rulebook:
        return Interim(await stores.settings.in_force())

    durable = InlineDurable(effects_of(kinds))
    return Gate(kinds, durable=durable, owns=owns, rules=rules, actions=stores.actions, clock=clock)


class Interim:
    """The limit of the settings, until policies are there."""

    version = 1
    expire_after = timedelta(hours=24)

    def __init__(self, brand: Brand) -> None:
        """Take the settings."""
        self.currency = brand.currency
        self._limit = Money(brand.currency, brand.irreversible_limit_minor)

    def queries(self, case: Case) -> Sequence[UsageQuery]:
        """Count nothing."""
        return ()

    def judge(self, case: Case, usage: Sequence[Usage]) -> Ruling:
        """Let what is irreversible wait above the limit."""
        amount = case.amount
        if not case.irreversible or amount is None or (amount.currency == self.currency and amount <= self._limit):
            return Ruling()
        return Ruling(
            approval=Reason(
                rule="approval.irreversible_amount", says=f"Above {self._limit} a colleague has to approve this."
            )
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
        InvalidInput: the router, or what is set about models, cannot be used.
        StorageError: the directory or the database cannot be used.
    """
    clock = SystemClock()
    ids = TimedIds(clock)
    trained = await to_thread.run_sync(load_trained, config.router) if config.router else None
    async with (
        open_stores(config, clock, ids, tell) as stores,
        _models(config, stores, clock) as models,
        opened(stores.mcp_servers) as attached,
    ):
        yield await assemble(
            stores,
            secret=await to_thread.run_sync(config.secret),
            clock=clock,
            ids=ids,
            wrap=wrap,
            trained=trained,
            models=models,
            attached=attached,
        )


@asynccontextmanager
async def open_stores(
    config: Config, clock: Clock, ids: IdSource, tell: Callable[[str], None] = lambda _line: None
) -> AsyncGenerator[Stores]:
    """Open what an installation keeps on its data directory; an empty one gets the demo shop.

    Raises:
        StorageError: the directory or the database cannot be used.
    """
    async with _opened(config) as database:
        if await database.read(lambda session: session.scalar(select(ProductRow.id).limit(1))) is None:
            tell("Preparing the demo shop...")
            await load(database, await to_thread.run_sync(demo_contents, clock.now()))
        yield await _stores(config, database, clock, ids)


@asynccontextmanager
async def open_model_settings(config: Config) -> AsyncGenerator[KeptModels]:
    """Open what the database says of models, and nothing else: it may be what keeps an installation from opening.

    Raises:
        StorageError: the directory or the database cannot be used.
    """
    async with _opened(config) as database:
        yield await _model_settings(database, SystemClock())


@asynccontextmanager
async def _opened(config: Config) -> AsyncGenerator[Database]:
    await to_thread.run_sync(config.prepare)
    database = await to_thread.run_sync(Database.sqlite, config.database)
    try:
        await to_thread.run_sync(upgrade, database)
        yield database
    finally:
        await to_thread.run_sync(database.close)


async def _model_settings(database: Database, clock: Clock) -> KeptModels:
    kept = SqlVersioned(MODELS, database, clock)
    await kept.ship(ModelSettings())
    return kept


async def _stores(config: Config, database: Database, clock: Clock, ids: IdSource) -> Stores:
    """Return where everything is kept in a database, with what the product ships brought there."""
    registry = SqlRegistry(database, clock)
    await registry.ship(await to_thread.run_sync(shipped_cards))
    settings = SqlVersioned(SETTINGS, database, clock)
    await settings.ship(await to_thread.run_sync(shipped_brand))
    prompts = SqlVersioned(PROMPTS, database, clock)
    await prompts.ship(await to_thread.run_sync(shipped_prompts))
    outreaches = SqlOutreaches(database, clock)
    actions = SqlActions(database, outreaches.note)
    return Stores(
        shop=sql_shop(database),
        journal=SqlJournal(database, clock, config.locks, [actions.project]),
        actions=actions,
        registry=registry,
        settings=settings,
        prompts=prompts,
        model_settings=await _model_settings(database, clock),
        tries=SqlTries(database),
        outreaches=outreaches,
        profiles=SqlProfiles(database),
        keys=SqlKeys(database, clock, ids),
        mcp_servers=SqlMcpServers(database),
        ledger=SqlLedger(database),
        spending=SqlSpending(database),
    )


@asynccontextmanager
async def _models(config: Config, stores: Stores, clock: Clock) -> AsyncGenerator[ModelRouter | None]:
    """Hand out the router that is set up, and close its connections; None where no model is set up."""
    settings = await to_thread.run_sync(config.model_settings, await stores.model_settings.in_force())
    if settings.is_empty:
        yield None
        return
    # Imported here, since an installation without models should not wait for an HTTP client and a list of prices.
    building = await to_thread.run_sync(import_module, "shopfloor.models.building")
    async with building.opened_router(settings, stores.ledger, stores.spending, clock) as router:
        yield router


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamData:
    """What makes a team, as data."""

    cards: Sequence[AgentCard]
    brand: Brand
    prompts: Prompts


def shipped_team() -> TeamData:
    """Return the team that comes with the product."""
    return TeamData(cards=shipped_cards(), brand=shipped_brand(), prompts=shipped_prompts())


def memory_stores(contents: ShopContents, team: TeamData, *, clock: Clock, ids: IdSource) -> Stores:
    """Return where everything is kept in memory only."""
    outreaches = MemoryOutreaches()
    actions = MemoryActions(outreaches.note)
    return Stores(
        shop=memory_shop(contents),
        journal=MemoryJournal(clock, [actions.project]),
        actions=actions,
        registry=MemoryRegistry(team.cards, clock),
        settings=MemoryVersioned(SETTINGS, team.brand, clock),
        prompts=MemoryVersioned(PROMPTS, team.prompts, clock),
        model_settings=MemoryVersioned(MODELS, ModelSettings(), clock),
        tries=MemoryTries(),
        outreaches=outreaches,
        profiles=MemoryProfiles(),
        keys=MemoryKeys(clock, ids),
    )


async def memory_app(
    contents: ShopContents,
    *,
    clock: Clock,
    ids: IdSource,
    wrap: Callable[[Toolset], Toolset] = lambda tools: tools,
    planner: Planner | None = None,
    trained: Trained | None = None,
    models: ModelRouter | None = None,
    sure: float = SURE,
    team: TeamData | None = None,
) -> App:
    """Return an installation that lives in memory only, for tests, simulations and evaluations.

    Its team is the shipped one unless another is given.
    """
    team = team or await to_thread.run_sync(shipped_team)
    return await assemble(
        memory_stores(contents, team, clock=clock, ids=ids),
        secret=b"\0" * 32,
        clock=clock,
        ids=ids,
        wrap=wrap,
        planner=planner,
        trained=trained,
        models=models,
        sure=sure,
    )
