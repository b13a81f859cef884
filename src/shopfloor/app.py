"""The wiring: the only file that knows everything."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from typing import Any, Literal, TypedDict
from zoneinfo import ZoneInfo

from anyio import to_thread

from shopfloor.actions.approvals import Approvals
from shopfloor.actions.desk import StaffDesk
from shopfloor.actions.gate import Gate
from shopfloor.actions.kind import ActionKind
from shopfloor.actions.policies import Policies
from shopfloor.actions.store import ActionRecord, Actions
from shopfloor.actions.undo import Undoing
from shopfloor.agents.prompt_texts import KeptPrompts
from shopfloor.agents.registry import Registry
from shopfloor.agents.settings import Settings
from shopfloor.agents.slots import SlotReader
from shopfloor.agents.team import Team
from shopfloor.agents.team_data import TeamData, shipped_team
from shopfloor.config import Config
from shopfloor.conversation.live import Hub
from shopfloor.conversation.log import Desk
from shopfloor.conversation.orchestrator import ChatOrchestrator
from shopfloor.conversation.outreach_runner import OutreachRunner
from shopfloor.database.health import Check
from shopfloor.durable.contract import Durable
from shopfloor.durable.schedules import Job, Schedules, Times
from shopfloor.facts.shared_context import SharedContext
from shopfloor.ground import Ground, prepared
from shopfloor.http.services import Services
from shopfloor.identity.identity import Identity
from shopfloor.identity.keys import ApiKeys
from shopfloor.identity.tokens import CustomerTokens
from shopfloor.journal.contract import Journal
from shopfloor.kernel.clock import Clock, SystemClock
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import IdSource, StreamId, TimedIds
from shopfloor.knowledge.desk import KnowledgeDesk
from shopfloor.models.ledger import Ledger
from shopfloor.models.opening import opened_models
from shopfloor.models.router import ModelRouter
from shopfloor.models.settings import KeptModels
from shopfloor.planning.background import shipped_background
from shopfloor.planning.model_planner import SURE, ModelPlanner
from shopfloor.planning.plan import Planner, PlanRequest
from shopfloor.planning.rules import RulePlanner
from shopfloor.planning.trained import Trained, load_trained
from shopfloor.privacy.customer_data import CustomerData
from shopfloor.privacy.retention import Retention
from shopfloor.profiles.records import ProfileRecords
from shopfloor.search.contract import KnowledgeRetriever, ProductSearch
from shopfloor.search.following import Follower
from shopfloor.search.products import CatalogueSearch
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Shop
from shopfloor.stores import Stores, memory_stores, open_stores
from shopfloor.telemetry.telemetry import Telemetry
from shopfloor.tools.contract import Toolset
from shopfloor.tools.gated import gated_tool
from shopfloor.tools.mcp_client.servers import McpServers
from shopfloor.tools.mcp_client.toolset import AttachedTools, WithAttached, opened
from shopfloor.tools.retail.habits import Habits
from shopfloor.tools.retail.profile import Noticing
from shopfloor.tools.retail.requests import RequestTools
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
    policies: Policies
    model_settings: KeptModels
    team: Team
    profiles: ProfileRecords
    customers: CustomerData
    retention: Retention
    schedules: Schedules
    keys: ApiKeys
    clock: Clock
    ids: IdSource
    ledger: Ledger
    tools: Toolset
    """The shop's own tools, for faces that serve them."""
    search: ProductSearch
    follower: Follower | None
    """Keeps the product index at what the catalogue holds; None where the index was made before."""
    mcp_servers: McpServers
    gate: Gate
    actions: Actions
    durable: Durable
    """Carries out what the gate admits."""
    approvals: Approvals
    undoing: Undoing
    staff_desk: StaffDesk
    habits: Habits
    """What is bought together, as the tools suggest by it."""
    knowledge: KnowledgeDesk
    context: SharedContext
    """What all agents know now."""
    attached: AttachedTools | None = None
    """The tools of the attached MCP servers; None where the installation takes none."""
    models: ModelRouter | None = None
    """Who thinks; None where no model is set up, and the team works without one."""
    telemetry: Telemetry | None = None
    """Who listens to what happens; None where nobody asked for figures."""
    secret: bytes = field(repr=False)
    checks: Mapping[str, Check]
    """What must work for requests to be taken, by name."""

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

    async def warm_up(self) -> None:
        """Make ready what the first turn would have to wait for."""
        cards = [card for card in await self.registry.cards() if card.half == "conversation"]
        await self.planner.plan(PlanRequest(message="hello", cards=cards))


