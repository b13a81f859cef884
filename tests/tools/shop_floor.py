"""A shop with the tools for carts and leads, in memory or on a database, each time as the demo shop begins."""

from functools import lru_cache
from typing import Any

from demo_app import NOW, contents
from gating import gate_of
from tools.visit import Visit

from shopfloor.identity.identity import Identity
from shopfloor.kernel.clock import FixedClock
from shopfloor.search.products import CatalogueSearch
from shopfloor.shop.contract import Shop
from shopfloor.tools.contract import EarlierCall
from shopfloor.tools.gated import gated_tool
from shopfloor.tools.retail.carts import CartTools, cart_kinds, owns_cart
from shopfloor.tools.retail.choosing import ChoosingTools
from shopfloor.tools.retail.habits import Habits
from shopfloor.tools.retail.leads import LeadTools
from shopfloor.tools.retail.sign_ups import lead_kinds
from shopfloor.tools.retail.upsell import UpsellTools
from shopfloor.tools.toolsets import ToolList


class Floor:
    """A shop with the tools for carts and leads, behind a gate of its own."""

    def __init__(self, shop: Shop, search: CatalogueSearch) -> None:
        self.shop = shop
        self.clock = FixedClock(NOW)
        kinds = [*cart_kinds(shop, self.clock), *lead_kinds(shop, self.clock)]
        gate = gate_of(kinds, self.owns, self.clock)
        self.tools = ToolList(
            [
                *CartTools(shop.carts, shop.catalogue).tools(),
                *ChoosingTools(shop.catalogue, search).tools(),
                *UpsellTools(shop, search, Habits(shop.orders, search.category_of, self.clock)).tools(),
                *LeadTools(shop, search).tools(),
                *(gated_tool(kind, gate) for kind in kinds if kind.is_offered),
            ]
        )
        self._count = 0

    async def owns(self, identity: Identity, resource: str) -> bool:
        return resource == "lead:new" or await owns_cart(self.shop.carts, identity, resource)

    async def call(self, tool: str, visit: Visit, /, **args: Any) -> dict[str, Any]:
        self._count += 1
        result = await self.tools.call(tool, args, visit.context(origin=f"chat_1/turn_{self._count}/t1"))
        visit.calls.append(EarlierCall(tool=tool, args=args, output=result.output, turns_ago=self._count))
        return result.output

    async def put(self, visit: Visit, sku: str, quantity: int, cart_id: str | None = None) -> dict[str, Any]:
        mine = str((await self.call("get_cart", visit))["cart_id"])
        return await self.call("set_cart_line", visit, cart_id=cart_id or mine, sku=sku, quantity=quantity)


@lru_cache(maxsize=1)
def index() -> CatalogueSearch:
    return CatalogueSearch(contents().products)
