"""The two hundred orders of the demo shop."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from shopfloor.kernel.ids import OrderNumber, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop import paying, rules
from shopfloor.shop.demo.chance import chance
from shopfloor.shop.demo.courses import FIRST, LAST, NEAR, Course, course, placed_at
from shopfloor.shop.demo.days import Days
from shopfloor.shop.demo.parcels import SIGNED_FROM, Journey, parcel
from shopfloor.shop.demo.people import PAYPAL, Person
from shopfloor.shop.demo.products import CURRENCY
from shopfloor.shop.demo.taste import choose, companion
from shopfloor.shop.models import (
    Order,
    OrderLine,
    OrderState,
    Payment,
    PaymentState,
    Product,
    Promotion,
    Refund,
    Shipment,
)
from shopfloor.shop.paying import Wallet

MAYA, JONAS = 0, 1
"""The places of the two customers of whom the guide tells; their orders are these and no others."""
OWNERS = {107: MAYA, 118: MAYA, 123: MAYA, 141: MAYA, 150: JONAS, 151: JONAS}
WANTED = {
    107: ("Dresses",),
    118: ("Raincoats", "Scarves"),
    123: ("Sneakers", "Hoodies"),
    141: ("Backpacks",),
    150: ("Tents", "Sleeping Bags", "Jackets"),
    151: ("Mugs", "Socks"),
}
"""The categories of the lines of their orders."""
PREPAID = frozenset({107, 110, 128, 133, 146, 183, 214, 256, 288})
"""Cancelled orders that were paid at once, so that money went back."""
GUESTS = 0.12
"""How often somebody without an account buys."""
WITH_CODE = {"WELCOME10": 0.2, "": 0.8}
"""How often somebody who could use a promotion knows its code; the last for all others."""
REASONS = ("Ordered by mistake", "Found it cheaper elsewhere", "Changed my mind", "Delivery takes too long")
FREE_FROM = 7_500
"""Cents of goods from which standard shipping in the United States is free."""
SHIPPING = {"US": 595, "CA": 1_295, "AU": 1_995}
SHIPPING_EUROPE = 1_695
TAX = {
    "AZ": 560, "CA": 725, "CO": 290, "CT": 635, "FL": 600, "GA": 400, "HI": 400, "IL": 625, "LA": 500, "MA": 625,
    "MD": 600, "ME": 550, "MI": 600, "MN": 688, "MT": 0, "NC": 475, "NH": 0, "NM": 488, "NY": 888, "OH": 575, "OR": 0,
    "PA": 600, "RI": 700, "TN": 700, "TX": 625, "VT": 600, "WA": 650, "WI": 500,
}  # fmt: skip
"""Sales tax by state, in hundredths of a percent; none outside the United States."""
AT_ONCE = frozenset({PAYPAL})
"""Ways to pay that are charged with the order; all others when it is shipped."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """All that orders are made of."""

    people: tuple[Person, ...]
    products: tuple[Product, ...]
    promotions: tuple[Promotion, ...]
    days: Days


def demo_orders(setting: Setting) -> tuple[Order, ...]:
    """Return the orders, by number."""
    return tuple(_order(number, setting) for number in range(FIRST, LAST + 1))


def _order(number: int, setting: Setting) -> Order:
    person = _buyer(number, setting.people)
    placed = placed_at(number, setting.days)
    going = course(number, person, placed)
    label = PAYPAL if number in PREPAID else person.payment_method
    order = Order(
        number=OrderNumber(str(number)),
        customer_id=person.customer_id,
        email=person.email,
        placed_at=placed,
        state="pending" if going.fate == "waiting" else "on_hold" if going.fate == "on_hold" else "processing",
        payment_state="authorised",
        payment_method=label,
        payment_method_id=person.method_id(label),
        lines=_lines(
            number, person, setting.products, at_least=2 if going.fate == "partial" or going.parcels > 1 else 1
        ),
        discount=Money(CURRENCY, 0),
        shipping=Money(CURRENCY, 0),
        tax=Money(CURRENCY, 0),
        shipping_address=person.address,
    )
    priced = _priced(order, setting)
    sent = _cancelled(priced, setting.days) if going.fate == "cancelled" else _sent(priced, person, going, setting.days)
    return _paid(replace(sent, payment_state=_payment(sent, going)))


def _buyer(number: int, people: Sequence[Person]) -> Person:
    if number in OWNERS:
        return people[OWNERS[number]]
    throw = chance("buyer", number)
    wants_guest = throw.random() < GUESTS
    return throw.choice(
        [
            person
            for person in people[len(set(OWNERS.values())) :]
            if (person.customer_id is None) == wants_guest and (person.is_american or number not in NEAR)
        ]
    )


def _lines(number: int, person: Person, products: Sequence[Product], *, at_least: int) -> tuple[OrderLine, ...]:
    throw = chance("lines", number)
    wanted = WANTED.get(number) or (None,) * max(at_least, throw.choice((1, 1, 1, 2, 2, 3)))
    lines: dict[Sku, OrderLine] = {}
    first: Product | None = None
    for category in wanted:
        besides = category or (companion(chance("besides", number, len(lines)), first) if first else None)
        offer = [product for product in products if besides in {None, product.category[-1]}]
        left = [product for product in offer if product.id not in {line.product_id for line in lines.values()}]
        product, variant = choose(throw, person, _dearest(left) if number == 150 else left)
        first = first or product
        lines[variant.sku] = OrderLine(
            sku=variant.sku,
            product_id=product.id,
            title=product.title,
            colour=variant.colour,
            size=variant.size,
            quantity=2 if product.category[-1] in {"Socks", "Mugs", "Underwear"} else 1,
            unit_price=variant.price,
        )
    return tuple(lines.values())


def _dearest(products: Sequence[Product]) -> list[Product]:
    return sorted(products, key=lambda product: product.variants[0].price.minor)[-3:]


def _priced(order: Order, setting: Setting) -> Order:
    """Return the order with its discount, shipping and tax."""
    code, discount = _reduction(order, setting)
    goods = order.subtotal.minor - discount
    country, region = order.shipping_address.country, order.shipping_address.region
    is_free = country == "US" and goods >= FREE_FROM
    return replace(
        order,
        promotion_code=code,
        discount=Money(CURRENCY, discount),
        shipping=Money(CURRENCY, 0 if is_free else SHIPPING.get(country, SHIPPING_EUROPE)),
        tax=Money(CURRENCY, (goods * TAX[region] + 5_000) // 10_000 if country == "US" else 0),
    )


def _reduction(order: Order, setting: Setting) -> tuple[str | None, int]:
    """Return the code of the promotion that takes off the most, and how much; nothing where it is not known."""
    category = {product.id: product.category[-1] for product in setting.products}
    known = [promotion for promotion in setting.promotions if _knows(order, promotion)]
    best: tuple[str | None, int] = (None, 0)
    for promotion in known:
        lines = [line for line in order.lines if promotion.category in {None, category[line.product_id]}]
        reduced = sum(line.unit_price.minor * line.quantity for line in lines) * promotion.percent_off // 100
        if reduced > best[1]:
            best = (promotion.code, reduced)
    return best


def _knows(order: Order, promotion: Promotion) -> bool:
    if int(order.number) in OWNERS or not rules.is_active(promotion, order.placed_at):
        return False
    return chance("code", order.number, promotion.code).random() < WITH_CODE.get(promotion.code, WITH_CODE[""])


def _cancelled(order: Order, days: Days) -> Order:
    throw = chance("cancelled", order.number)
    at = days.before_now(order.placed_at + timedelta(minutes=throw.randint(40, 400)))
    reason = throw.choice(REASONS)
    paid = "paid" if int(order.number) in PREPAID else "authorised"
    account = paying.account_of(replace(order, payment_state=paid), Wallet())
    gone = rules.cancelled(account, reason=reason, at=at).order
    return replace(gone, refunds=tuple(settled for refund in gone.refunds for settled in _settled(gone, refund, days)))


def _settled(order: Order, refund: Refund, days: Days) -> tuple[Refund, ...]:
    """Return a refund as it stands now; one failed at first and was made again."""
    on = refund.created_at + timedelta(days=4, hours=2)
    if on > days.now - timedelta(days=1):
        return (refund,)
    if order.number != "256":
        return (replace(refund, state="settled", settled_at=on),)
    next_day = on + timedelta(days=1)
    again = replace(refund, id=f"RF{order.number}-2", method="Visa ending in 6034", method_id="", created_at=next_day)
    return (
        replace(refund, state="failed"),
        replace(again, state="settled", settled_at=again.created_at + timedelta(days=3)),
    )


def _sent(order: Order, person: Person, going: Course, days: Days) -> Order:
    """Return the order with its parcels, as far as they are."""
    shipped = days.ago(order.placed_at) - going.handling
    journey = Journey(
        number=int(order.number),
        person=person,
        part=1,
        shipped=shipped,
        delivered=shipped - going.transit,
        is_signed=order.total.minor >= SIGNED_FROM,
    )
    skus = [line.sku for line in order.lines]
    if going.fate == "labelled":
        return replace(order, shipments=(parcel(journey, skus, days, stuck="label_created"),))
    if going.fate in {"on_hold", "waiting"} or shipped < 1:
        return order
    shipments = _parcels(journey, skus, going, days)
    state = _state(going, shipments)
    return _made_good(replace(order, state=state, shipments=shipments), days)


def _parcels(journey: Journey, skus: Sequence[Sku], going: Course, days: Days) -> tuple[Shipment, ...]:
    rest = replace(journey, part=2, delivered=min(journey.delivered, journey.shipped - 1))
    if going.fate == "partial":
        label = replace(rest, shipped=0, delivered=-going.transit)
        first = parcel(journey, skus[:1], days)
        return (first,) if journey.number % 2 else (first, parcel(label, skus[1:], days, stuck="label_created"))
    if going.fate == "delayed" or going.fate == "lost":
        return (parcel(journey, skus, days, stuck=going.fate),)
    if going.parcels > 1:
        return parcel(journey, skus[:1], days), parcel(rest, skus[1:], days)
    return (parcel(journey, skus, days),)


def _state(going: Course, shipments: Sequence[Shipment]) -> OrderState:
    if going.fate == "partial":
        return "partially_shipped"
    return "delivered" if all(shipment.state == "delivered" for shipment in shipments) else "shipped"


def _made_good(order: Order, days: Days) -> Order:
    """Return the order with its money back, where its parcel was given up for lost."""
    if order.number != "112":
        return order
    refund = Refund(
        id=paying.refund_id(order),
        amount=order.total,
        method=order.payment_method,
        method_id=order.payment_method_id,
        state="settled",
        reason="Parcel lost on its way",
        created_at=days.at(5, 10 * 60),
        settled_at=days.at(2, 9 * 60),
    )
    return replace(order, refunds=(refund,))


def _payment(order: Order, going: Course) -> PaymentState:
    if going.payment_failed:
        return "failed"
    if order.refunds:
        return payment_after(order)
    is_shipped = any(shipment.shipped_at for shipment in order.shipments)
    at_once = order.payment_method in AT_ONCE and order.state != "pending"
    return "paid" if is_shipped or (at_once and order.state != "cancelled") else "authorised"


def _paid(order: Order) -> Order:
    """Return the order with its payment, where it was charged: with the order, or as its first parcel left."""
    if order.payments or order.payment_state not in {"paid", "partially_refunded", "refunded"}:
        return order
    left = [shipment.shipped_at for shipment in order.shipments if shipment.shipped_at]
    at = order.placed_at if order.payment_method in AT_ONCE or not left else min(left)
    payment = Payment(id=paying.payment_id(order), method_id=order.payment_method_id, amount=order.total, at=at)
    return replace(order, payments=(payment,))


def payment_after(order: Order) -> PaymentState:
    """Return how far an order that was paid has been paid back."""
    back = sum(refund.amount.minor for refund in order.refunds if refund.state == "settled")
    if back >= order.total.minor:
        return "refunded"
    return "partially_refunded" if back else "paid"
