"""What the agents of an installation stand on: what is found and known, what is remembered, and who may do what."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from anyio import to_thread

from shopfloor.actions.gate import Gate, effects_of
from shopfloor.actions.kind import ActionKind
from shopfloor.actions.policies import Policies
from shopfloor.actions.words import Terms
from shopfloor.conversation.hearing import prepare
from shopfloor.durable.contract import Durable
from shopfloor.facts.kinds import FactKinds
from shopfloor.facts.shared_context import SharedContext
from shopfloor.facts.shipped import SHIPPED
from shopfloor.identity.guest_check import Tries
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import IdSource
from shopfloor.kernel.money import Money
from shopfloor.knowledge.desk import KnowledgeDesk, knowledge_desk
from shopfloor.profiles.recollection import Recollection
from shopfloor.search.following import Follower
from shopfloor.search.products import CatalogueSearch
from shopfloor.search.vectors import load_vectors
from shopfloor.shop.contract import Catalogue
from shopfloor.shop.return_policy import ReturnPolicy
from shopfloor.stores import Stores
from shopfloor.tools.contract import Tool
from shopfloor.tools.retail.habits import Habits
from shopfloor.tools.retail.kit import RetailKit
from shopfloor.tools.retail.notices import noticed
from shopfloor.topics.topics import shipped_topics


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What agents stand on."""

    search: CatalogueSearch
    follower: Follower | None
    """Keeps the index at what the catalogue holds; None where it was made before."""
    knowledge: KnowledgeDesk
    context: SharedContext
    recollection: Recollection
    habits: Habits
    catalogue: Catalogue
    kit: RetailKit
    policies: Policies
    gate: Gate
    durable: Durable

    def reads(self, tries: Tries) -> Sequence[Tool[Any]]:
        """Return the tools that only read; `tries` counts what guests guess."""
        keep_up = self.follower.keep_up if self.follower else None
        tools = self.kit.reads(self.search, self.knowledge.base, self.recollection, tries, self.habits, keep_up)
        return [noticed(tool, self.context, self.catalogue) for tool in tools]


async def prepared(stores: Stores, made: CatalogueSearch | None, clock: Clock, ids: IdSource) -> Ground:
    """Make ready what agents stand on; `made` is an index that was made before."""
    brand = await stores.settings.in_force()  # home, zone and currency hold until the next start
    search, follower = (made, None) if made else await _indexed(stores)
    await to_thread.run_sync(prepare)
    kit = RetailKit(stores.shop, stores.profiles, partial(_return_policy, stores), clock, ZoneInfo(brand.zone))
    policies = _policies(stores, kit.all_kinds())
    kept, topics = (stores.knowledge, stores.questions, stores.journal), await to_thread.run_sync(shipped_topics)
    knowledge = knowledge_desk(*kept, home=brand.country, embedder=topics, clock=clock, ids=ids)
    await knowledge.base.current()  # no question has to wait for it
    kinds = kit.kinds()
    durable = stores.durable(effects_of(kinds))
    gate = Gate(
        kinds,
        durable=durable,
        owns=kit.owns,
        rules=policies.in_force,
        actions=stores.actions,
        clock=clock,
    )
    return Ground(
        search=search,
        follower=follower,
        knowledge=knowledge,
        context=SharedContext(stores.facts, stores.journal, FactKinds(SHIPPED), clock),
        recollection=Recollection(stores.profiles, stores.shop, search.category_of, clock),
        habits=Habits(stores.shop.orders, search.category_of, clock),
        catalogue=stores.shop.catalogue,
        kit=kit,
        policies=policies,
        gate=gate,
        durable=durable,
    )


async def _indexed(stores: Stores) -> tuple[CatalogueSearch, Follower]:
    follower = await Follower.start(stores.shop.catalogue, await to_thread.run_sync(load_vectors))
    return follower.search, follower


async def _return_policy(stores: Stores) -> ReturnPolicy:
    return (await stores.settings.in_force()).returns


def _policies(stores: Stores, kinds: Sequence[ActionKind[Any]]) -> Policies:
    async def agents() -> Sequence[str]:
        return [entry.card.id for entry in await stores.registry.entries()]

    async def terms() -> Terms:
        brand = await stores.settings.in_force()
        limit = Money(brand.currency, brand.irreversible_limit_minor)
        return Terms(currency=brand.currency, zone=ZoneInfo(brand.zone), irreversible_limit=limit)

    return Policies(stores.policy, kinds, terms, agents)
