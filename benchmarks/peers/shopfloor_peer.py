"""shopfloor: the real orchestrator, planner, specialists and checks, with the journal on SQLite.

Two cards stand for the two specialists of the other peers. The model is asked for each plan, since no confidence of the
rules is enough; each turn is in a conversation of its own, and each sentence is released after its check.
"""

import asyncio
import json
import tempfile
from pathlib import Path

from anyio import to_thread
from assignment import KEY, MODEL, SPECIALISTS, TOOLS, Emit, Turn

from shopfloor.actions.policy import POLICY, shipped_policy
from shopfloor.actions.sql_store import SqlActions
from shopfloor.agents.card import AgentCard
from shopfloor.agents.prompt_texts import PROMPTS, shipped_prompts
from shopfloor.agents.registry import MemoryRegistry, parse_card
from shopfloor.agents.settings import SETTINGS, shipped_brand
from shopfloor.agents.slots import SlotReader
from shopfloor.app import App, assemble
from shopfloor.conversation.live import Piece, Released
from shopfloor.database.engine import Database
from shopfloor.database.migrate import upgrade
from shopfloor.database.versioned import MemoryVersioned
from shopfloor.durable.inline import InlineDurable
from shopfloor.identity.identity import GUEST
from shopfloor.identity.key_stores import MemoryKeys
from shopfloor.identity.tries import MemoryTries
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.clock import Clock, SystemClock
from shopfloor.kernel.ids import TimedIds
from shopfloor.models.building import build_router
from shopfloor.models.connections import Connections
from shopfloor.models.settings import MODELS as MODEL_SETTINGS
from shopfloor.models.settings import ModelSettings, model_settings
from shopfloor.outreach.memory import MemoryOutreaches
from shopfloor.planning.background import shipped_background
from shopfloor.planning.model_planner import ModelPlanner
from shopfloor.planning.rules import RulePlanner
from shopfloor.profiles.stores import MemoryProfiles
from shopfloor.search.following import Follower
from shopfloor.shop.contract import Shop
from shopfloor.shop.demo import demo_contents
from shopfloor.shop.memory import memory_shop
from shopfloor.stores import Stores
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult
from shopfloor.tools.toolsets import ToolList

NEVER = 2.0
"""A confidence that no plan of the rules has."""
MODELS = """
providers:
  here: {{base_url: "{url}", key_variable: KEY}}
tiers:
  fast: [{{provider: here, model: {model}, price: {{input: 1, output: 2}}}}]
"""
ORDERS = """
id: orders
name: Orders
half: conversation
description: Looks up orders.
instructions: {instructions}
tools: [get_order_status]
slots:
  order_number: {{type: order_number}}
skills:
  - id: track
    name: Track an order
    description: Says where an order is.
    status: Looking...
    takes: [order_number]
    examples: [where is my order, "track order #5"]
    steps:
      - {step}
  - {{id: answer_question, name: Others, description: Other questions, status: One moment..., steps: [{{say: Sorry.}}]}}
  - {{id: decline, name: Decline, description: What is not the shop's, status: One moment..., steps: [{{say: Sorry.}}]}}
"""
PRODUCTS = """
id: products
name: Products
half: conversation
description: Finds products.
instructions: {instructions}
tools: [search_products]
slots:
  wish: {{type: wish}}
skills:
  - id: find
    name: Find products
    description: Finds products by what they are like.
    status: Looking...
    takes: [wish]
    examples: [show me shoes, I want red sneakers]
    steps:
      - {step}
"""
BEGINNINGS = {
    "orders": "{call: get_order_status, with: {order_id: order_number}, as: found}",
    "products": "{call: search_products, with: {query: wish}, as: found}",
}
"""The steps that let a read be made while the model is not yet asked."""
NO_BEGINNING = "{say: One moment.}"


class OrderArgs(ToolArgs):
    """Which order."""

    order_id: str


class SearchArgs(ToolArgs):
    """What is looked for."""

    query: str
    gender: str = ""
    size: str = ""


async def _order(args: OrderArgs, _context: ToolContext) -> ToolResult:
    found = json.loads(await TOOLS["orders"](args.order_id))
    return ToolResult(output={"outcome": "found", **found})


