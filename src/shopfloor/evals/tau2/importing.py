"""The domain's database as a shop: what it says stands where the shop has it, what it leaves out is chosen here.

It knows no dates: all orders are of the same days, and what was delivered arrived yesterday. It says whether an item
can be had, and counts no pieces. Its `processed` orders have left the shop.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from shopfloor.evals.tau2.data import Domain, Fulfilment, Item, Method, Place, PlacedOrder, ProductType, User
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import CustomerId, OrderNumber, ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.language.english import COUNTRIES
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.models import (
    Address,
    Customer,
    GiftCard,
    MethodKind,
    Options,
    Order,
    OrderLine,
    OrderState,
    Payment,
    PaymentMethod,
    PaymentState,
    Product,
    Refund,
    Shipment,
    ShipmentState,
    Variant,
)

CURRENCY = "USD"
PLACED, SHIPPED, DELIVERED = timedelta(days=5), timedelta(days=3), timedelta(days=1)
"""How long before now."""
JOINED = timedelta(days=365)
STATES: Mapping[str, OrderState] = {
    "pending": "pending",
    "processed": "shipped",
    "delivered": "delivered",
    "cancelled": "cancelled",
}
"""Our states of orders by the domain's."""
PARCELS: Mapping[str, ShipmentState] = {"shipped": "in_transit", "delivered": "delivered"}
"""How far parcels are, by the order's state; of others there are only labels."""
KINDS: Mapping[str, MethodKind] = {"credit_card": "card", "paypal": "paypal", "gift_card": "gift_card"}


def shop_of(domain: Domain, now: datetime) -> ShopContents:
    """Return the database as what a shop holds at an instant.

    Raises:
        InvalidInput: an order is of somebody, or paid in a way, that the database does not know.
    """
    return ShopContents(
        products=tuple(_product(one) for one in domain.products.values()),
        customers=tuple(_customer(user, now) for user in domain.users.values()),
        gift_cards=tuple(_gift_card(user, card) for user in domain.users.values() for card in _gift_cards(user)),
        orders=tuple(_order(domain, one, now) for one in domain.orders.values()),
    )


def number_of(order_id: str) -> OrderNumber:
    """Return an order's number, which has no sign before it."""
    return OrderNumber(order_id.removeprefix("#"))


def order_id_of(number: OrderNumber) -> str:
    """Return an order's id as the domain writes it."""
    return f"#{number}"


def country_of(name: str) -> str:
    """Return a country's ISO 3166-1 alpha-2 code; one that is not known stays as it is written."""
    return COUNTRIES.get(name.strip().casefold(), name)


def full_name(user: User) -> str:
    """Return how a customer is called."""
    return f"{user.name.first_name} {user.name.last_name}"


def address_of(place: Place, name: str) -> Address:
    """Return an address, to somebody's name."""
    return Address(
        name=name,
        line1=place.address1,
        line2=place.address2,
        city=place.city,
        region=place.state,
        postal_code=place.zip,
        country=country_of(place.country),
    )


def dollars(minor: int) -> Money:
    """Return an amount of cents."""
    return Money(CURRENCY, minor)


def _product(one: ProductType) -> Product:
    return Product(
        id=ProductId(one.product_id),
        title=one.name,
        brand="",
        category=(one.name,),
        description=one.name,
        best_for="",
        variants=tuple(_variant(item) for item in one.variants.values()),
    )


def _variant(item: Item) -> Variant:
    return Variant(
        sku=Sku(item.item_id),
        colour=item.options.get("color"),
        size=item.options.get("size"),
        options=_options(item.options),
        price=dollars(item.price),
        stock=int(item.available),
        tracks_stock=False,
    )


def _options(options: Mapping[str, str]) -> Options:
    return tuple((name, value) for name, value in options.items() if name not in {"color", "size"})


def _customer(user: User, now: datetime) -> Customer:
    return Customer(
        id=CustomerId(user.user_id),
        email=user.email,
        name=full_name(user),
        address=address_of(user.address, full_name(user)),
        payment_methods=tuple(
            PaymentMethod(id=method.id, kind=KINDS[method.source], label=_label(method))
            for method in user.payment_methods.values()
            if method.source != "gift_card"
        ),
        created_at=now - JOINED,
    )


