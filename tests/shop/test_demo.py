"""The demo shop: it is whole, it adds up, and it is the same whenever it is made for the same instant."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from shopfloor.kernel.errors import InvalidInput
from shopfloor.shop import rules
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.demo import demo_contents
from shopfloor.shop.demo.products import read_products
from shopfloor.shop.models import (
    Order,
    OrderState,
    PaymentState,
    RefundState,
    ReturnKind,
    ReturnState,
    ShipmentState,
)

ZONE = ZoneInfo("America/New_York")
HOURS = [
    datetime(2026, 5, 4, 4, 5, tzinfo=UTC),
    datetime(2026, 5, 4, 16, 30, 1, 5, tzinfo=UTC),
    datetime(2026, 11, 2, 4, 59, tzinfo=UTC),
    datetime(2027, 3, 14, 7, 1, tzinfo=UTC),
]
"""Just after and before midnight in the shop's zone, at noon, and around the changes of its clock."""
HEADER = (
    "id,title,brand,category,gender,price,compare_at,colours,sizes,sold_out,"
    "best_for,description,material,care,tags,rating,reviews\n"
)


@pytest.fixture(params=HOURS, ids=str, scope="module")
def now(request: pytest.FixtureRequest) -> datetime:
    return request.param


@pytest.fixture(scope="module")
def contents(now: datetime) -> ShopContents:
    return demo_contents(now)


@pytest.fixture(scope="module")
def orders(contents: ShopContents) -> dict[str, Order]:
    return {order.number: order for order in contents.orders}


def test_the_same_instant_gives_the_same_shop(now: datetime, contents: ShopContents) -> None:
    assert demo_contents(now.astimezone(ZONE)) == contents


def test_the_shop_is_as_large_as_it_says(contents: ShopContents) -> None:
    assert len(contents.products) >= 320
    assert [order.number for order in contents.orders] == [str(number) for number in range(100, 300)]
    counts = (contents.customers, contents.returns, contents.gift_cards, contents.carts, contents.promotions)
    assert [len(each) for each in counts] == [40, 30, 15, 12, 6]
    assert any(order.customer_id is None for order in contents.orders)
    assert any(len(order.shipments) > 1 for order in contents.orders)


def test_every_state_can_be_seen(contents: ShopContents) -> None:
    shipments = [shipment for order in contents.orders for shipment in order.shipments]
    refunds = [refund for order in contents.orders for refund in order.refunds]
    assert {order.state for order in contents.orders} == set(get_args(OrderState))
    assert {order.payment_state for order in contents.orders} == set(get_args(PaymentState))
    assert {shipment.state for shipment in shipments} == set(get_args(ShipmentState))
    assert {refund.state for refund in refunds} == set(get_args(RefundState))
    assert {(each.state, each.kind) for each in contents.returns} == {
        (state, kind) for state in set(get_args(ReturnState)) - {"withdrawn"} for kind in get_args(ReturnKind)
    }
    assert {shipment.carrier for shipment in shipments} == {"UPS", "USPS", "FedEx", "DHL"}


def test_order_123_was_shipped_yesterday_and_comes_the_day_after_tomorrow(
    now: datetime, orders: dict[str, Order]
) -> None:
    today = now.astimezone(ZONE).date()
    order = orders["123"]
    (shipment,) = order.shipments
    assert (order.state, order.email) == ("shipped", "maya.lindqvist@example.com")
    assert (shipment.carrier, shipment.tracking_id) == ("UPS", "TRK456")
    assert shipment.tracking_url == "https://track.harbourlane.example/TRK456"
    assert shipment.shipped_at
    assert shipment.shipped_at.astimezone(ZONE).date() == today - timedelta(days=1)
    assert shipment.expected_on == today + timedelta(days=2)


