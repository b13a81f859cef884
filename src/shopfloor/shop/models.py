"""The nouns of a shop, as every shop system knows them.

Frozen values: a change is a new value. Instants are aware UTC datetimes, amounts are `Money`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from shopfloor.kernel.ids import ConversationId, CustomerId, OrderNumber, ProductId, Sku
from shopfloor.kernel.money import Money

Gender = Literal["men", "women", "unisex", "kids"]
OrderState = Literal["pending", "processing", "on_hold", "partially_shipped", "shipped", "delivered", "cancelled"]
PaymentState = Literal["authorised", "paid", "partially_refunded", "refunded", "failed"]
ShipmentState = Literal["label_created", "in_transit", "out_for_delivery", "delivered", "delayed", "lost"]
ReturnState = Literal["requested", "approved", "in_transit", "received", "completed", "rejected", "withdrawn"]
ReturnKind = Literal["refund", "exchange"]
RefundState = Literal["pending", "settled", "failed"]
TicketState = Literal["open", "waiting", "closed"]
LeadKind = Literal["newsletter", "back_in_stock", "contact"]
MethodKind = Literal["card", "paypal", "gift_card", "invoice", "other"]
Options = tuple[tuple[str, str], ...]
"""Names and values, in the order that the shop shows them: `(("capacity", "1000ml"), ("material", "glass"))`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where a parcel goes."""

    name: str
    line1: str
    line2: str = ""
    city: str
    region: str = ""
    """State, province or county; empty where the country has none."""
    postal_code: str
    country: str
    """ISO 3166-1 alpha-2, such as `US`."""

    def one_line(self) -> str:
        """Write the address in one line, without the name."""
        parts = [self.line1, self.line2, self.city, f"{self.region} {self.postal_code}".strip(), self.country]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """One thing that can be bought: a product in one colour and size."""

    sku: Sku
    colour: str | None = None
    size: str | None = None
    """As the shop writes it: `9`, `M`, `32x34`; None where the product has no sizes."""
    options: Options = ()
    """What else tells it from its sisters, beside colour and size."""
    price: Money
    compare_at: Money | None = None
    """The price before a reduction; None where it is not reduced."""
    cost: Money | None = None
    """What the shop itself pays for it, None where that is not known; no customer and no model is told."""
    stock: int
    """Pieces that can be sold now."""
    tracks_stock: bool = True
    """Whether the shop counts pieces; where not, `stock` only says whether it can be had, and no order changes it."""

    def has(self, pieces: int) -> bool:
        """Whether so many pieces can be sold now."""
        return pieces <= self.stock or (not self.tracks_stock and self.stock > 0)

    @property
    def margin_minor(self) -> int:
        """Return what a piece earns the shop, in minor units of its price; 0 where its cost is not known."""
        is_known = self.cost is not None and self.cost.currency == self.price.currency
        return self.price.minor - self.cost.minor if self.cost and is_known else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """A product as the catalogue shows it."""

    id: ProductId
    title: str
    brand: str
    category: tuple[str, ...]
    """From the broadest to the narrowest: `("Shoes", "Sneakers")`."""
    gender: Gender | None = None
    description: str
    best_for: str
    """One short phrase on what it is good at, as a shop assistant would say it: `Great for running`."""
    material: str = ""
    care: str = ""
    tags: tuple[str, ...] = ()
    attributes: Options = ()
    """What else the shop tells of it, by name: `(("screen", "15.6 inches"), ("memory", "16 GB"))`."""
    rating: float | None = None
    """Mean of the customers' stars, 1 to 5; None before the first review."""
    review_count: int = 0
    variants: tuple[Variant, ...]

    @property
    def kind(self) -> str:
        """Return its narrowest category; empty where it has none."""
        return self.category[-1] if self.category else ""

    def variant(self, sku: Sku) -> Variant:
        """Return one of its variants, which has to be one."""
        return next(variant for variant in self.variants if variant.sku == sku)


