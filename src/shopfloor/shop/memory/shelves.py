"""What the shop in memory holds, by id; all its parts share it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from pydantic import JsonValue

from shopfloor.kernel.changes import MemoryChanges
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import CustomerId, OrderNumber, ProductId, Sku
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.effects import Effect, Write, once
from shopfloor.shop.models import (
    Customer,
    Lead,
    MarketingConsent,
    Order,
    Product,
    Return,
    Ticket,
    Variant,
)
from shopfloor.shop.paying import Account, OrderCase, Wallet, account_of, concerns

T = TypeVar("T")


class MemoryEffects:
    """The effects by key."""

    def __init__(self) -> None:
        """Start with none."""
        self._effects: dict[str, Effect] = {}

    def claim(self, key: str, kind: str, asked: str) -> Effect | None:
        """Return the effect that a key already had."""
        return self._effects.get(key)

    def settle(self, key: str, effect: Effect) -> None:
        """Keep the effect of a key."""
        self._effects[key] = effect

    def find(self, key: str) -> Effect | None:
        """Return the effect of a key, or None."""
        return self._effects.get(key)

    def amend(self, change: Callable[[str, JsonValue], JsonValue]) -> None:
        """Put other results in place of those that are kept, made of their kinds and of what they are."""
        for key, one in self._effects.items():
            self._effects[key] = replace(one, result=change(one.kind, one.result))


class Shelves:
    """What the shop holds now, by id; all parts share it."""

    def __init__(self, contents: ShopContents) -> None:
        """Take what the shop starts with."""
        self.products = {product.id: product for product in sorted(contents.products, key=lambda product: product.id)}
        self.promotions = tuple(sorted(contents.promotions, key=lambda promotion: promotion.code))
        self.customers = {customer.id: customer for customer in sorted(contents.customers, key=lambda each: each.id)}
        self.gift_cards = {card.id: card for card in sorted(contents.gift_cards, key=lambda card: card.id)}
        self.orders = {order.number: order for order in contents.orders}
        self.returns = {each.id: each for each in contents.returns}
        self.carts = {cart.id: cart for cart in contents.carts}
        self.tickets: dict[str, Ticket] = {}
        self.leads: dict[str, Lead] = {}
        self._product_of = {variant.sku: product.id for product in contents.products for variant in product.variants}
        self.changes = MemoryChanges()
        self.effects = MemoryEffects()

    def once(self, write: Write[T], do: Callable[[], T]) -> T:
        """Carry out a write once."""
        return once(self.effects, write, do)

    def order(self, number: OrderNumber) -> Order:
        """Return an order that has to exist."""
        if number not in self.orders:
            raise NotFound(f"there is no order {number}")
        return self.orders[number]

    def account(self, number: OrderNumber) -> Account:
        """Return the account of an order that has to exist."""
        order = self.order(number)
        customer = self.customers.get(order.customer_id) if order.customer_id else None
        cards = [card for card in self.gift_cards.values() if concerns(card, order)]
        methods = customer.payment_methods if customer else ()
        return account_of(order, Wallet(customer_id=order.customer_id, methods=methods, cards=tuple(cards)))

    def returns_of(self, number: OrderNumber) -> tuple[Return, ...]:
        """Return an order's returns, oldest first."""
        theirs = [each for each in self.returns.values() if each.order_number == number]
        return tuple(sorted(theirs, key=lambda each: (each.requested_at, each.id)))

    def case(self, number: OrderNumber) -> OrderCase:
        """Return an order that has to exist with all that a change of it is decided by."""
        return OrderCase(account=self.account(number), returns=self.returns_of(number))

    def keep(self, account: Account) -> Order:
        """Keep what became of an order and of the gift cards."""
        self.orders[account.order.number] = account.order
        self.gift_cards |= {card.id: card for card in account.wallet.cards}
        return account.order

    def customer(self, customer_id: CustomerId) -> Customer:
        """Return a customer that has to exist."""
        if customer_id not in self.customers:
            raise NotFound(f"there is no customer {customer_id}")
        return self.customers[customer_id]

    def note(self, consent: MarketingConsent) -> Customer:
        """Note a customer's consent in their account."""
        known = self.customer(consent.customer_id)
        self.customers[known.id] = replace(known, marketing_consent=consent.is_given, consent_at=consent.at)
        return self.customers[known.id]

    def products_of(self, skus: Iterable[Sku]) -> dict[Sku, Product]:
        """Return the products of variants, as far as there are any."""
        found = {sku: self.product_of(sku) for sku in skus}
        return {sku: product for sku, product in found.items() if product}

    def product_of(self, sku: Sku) -> Product | None:
        """Return the product that a variant is of, or None."""
        return self.products[self._product_of[sku]] if sku in self._product_of else None

    def variant(self, sku: Sku) -> Variant:
        """Return a variant that has to exist."""
        product = self.product_of(sku)
        if product is None:
            raise NotFound(f"there is no variant {sku}: write its SKU as the catalogue has it")
        return product.variant(sku)

    def grow(self, sku: Sku, pieces: int) -> None:
        """Let a stock grow by pieces of orders, or shrink, where the variant is still sold and counted."""
        if sku in self._product_of and self.variant(sku).tracks_stock:
            self.restock(sku, self.variant(sku).stock + pieces)

    def restock(self, sku: Sku, quantity: int) -> None:
        """Set the pieces of a variant, which has to exist."""

        def restocked(variant: Variant) -> Variant:
            return replace(variant, stock=quantity) if variant.sku == sku else variant

        product = self.products[self._product_of[sku]]
        self.put([replace(product, variants=tuple(map(restocked, product.variants)))])

    def put(self, products: Iterable[Product]) -> None:
        """Put products with all their variants under their ids."""
        changed = {product.id: product for product in products if self.products.get(product.id) != product}
        is_longer = not changed.keys() <= self.products.keys()
        self.products |= changed
        if is_longer:
            self.products = dict(sorted(self.products.items()))
        for id_, product in changed.items():
            self._product_of |= {variant.sku: id_ for variant in product.variants}
            self.changes.note(id_)

    def remove(self, skus: frozenset[Sku]) -> list[ProductId]:
        """Remove variants, and products with their last ones; return which products are gone."""
        touched = sorted({product.id for product in self.products_of(skus).values()})
        for sku in skus:
            self._product_of.pop(sku, None)
        for id_ in touched:
            product = self.products.pop(id_)
            if left := tuple(variant for variant in product.variants if variant.sku not in skus):
                self.products[id_] = replace(product, variants=left)
            self.changes.note(id_)
        gone = [id_ for id_ in touched if id_ not in self.products]
        self.products = dict(sorted(self.products.items()))
        return gone


class Part:
    """Base of a shop's parts in memory."""

    def __init__(self, shelves: Shelves) -> None:
        """Take what the shop holds."""
        self._shelves = shelves
