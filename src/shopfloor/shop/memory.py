"""A shop in memory: the twin for tests and simulations; it keeps every promise of the contract but lasting.

Nothing here awaits, so each call is one piece to all other callers, as a transaction would be.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar

from shopfloor.kernel.errors import Conflict, NotFound
from shopfloor.kernel.ids import CustomerId, OrderNumber, ProductId, Sku
from shopfloor.shop import rules, writes
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Capability, Shop
from shopfloor.shop.effects import Effect, Write, once
from shopfloor.shop.item_changes import stock_changes
from shopfloor.shop.models import (
    Address,
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
from shopfloor.shop.paying import Account, Wallet, account_of, concerns
from shopfloor.shop.rules import ReturnWish

T = TypeVar("T")


def memory_shop(contents: ShopContents) -> Shop:
    """Return a shop that starts with some contents and forgets all changes with the process."""
    shelves = Shelves(contents)
    return Shop(
        catalogue=MemoryCatalogue(shelves),
        orders=MemoryOrders(shelves),
        returns=MemoryReturns(shelves),
        carts=MemoryCarts(shelves),
        customers=MemoryCustomers(shelves),
        tickets=MemoryTickets(shelves),
        leads=MemoryLeads(shelves),
        effects=MemoryEffectBook(shelves),
        capabilities=frozenset(Capability),
    )


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


class Shelves:
    """What the shop holds now, by id; all parts share it."""

    def __init__(self, contents: ShopContents) -> None:
        """Take what the shop starts with."""
        self.products = {product.id: product for product in sorted(contents.products, key=lambda product: product.id)}
        self.promotions = tuple(sorted(contents.promotions, key=lambda promotion: promotion.code))
        self.customers = {customer.id: customer for customer in sorted(contents.customers, key=lambda each: each.id)}
        self.gift_cards = {card.code: card for card in sorted(contents.gift_cards, key=lambda card: card.code)}
        self.orders = {order.number: order for order in contents.orders}
        self.returns = {each.id: each for each in contents.returns}
        self.carts = {cart.id: cart for cart in contents.carts}
        self.tickets: dict[str, Ticket] = {}
        self.leads: dict[str, Lead] = {}
        self._product_of = {variant.sku: product.id for product in contents.products for variant in product.variants}
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

    def keep(self, account: Account) -> Order:
        """Keep what became of an order and of the gift cards."""
        self.orders[account.order.number] = account.order
        self.gift_cards |= {card.code: card for card in account.wallet.cards}
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
        self.products[product.id] = replace(product, variants=tuple(map(restocked, product.variants)))


class _Part:
    def __init__(self, shelves: Shelves) -> None:
        """Take what the shop holds."""
        self._shelves = shelves


class MemoryCatalogue(_Part):
    """What is sold."""

    async def get_product(self, product_id: ProductId) -> Product | None:
        """Return a product, or None."""
        return self._shelves.products.get(product_id)

    async def find_product(self, sku: Sku) -> Product | None:
        """Return the product that a variant is of, or None."""
        return self._shelves.product_of(sku)

    async def list_products(self, *, after: ProductId | None = None, limit: int = 100) -> Sequence[Product]:
        """Return a page of products in the order of their ids."""
        return [product for id_, product in self._shelves.products.items() if after is None or id_ > after][:limit]

    async def active_promotions(self, at: datetime) -> Sequence[Promotion]:
        """Return the promotions that run at an instant."""
        return [promotion for promotion in self._shelves.promotions if rules.is_active(promotion, at)]

    async def set_stock(self, sku: Sku, quantity: int, *, key: str) -> Variant:
        """Say how many pieces of a variant can be sold now."""
        rules.check_stock(quantity)

        def set_stock() -> Variant:
            variant = replace(self._shelves.variant(sku), stock=quantity)
            self._shelves.restock(sku, quantity)
            return variant

        return self._shelves.once(writes.set_stock(sku, quantity, key=key), set_stock)


class MemoryOrders(_Part):
    """What was sold."""

    async def get_order(self, number: OrderNumber) -> Order | None:
        """Return an order, or None."""
        return self._shelves.orders.get(number)

    async def orders_of(self, customer_id: CustomerId, *, limit: int = 20) -> Sequence[Order]:
        """Return a customer's orders, newest first."""
        theirs = [order for order in self._shelves.orders.values() if order.customer_id == customer_id]
        return sorted(theirs, key=lambda order: (order.placed_at, order.number), reverse=True)[:limit]

    async def baskets(self, *, limit: int) -> Sequence[frozenset[ProductId]]:
        """Return which products were bought together, the newest orders' first."""
        sold = [order for order in self._shelves.orders.values() if order.state != "cancelled"]
        newest = sorted(sold, key=lambda order: (order.placed_at, order.number), reverse=True)[:limit]
        return [frozenset(line.product_id for line in order.lines) for order in newest]

    async def cancel_order(self, number: OrderNumber, *, reason: str, at: datetime, key: str) -> Order:
        """Cancel an order, put its pieces back and start its refund."""

        def cancel() -> Order:
            account = rules.cancelled(self._shelves.account(number), reason=reason, at=at)
            for line in account.order.lines:
                self._shelves.grow(line.sku, line.quantity)
            return self._shelves.keep(account)

        return self._shelves.once(writes.cancel_order(number, reason, key=key), cancel)

    async def change_shipping_address(self, number: OrderNumber, address: Address, *, key: str) -> Order:
        """Send an order to another address."""

        def change() -> Order:
            order = rules.readdressed(self._shelves.order(number), address)
            self._shelves.orders[number] = order
            return order

        return self._shelves.once(writes.change_shipping_address(number, address, key=key), change)

    async def change_payment_method(self, number: OrderNumber, method_id: str, *, at: datetime, key: str) -> Order:
        """Let an order be paid in another way."""

        def change() -> Order:
            return self._shelves.keep(rules.repaid(self._shelves.account(number), method_id, at=at))

        return self._shelves.once(writes.change_payment_method(number, method_id, key=key), change)

    async def change_items(
        self, number: OrderNumber, changes: Sequence[ItemChange], method_id: str, *, at: datetime, key: str
    ) -> Order:
        """Replace pieces of an order by other variants."""

        def change() -> Order:
            products = self._shelves.products_of(each.new_sku for each in changes)
            account = rules.with_items_changed(self._shelves.account(number), changes, method_id, products, at=at)
            for sku, pieces in stock_changes(changes).items():
                self._shelves.grow(sku, pieces)
            return self._shelves.keep(account)

        return self._shelves.once(writes.change_items(number, changes, method_id, key=key), change)