def test_the_orders_of_the_guide_stand_where_it_says(now: datetime, orders: dict[str, Order]) -> None:
    maya, jonas = orders["123"].customer_id, orders["150"].customer_id
    assert {order.number for order in orders.values() if order.customer_id == maya} == {"107", "118", "123", "141"}
    assert {order.number for order in orders.values() if order.customer_id == jonas} == {"150", "151"}
    assert orders["107"].state == "cancelled"
    assert [refund.state for refund in orders["107"].refunds] == ["settled"]
    delivered = orders["118"].shipments[0].delivered_at
    assert delivered
    assert (now.astimezone(ZONE).date() - delivered.astimezone(ZONE).date()).days == 9
    assert orders["118"].state == "delivered"
    assert orders["141"].state == orders["150"].state == "processing"
    assert orders["151"].state == "pending"
    assert orders["150"].total.minor > 50_000


def test_money_adds_up(contents: ShopContents) -> None:
    promotions = {promotion.code: promotion for promotion in contents.promotions}
    for order in contents.orders:
        goods = order.subtotal - order.discount
        is_american = order.shipping_address.country == "US"
        assert 0 <= order.tax.minor <= goods.minor * 9 // 100 + 1
        assert is_american or order.tax.minor == 0
        assert (order.shipping.minor == 0) == (is_american and goods.minor >= 7_500)
        assert bool(order.discount.minor) == bool(order.promotion_code)
        if order.promotion_code:
            promotion = promotions[order.promotion_code]
            assert rules.is_active(promotion, order.placed_at)
            assert order.discount.minor <= order.subtotal.minor * promotion.percent_off // 100


def test_refunds_fit_what_was_paid(contents: ShopContents) -> None:
    for order in contents.orders:
        back = sum(refund.amount.minor for refund in order.refunds if refund.state == "settled")
        coming = sum(refund.amount.minor for refund in order.refunds if refund.state == "pending")
        assert back + coming <= order.total.minor
        assert (order.payment_state == "refunded") == (back == order.total.minor)
        assert (order.payment_state == "partially_refunded") == (0 < back < order.total.minor)
        assert not order.refunds or order.payment_state not in {"authorised", "failed"}
    assert len({refund.id for order in contents.orders for refund in order.refunds}) == sum(
        len(order.refunds) for order in contents.orders
    )


def test_customers_pay_by_what_they_have_stored_and_once_for_each_order(contents: ShopContents) -> None:
    methods = {customer.id: customer.payment_methods for customer in contents.customers}
    assert all(len(stored) == 2 for stored in methods.values())
    for order in contents.orders:
        stored = methods[order.customer_id] if order.customer_id else ()
        labels = {method.id: method.label for method in stored}
        assert labels.get(order.payment_method_id) == (order.payment_method if order.customer_id else None)
        is_charged = order.payment_state in {"paid", "partially_refunded", "refunded"}
        assert [payment.amount for payment in order.payments] == [order.total] * is_charged
        assert all(payment.method_id == order.payment_method_id for payment in order.payments)
        assert all(order.placed_at <= payment.at for payment in order.payments)
        assert all(refund.method_id in {"", order.payment_method_id} for refund in order.refunds)


def test_only_real_variants_are_sold_returned_and_wanted(contents: ShopContents) -> None:
    variants = {variant.sku: variant for product in contents.products for variant in product.variants}
    categories = {product.category[-1] for product in contents.products}
    for order in contents.orders:
        for line in order.lines:
            variant = variants[line.sku]
            assert (line.unit_price, line.colour, line.size) == (variant.price, variant.colour, variant.size)
        assert {sku for shipment in order.shipments for sku in shipment.skus} <= {line.sku for line in order.lines}
    for back in contents.returns:
        assert all((line.exchange_sku in variants) == (back.kind == "exchange") for line in back.lines)
    assert all(line.sku in variants for cart in contents.carts for line in cart.lines)
    assert all(promotion.category in categories for promotion in contents.promotions if promotion.category)


def test_most_things_are_bought_for_oneself(contents: ShopContents) -> None:
    gender = {product.id: product.gender for product in contents.products}
    bought: dict[str, Counter[str]] = {}
    for order in contents.orders:
        sexes = [gender[line.product_id] for line in order.lines if gender[line.product_id] in {"men", "women"}]
        bought.setdefault(order.email, Counter()).update(map(str, sexes))
    own = sum(max(counts.values()) for counts in bought.values() if counts)
    assert own / sum(counts.total() for counts in bought.values()) > 0.8