async def assemble(
    stores: Stores,
    *,
    secret: bytes,
    clock: Clock,
    ids: IdSource,
    wrap: Callable[[Toolset], Toolset] = lambda tools: tools,
    planner: Planner | None = None,
    search: CatalogueSearch | None = None,
    trained: Trained | None = None,
    models: ModelRouter | None = None,
    sure: float = SURE,
    attached: AttachedTools | None = None,
    telemetry: Telemetry | None = None,
) -> App:
    """Connect everything.

    `wrap` may put a wrapper around all tools, such as one that records, delays or fails them. `planner` and `search`
    were made before for several installations, and do not follow what changes; `trained` is what a planner made here
    knows beside the cards. `models` hands out models, None where none is set up; `sure` is the confidence from which on
    no model plans. `attached` are the tools of MCP servers. `telemetry` hears of all that this process journals.
    """
    stores, hub = _heard(stores, telemetry)
    ground = await prepared(stores, search, clock, ids)
    kinds = [kind for kind in ground.kit.kinds() if kind.is_offered]
    own = _tools(ground, stores, kinds)
    noticing = Noticing(own, stores.profiles)
    tools = wrap(WithAttached(noticing, attached) if attached else noticing)
    # It plans with our own tools: nothing is read ahead that may be detached meanwhile.
    planner = planner or await _planner(ground.search, own, trained, sure if models else None)
    desk = Desk(stores.journal, tools, clock, ids, hub, ground.recollection, models)
    chat = _chat(desk, stores, planner, ground.knowledge.base)
    outreach = _outreach(stores, chat, clock)
    return App(
        **_acting(ground, stores, outreach, clock, ids),
        **_keeping(stores, chat, clock, ground.knowledge),
        shop=stores.shop,
        journal=stores.journal,
        registry=stores.registry,
        settings=stores.settings,
        prompts=stores.prompts,
        model_settings=stores.model_settings,
        team=_team(stores, tools, kinds, attached),
        chat=chat,
        planner=planner,
        outreach=outreach,
        tokens=CustomerTokens(secret, clock),
        profiles=ProfileRecords(ground.recollection, stores.shop.customers, clock),
        keys=stores.keys,
        clock=clock,
        ids=ids,
        ledger=stores.ledger,
        tools=own,
        mcp_servers=stores.mcp_servers,
        attached=attached,
        models=models,
        telemetry=telemetry,
        secret=secret,
        checks=stores.checks,
    )


def _heard(stores: Stores, telemetry: Telemetry | None) -> tuple[Stores, Hub]:
    """Return the stores and a hub that are listened to, where anybody listens."""
    if telemetry is None:
        return stores, Hub(stores.notices)
    return replace(stores, journal=telemetry.journal(stores.journal)), Hub(stores.notices, telemetry.spoken)


class _Acting(TypedDict):
    """Who finds, judges, carries out, decides and undoes."""

    search: ProductSearch
    follower: Follower | None
    knowledge: KnowledgeDesk
    context: SharedContext
    habits: Habits
    policies: Policies
    gate: Gate
    durable: Durable
    actions: Actions
    approvals: Approvals
    undoing: Undoing
    staff_desk: StaffDesk


def _acting(ground: Ground, stores: Stores, outreach: OutreachRunner, clock: Clock, ids: IdSource) -> _Acting:
    async def tell(_record: ActionRecord) -> None:
        outreach.poke()

    gate = ground.gate
    return _Acting(
        search=ground.search,
        follower=ground.follower,
        knowledge=ground.knowledge,
        context=ground.context,
        habits=ground.habits,
        policies=ground.policies,
        gate=gate,
        durable=ground.durable,
        actions=stores.actions,
        approvals=Approvals(gate, stores.actions, stores.journal, clock, tell),
        undoing=Undoing(gate, stores.actions, stores.journal, clock),
        staff_desk=StaffDesk(gate, stores.actions, stores.journal, ids),
    )


def _chat(desk: Desk, stores: Stores, planner: Planner, retriever: KnowledgeRetriever) -> ChatOrchestrator:
    return ChatOrchestrator(
        desk,
        registry=stores.registry,
        settings=stores.settings,
        prompts=stores.prompts,
        planner=planner,
        retriever=retriever,
    )


async def _planner(search: CatalogueSearch, tools: Toolset, trained: Trained | None, sure: float | None) -> Planner:
    """Return who plans; `sure` is from where on the rules need no model, None where there is none.

    It plans with our own tools: nothing is read ahead that may be detached meanwhile.
    """
    known = {tool.name: tool for tool in tools.tools()}
    rules = RulePlanner(search, known, await to_thread.run_sync(shipped_background), trained)
    return rules if sure is None else ModelPlanner(rules, known, SlotReader(search), sure=sure)


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
        staff_desk=app.staff_desk,
        registry=app.registry,
        settings=app.settings,
        policies=app.policies,
        team=app.team,
        search=app.search,
        knowledge=app.knowledge,
        keys=app.keys,
        profiles=app.profiles,
        customers=app.customers,
        identify=app.identify,
        secret=app.secret,
        clock=app.clock,
        ids=app.ids,
        telemetry=app.telemetry,
        checks=app.checks,
        background=(app.durable.run, app.outreach.run, app.approvals.run, app.schedules.run),
        upkeep=(app.habits.run, app.knowledge.base.run, *([app.follower.run] if app.follower else [])),
    )