@dataclass(frozen=True, kw_only=True, slots=True)
class Promotion:
    """A reduction that runs for a time."""

    code: str
    title: str
    percent_off: int
    category: str | None
    """The narrowest category it holds for; None for the whole shop."""
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentMethod:
    """A way to pay that a customer has stored; of a card the shop knows no more than this."""

    id: str
    """A gift card's is its code."""
    kind: MethodKind
    label: str
    """As the customer knows it: `Visa ending in 4242`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer:
    """Somebody with an account."""

    id: CustomerId
    email: str
    name: str
    phone: str = ""
    address: Address
    """Where their parcels go unless they say otherwise."""
    payment_methods: tuple[PaymentMethod, ...] = ()
    """What they have stored, without their gift cards."""
    marketing_consent: bool = False
    consent_at: datetime | None = None
    """When they last gave or withdrew it here; None where they never did."""
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class GiftCard:
    """Money in the shop, held by a code that only the shop system knows: who has the code can spend the money."""

    id: str
    """What it is called by; it opens nothing."""
    ending: str
    """The last characters of the code, by which its owner tells it from others."""
    customer_id: CustomerId | None
    initial: Money
    balance: Money
    expires_on: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderLine:
    """One position of an order, priced as it was sold."""

    sku: Sku
    product_id: ProductId
    title: str
    colour: str | None = None
    size: str | None = None
    options: Options = ()
    quantity: int
    unit_price: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class ShipmentEvent:
    """One scan of a parcel."""

    at: datetime
    place: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Shipment:
    """One parcel of an order."""

    id: str
    carrier: str
    tracking_id: str
    tracking_url: str
    state: ShipmentState
    shipped_at: datetime | None
    """When the carrier took it; None while it is only a label."""
    expected_on: date | None
    delivered_at: datetime | None
    skus: tuple[Sku, ...]
    """What is in it."""
    events: tuple[ShipmentEvent, ...] = ()
    """Oldest first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment:
    """Money that was taken for an order."""

    id: str
    method_id: str
    """Of the `PaymentMethod`; a gift card's code."""
    amount: Money
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Refund:
    """Money on its way back to a customer."""

    id: str
    amount: Money
    method: str
    """Where it goes, as the customer knows it: `Visa ending in 4242`."""
    method_id: str = ""
    """Of the `PaymentMethod`; empty where the shop kept none."""
    state: RefundState
    reason: str
    is_move: bool = False
    """Whether it only makes room for another way to pay, by which as much was taken anew."""
    created_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """An order with its lines, parcels and refunds."""

    number: OrderNumber
    """As the customer knows it, without a sign before it: `123`."""
    customer_id: CustomerId | None
    """None for a guest's order."""
    email: str
    placed_at: datetime
    state: OrderState
    payment_state: PaymentState
    payment_method: str
    """As the customer knows it: `Visa ending in 4242`."""
    lines: tuple[OrderLine, ...]
    discount: Money
    shipping: Money
    tax: Money
    shipping_address: Address
    shipments: tuple[Shipment, ...] = ()
    payment_method_id: str = ""
    """Of the `PaymentMethod`; a gift card's code. Empty where the shop kept none."""
    payments: tuple[Payment, ...] = ()
    """Oldest first; what is taken and given back is added, and never changed."""
    refunds: tuple[Refund, ...] = ()
    """Oldest first."""
    items_changed_at: datetime | None = None
    """When its items were changed after it was placed, which is done once; None where they never were."""
    promotion_code: str | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None

    @property
    def subtotal(self) -> Money:
        """Return what the lines cost together."""
        total = Money(self.shipping.currency, 0)
        for line in self.lines:
            total = total + line.unit_price * line.quantity
        return total

    @property
    def total(self) -> Money:
        """Return what the customer was asked to pay."""
        return self.subtotal - self.discount + self.shipping + self.tax

    @property
    def basket(self) -> "Basket":
        """Return what was bought together by it."""
        products = frozenset(line.product_id for line in self.lines)
        return Basket(order=self.number, at=self.placed_at, customer_id=self.customer_id, products=products)


@dataclass(frozen=True, kw_only=True, slots=True)
class Basket:
    """What was bought together in one order."""

    order: OrderNumber
    at: datetime
    """When the order was placed."""
    customer_id: CustomerId | None
    """None of a guest's order."""
    products: frozenset[ProductId]


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemChange:
    """Pieces of an order that become another variant."""

    sku: Sku
    new_sku: Sku
    quantity: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class ReturnLine:
    """One position that goes back."""

    sku: Sku
    quantity: int
    reason: str
    exchange_sku: Sku | None = None
    """What the customer gets for it; None in a refund."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Return:
    """Goods on their way back, for money or for another variant."""

    id: str
    order_number: OrderNumber
    kind: ReturnKind
    state: ReturnState
    lines: tuple[ReturnLine, ...]
    requested_at: datetime
    received_at: datetime | None = None
    tracking_id: str | None = None
    """Of its label; None where the customer sends it by a carrier of their own."""
    payment_method_id: str = ""
    """Where a refund goes, or where the difference of an exchange is settled; empty for how the order was paid."""
    difference: Money | None = None
    """Of an exchange: what the customer still pays, or gets back where it is negative, once the goods are here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CartLine:
    """One position of a cart."""

    sku: Sku
    quantity: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Cart:
    """What a visitor means to buy."""

    id: str
    customer_id: CustomerId | None
    lines: tuple[CartLine, ...]
    updated_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    """A matter that a person of the shop takes care of."""

    id: str
    conversation_id: str | None
    customer_id: CustomerId | None
    email: str
    subject: str
    summary: str
    state: TicketState
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Lead:
    """Somebody who wants to hear from the shop."""

    id: str
    kind: LeadKind
    email: str
    sku: Sku | None
    """What they wait for, in `back_in_stock`; otherwise None."""
    consent_at: datetime
    consent_words: str = ""
    """What they were told when they gave it."""
    conversation_id: ConversationId | None = None
    """Where they asked for it, and hear of it; None where it was not in a conversation."""
    customer_id: CustomerId | None = None
    """None for a guest."""
    settled_at: datetime | None = None
    """When they heard what they waited for; None while they wait."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What makes two leads that wait the same; e-mail addresses are compared without case."""

    kind: LeadKind
    email: str
    sku: Sku | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MarketingConsent:
    """Whether a customer wants to hear of offers, as their account has it."""

    customer_id: CustomerId
    is_given: bool
    at: datetime | None
    """When they last gave or withdrew it here; None where they never did."""