class MemoryReturns(_Part):
    """What comes back."""

    async def returns_of(self, number: OrderNumber) -> Sequence[Return]:
        """Return an order's returns, oldest first."""
        theirs = [each for each in self._shelves.returns.values() if each.order_number == number]
        return sorted(theirs, key=lambda each: (each.requested_at, each.id))

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
            new = rules.requested_return(self._shelves.account(number), self._returns_of(number), wish, products)
            self._shelves.returns[new.id] = new
            return new

        return self._shelves.once(writes.request_return(number, wish, key=key), request)

    async def withdraw_return(self, return_id: str, *, key: str) -> Return:
        """Call off a return."""

        def withdraw() -> Return:
            self._shelves.returns[return_id] = rules.withdrawn(self._return(return_id))
            return self._shelves.returns[return_id]

        return self._shelves.once(writes.withdraw_return(return_id, key=key), withdraw)

    async def reinstate_return(self, return_id: str, *, key: str) -> Return:
        """Take up a return again."""

        def reinstate() -> Return:
            back = self._return(return_id)
            order = self._shelves.order(back.order_number)
            self._shelves.returns[return_id] = rules.reinstated(order, self._returns_of(order.number), back)
            return self._shelves.returns[return_id]

        return self._shelves.once(writes.reinstate_return(return_id, key=key), reinstate)

    def _return(self, return_id: str) -> Return:
        if return_id not in self._shelves.returns:
            raise NotFound(f"there is no return {return_id}")
        return self._shelves.returns[return_id]

    def _returns_of(self, number: OrderNumber) -> list[Return]:
        return [each for each in self._shelves.returns.values() if each.order_number == number]


class MemoryCarts(_Part):
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


class MemoryCustomers(_Part):
    """Who buys."""

    async def get_customer(self, customer_id: CustomerId) -> Customer | None:
        """Return a customer, or None."""
        return self._shelves.customers.get(customer_id)

    async def find_customer(self, email: str) -> Customer | None:
        """Return the customer with an e-mail address, or None."""
        wanted = rules.email_key(email)
        found = (customer for customer in self._shelves.customers.values() if rules.email_key(customer.email) == wanted)
        return next(found, None)

    async def gift_cards_of(self, customer_id: CustomerId) -> Sequence[GiftCard]:
        """Return a customer's gift cards, those that expire first leading and those that never do last."""
        theirs = [card for card in self._shelves.gift_cards.values() if card.customer_id == customer_id]
        return sorted(theirs, key=lambda card: (card.expires_on or date.max, card.code))

    async def set_default_address(self, customer_id: CustomerId, address: Address, *, key: str) -> Customer:
        """Let a customer's parcels go to another address."""

        def change() -> Customer:
            known = self._shelves.customer(customer_id)
            self._shelves.customers[customer_id] = replace(known, address=address)
            return self._shelves.customers[customer_id]

        return self._shelves.once(writes.set_default_address(customer_id, address, key=key), change)

    async def set_marketing_consent(
        self, customer_id: CustomerId, is_given: bool, *, at: datetime, key: str
    ) -> Customer:
        """Note that a customer wants to hear of offers, or no longer does."""
        consent = MarketingConsent(customer_id=customer_id, is_given=is_given, at=at)

        def note() -> Customer:
            return self._shelves.note(consent)

        return self._shelves.once(writes.set_marketing_consent(customer_id, is_given, key=key), note)


