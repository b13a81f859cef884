"""Living a labelled conversation through: each message is said in a demo shop of its own, and answered."""

from collections.abc import Sequence

from shopfloor.agents.brand import Brand
from shopfloor.agents.card import AgentCard
from shopfloor.agents.prompt_texts import PROMPTS, shipped_prompts
from shopfloor.agents.registry import MemoryRegistry
from shopfloor.agents.settings import SETTINGS
from shopfloor.app import Stores, assemble
from shopfloor.database.versioned import MemoryVersioned
from shopfloor.evals.rows import Said
from shopfloor.evals.transcripts import SHOP_TIME, agents_of
from shopfloor.identity.key_stores import MemoryKeys
from shopfloor.identity.tries import MemoryTries
from shopfloor.journal.events import PlanMade
from shopfloor.journal.memory import MemoryJournal
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import SeededIds
from shopfloor.models.settings import MODELS, ModelSettings
from shopfloor.outreach.memory import MemoryOutreaches
from shopfloor.planning.plan import Plan, Planner
from shopfloor.planning.trained import Trained
from shopfloor.profiles.stores import MemoryProfiles
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.memory import memory_shop

CUSTOMER = "maya.lindqvist@example.com"
"""Who the demo shop is lived in as."""


class LivedThrough:
    """Has conversations; none knows of another."""

    def __init__(
        self, trained: Trained | None, cards: Sequence[AgentCard], brand: Brand, contents: ShopContents
    ) -> None:
        """Take what a history adds, the agents, the shop's settings, and what the shop holds each time anew."""
        self._trained = trained
        self._planner: Planner | None = None
        self._cards = cards
        self._brand = brand
        self._contents = contents

    async def route(self, messages: Sequence[Said]) -> frozenset[str]:
        """Return who the last message was given to."""
        clock = FixedClock(SHOP_TIME)
        ids = SeededIds()
        stores = Stores(
            shop=memory_shop(self._contents),
            journal=MemoryJournal(clock),
            registry=MemoryRegistry(self._cards, clock),
            settings=MemoryVersioned(SETTINGS, self._brand, clock),
            prompts=MemoryVersioned(PROMPTS, shipped_prompts(), clock),
            model_settings=MemoryVersioned(MODELS, ModelSettings(), clock),
            tries=MemoryTries(),
            outreaches=MemoryOutreaches(),
            profiles=MemoryProfiles(),
            keys=MemoryKeys(clock, ids),
        )
        app = await assemble(
            stores, secret=b"\0" * 32, clock=clock, ids=ids, planner=self._planner, trained=self._trained
        )
        self._planner = app.planner  # which is fitted once
        customer = await app.shop.customers.find_customer(CUSTOMER)
        if customer is None:
            raise NotFound(f"the demo shop has no customer {CUSTOMER}")
        conversation, _ = await app.chat.open("eval", await app.identify(app.tokens.sign(customer.id)))
        for said in messages:
            await app.chat.post(conversation, said.content)
            await app.chat.answer(conversation)
        events = (await app.chat.state(conversation)).events
        # Handing over within a turn makes further plans; the first is the planner's own.
        plans = [event.data for event in events if isinstance(event.data, PlanMade) and event.data.revision == 0]
        return agents_of(Plan.model_validate(plans[-1].plan))
