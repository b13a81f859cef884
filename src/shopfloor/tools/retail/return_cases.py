"""An order with all that a return of it is decided by, read together."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.shop.contract import Shop
from shopfloor.shop.models import Order, Product, Return
from shopfloor.shop.paying import OrderCase, Wallet
from shopfloor.shop.return_policy import ReturnableLine, ReturnPolicy, ReturnReason, assess

Policy = Callable[[], Awaitable[ReturnPolicy]]
"""Reads the shop's policy anew, since a merchant may change it at any time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """An order with all that a return of it is decided by."""

    order: Order
    wallet: Wallet
    earlier: Sequence[Return]
    products: Mapping[ProductId, Product]
    policy: ReturnPolicy
    lines: tuple[ReturnableLine, ...]

    def of(self, sku: Sku) -> Sequence[ReturnableLine]:
        """Return the positions that hold a variant; an order may hold it in several."""
        return [each for each in self.lines if each.line.sku == sku]

    def left(self) -> Counter[Sku]:
        """Return how many pieces of each variant are not yet on their way back."""
        left = Counter[Sku]()
        for each in self.lines:
            left[each.line.sku] += each.left
        return left


class Cases:
    """Reads cases."""

    def __init__(self, shop: Shop, policy: Policy, clock: Clock, zone: tzinfo) -> None:
        """Take the shop, what reads its policy, the clock, and the zone that its days are meant in."""
        self._shop = shop
        self._policy = policy
        self._clock = clock
        self._zone = zone

    async def of(self, known: OrderCase, reason: ReturnReason | None) -> Case:
        """Return the case of an order, when goods come back for a reason."""
        order, earlier = known.order, known.returns
        policy = await self._policy()
        products: dict[ProductId, Product] = {}
        for line in order.lines:
            if product := await self._shop.catalogue.get_product(line.product_id):
                products[product.id] = product
        lines = assess(order, earlier, products, policy, reason=reason, at=self._clock.now(), zone=self._zone)
        return Case(order=order, wallet=known.wallet, earlier=earlier, products=products, policy=policy, lines=lines)