def test_things_happen_in_their_order_and_none_lies_ahead(now: datetime, contents: ShopContents) -> None:
    for order in contents.orders:
        for shipment in order.shipments:
            moments = [order.placed_at, *(scan.at for scan in shipment.events), now]
            assert moments == sorted(moments), order.number
            assert shipment.shipped_at is None or shipment.shipped_at in moments
            assert shipment.delivered_at in {None, moments[-2]}
        if order.cancelled_at:
            assert order.placed_at < order.cancelled_at < now
        for refund in order.refunds:
            assert order.placed_at < refund.created_at <= (refund.settled_at or now) <= now


def test_returns_follow_their_delivery(now: datetime, contents: ShopContents, orders: dict[str, Order]) -> None:
    for back in contents.returns:
        order = orders[back.order_number]
        assert order.state == "delivered"
        delivered = [shipment.delivered_at for shipment in order.shipments if shipment.delivered_at]
        assert min(delivered) < back.requested_at < (back.received_at or now) <= now
        assert (back.received_at is not None) == (back.state in {"received", "completed", "rejected"})


def test_newer_orders_are_less_far_along(contents: ShopContents) -> None:
    by_age = sorted(contents.orders, key=lambda order: order.placed_at)
    assert {order.state for order in by_age[:140]} <= {"delivered", "cancelled"}
    assert not {order.state for order in by_age[-10:]} & {"shipped", "delivered"}


def test_e_mail_addresses_lead_nowhere(contents: ShopContents) -> None:
    emails = [customer.email for customer in contents.customers]
    assert len(set(emails)) == len(emails)
    assert {email.partition("@")[2] for email in emails} == {"example.com", "example.org", "example.net"}
    assert emails[:2] == ["maya.lindqvist@example.com", "jonas.weber@example.org"]


def test_stock_is_low_for_some_and_gone_for_what_is_sold_out(contents: ShopContents) -> None:
    stock = [variant.stock for product in contents.products for variant in product.variants]
    left = [pieces for pieces in stock if pieces]
    assert 0 < len(left) < len(stock)
    assert max(left) <= 40
    assert 0.05 < sum(pieces <= 3 for pieces in left) / len(left) < 0.15


def test_a_row_of_the_product_file_becomes_its_variants() -> None:
    row = "P1,Runner,Harbour,Shoes > Sneakers,men,89.00,99.50,navy blue|red,9|9.5,red/9,Best,Soft,,,a|b,4.5,12\n"
    (product,) = read_products([HEADER, row])
    assert [variant.sku for variant in product.variants] == [
        "P1-NAVYBLUE-9",
        "P1-NAVYBLUE-9.5",
        "P1-RED-9",
        "P1-RED-9.5",
    ]
    assert [variant.stock == 0 for variant in product.variants] == [False, False, True, False]
    assert str(product.variants[0].price) == "$89.00"
    assert str(product.variants[0].compare_at) == "$99.50"
    assert (product.category, product.tags, product.gender) == (("Shoes", "Sneakers"), ("a", "b"), "men")


def test_a_product_may_have_colours_or_sizes_or_neither() -> None:
    rest = "Best,Soft,,,,,\n"
    plain, mug, rope = read_products(
        [HEADER, f"P1,A,B,C,,9,,,,,{rest}", f"P2,A,B,C,,9,,red|blue,,red,{rest}", f"P3,A,B,C,,9,,,S|L,/L,{rest}"]
    )
    assert [(each.sku, each.stock > 0) for each in plain.variants] == [("P1", True)]
    assert [(each.sku, each.stock > 0) for each in mug.variants] == [("P2-RED", False), ("P2-BLUE", True)]
    assert [(each.sku, each.stock > 0) for each in rope.variants] == [("P3-S", True), ("P3-L", False)]
    assert (plain.gender, plain.rating, plain.review_count) == (None, None, 0)


@pytest.mark.parametrize("row", ["P1,A,B,C,,9,,red,,green,,,,,,,\n", "P1,A,B,C,,9,,red|RED,,,,,,,,,\n"])
def test_a_slip_in_the_product_file_is_told(row: str) -> None:
    with pytest.raises(InvalidInput):
        read_products([HEADER, row])
