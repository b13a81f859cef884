"""What a shop system offers, in narrow parts; an adapter offers those that its shop can, and says so by `capabilities`.

The parts map onto the order, catalogue, cart and customer resources of Shopify, Vendure, Medusa and WooCommerce.
Every write takes an idempotency key, unless it says why not: the same key with the same arguments changes nothing the
second time and returns the same result; the same key with other arguments raises `Conflict`. Who may see or change what
is decided above this floor.

All methods may raise `StorageError` or `Unavailable`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shopfloor.kernel.changes import Changed
from shopfloor.kernel.ids import CustomerId, OrderNumber, ProductId, Sku
from shopfloor.shop.effects import Effect
from shopfloor.shop.models import (
    Address,
    Basket,
    Cart,
    CartLine,
    Customer,
    GiftCard,
    ItemChange,
    Lead,
    LeadKind,
    MarketingConsent,
    Order,
    Product,
    Promotion,
    Return,
    ReturnKind,
    ReturnLine,
    ReturnState,
    Ticket,
    Variant,
    Wish,
)
from shopfloor.shop.paying import OrderCase
from shopfloor.shop.records import Records


class Capability(StrEnum):
    """What a shop can do beyond being read."""

    CANCEL_ORDER = "cancel_order"
    CHANGE_ADDRESS = "change_address"
    RETURNS = "returns"
    CARTS = "carts"
    TICKETS = "tickets"
    LEADS = "leads"
    GIFT_CARDS = "gift_cards"
    INVENTORY = "inventory"
    PUT_PRODUCTS = "put_products"
    CHANGE_PAYMENT = "change_payment"
    CHANGE_ITEMS = "change_items"
    PROFILES = "profiles"
    LOOK_UP = "look_up"


class Catalogue(Protocol):
    """What is sold."""

    async def get_product(self, product_id: ProductId) -> Product | None:
        """Return a product, or None."""
        ...

    async def get_products(self, product_ids: Sequence[ProductId]) -> Sequence[Product]:
        """Return products of one moment in the order in which they are asked for; those that are not there left out."""
        ...

    async def find_product(self, sku: Sku) -> Product | None:
        """Return the product that a variant is of, or None."""
        ...

    async def list_products(self, *, after: ProductId | None = None, limit: int = 100) -> Sequence[Product]:
        """Return a page of products in the order of their ids, those behind `after`."""
        ...

    async def active_promotions(self, at: datetime) -> Sequence[Promotion]:
        """Return the promotions that run at an instant."""
        ...

    async def changes(self, after: str | None = None, *, limit: int = 1_000) -> Changed:
        """Return which products changed behind a mark, up to a limit; without a mark nothing, and the mark of now.

        A change is what makes something of a product or of its variants other than before, whoever made it; the first
        call after it is committed tells it. Whoever takes a mark, reads all products and then asks behind the mark
        misses nothing. A mark lasts as long as the catalogue, beyond the process that took it.

        Raises:
            NotFound: the catalogue does not know the mark any more, as where a backup was put back; take a new one and
                read all products anew.
        """
        ...

    async def find_owners(self, skus: Collection[Sku]) -> Mapping[Sku, ProductId]:
        """Return of which products variants are; those that are not there are left out."""
        ...

    async def put_products(self, products: Sequence[Product], *, seen: Sequence[Product] | None = None) -> None:
        """Put products under their ids, all of them or none.

        A variant that a product has and that is not named stays as it is, behind those that are named. So nothing is
        removed by it, and it takes no key: what is put twice is as if it were put once. With `seen`, those that are
        there have to be as they were seen, so that nothing is written over that somebody else changed meanwhile.

        Raises:
            InvalidInput: a negative stock, a product without variants or with prices in several currencies, or a
                product or a variant that is named twice.
            Conflict: a variant is another product's, or a product is not as it was seen.
        """
        ...

    async def remove_variants(self, skus: Collection[Sku]) -> Collection[ProductId]:
        """Remove variants, and products with their last ones; return which products are gone by it.

        Those that are not there are passed over, so it takes no key. Orders keep what they say of them.
        """
        ...

    async def set_stock(self, sku: Sku, quantity: int, *, key: str) -> Variant:
        """Say how many pieces of a variant can be sold now, in place of what there were.

        Raises:
            NotFound: no such variant.
            InvalidInput: a negative quantity.
            Conflict: the key was used with other arguments.
        """
        ...


class Orders(Protocol):
    """What was sold."""

    async def get_order(self, number: OrderNumber) -> Order | None:
        """Return an order, or None."""
        ...

    async def owner_of(self, number: OrderNumber) -> CustomerId | None:
        """Return whose an order is; None of a guest's, or where there is none."""
        ...

    async def get_case(self, number: OrderNumber) -> OrderCase | None:
        """Return an order with its customer's ways to pay and its returns, all read at one moment; or None."""
        ...

    async def orders_of(self, customer_id: CustomerId, *, limit: int = 20) -> Sequence[Order]:
        """Return a customer's orders, newest first."""
        ...

    async def baskets(self, *, since: datetime, after: OrderNumber | None = None, limit: int) -> Sequence[Basket]:
        """Return a page of what was bought together from an instant on, oldest first; cancelled orders are left out.

        Orders of one instant come by number, and `after` leaves out those of the instant itself up to a number. So the
        instant and the number of a page's last order give the page behind it.
        """
        ...

    async def cancel_order(self, number: OrderNumber, *, reason: str, at: datetime, key: str) -> Order:
        """Cancel an order of which nothing has been shipped, put its pieces back in stock and start its refunds.

        What was taken and not yet given back goes to where it came from, to gift cards at once; an authorised payment
        is only voided.

        Raises:
            NotFound: no such order.
            Refused: `order.already_shipped`, `order.already_cancelled`, `order.items_already_changed`.
            Conflict: the key was used with other arguments.
        """
        ...

    async def change_shipping_address(self, number: OrderNumber, address: Address, *, key: str) -> Order:
        """Send an order of which nothing has been shipped to another address.

        Raises:
            NotFound: no such order.
            Refused: `order.already_shipped`, `order.already_cancelled`, `order.items_already_changed`.
            Conflict: the key was used with other arguments.
        """
        ...

    async def change_payment_method(self, number: OrderNumber, method_id: str, *, at: datetime, key: str) -> Order:
        """Let an order of which nothing has been shipped be paid in another way that its customer has stored.

        What was paid is given back to where it came from, at once where that is a gift card, and taken anew. An order
        that was not charged yet is not charged by it, but a gift card's money is set aside at once.

        Raises:
            NotFound: no such order.
            Refused: as for the address; `payment.unknown` for a way that is not its customer's, `payment.same` for the
                one it is paid by, `payment.gift_card_balance` where a gift card does not cover the total,
                `payment.gift_card_expired`.
            Conflict: the key was used with other arguments.
        """
        ...

    async def change_items(
        self, number: OrderNumber, changes: Sequence[ItemChange], method_id: str, *, at: datetime, key: str
    ) -> Order:
        """Replace pieces of an order of which nothing has been shipped by other variants of the same products, once.

        The difference is taken from, or given back to, a way to pay that its customer has stored, the one that the
        order is paid by where `method_id` is empty; gift cards at once.
        Where the order was not charged yet, a card is charged for what it costs then. The new pieces leave the stock,
        and the old ones go back to it.

        Raises:
            NotFound: no such order.
            InvalidInput: no changes.
            Refused: as for the address; `items.not_in_order`, `items.unknown_variant`, `items.other_product`,
                `items.same_variant`, `items.out_of_stock`; `payment.unknown`, `payment.gift_card_balance`,
                `payment.gift_card_expired`.
            Conflict: the key was used with other arguments.
        """
        ...


