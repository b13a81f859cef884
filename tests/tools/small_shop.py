"""A small shop with a little of everything, and all that it holds as one value, for the laws of actions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from shopfloor.kernel.ids import CustomerId, OrderNumber, ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.profiles.contract import Kept, Profiles
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Shop
from shopfloor.shop.models import (
    Address,
    Cart,
    CartLine,
    Customer,
    GiftCard,
    Lead,
    LeadKind,
    Order,
    OrderLine,
    OrderState,
    Payment,
    PaymentMethod,
    PaymentState,
    Product,
    Return,
    ReturnLine,
    Shipment,
    Ticket,
    Variant,
)
from shopfloor.shop.paying import Wallet, account_of, net_by_method

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
ADA, BEN = CustomerId("c-ada"), CustomerId("c-ben")
EMAILS = {ADA: "ada@harbour.example.com", BEN: "ben@harbour.example.com"}
HOME = Address(name="Ada Finch", line1="1 Mill Row", city="Bath", region="ME", postal_code="04530", country="US")
WORK = replace(HOME, line1="9 Quay Street", line2="Floor 2")
ABROAD = Address(name="Ben Abel", line1="Lindenweg 3", city="Berlin", postal_code="10437", country="DE")
CARD = PaymentMethod(id="pm-card", kind="card", label="Visa ending in 4242")
PAYPAL = PaymentMethod(id="pm-paypal", kind="paypal", label="PayPal")
BENS = PaymentMethod(id="pm-bens", kind="card", label="Discover ending in 9")
GIFTS = ("GC-LARGE", "GC-SMALL", "GC-OLD", "GC-BENS", "GC-FREE")
LEAD_KINDS: tuple[LeadKind, ...] = ("newsletter", "back_in_stock", "contact")


def usd(minor: int) -> Money:
    return Money("USD", minor)


def shirt(colour: str, size: str, price: int, stock: int, *, tracks: bool = True) -> Variant:
    sku = Sku(f"SHIRT-{colour}-{size}".upper())
    options = (("material", "wool"),) if colour == "grey" else ()
    return Variant(
        sku=sku, colour=colour, size=size, options=options, price=usd(price), stock=stock, tracks_stock=tracks
    )


PRODUCTS = (
    Product(
        id=ProductId("mug"),
        title="Mug",
        brand="Harbour",
        category=("Home", "Mugs"),
        description="A mug.",
        best_for="Tea",
        variants=(
            Variant(sku=Sku("MUG"), price=usd(1_200), stock=9),
            Variant(sku=Sku("MUG-L"), price=usd(900), stock=0),
        ),
    ),
    Product(
        id=ProductId("shirt"),
        title="Shirt",
        brand="Harbour",
        category=("Clothes", "Shirts"),
        description="A shirt.",
        best_for="Every day",
        variants=(
            shirt("red", "S", 3_000, 2),
            shirt("red", "M", 3_000, 5),
            shirt("red", "L", 3_500, 0),
            shirt("grey", "M", 4_500, 3, tracks=False),
        ),
    ),
)
SKUS = tuple(variant.sku for product in PRODUCTS for variant in product.variants)
RED_S, RED_M, GREY, MUG = Sku("SHIRT-RED-S"), Sku("SHIRT-RED-M"), Sku("SHIRT-GREY-M"), Sku("MUG")


def line(sku: Sku, quantity: int = 1) -> OrderLine:
    product = next(product for product in PRODUCTS if sku in {each.sku for each in product.variants})
    variant = product.variant(sku)
    return OrderLine(
        sku=sku,
        product_id=product.id,
        title=product.title,
        colour=variant.colour,
        size=variant.size,
        options=variant.options,
        quantity=quantity,
        unit_price=variant.price,
    )


def order(
    number: str,
    *lines: OrderLine,
    customer: CustomerId | None = ADA,
    state: OrderState = "pending",
    paid: PaymentState = "paid",
    by: PaymentMethod = CARD,
) -> Order:
    bare = Order(
        number=OrderNumber(number),
        customer_id=customer,
        email=EMAILS.get(customer, "guest@example.com") if customer else "guest@example.com",
        placed_at=NOW - timedelta(days=3),
        state=state,
        payment_state=paid,
        payment_method=by.label,
        payment_method_id=by.id if customer else "",
        lines=lines or (line(RED_M, 2), line(MUG)),
        discount=usd(100),
        shipping=usd(500),
        tax=usd(50),
        shipping_address=HOME,
        shipments=(parcel(number, lines),) if state in {"shipped", "delivered"} else (),
    )
    payment = Payment(id=f"PY{number}-1", method_id=bare.payment_method_id, amount=bare.total, at=bare.placed_at)
    return replace(bare, payments=(payment,) if paid == "paid" else ())


def parcel(number: str, lines: Sequence[OrderLine]) -> Shipment:
    return Shipment(
        id=f"S{number}",
        carrier="UPS",
        tracking_id=f"TRK{number}",
        tracking_url="https://track.example.com",
        state="delivered",
        shipped_at=NOW - timedelta(days=2),
        expected_on=None,
        delivered_at=NOW - timedelta(days=1),
        skus=tuple(each.sku for each in lines),
    )


def gift_card(code: str) -> PaymentMethod:
    return PaymentMethod(id=code, kind="gift_card", label=f"Gift card ending in {code[-4:]}")


CONTENTS = ShopContents(
    products=PRODUCTS,
    customers=(
        Customer(id=ADA, email=EMAILS[ADA], name="Ada", address=HOME, payment_methods=(CARD, PAYPAL), created_at=NOW),
        Customer(
            id=BEN,
            email=EMAILS[BEN],
            name="Ben",
            address=ABROAD,
            payment_methods=(BENS,),
            marketing_consent=True,
            consent_at=NOW - timedelta(days=40),
            created_at=NOW,
        ),
    ),
    gift_cards=(
        GiftCard(
            id="GC-LARGE", ending="ARGE", customer_id=ADA, initial=usd(50_000), balance=usd(20_000), expires_on=None
        ),
        GiftCard(id="GC-SMALL", ending="MALL", customer_id=ADA, initial=usd(50_000), balance=usd(400), expires_on=None),
        GiftCard(
            id="GC-OLD",
            ending="-OLD",
            customer_id=ADA,
            initial=usd(50_000),
            balance=usd(9_000),
            expires_on=date(2026, 5, 1),
        ),
        GiftCard(
            id="GC-BENS", ending="BENS", customer_id=BEN, initial=usd(50_000), balance=usd(20_000), expires_on=None
        ),
        GiftCard(
            id="GC-FREE", ending="FREE", customer_id=None, initial=usd(50_000), balance=usd(20_000), expires_on=None
        ),
    ),
    orders=(
        order("1"),
        order("2", paid="authorised"),
        order("3", line(RED_S), line(MUG), line(RED_S), by=gift_card("GC-LARGE")),
        order("4", line(GREY), by=PAYPAL, state="processing"),
        order("5", customer=None),
        order("6", line(RED_M, 2), line(MUG, 3), state="delivered"),
        order("7", line(RED_S), line(GREY), line(RED_S), state="delivered", by=PAYPAL),
        order("8", line(RED_M), state="delivered", customer=BEN, by=BENS),
        order("9", line(RED_M), state="shipped"),
        order("10", line(RED_M), paid="failed"),
        order("11", line(RED_M), by=gift_card("GC-OLD")),
        order("12", line(RED_M), state="delivered", customer=None),
        replace(order("13", line(MUG, 2), by=CARD), payments=()),
        order("14", line(MUG, 2), customer=BEN, by=gift_card("GC-BENS"), paid="authorised"),
    ),
    returns=(
        Return(
            id="R6-1",
            order_number=OrderNumber("6"),
            kind="refund",
            state="withdrawn",
            lines=(ReturnLine(sku=MUG, quantity=1, reason="Other reason"),),
            requested_at=NOW - timedelta(hours=5),
        ),
        Return(
            id="R6-2",
            order_number=OrderNumber("6"),
            kind="refund",
            state="requested",
            lines=(ReturnLine(sku=MUG, quantity=1, reason="Other reason"),),
            requested_at=NOW - timedelta(hours=4),
        ),
    ),
    carts=(
        Cart(id="k-ada", customer_id=ADA, lines=(CartLine(sku=MUG, quantity=2),), updated_at=NOW - timedelta(days=1)),
    ),
)
NUMBERS = tuple(each.number for each in CONTENTS.orders)
CUSTOMERS = (ADA, BEN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """All that a shop and its profiles hold."""

    products: Sequence[Product]
    customers: Sequence[Customer]
    gift_cards: Sequence[GiftCard]
    orders: Sequence[Order]
    returns: Sequence[Return]
    carts: Sequence[Cart]
    leads: Sequence[Lead]
    tickets: Sequence[Ticket]
    profiles: Sequence[Kept]

    def business(self) -> object:
        """Return it as business sees it: money by its net, no withdrawn return, no hour at which a cart was touched."""
        orders = [account_of(each, Wallet()).order for each in self.orders]
        nets: list[Mapping[str, int]] = [
            {method_id: minor for method_id, minor in net_by_method(each).items() if minor} for each in orders
        ]
        carts = [(cart.id, cart.customer_id, cart.lines) for cart in self.carts if cart.lines]
        return (
            self.products,
            self.customers,
            self.gift_cards,
            [replace(each, payments=(), refunds=()) for each in orders],
            nets,
            [back for back in self.returns if back.state != "withdrawn"],
            sorted(carts),
            sorted(self.leads, key=lambda lead: lead.id),
            self.tickets,
            self.profiles,
        )


async def held(shop: Shop, profiles: Profiles, cart_ids: Sequence[str]) -> Held:
    """Read all of a shop through its contract."""
    customers = [each for id_ in CUSTOMERS if (each := await shop.customers.get_customer(id_))]
    return Held(
        products=list(await shop.catalogue.list_products()),
        customers=customers,
        gift_cards=[card for id_ in CUSTOMERS for card in await shop.customers.gift_cards_of(id_)],
        orders=[each for number in NUMBERS if (each := await shop.orders.get_order(number))],
        returns=[back for number in NUMBERS for back in await shop.returns.returns_of(number)],
        carts=[cart for id_ in cart_ids if (cart := await shop.carts.get_cart(id_))],
        leads=[lead for kind in LEAD_KINDS for lead in await shop.leads.list_leads(kind, limit=1_000)],
        tickets=list(await shop.tickets.list_tickets(limit=1_000)),
        profiles=[await profiles.recall(id_) for id_ in CUSTOMERS],
    )