def _label(method: Method) -> str:
    match method.source:
        case "credit_card":
            return f"{method.brand.capitalize()} ending in {method.last_four}"
        case "paypal":
            return "PayPal"
        case "gift_card":
            return f"gift card {method.id}"


def _gift_cards(user: User) -> Iterator[Method]:
    return (method for method in user.payment_methods.values() if method.source == "gift_card")


def _gift_card(user: User, card: Method) -> GiftCard:
    balance = dollars(card.balance)
    return GiftCard(
        id=card.id,
        ending=card.id[-4:],
        customer_id=CustomerId(user.user_id),
        initial=balance,
        balance=balance,
        expires_on=None,
    )


def _order(domain: Domain, one: PlacedOrder, now: datetime) -> Order:
    user = domain.users.get(one.user_id)
    if user is None:
        raise InvalidInput(f"the database's order {one.order_id} is of {one.user_id}, who is none of its users")
    placed_at = now - PLACED
    state = STATES[one.status]
    payments = tuple(
        Payment(
            id=f"{one.order_id}-{place}", method_id=paid.payment_method_id, amount=dollars(paid.amount), at=placed_at
        )
        for place, paid in enumerate(one.payment_history)
        if paid.transaction_type == "payment"
    )
    if not payments:
        raise InvalidInput(f"the database's order {one.order_id} was never paid")
    refunds = _refunds(user, one, now)
    return Order(
        number=number_of(one.order_id),
        customer_id=CustomerId(one.user_id),
        email=user.email,
        placed_at=placed_at,
        state=state,
        payment_state=_payment_state(payments, refunds),
        payment_method=_method_label(user, one, payments[0].method_id),
        payment_method_id=payments[0].method_id,
        lines=_lines(one),
        discount=dollars(0),
        shipping=dollars(0),
        tax=dollars(0),
        shipping_address=address_of(one.address, full_name(user)),
        shipments=tuple(
            parcel for place, sent in enumerate(one.fulfillments) for parcel in _parcels(one, place, sent, now)
        ),
        payments=payments,
        refunds=refunds,
        cancelled_at=now - SHIPPED if state == "cancelled" else None,
        cancel_reason=one.cancel_reason,
    )


def _lines(one: PlacedOrder) -> tuple[OrderLine, ...]:
    return tuple(
        OrderLine(
            sku=Sku(item.item_id),
            product_id=ProductId(item.product_id),
            title=item.name,
            colour=item.options.get("color"),
            size=item.options.get("size"),
            options=_options(item.options),
            quantity=1,
            unit_price=dollars(item.price),
        )
        for item in one.items
    )


def _refunds(user: User, one: PlacedOrder, now: datetime) -> tuple[Refund, ...]:
    at = now - SHIPPED
    return tuple(
        Refund(
            id=f"{one.order_id}-{place}",
            amount=dollars(back.amount),
            method=_method_label(user, one, back.payment_method_id),
            method_id=back.payment_method_id,
            state="settled",
            reason=one.cancel_reason or "",
            created_at=at,
            settled_at=at,
        )
        for place, back in enumerate(one.payment_history)
        if back.transaction_type == "refund"
    )


def _method_label(user: User, one: PlacedOrder, method_id: str) -> str:
    method = user.payment_methods.get(method_id)
    if method is None:
        raise InvalidInput(f"the database's order {one.order_id} was paid by {method_id}, which is not {one.user_id}'s")
    return _label(method)


def _payment_state(payments: tuple[Payment, ...], refunds: tuple[Refund, ...]) -> PaymentState:
    back = sum(refund.amount.minor for refund in refunds)
    if not back:
        return "paid"
    return "refunded" if back >= sum(payment.amount.minor for payment in payments) else "partially_refunded"


def _parcels(one: PlacedOrder, place: int, sent: Fulfilment, now: datetime) -> Iterator[Shipment]:
    state = PARCELS.get(STATES[one.status], "label_created")
    delivered_at = now - DELIVERED if state == "delivered" else None
    for tracking_id in sent.tracking_id:
        yield Shipment(
            id=f"{one.order_id}-{place}",
            carrier="",
            tracking_id=tracking_id,
            tracking_url="",
            state=state,
            shipped_at=None if state == "label_created" else now - SHIPPED,
            expected_on=None,
            delivered_at=delivered_at,
            skus=tuple(Sku(item_id) for item_id in sent.item_ids),
        )