class Returns(Protocol):
    """What comes back."""

    async def returns_of(self, number: OrderNumber) -> Sequence[Return]:
        """Return an order's returns, oldest first."""
        ...

    async def list_returns(self, state: ReturnState, *, limit: int = 50) -> Sequence[Return]:
        """Return the returns in a state, oldest first: `requested` are those that wait for the staff."""
        ...

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
        """Register that goods of a delivered order shall come back; no money moves.

        With `has_label` the shop makes a prepaid label, whose tracking id the return then has. `payment_method_id` is
        where the refund goes, or the difference of an exchange is settled; empty for how the order was paid.

        Raises:
            NotFound: no such order.
            InvalidInput: no lines, or an exchange that does not name what is wanted for each.
            Refused: `return.not_delivered`, `return.not_in_order`, `return.already_requested`; `payment.unknown` for a
                way to pay that is not its customer's; of an exchange `items.unknown_variant`, `items.other_product`,
                `items.out_of_stock`, and `payment.gift_card_balance`, `payment.gift_card_expired` where a gift card
                has to cover the difference.
            Conflict: the key was used with other arguments.
        """
        ...

    async def withdraw_return(self, return_id: str, *, key: str) -> Return:
        """Call off a return that nobody has looked at yet; its goods can be returned anew.

        Raises:
            NotFound: no such return.
            Refused: `return.already_withdrawn`, `return.under_way`.
            Conflict: the key was used with other arguments.
        """
        ...

    async def reinstate_return(self, return_id: str, *, at: datetime, key: str) -> Return:
        """Take up a return again that was called off, as it was.

        Raises:
            NotFound: no such return.
            Refused: `return.not_withdrawn`; `return.already_requested` where its goods come back otherwise by now,
                `return.money_gone` where its money does; `payment.gift_card_balance`, `payment.gift_card_expired` where
                a gift card does not cover its difference any more.
            Conflict: the key was used with other arguments.
        """
        ...


