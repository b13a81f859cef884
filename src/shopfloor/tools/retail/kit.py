"""All that agents may read and propose in a retail shop, put together, and whose each thing is."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import tzinfo
from typing import Any

from shopfloor.actions.kind import ActionKind
from shopfloor.identity.guest_check import GuestCheck, Tries
from shopfloor.identity.identity import Identity
from shopfloor.kernel.clock import Clock
from shopfloor.profiles.contract import Profiles
from shopfloor.profiles.recollection import Recollection
from shopfloor.search.contract import KnowledgeRetriever
from shopfloor.search.products import CatalogueSearch
from shopfloor.shop.contract import Capability, Shop
from shopfloor.tools.contract import Tool
from shopfloor.tools.retail.accounts import AccountTools, account_kinds
from shopfloor.tools.retail.carts import CartTools, cart_kinds, owns_cart
from shopfloor.tools.retail.choosing import ChoosingTools
from shopfloor.tools.retail.habits import Habits
from shopfloor.tools.retail.item_wishes import ItemWishTools
from shopfloor.tools.retail.knowledge import KnowledgeTools
from shopfloor.tools.retail.leads import LeadTools
from shopfloor.tools.retail.order_changes import OrderChanges
from shopfloor.tools.retail.orders import OrderTools, owns_resource
from shopfloor.tools.retail.payment_wishes import PaymentWishTools
from shopfloor.tools.retail.products import ProductTools
from shopfloor.tools.retail.profile import ProfileTools, profile_kinds
from shopfloor.tools.retail.return_cases import Policy
from shopfloor.tools.retail.return_requests import ReturnRequests
from shopfloor.tools.retail.returns import ReturnTools
from shopfloor.tools.retail.sign_ups import lead_kinds
from shopfloor.tools.retail.tickets import ticket_kinds
from shopfloor.tools.retail.upsell import UpsellTools


class RetailKit:
    """What one shop lets agents do."""

    def __init__(self, shop: Shop, profiles: Profiles, return_policy: Policy, clock: Clock, zone: tzinfo) -> None:
        """Take the shop, what is remembered of its customers, what it takes back, and by which clock it goes."""
        self._shop = shop
        self._profiles = profiles
        self._return_policy = return_policy
        self._clock = clock
        self._zone = zone

    def all_kinds(self) -> Sequence[ActionKind[Any]]:
        """Return all kinds of writes that there are, whatever the shop is capable of."""
        shop, clock, zone = self._shop, self._clock, self._zone
        return (
            *OrderChanges(shop, self._return_policy, clock, zone).kinds(),
            *ReturnRequests(shop, self._return_policy, clock, zone).kinds(),
            *ticket_kinds(shop, clock),
            *cart_kinds(shop, clock),
            *lead_kinds(shop, clock),
            *account_kinds(shop),
            *profile_kinds(self._profiles, clock),
        )

    def kinds(self) -> Sequence[ActionKind[Any]]:
        """Return the kinds of writes that the shop is capable of, and of which it can tell whether they were done."""
        can = self._shop.capabilities
        return tuple(kind for kind in self.all_kinds() if kind.needs is None or {kind.needs, Capability.LOOK_UP} <= can)

    def reads(
        self,
        search: CatalogueSearch,
        retriever: KnowledgeRetriever,
        recollection: Recollection,
        tries: Tries,
        habits: Habits,
        keep_up: Callable[[], Awaitable[None]] | None,
    ) -> Sequence[Tool[Any]]:
        """Return the tools that propose nothing, over what is found, remembered and bought, and the tries of guests.

        `keep_up` has the product index look for changes; None where it follows none.
        """
        shop, clock = self._shop, self._clock
        return (
            *OrderTools(shop, GuestCheck(shop.orders, tries, clock)).tools(),
            *AccountTools(shop, clock).tools(),
            *ItemWishTools(shop).tools(),
            *PaymentWishTools(shop, clock).tools(),
            *ProductTools(shop.catalogue, search, clock, keep_up).tools(),
            *ChoosingTools(shop.catalogue, search).tools(),
            *CartTools(shop.carts, shop.catalogue).tools(),
            *UpsellTools(shop, search, habits).tools(),
            *LeadTools(shop, search).tools(),
            *KnowledgeTools(retriever).tools(),
            *ReturnTools(shop, self._return_policy, clock, self._zone).tools(),
            *ProfileTools(recollection, lambda text: search.understand(text).brand).tools(),
        )

    async def owns(self, identity: Identity, resource: str) -> bool:
        """Say whether a resource, such as `order:123`, is a customer's own; what is nobody's yet is everybody's."""
        kind = resource.partition(":")[0]
        if kind in {"cart", "guest_cart"}:
            return await owns_cart(self._shop.carts, identity, resource)
        return kind == "lead" or await owns_resource(self._shop.orders, identity, resource)
