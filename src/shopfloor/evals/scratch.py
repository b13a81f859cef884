"""A demo shop in memory in which a conversation can be had again as it was: at a fixed instant, with counted ids."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from importlib import import_module
from typing import Any

from anyio import to_thread

from shopfloor.agents.team_data import TeamData
from shopfloor.app import App, Stores, memory_app
from shopfloor.evals.tape import Tape
from shopfloor.identity.identity import GUEST, Identity
from shopfloor.kernel.canonical import digest
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import ConversationId, SeededIds
from shopfloor.models.contract import ModelRequest, Piece
from shopfloor.models.ledger import MemoryLedger
from shopfloor.models.router import Books, ModelRouter
from shopfloor.models.settings import ModelSettings
from shopfloor.models.spending import MemorySpending
from shopfloor.models.traced import Rung
from shopfloor.shop.demo import demo_contents


async def team_in_force(stores: Stores) -> TeamData:
    """Return the team of an installation."""
    return TeamData(
        cards=await stores.registry.cards(),
        brand=await stores.settings.in_force(),
        prompts=await stores.prompts.in_force(),
    )


def digest_of_team(team: TeamData) -> str:
    """Return what changes when the agents or the settings do."""
    cards = [card.model_dump(mode="json", by_alias=True) for card in team.cards]
    return digest([team.brand.model_dump(mode="json"), *cards])


class _Nobody:
    """Stands where a model would: it knows nothing by itself."""

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Raise NotFound."""
        raise NotFound("no model is set up")
        yield  # pragma: no cover  (what makes it a generator)


@asynccontextmanager
async def scratch_models(settings: ModelSettings, tape: Tape, at: datetime) -> AsyncGenerator[ModelRouter]:
    """Hand out the models that are set up behind a tape, or the tape alone where it is not live.

    What they cost is not added to the installation's ledger.

    Raises:
        InvalidInput: a key is missing, or the settings cannot be used.
    """
    clock = FixedClock(at)
    ledger, spending = MemoryLedger(), MemorySpending()
    if tape.is_live:
        building: Any = await to_thread.run_sync(import_module, "shopfloor.models.building")
        async with building.opened_router(settings, ledger, spending, clock, tape.wrap) as router:
            yield router
        return
    books = Books(ledger=ledger, spending=spending, cost=lambda _provider, _model, _usage: None, clock=clock)
    rung = Rung(tier="fast", provider="recording", model="recorded")
    yield ModelRouter({"fast": [(rung, _Nobody())]}, books, wrap=tape.wrap)


async def scratch_shop(at: datetime, models: ModelRouter, team: TeamData) -> App:
    """Return a new demo shop at an instant, in which nothing is kept."""
    contents = await to_thread.run_sync(demo_contents, at)
    return await memory_app(contents, clock=FixedClock(at), ids=SeededIds(), models=models, team=team)


async def begin(app: App, customer: str | None) -> ConversationId:
    """Begin a conversation, with somebody signed in or a guest.

    Raises:
        NotFound: the demo shop has no such customer.
    """
    identity: Identity = GUEST
    if customer is not None:
        known = await app.shop.customers.find_customer(customer)
        if known is None:
            raise NotFound(f"there is no customer {customer} in the demo shop: try maya.lindqvist@example.com")
        identity = await app.identify(app.tokens.sign(known.id))
    conversation, _ = await app.chat.open("cli", identity)
    return conversation