class Carts(Protocol):
    """What visitors mean to buy."""

    async def get_cart(self, cart_id: str) -> Cart | None:
        """Return a cart, or None."""
        ...

    async def carts_of(self, customer_id: CustomerId) -> Sequence[Cart]:
        """Return a customer's carts, last touched first."""
        ...

    async def open_cart(self, cart_id: str, customer_id: CustomerId | None, *, at: datetime, key: str) -> Cart:
        """Make an empty cart of an id, or return the one that the visitor has under it.

        Raises:
            Conflict: the id is another visitor's cart's, or the key was used with other arguments.
        """
        ...

    async def set_cart_line(self, cart_id: str, sku: Sku, quantity: int, *, at: datetime, key: str) -> Cart:
        """Put a quantity of a variant into a cart, in place of what it held of it; 0 takes it out.

        Raises:
            NotFound: no such cart or variant.
            Refused: `cart.out_of_stock` where fewer pieces can be sold.
            InvalidInput: a negative quantity.
            Conflict: the key was used with other arguments.
        """
        ...

    async def fill_cart(self, cart_id: str, lines: Sequence[CartLine], *, at: datetime, key: str) -> Cart:
        """Let a cart hold just these lines, in this order, in place of what it held; none of them empties it.

        Raises:
            NotFound: no such cart or variant.
            Refused: `cart.out_of_stock` where fewer pieces can be sold.
            InvalidInput: a quantity below one, or a variant in two lines.
            Conflict: the key was used with other arguments.
        """
        ...


