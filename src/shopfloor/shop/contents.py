"""Everything that a shop holds, as values: what seeds a shop, and what an import brings."""

from dataclasses import dataclass

from shopfloor.shop.models import Cart, Customer, GiftCard, Order, Product, Promotion, Return


@dataclass(frozen=True, kw_only=True, slots=True)
class ShopContents:
    """A shop's rows before it opens."""

    products: tuple[Product, ...] = ()
    promotions: tuple[Promotion, ...] = ()
    customers: tuple[Customer, ...] = ()
    gift_cards: tuple[GiftCard, ...] = ()
    orders: tuple[Order, ...] = ()
    returns: tuple[Return, ...] = ()
    carts: tuple[Cart, ...] = ()
