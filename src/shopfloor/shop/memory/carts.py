"""What visitors mean to buy, in memory."""

from collections.abc import Sequence
from datetime import datetime

from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import CustomerId, Sku
from shopfloor.shop import rules, writes
from shopfloor.shop.memory.shelves import Part
from shopfloor.shop.models import (
    Cart,
    CartLine,
)


class MemoryCarts(Part):
    """What visitors mean to buy."""

    async def get_cart(self, cart_id: str) -> Cart | None:
        """Return a cart, or None."""
        return self._shelves.carts.get(cart_id)

    async def carts_of(self, customer_id: CustomerId) -> Sequence[Cart]:
        """Return a customer's carts, last touched first."""
        theirs = [cart for cart in self._shelves.carts.values() if cart.customer_id == customer_id]
        return sorted(theirs, key=lambda cart: (cart.updated_at, cart.id), reverse=True)

    async def open_cart(self, cart_id: str, customer_id: CustomerId | None, *, at: datetime, key: str) -> Cart:
        """Make an empty cart, or return the one that is there."""

        def open_cart() -> Cart:
            new = Cart(id=cart_id, customer_id=customer_id, lines=(), updated_at=at)
            cart = self._shelves.carts.setdefault(cart_id, new)
            rules.check_same_cart(cart, customer_id)
            return cart

        return self._shelves.once(writes.open_cart(cart_id, customer_id, key=key), open_cart)

    async def set_cart_line(self, cart_id: str, sku: Sku, quantity: int, *, at: datetime, key: str) -> Cart:
        """Put a quantity of a variant into a cart."""
        rules.check_quantity(quantity)

        def set_line() -> Cart:
            cart = rules.with_line(self._cart(cart_id), self._shelves.variant(sku), quantity, at=at)
            self._shelves.carts[cart_id] = cart
            return cart

        return self._shelves.once(writes.set_cart_line(cart_id, sku, quantity, key=key), set_line)

    async def fill_cart(self, cart_id: str, lines: Sequence[CartLine], *, at: datetime, key: str) -> Cart:
        """Let a cart hold just these lines."""
        rules.check_lines(lines)

        def fill() -> Cart:
            cart = self._cart(cart_id)
            variants = {line.sku: self._shelves.variant(line.sku) for line in lines}
            self._shelves.carts[cart_id] = rules.filled(cart, lines, variants, at=at)
            return self._shelves.carts[cart_id]

        return self._shelves.once(writes.fill_cart(cart_id, lines, key=key), fill)

    def _cart(self, cart_id: str) -> Cart:
        if cart_id not in self._shelves.carts:
            raise NotFound(f"there is no cart {cart_id}")
        return self._shelves.carts[cart_id]
