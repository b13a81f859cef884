"""What comes back, in memory."""

from collections.abc import Sequence
from datetime import datetime

from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import OrderNumber
from shopfloor.shop import rules, writes
from shopfloor.shop.memory.shelves import Part
from shopfloor.shop.models import (
    Return,
    ReturnKind,
    ReturnLine,
    ReturnState,
)
from shopfloor.shop.rules import ReturnWish


class MemoryReturns(Part):
    """What comes back."""

    async def returns_of(self, number: OrderNumber) -> Sequence[Return]:
        """Return an order's returns, oldest first."""
        return list(self._shelves.returns_of(number))

    async def list_returns(self, state: ReturnState, *, limit: int = 50) -> Sequence[Return]:
        """Return the returns in a state, oldest first."""
        those = [each for each in self._shelves.returns.values() if each.state == state]
        return sorted(those, key=lambda each: (each.requested_at, each.id))[:limit]

    async def request_return(
        self,
        number: OrderNumber,
        kind: ReturnKind,
        lines: Sequence[ReturnLine],
        *,
        has_label: bool = False,
        payment_method_id: str = "",
        at: datetime,
        key: str,
    ) -> Return:
        """Register that goods shall come back."""
        wish = ReturnWish(
            kind=kind, lines=tuple(lines), has_label=has_label, payment_method_id=payment_method_id, at=at
        )

        def request() -> Return:
            products = self._shelves.products_of(wish.wanted)
            new = rules.requested_return(
                self._shelves.account(number), self._shelves.returns_of(number), wish, products
            )
            self._shelves.returns[new.id] = new
            return new

        return self._shelves.once(writes.request_return(number, wish, key=key), request)

    async def withdraw_return(self, return_id: str, *, key: str) -> Return:
        """Call off a return."""

        def withdraw() -> Return:
            self._shelves.returns[return_id] = rules.withdrawn(self._return(return_id))
            return self._shelves.returns[return_id]

        return self._shelves.once(writes.withdraw_return(return_id, key=key), withdraw)

    async def reinstate_return(self, return_id: str, *, at: datetime, key: str) -> Return:
        """Take up a return again."""

        def reinstate() -> Return:
            back = self._return(return_id)
            account, others = self._shelves.account(back.order_number), self._shelves.returns_of(back.order_number)
            self._shelves.returns[return_id] = rules.reinstated(account, others, back, at=at)
            return self._shelves.returns[return_id]

        return self._shelves.once(writes.reinstate_return(return_id, key=key), reinstate)

    def _return(self, return_id: str) -> Return:
        if return_id not in self._shelves.returns:
            raise NotFound(f"there is no return {return_id}")
        return self._shelves.returns[return_id]