class Customers(Protocol):
    """Who buys."""

    async def get_customer(self, customer_id: CustomerId) -> Customer | None:
        """Return a customer, or None."""
        ...

    async def find_customer(self, email: str) -> Customer | None:
        """Return the customer with an e-mail address, compared without case, or None."""
        ...

    async def gift_cards_of(self, customer_id: CustomerId) -> Sequence[GiftCard]:
        """Return a customer's gift cards, those that expire first leading."""
        ...

    async def set_default_address(self, customer_id: CustomerId, address: Address, *, key: str) -> Customer:
        """Let a customer's parcels go to another address from now on; orders that were placed keep theirs.

        Raises:
            NotFound: no such customer.
            Conflict: the key was used with other arguments.
        """
        ...

    async def set_marketing_consent(
        self, customer_id: CustomerId, is_given: bool, *, at: datetime, key: str
    ) -> Customer:
        """Note that a customer wants to hear of offers, or no longer does.

        Raises:
            NotFound: no such customer.
            Conflict: the key was used with other arguments.
        """
        ...


class Tickets(Protocol):
    """What people of the shop take care of."""

    async def open_ticket(self, ticket: Ticket, *, key: str) -> Ticket:
        """Store a ticket.

        Raises:
            Conflict: the key was used with other arguments.
        """
        ...

    async def list_tickets(self, *, limit: int = 50) -> Sequence[Ticket]:
        """Return the newest tickets first."""
        ...

    async def tickets_of(self, customer_id: CustomerId, *, limit: int = 20) -> Sequence[Ticket]:
        """Return a customer's tickets that are not closed, newest first."""
        ...


class Leads(Protocol):
    """Who wants to hear from the shop."""

    async def add_lead(self, lead: Lead, *, with_consent: bool = False, key: str) -> Lead:
        """Store a lead; a second one of the same kind, e-mail and variant is the first, while that one waits.

        The first one then moves to the conversation of the second, unless it is a customer's and the second is not.
        With `with_consent` the account of the lead's customer notes, as of its time, that they want to hear of offers.

        Raises:
            NotFound: no such customer.
            Conflict: the key was used with other arguments.
        """
        ...

    async def list_leads(self, kind: LeadKind, *, limit: int = 50) -> Sequence[Lead]:
        """Return the newest leads of a kind first, settled ones among them."""
        ...

    async def leads_for(self, sku: Sku) -> Sequence[Lead]:
        """Return the `back_in_stock` leads that wait for a variant, oldest first."""
        ...

    async def leads_of(self, email: str) -> Sequence[Lead]:
        """Return the leads of an e-mail address, compared without case, that are not settled, oldest first."""
        ...

    async def remove_leads(
        self, kinds: Collection[LeadKind], email: str, *, customer_id: CustomerId | None, at: datetime, key: str
    ) -> int:
        """Remove what an address is signed up for, as far as a customer or nobody known asked for it; return how many.

        Where the newsletter is among it, the customer's account notes that they no longer want to hear of offers.

        Raises:
            NotFound: no such customer.
            Conflict: the key was used with other arguments.
        """
        ...

    async def restore_lead(
        self, wish: Wish, earlier: Lead | None, consent: MarketingConsent | None, *, key: str
    ) -> None:
        """Let the lead that waits for a wish be as it was before, gone where it was not there, and a consent too.

        Raises:
            NotFound: no such lead waits, or there is no such customer.
            InvalidInput: the earlier lead is another one.
            Conflict: the key was used with other arguments.
        """
        ...

    async def settle_lead(self, lead_id: str, *, at: datetime, key: str) -> Lead:
        """Note that somebody has heard what they waited for; the same wish can be made anew afterwards.

        One that was settled before stays as it is.

        Raises:
            NotFound: no such lead.
            Conflict: the key was used with other arguments.
        """
        ...


class Effects(Protocol):
    """What the shop has carried out, by the keys of its writes."""

    async def find_effect(self, key: str) -> Effect | None:
        """Return what was carried out under a key, or None where nothing was."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Shop:
    """One shop: its parts, and what they can do."""

    catalogue: Catalogue
    orders: Orders
    returns: Returns
    carts: Carts
    customers: Customers
    tickets: Tickets
    leads: Leads
    effects: Effects
    records: Records
    capabilities: frozenset[Capability]