def _tools(ground: Ground, stores: Stores, kinds: Sequence[ActionKind[Any]]) -> Toolset:
    """Return the shop's own tools: what reads, what tells of requests, and a write for each of these kinds."""
    reads = ground.reads(stores.tries)
    requests = RequestTools(stores.actions, ground.gate, ground.kit.owns).tools()
    return ToolList([*reads, *requests, *(gated_tool(kind, ground.gate) for kind in kinds)])


def _team(stores: Stores, tools: Toolset, kinds: Sequence[ActionKind[Any]], attached: AttachedTools | None) -> Team:
    refresh = attached.refresh if attached else None
    return Team(stores.registry, stores.settings, tools, [kind.name for kind in kinds], refresh)


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


class _Keeping(TypedDict):
    """Who gives out and erases what is held of persons, and when."""

    customers: CustomerData
    retention: Retention
    schedules: Schedules


def _keeping(stores: Stores, chat: ChatOrchestrator, clock: Clock, knowledge: KnowledgeDesk) -> _Keeping:
    retention = Retention(chat, stores.holdings, stores.settings, clock)

    async def times(name: Literal["retention", "knowledge"]) -> Times:
        brand = await stores.settings.in_force()
        return Times(cron=getattr(brand.schedules, name), zone=ZoneInfo(brand.zone))

    schedules = Schedules(
        [
            Job(name="retention", times=partial(times, "retention"), run=retention.apply),
            Job(name="knowledge", times=partial(times, "knowledge"), run=knowledge.sources.refresh_all),
        ],
        marks=stores.marks,
        hold=partial(stores.journal.hold, StreamId("worker/schedules")),
        clock=clock,
    )
    return _Keeping(customers=CustomerData(chat, stores.holdings, clock), retention=retention, schedules=schedules)


@asynccontextmanager
async def open_app(
    config: Config,
    tell: Callable[[str], None] = lambda _line: None,
    *,
    wrap: Callable[[Toolset], Toolset] = lambda tools: tools,
    is_measured: bool = False,
) -> AsyncGenerator[App]:
    """Open an installation on its data directory; an empty one gets the demo shop.

    `tell` hears of work that takes a moment; `wrap` is as for `assemble`. `is_measured` says that figures are taken,
    and traces sent where the environment names a collector.

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
        _telemetry(clock, is_measured=is_measured) as telemetry,
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
            telemetry=telemetry,
        )


@asynccontextmanager
async def _models(config: Config, stores: Stores, clock: Clock) -> AsyncGenerator[ModelRouter | None]:
    settings = await to_thread.run_sync(config.model_settings, await stores.model_settings.in_force())
    async with opened_models(settings, stores.ledger, stores.spending, clock) as router:
        yield router


@asynccontextmanager
async def _telemetry(clock: Clock, *, is_measured: bool) -> AsyncGenerator[Telemetry | None]:
    if not is_measured:
        yield None
        return
    # Imported here, since only a server is asked for figures.
    opening = await to_thread.run_sync(import_module, "shopfloor.telemetry.opening")
    async with opening.opened_telemetry(clock) as telemetry:
        yield telemetry


async def memory_app(
    contents: ShopContents,
    *,
    clock: Clock,
    ids: IdSource,
    wrap: Callable[[Toolset], Toolset] = lambda tools: tools,
    planner: Planner | None = None,
    search: CatalogueSearch | None = None,
    trained: Trained | None = None,
    models: ModelRouter | None = None,
    sure: float = SURE,
    team: TeamData | None = None,
    telemetry: Telemetry | None = None,
) -> App:
    """Return an installation that lives in memory only, for tests, simulations and evaluations.

    Its team is the shipped one unless another is given. `planner` and `search` are as for `assemble`.
    """
    team = team or await to_thread.run_sync(shipped_team)
    stores = await to_thread.run_sync(partial(memory_stores, contents, team, clock=clock, ids=ids))
    return await assemble(
        stores,
        secret=b"\0" * 32,
        clock=clock,
        ids=ids,
        wrap=wrap,
        planner=planner,
        search=search,
        trained=trained,
        models=models,
        sure=sure,
        telemetry=telemetry,
    )