async def _search(args: SearchArgs, _context: ToolContext) -> ToolResult:
    found = json.loads(await TOOLS["products"](**args.model_dump()))
    return ToolResult(output={"outcome": "found", **found})


def tools() -> ToolList:
    """Return the two tools."""
    order = Tool(name="get_order_status", description="Look up the status of an order.", args=OrderArgs, run=_order)
    search = Tool(name="search_products", description="Search the product catalogue.", args=SearchArgs, run=_search)
    return ToolList([order, search])


def _cards(*, reads_ahead: bool) -> list[AgentCard]:
    """Return the two specialists; their playbooks begin with a read where it is to be made ahead."""
    steps = BEGINNINGS if reads_ahead else dict.fromkeys(BEGINNINGS, NO_BEGINNING)
    return [
        parse_card(text.format(instructions=json.dumps(SPECIALISTS[agent]), step=steps[agent]), agent)
        for agent, text in (("orders", ORDERS), ("products", PRODUCTS))
    ]


def _kept(folder: Path, clock: Clock) -> tuple[SqlJournal, SqlActions]:
    database = Database.sqlite(folder / "journal.sqlite3")
    upgrade(database)
    locks = folder / "locks"
    locks.mkdir()
    actions = SqlActions(database)
    return SqlJournal(database, clock, MachineLocks(locks), [actions.project]), actions


async def _planner(shop: Shop, own: ToolList) -> ModelPlanner:
    """Return a planner that knows our tools and asks the model for each plan."""
    search = (await Follower.start(shop.catalogue)).search
    known = {tool.name: tool for tool in own.tools()}
    rules = RulePlanner(search, known, await to_thread.run_sync(shipped_background))
    return ModelPlanner(rules, known, SlotReader(search), sure=NEVER)


async def _installation(base_url: str, *, reads_ahead: bool) -> App:
    """Return an installation that lies in a temporary directory."""
    clock = SystemClock()
    ids = TimedIds(clock)
    folder = Path(await to_thread.run_sync(tempfile.mkdtemp))
    journal, actions = await to_thread.run_sync(_kept, folder, clock)
    stores = Stores(
        shop=memory_shop(demo_contents(clock.now())),
        journal=journal,
        actions=actions,
        durable=InlineDurable,
        registry=MemoryRegistry(_cards(reads_ahead=reads_ahead), clock),
        settings=MemoryVersioned(SETTINGS, await to_thread.run_sync(shipped_brand), clock),
        prompts=MemoryVersioned(PROMPTS, await to_thread.run_sync(shipped_prompts), clock),
        policy=MemoryVersioned(POLICY, await to_thread.run_sync(shipped_policy), clock),
        model_settings=MemoryVersioned(MODEL_SETTINGS, ModelSettings(), clock),
        tries=MemoryTries(),
        outreaches=MemoryOutreaches(),
        profiles=MemoryProfiles(),
        keys=MemoryKeys(clock, ids),
    )
    models = build_router(
        model_settings(MODELS.format(url=base_url, model=MODEL), {}),
        {"KEY": KEY},
        Connections(),
        ledger=stores.ledger,
        spending=stores.spending,
        clock=clock,
    )
    own = tools()
    planner = await _planner(stores.shop, own)
    return await assemble(
        stores, secret=bytes(32), clock=clock, ids=ids, wrap=lambda _shops: own, planner=planner, models=models
    )


def build(base_url: str, *, reads_ahead: bool = False) -> Turn:
    """Return the peer's turn; the tools are called when the model asks for them, or ahead of it."""
    opened: list[App] = []
    opening = asyncio.Lock()

    async def turn(user: str, emit: Emit) -> str:
        async with opening:
            if not opened:
                opened.append(await _installation(base_url, reads_ahead=reads_ahead))
        (app,) = opened
        conversation, _ = await app.chat.open("benchmark", GUEST)
        await app.chat.post(conversation, user)

        def hear(piece: Piece) -> None:
            if isinstance(piece, Released):
                emit(piece.agent, piece.text)

        replies = await app.chat.answer(conversation, hear)
        return "\n".join(reply.content for reply in replies)

    return turn


def build_reading_ahead(base_url: str) -> Turn:
    """Return the turn of which each specialist's read is made before its model is asked."""
    return build(base_url, reads_ahead=True)
