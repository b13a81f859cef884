"""Living a labelled conversation through: each message is said in a demo shop of its own, and answered."""

from collections.abc import Sequence

from anyio import to_thread

from shopfloor.agents.brand import Brand
from shopfloor.agents.card import AgentCard
from shopfloor.agents.prompt_texts import shipped_prompts
from shopfloor.agents.team_data import TeamData
from shopfloor.app import memory_app
from shopfloor.evals.rows import Said
from shopfloor.evals.transcripts import SHOP_TIME, agents_of
from shopfloor.journal.events import PlanMade
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import SeededIds
from shopfloor.planning.plan import Plan, Planner
from shopfloor.planning.trained import Trained
from shopfloor.shop.contents import ShopContents

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
        prompts = await to_thread.run_sync(shipped_prompts)  # which reads a file at first
        app = await memory_app(
            self._contents,
            clock=clock,
            ids=ids,
            planner=self._planner,
            trained=self._trained,
            team=TeamData(cards=self._cards, brand=self._brand, prompts=prompts),
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
