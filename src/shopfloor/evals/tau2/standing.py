"""What a shop holds at a moment, read through its contract; two of them tell what was changed in between."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from shopfloor.evals.tau2.data import Domain
from shopfloor.evals.tau2.importing import number_of
from shopfloor.kernel.ids import CustomerId, OrderNumber, ProductId
from shopfloor.shop.contract import Shop
from shopfloor.shop.models import Cart, Customer, GiftCard, Lead, LeadKind, Order, Product, Return, Ticket

K = TypeVar("K")
T = TypeVar("T")
MANY = 10_000
LEAD_KINDS: tuple[LeadKind, ...] = ("newsletter", "back_in_stock", "contact")


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldCustomer:
    """A customer with their gift cards."""

    customer: Customer
    gift_cards: tuple[GiftCard, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldOrder:
    """An order with its returns."""

    order: Order
    returns: tuple[Return, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """What the shop holds that the domain has no object for."""

    carts: tuple[Cart, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    leads: tuple[Lead, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What a shop holds, by id."""

    products: Mapping[str, Product]
    customers: Mapping[str, HeldCustomer]
    orders: Mapping[OrderNumber, HeldOrder]
    beside: Beside = Beside()

    def changed_since(self, before: "Standing") -> "Standing":
        """Return only what is not as it was."""
        return Standing(
            products=_changed(before.products, self.products),
            customers=_changed(before.customers, self.customers),
            orders=_changed(before.orders, self.orders),
            beside=Beside() if self.beside == before.beside else self.beside,
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return not (self.products or self.customers or self.orders) and self.beside == Beside()


async def standing(shop: Shop, domain: Domain) -> Standing:
    """Return what a shop holds that was made of the domain's database."""
    products: dict[str, Product] = {}
    for id_ in domain.products:
        if product := await shop.catalogue.get_product(ProductId(id_)):
            products[id_] = product
    customers: dict[str, HeldCustomer] = {}
    carts: list[Cart] = []
    for id_ in domain.users:
        if customer := await shop.customers.get_customer(CustomerId(id_)):
            cards = await shop.customers.gift_cards_of(customer.id)
            customers[id_] = HeldCustomer(customer=customer, gift_cards=tuple(cards))
            carts += await shop.carts.carts_of(customer.id)
    orders: dict[OrderNumber, HeldOrder] = {}
    for id_ in domain.orders:
        if order := await shop.orders.get_order(number_of(id_)):
            returns = await shop.returns.returns_of(order.number)
            orders[order.number] = HeldOrder(order=order, returns=tuple(returns))
    leads = [lead for kind in LEAD_KINDS for lead in await shop.leads.list_leads(kind, limit=MANY)]
    tickets = await shop.tickets.list_tickets(limit=MANY)
    beside = Beside(carts=tuple(carts), tickets=tuple(tickets), leads=tuple(leads))
    return Standing(products=products, customers=customers, orders=orders, beside=beside)


def _changed(before: Mapping[K, T], now: Mapping[K, T]) -> Mapping[K, T]:
    return {id_: one for id_, one in now.items() if before.get(id_) != one}
