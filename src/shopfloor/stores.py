"""Where an installation keeps everything: in memory, or in a database on its data directory."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, field, fields
from functools import partial
from hashlib import sha256
from importlib import import_module
from pathlib import Path

from anyio import to_thread
from pydantic import JsonValue
from sqlalchemy import select

from shopfloor.actions.memory_store import MemoryActions
from shopfloor.actions.policy import POLICY, KeptPolicy, shipped_policy
from shopfloor.actions.sql_store import SqlActions
from shopfloor.actions.store import Actions
from shopfloor.agents.prompt_texts import PROMPTS, KeptPrompts, shipped_prompts
from shopfloor.agents.registry import MemoryRegistry, Registry, shipped_cards, shipped_mark
from shopfloor.agents.settings import SETTINGS, Settings, shipped_brand
from shopfloor.agents.sql_registry import SqlRegistry
from shopfloor.agents.team_data import TeamData
from shopfloor.backups.in_use import used
from shopfloor.config import Config
from shopfloor.database.agreement import agree
from shopfloor.database.engine import Database
from shopfloor.database.health import Check, checks_of
from shopfloor.database.marks import Marks, MemoryMarks, SqlMarks
from shopfloor.database.migrate import upgrade
from shopfloor.database.notices import NoNotices, Notices
from shopfloor.database.sql_versioned import SqlVersioned
from shopfloor.database.versioned import Kind, MemoryVersioned, T, Versioned
from shopfloor.durable.contract import Durable, Effect
from shopfloor.durable.inline import InlineDurable
from shopfloor.durable.later import OpenedLater, Opening
from shopfloor.facts.contract import Facts
from shopfloor.facts.stores import MemoryFacts, SqlFacts
from shopfloor.identity.guest_check import Tries
from shopfloor.identity.key_stores import MemoryKeys, SqlKeys
from shopfloor.identity.keys import ApiKeys
from shopfloor.identity.tries import MemoryTries, SqlTries
from shopfloor.journal.contract import Journal
from shopfloor.journal.locks import Locks
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.journal.memory import MemoryJournal
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.clock import Clock, SystemClock
from shopfloor.kernel.ids import IdSource, StreamId
from shopfloor.knowledge.contract import Knowledge
from shopfloor.knowledge.questions import MemoryQuestions, Questions, SqlQuestions
from shopfloor.knowledge.shipped import demo_source, ship_demo
from shopfloor.knowledge.stores import MemoryKnowledge, SqlKnowledge
from shopfloor.models.ledger import Ledger, MemoryLedger
from shopfloor.models.settings import MODELS, KeptModels, ModelSettings
from shopfloor.models.spending import MemorySpending, Spending
from shopfloor.models.sql_ledger import SqlLedger, SqlSpending
from shopfloor.outreach.contract import Outreaches
from shopfloor.outreach.memory import MemoryOutreaches
from shopfloor.outreach.sql import SqlOutreaches
from shopfloor.privacy.holdings import Holdings
from shopfloor.profiles.contract import Profiles
from shopfloor.profiles.stores import MemoryProfiles, SqlProfiles
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Shop
from shopfloor.shop.demo import demo_contents
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.sql import load, sql_shop
from shopfloor.shop.sql.rows import ProductRow
from shopfloor.tools.mcp_client.servers import McpServers
from shopfloor.tools.mcp_client.stores import MemoryMcpServers, SqlMcpServers

SIGNING = "secret_digest"
SIGNED_OTHERWISE = (
    "the processes of this installation sign with another secret than this one: copy the file `secret` of the first "
    "one's data directory into this one's, or set $SHOPFLOOR_SECRET to the same for all, as docs/operations.md says"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stores:
    """Where everything is kept: in memory, or in a database."""

    shop: Shop
    journal: Journal
    registry: Registry
    settings: Settings
    prompts: KeptPrompts
    policy: KeptPolicy
    model_settings: KeptModels
    tries: Tries
    outreaches: Outreaches
    profiles: Profiles
    keys: ApiKeys
    actions: Actions
    """The journal has it as one of its projections."""
    durable: Callable[[Mapping[str, Effect]], Durable]
    """Makes what carries the effects out, each under the name of its kind; called once."""
    mcp_servers: McpServers = field(default_factory=MemoryMcpServers)
    ledger: Ledger = field(default_factory=MemoryLedger)
    spending: Spending = field(default_factory=MemorySpending)
    notices: Notices = field(default_factory=NoNotices)
    marks: Marks = field(default_factory=MemoryMarks)
    knowledge: Knowledge = field(default_factory=MemoryKnowledge)
    questions: Questions = field(default_factory=MemoryQuestions)
    facts: Facts = field(default_factory=MemoryFacts)
    """The journal has both as projections."""
    checks: Mapping[str, Check] = field(default_factory=dict[str, Check])
    """What must work for it all to be used, by name."""

    @property
    def holdings(self) -> Holdings:
        """Return what of it holds something of persons."""
        return Holdings(**{one.name: getattr(self, one.name) for one in fields(Holdings)})


@asynccontextmanager
async def open_stores(
    config: Config, clock: Clock, ids: IdSource, tell: Callable[[str], None] = lambda _line: None
) -> AsyncGenerator[Stores]:
    """Open what an installation keeps on its data directory; an empty one gets the demo shop.

    Raises:
        StorageError: the directory or the database cannot be used.
    """
    path = None if config.is_on_server else config.database
    async with _opened(config) as database, _node(config, database) as node:
        if config.is_on_server:  # other processes may run on other machines
            secret = await to_thread.run_sync(config.secret)
            await agree(database, SIGNING, sha256(secret).hexdigest(), SIGNED_OTHERWISE)
        if await _is_empty(database):
            async with node.locks.hold(StreamId("demo"), wait=True):  # of several that start at once, one fills it
                if await _is_empty(database):
                    tell("Preparing the demo shop...")
                    await load(database, await to_thread.run_sync(demo_contents, clock.now()))
        stores, durable = await _stores(node, database, path, clock, ids)
        async with durable.running():
            yield stores


async def _is_empty(database: Database) -> bool:
    return await database.read(lambda session: session.scalar(select(ProductRow.id).limit(1))) is None


@asynccontextmanager
async def open_model_settings(config: Config) -> AsyncGenerator[KeptModels]:
    """Open what the database says of models, and nothing else: it may be what keeps an installation from opening.

    Raises:
        StorageError: the directory or the database cannot be used.
    """
    async with _opened(config) as database:
        yield await _kept(MODELS, ModelSettings, database, SystemClock())


@asynccontextmanager
async def _opened(config: Config) -> AsyncGenerator[Database]:
    await to_thread.run_sync(config.prepare)
    with ExitStack() as held:
        if not config.is_on_server:
            await to_thread.run_sync(held.enter_context, used(config.data))
            await to_thread.run_sync(config.check_database)
        database = await to_thread.run_sync(Database, config.url)
        try:
            await to_thread.run_sync(upgrade, database)
            yield database
        finally:
            await to_thread.run_sync(database.close)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Node:
    """What a process of the installation is to the others."""

    locks: Locks
    notices: Notices


@asynccontextmanager
async def _node(config: Config, database: Database) -> AsyncGenerator[_Node]:
    if database.is_sqlite:
        yield _Node(locks=MachineLocks(config.locks), notices=NoNotices())
        return
    # Imported here, since an installation on SQLite should not wait for PostgreSQL's driver.
    driver = await to_thread.run_sync(import_module, "shopfloor.database.postgresql")
    node = driver.PostgresNode(database.engine.url)
    async with node.running():
        yield _Node(locks=node, notices=node)


async def _kept(kind: Kind[T], shipped: Callable[[], T], database: Database, clock: Clock) -> Versioned[T]:
    """Return what is kept in versions, with what the product ships brought there."""
    kept = SqlVersioned(kind, database, clock)
    await kept.ship(await to_thread.run_sync(shipped))
    return kept


async def _stores(
    node: _Node, database: Database, path: Path | None, clock: Clock, ids: IdSource
) -> tuple[Stores, OpenedLater]:
    """Return where all is kept in a database, with what the product ships brought there, and what carries out."""
    registry = SqlRegistry(database, clock)
    mark = await to_thread.run_sync(shipped_mark)
    if not await registry.has_shipped(mark):
        await registry.ship(await to_thread.run_sync(shipped_cards), mark)
    outreaches = SqlOutreaches(database, clock)
    actions = SqlActions(database, outreaches.note)
    questions, facts = SqlQuestions(database), SqlFacts(database)
    projections = [actions.project, questions.project, facts.project]
    journal = SqlJournal(database, clock, node.locks, projections, node.notices)
    knowledge, marks = SqlKnowledge(database), SqlMarks(database)
    await ship_demo(knowledge, marks, clock)

    durable = OpenedLater(partial(_workflows, database, journal, actions, clock))
    stores = Stores(
        shop=sql_shop(database),
        journal=journal,
        actions=actions,
        durable=durable.having,
        notices=node.notices,
        marks=marks,
        knowledge=knowledge,
        questions=questions,
        facts=facts,
        registry=registry,
        settings=await _kept(SETTINGS, shipped_brand, database, clock),
        prompts=await _kept(PROMPTS, shipped_prompts, database, clock),
        policy=await _kept(POLICY, shipped_policy, database, clock),
        model_settings=await _kept(MODELS, ModelSettings, database, clock),
        tries=SqlTries(database),
        outreaches=outreaches,
        profiles=SqlProfiles(database),
        keys=SqlKeys(database, clock, ids),
        mcp_servers=SqlMcpServers(database),
        ledger=SqlLedger(database),
        spending=SqlSpending(database),
        checks=await to_thread.run_sync(checks_of, database, path),
    )
    return stores, durable


def _workflows(
    database: Database, journal: SqlJournal, actions: SqlActions, clock: Clock, effects: Mapping[str, Effect]
) -> Opening:
    async def arguments(key: str) -> dict[str, JsonValue] | None:
        """Return the arguments of an action that was admitted and of which nothing else is known yet."""
        record = await actions.get(key)
        return record.args if record and record.state == "confirmed" and not record.is_erased else None

    def hold(name: str) -> AbstractAsyncContextManager[bool]:
        return journal.hold(StreamId(name), wait=False)

    # Imported here, since DBOS takes longer to import than most commands to run.
    module = import_module("shopfloor.durable.workflows")
    made: Opening = module.DbosDurable(effects, database=database, arguments=arguments, hold=hold, clock=clock)
    return made


def memory_stores(contents: ShopContents, team: TeamData, *, clock: Clock, ids: IdSource) -> Stores:
    """Return where everything is kept in memory only."""
    outreaches = MemoryOutreaches()
    actions = MemoryActions(outreaches.note)
    questions, facts = MemoryQuestions(), MemoryFacts()
    knowledge = MemoryKnowledge()
    knowledge.hold(*demo_source(clock.now()))
    return Stores(
        durable=InlineDurable,
        shop=memory_shop(contents),
        journal=MemoryJournal(clock, [actions.project, questions.project, facts.project]),
        knowledge=knowledge,
        questions=questions,
        facts=facts,
        actions=actions,
        registry=MemoryRegistry(team.cards, clock),
        settings=MemoryVersioned(SETTINGS, team.brand, clock),
        prompts=MemoryVersioned(PROMPTS, team.prompts, clock),
        policy=MemoryVersioned(POLICY, shipped_policy(), clock),
        model_settings=MemoryVersioned(MODELS, ModelSettings(), clock),
        tries=MemoryTries(),
        outreaches=outreaches,
        profiles=MemoryProfiles(),
        keys=MemoryKeys(clock, ids),
    )