class MemoryTickets(_Part):
    """What people of the shop take care of."""

    async def open_ticket(self, ticket: Ticket, *, key: str) -> Ticket:
        """Store a ticket."""

        def store() -> Ticket:
            if ticket.id in self._shelves.tickets:
                raise Conflict(f"the ticket {ticket.id} exists already: use a new id")
            self._shelves.tickets[ticket.id] = ticket
            return ticket

        return self._shelves.once(writes.open_ticket(ticket, key=key), store)

    async def list_tickets(self, *, limit: int = 50) -> Sequence[Ticket]:
        """Return the newest tickets first."""
        tickets = self._shelves.tickets.values()
        return sorted(tickets, key=lambda ticket: (ticket.created_at, ticket.id), reverse=True)[:limit]

    async def tickets_of(self, customer_id: CustomerId, *, limit: int = 20) -> Sequence[Ticket]:
        """Return a customer's tickets that are not closed, newest first."""
        tickets = await self.list_tickets(limit=len(self._shelves.tickets))
        own = [ticket for ticket in tickets if ticket.customer_id == customer_id and ticket.state != "closed"]
        return own[:limit]


class MemoryLeads(_Part):
    """Who wants to hear from the shop."""

    async def add_lead(self, lead: Lead, *, with_consent: bool = False, key: str) -> Lead:
        """Store a lead, or return the one that says the same."""

        def store() -> Lead:
            wish = rules.wish(lead)
            same = next((known for known in self._shelves.leads.values() if rules.wish(known) == wish), None)
            if same is None and lead.id in self._shelves.leads:
                raise Conflict(f"the lead {lead.id} exists already: use a new id")
            if with_consent and lead.customer_id:
                at = lead.consent_at
                self._shelves.note(MarketingConsent(customer_id=lead.customer_id, is_given=True, at=at))
            stored = rules.renewed(same, lead) if same else lead
            self._shelves.leads[stored.id] = stored
            return stored

        return self._shelves.once(writes.add_lead(lead, with_consent=with_consent, key=key), store)

    async def list_leads(self, kind: LeadKind, *, limit: int = 50) -> Sequence[Lead]:
        """Return the newest leads of a kind first."""
        theirs = [lead for lead in self._shelves.leads.values() if lead.kind == kind]
        return sorted(theirs, key=lambda lead: (lead.consent_at, lead.id), reverse=True)[:limit]

    async def leads_for(self, sku: Sku) -> Sequence[Lead]:
        """Return the leads that wait for a variant, oldest first."""
        return [lead for lead in self._waiting() if lead.kind == "back_in_stock" and lead.sku == sku]

    async def leads_of(self, email: str) -> Sequence[Lead]:
        """Return the leads of an e-mail address that are not settled, oldest first."""
        wanted = rules.email_key(email)
        return [lead for lead in self._waiting() if rules.email_key(lead.email) == wanted]

    async def remove_leads(
        self, kinds: Collection[LeadKind], email: str, *, customer_id: CustomerId | None, at: datetime, key: str
    ) -> int:
        """Remove leads, and return how many there were."""

        def remove() -> int:
            if customer_id and "newsletter" in kinds:
                self._shelves.note(MarketingConsent(customer_id=customer_id, is_given=False, at=at))
            leads = self._shelves.leads.values()
            gone = [lead.id for lead in leads if rules.is_meant(lead, kinds, email, customer_id)]
            for lead_id in gone:
                del self._shelves.leads[lead_id]
            return len(gone)

        return self._shelves.once(writes.remove_leads(kinds, email, customer_id, key=key), remove)

    async def restore_lead(
        self, wish: Wish, earlier: Lead | None, consent: MarketingConsent | None, *, key: str
    ) -> None:
        """Let a lead, and a customer's consent, be as they were."""

        def restore() -> None:
            leads = self._shelves.leads
            lead = next((each for each in leads.values() if rules.wish(each) == rules.wish_key(wish)), None)
            if lead is None:
                raise NotFound(f"nobody waits for {wish.kind} {wish.sku or ''} under that address")
            rules.check_same_lead(lead, earlier)
            if consent:
                self._shelves.note(consent)
            del leads[lead.id]
            if earlier:
                leads[lead.id] = earlier

        self._shelves.once(writes.restore_lead(wish, earlier, consent, key=key), restore)

    async def settle_lead(self, lead_id: str, *, at: datetime, key: str) -> Lead:
        """Note that somebody has heard what they waited for."""

        def settle() -> Lead:
            if lead_id not in self._shelves.leads:
                raise NotFound(f"there is no lead {lead_id}")
            lead = self._shelves.leads[lead_id]
            self._shelves.leads[lead_id] = lead if lead.settled_at else replace(lead, settled_at=at)
            return self._shelves.leads[lead_id]

        return self._shelves.once(writes.settle_lead(lead_id, key=key), settle)

    def _waiting(self) -> list[Lead]:
        waiting = [lead for lead in self._shelves.leads.values() if lead.settled_at is None]
        return sorted(waiting, key=lambda lead: (lead.consent_at, lead.id))


class MemoryEffectBook(_Part):
    """What was carried out."""

    async def find_effect(self, key: str) -> Effect | None:
        """Return what was carried out under a key, or None."""
        return self._shelves.effects.find(key)
