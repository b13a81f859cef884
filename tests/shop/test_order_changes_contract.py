"""What both shops promise of an order that changes while it is here: its items, how it is paid, and what money does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import pytest
from anyio import create_task_group
from twins import opened

from shopfloor.database.engine import Database
from shopfloor.kernel.errors import Conflict, InvalidInput, NotFound, Refused
from shopfloor.kernel.ids import CustomerId, OrderNumber, ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Shop
from shopfloor.shop.models import (
    Address,
    Customer,
    GiftCard,
    ItemChange,
    Order,
    OrderLine,
    Payment,
    PaymentMethod,
    PaymentState,
    Product,
    Refund,
    Return,
    ReturnLine,
    Shipment,
    Variant,
)
from shopfloor.shop.paying import PAID_ANOTHER_WAY, net_by_method

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 5, 4, 12, 30, 15, tzinfo=UTC)
ADA, BEN = CustomerId("ada"), CustomerId("ben")
HOME = Address(name="Ada Finch", line1="1 Mill Row", city="Bath", region="ME", postal_code="04530", country="US")
GLASS, STEEL, LARGE, MUG, LAMP = map(Sku, ("GLASS", "STEEL", "LARGE", "MUG", "LAMP"))
VISA = PaymentMethod(id="pm-1", kind="card", label="Visa ending in 4242")
PAYPAL = PaymentMethod(id="pm-2", kind="paypal", label="PayPal")
BENS = PaymentMethod(id="pm-9", kind="paypal", label="PayPal")
FULL, SMALL, OLD, FREE = "GC-FULL", "GC-SMALL", "GC-OLD", "GC-FREE"


def usd(minor: int) -> Money:
    return Money("USD", minor)


def variant(sku: Sku, price: int, stock: int, *, tracks: bool = True) -> Variant:
    options = (("capacity", "1000ml"), ("material", sku.lower()))
    return Variant(sku=sku, options=options, price=usd(price), stock=stock, tracks_stock=tracks)


def product(id_: str, *variants: Variant) -> Product:
    return Product(
        id=ProductId(id_),
        title=id_.title(),
        brand="Harbour",
        category=("Home",),
        description="A thing.",
        best_for="Good",
        variants=variants,
    )


PRODUCTS = (
    product("bottle", variant(GLASS, 2_000, 3), variant(STEEL, 3_000, 2), variant(LARGE, 1_500, 0)),
    product("lamp", variant(LAMP, 9_000, 1, tracks=False)),
    product("mug", variant(MUG, 800, 9)),
)


def line(sku: Sku, quantity: int = 1, price: int = 2_000) -> OrderLine:
    of = next(product for product in PRODUCTS if sku in {each.sku for each in product.variants})
    options = of.variant(sku).options
    return OrderLine(
        sku=sku, product_id=of.id, title=of.title, options=options, quantity=quantity, unit_price=usd(price)
    )


def order(number: str, *lines: OrderLine, paid_by: PaymentMethod = VISA, state: PaymentState = "paid") -> Order:
    bare = Order(
        number=OrderNumber(number),
        customer_id=ADA,
        email="ada@example.com",
        placed_at=NOW - timedelta(hours=1),
        state="pending",
        payment_state=state,
        payment_method=paid_by.label,
        payment_method_id=paid_by.id,
        lines=lines or (line(GLASS, 2), line(MUG, 1, 800)),
        discount=usd(300),
        shipping=usd(500),
        tax=usd(0),
        shipping_address=HOME,
    )
    payment = Payment(id=f"PY{number}-1", method_id=paid_by.id, amount=bare.total, at=bare.placed_at)
    return replace(bare, payments=(payment,) if state in {"paid", "partially_refunded"} else ())


CARD = PaymentMethod(id=FULL, kind="gift_card", label="Gift card ending in FULL")
CONTENTS = ShopContents(
    products=PRODUCTS,
    customers=(
        Customer(
            id=ADA, email="ada@example.com", name="Ada", address=HOME, payment_methods=(VISA, PAYPAL), created_at=NOW
        ),
        Customer(id=BEN, email="ben@example.com", name="Ben", address=HOME, payment_methods=(BENS,), created_at=NOW),
    ),
    gift_cards=(
        GiftCard(
            id=FULL,
            ending=FULL[-4:],
            customer_id=ADA,
            initial=usd(9_000),
            balance=usd(5_000),
            expires_on=date(2026, 5, 4),
        ),
        GiftCard(id=SMALL, ending=SMALL[-4:], customer_id=ADA, initial=usd(9_000), balance=usd(999), expires_on=None),
        GiftCard(
            id=OLD,
            ending=OLD[-4:],
            customer_id=ADA,
            initial=usd(9_000),
            balance=usd(9_000),
            expires_on=date(2026, 5, 3),
        ),
        GiftCard(id="GC-BENS", ending="BENS", customer_id=BEN, initial=usd(9_000), balance=usd(9_000), expires_on=None),
        GiftCard(id=FREE, ending=FREE[-4:], customer_id=None, initial=usd(9_000), balance=usd(9_000), expires_on=None),
    ),
    orders=(
        order("1"),
        order("2", state="authorised"),
        order("3", line(GLASS), line(MUG, 1, 800), line(GLASS), paid_by=CARD),
        order("4", line(LAMP, 1, 100)),
        replace(order("5"), customer_id=None, payment_method_id="", payments=()),
        replace(order("6"), state="shipped"),
        replace(order("7"), state="cancelled"),
        replace(order("8", state="failed")),
        replace(order("9", line(GLASS, 2), line(MUG, 1, 800)), state="delivered"),
        order("10", line(GLASS), line(LARGE)),
    ),
)
TOTAL = CONTENTS.orders[0].total


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> Literal["memory", "sqlite", "postgresql"]:
    return request.param


@pytest.fixture
async def shop(kind: str, database: Database) -> Shop:
    return await opened(kind, database, CONTENTS)


async def stock(shop: Shop) -> dict[Sku, int]:
    return {each.sku: each.stock for product in await shop.catalogue.list_products() for each in product.variants}


async def balances(shop: Shop) -> dict[str, int]:
    cards = [*await shop.customers.gift_cards_of(ADA), *await shop.customers.gift_cards_of(BEN)]
    return {card.id: card.balance.minor for card in cards}


async def unchanged(shop: Shop) -> bool:
    orders = [await shop.orders.get_order(each.number) for each in CONTENTS.orders]
    fresh = {each.id: each.balance.minor for each in CONTENTS.gift_cards if each.customer_id}
    stocks = {each.sku: each.stock for product in PRODUCTS for each in product.variants}
    return orders == list(CONTENTS.orders) and await balances(shop) == fresh and await stock(shop) == stocks


def change(sku: Sku, new_sku: Sku, quantity: int = 1) -> ItemChange:
    return ItemChange(sku=sku, new_sku=new_sku, quantity=quantity)


async def repaid(shop: Shop, number: str, method_id: str, key: str = "k") -> Order:
    return await shop.orders.change_payment_method(OrderNumber(number), method_id, at=NOW, key=key)


async def with_items(
    shop: Shop, number: str, changes: Sequence[ItemChange], method_id: str = VISA.id, key: str = "k"
) -> Order:
    return await shop.orders.change_items(OrderNumber(number), changes, method_id, at=NOW, key=key)


def sold(order: Order) -> list[tuple[Sku, int, int]]:
    return [(line.sku, line.quantity, line.unit_price.minor) for line in order.lines]


async def test_ways_to_pay_options_and_payments_come_back_as_they_were_stored(shop: Shop) -> None:
    assert await unchanged(shop)
    assert await shop.catalogue.list_products() == sorted(PRODUCTS, key=lambda each: each.id)
    assert await shop.customers.get_customer(ADA) == CONTENTS.customers[0]


# Paid another way


async def test_what_was_paid_goes_back_and_is_taken_anew(shop: Shop) -> None:
    changed = await repaid(shop, "1", PAYPAL.id)
    assert (changed.payment_method, changed.payment_method_id, changed.payment_state) == ("PayPal", PAYPAL.id, "paid")
    (first, second), (refund,) = changed.payments, changed.refunds
    assert (first, second.method_id, second.amount, second.at) == (CONTENTS.orders[0].payments[0], "pm-2", TOTAL, NOW)
    assert (refund.method_id, refund.method, refund.amount, refund.state) == ("pm-1", VISA.label, TOTAL, "pending")
    assert await shop.orders.get_order(OrderNumber("1")) == changed
    assert await repaid(shop, "1", PAYPAL.id) == changed


async def test_a_gift_card_is_charged_and_credited_at_once(shop: Shop) -> None:
    await repaid(shop, "1", FULL, "a")
    assert (await balances(shop))[FULL] == 5_000 - TOTAL.minor
    back = await repaid(shop, "1", VISA.id, "b")
    assert (await balances(shop))[FULL] == 5_000
    assert [(refund.method_id, refund.state, refund.settled_at) for refund in back.refunds] == [
        ("pm-1", "pending", None),
        (FULL, "settled", NOW),
    ]
    assert net_by_method(back) == {VISA.id: TOTAL.minor, FULL: 0}


async def test_an_order_that_was_not_charged_moves_no_money_but_a_gift_cards(shop: Shop) -> None:
    first = await repaid(shop, "2", PAYPAL.id, "a")
    assert (first.payment_state, first.payment_method, first.payments, first.refunds) == (
        "authorised",
        "PayPal",
        (),
        (),
    )
    held = await repaid(shop, "2", FULL, "b")
    assert (held.payment_state, net_by_method(held)) == ("authorised", {FULL: TOTAL.minor})
    assert (await balances(shop))[FULL] == 5_000 - TOTAL.minor
    back = await repaid(shop, "2", VISA.id, "c")
    assert (back.payment_state, net_by_method(back)) == ("authorised", {FULL: 0})
    assert (await balances(shop))[FULL] == 5_000


async def test_a_payment_that_failed_is_to_be_tried_again(shop: Shop) -> None:
    changed = await repaid(shop, "8", PAYPAL.id)
    assert (changed.payment_state, changed.payments) == ("authorised", ())


@pytest.mark.parametrize(
    ("number", "method_id", "rule"),
    [
        ("1", VISA.id, "payment.same"),
        ("3", FULL, "payment.same"),
        ("1", BENS.id, "payment.unknown"),
        ("1", "GC-BENS", "payment.unknown"),
        ("1", FREE, "payment.unknown"),
        ("1", "", "payment.unknown"),
        ("5", VISA.id, "payment.unknown"),
        ("1", SMALL, "payment.gift_card_balance"),
        ("1", OLD, "payment.gift_card_expired"),
        ("6", PAYPAL.id, "order.already_shipped"),
        ("7", PAYPAL.id, "order.already_cancelled"),
    ],
)
async def test_another_way_to_pay_is_the_customers_own_and_covers_the_total(
    shop: Shop, number: str, method_id: str, rule: str
) -> None:
    with pytest.raises(Refused) as refusal:
        await repaid(shop, number, method_id)
    assert refusal.value.rule == rule
    assert await unchanged(shop)


async def test_a_gift_card_is_not_spent_twice_at_once(shop: Shop) -> None:
    rules: list[str] = []

    async def pay(number: str) -> None:
        try:
            await repaid(shop, number, FULL, number)
        except Refused as refusal:
            rules.append(refusal.rule)

    async with create_task_group() as group:
        for number in ("1", "2"):
            group.start_soon(pay, number)
    assert rules == ["payment.gift_card_balance"]
    assert (await balances(shop))[FULL] == 5_000 - TOTAL.minor


async def test_an_order_from_before_payments_were_kept_gets_the_one_it_must_have_had(
    kind: str, database: Database
) -> None:
    earlier = Refund(
        id="RF1-1", amount=usd(300), method="Visa", state="settled", reason="Late", created_at=NOW, settled_at=NOW
    )
    old = replace(CONTENTS.orders[0], payment_method_id="", payments=(), payment_state="partially_refunded")
    shop = await opened(kind, database, replace(CONTENTS, orders=(replace(old, refunds=(earlier,)),)))
    changed = await repaid(shop, "1", PAYPAL.id)
    assert net_by_method(changed) == {"": 0, PAYPAL.id: TOTAL.minor - 300}
    assert [refund.method for refund in changed.refunds] == ["Visa", VISA.label]
    cancelled = await shop.orders.cancel_order(OrderNumber("1"), reason="Too late", at=NOW, key="c")
    assert net_by_method(cancelled) == {"": 0, PAYPAL.id: 0}


# Other items


async def test_pieces_become_other_variants_at_their_place_and_the_difference_is_taken(shop: Shop) -> None:
    changed = await with_items(shop, "1", [change(GLASS, STEEL)])
    assert sold(changed) == [(GLASS, 1, 2_000), (STEEL, 1, 3_000), (MUG, 1, 800)]
    assert changed.lines[1].options == (("capacity", "1000ml"), ("material", "steel"))
    assert (changed.total, changed.items_changed_at, changed.state) == (TOTAL + usd(1_000), NOW, "pending")
    assert [payment.amount for payment in changed.payments] == [TOTAL, usd(1_000)]
    assert await stock(shop) == {GLASS: 4, STEEL: 1, LARGE: 0, MUG: 9, LAMP: 1}
    assert await shop.orders.get_order(OrderNumber("1")) == changed
    assert await with_items(shop, "1", [change(GLASS, STEEL)]) == changed
    assert (await stock(shop))[STEEL] == 1


async def test_all_pieces_of_a_position_are_replaced_where_it_stands(shop: Shop) -> None:
    changed = await with_items(shop, "1", [change(GLASS, STEEL), change(GLASS, STEEL)])
    assert sold(changed) == [(STEEL, 2, 3_000), (MUG, 1, 800)]
    assert net_by_method(changed) == {VISA.id: TOTAL.minor + 2_000}


async def test_two_positions_of_one_variant_become_two_others(kind: str, database: Database) -> None:
    bottle = product("bottle", variant(GLASS, 2_000, 3), variant(STEEL, 3_000, 2), variant(LARGE, 1_500, 4))
    shop = await opened(kind, database, replace(CONTENTS, products=(bottle, *PRODUCTS[1:])))
    changed = await with_items(shop, "3", [change(GLASS, LARGE), change(GLASS, STEEL)], FULL)
    assert sold(changed) == [(LARGE, 1, 1_500), (MUG, 1, 800), (STEEL, 1, 3_000)]
    assert (await balances(shop))[FULL] == 4_500


async def test_a_cheaper_variant_gives_the_difference_back(kind: str, database: Database) -> None:
    bottle = product("bottle", variant(GLASS, 2_000, 0), variant(LARGE, 1_500, 4))
    shop = await opened(kind, database, replace(CONTENTS, products=(bottle, *PRODUCTS[1:])))
    changed = await with_items(shop, "1", [change(GLASS, LARGE, 2)], FULL, "a")
    (refund,) = changed.refunds
    assert (refund.method_id, refund.amount, refund.state) == (FULL, usd(1_000), "settled")
    assert (await balances(shop))[FULL] == 6_000
    assert (changed.total, (await stock(shop))[GLASS]) == (TOTAL - usd(1_000), 2)
    card = await with_items(shop, "3", [change(GLASS, LARGE)], VISA.id, "b")
    assert [(refund.method_id, refund.state) for refund in card.refunds] == [(VISA.id, "pending")]


async def test_what_came_back_for_changed_items_shows_in_the_payments_state(kind: str, database: Database) -> None:
    bottle = product("bottle", variant(GLASS, 2_000, 0), variant(LARGE, 1_500, 4))
    full = PaymentMethod(id=FULL, kind="gift_card", label="Gift card")
    orders = (order("1"), order("2", paid_by=full), *CONTENTS.orders[2:])
    shop = await opened(kind, database, replace(CONTENTS, products=(bottle, *PRODUCTS[1:]), orders=orders))
    pending = await with_items(shop, "3", [change(GLASS, LARGE)], VISA.id, "a")
    assert pending.payment_state == "paid"  # the money is on its way
    settled = await with_items(shop, "2", [change(GLASS, LARGE)], FULL, "b")
    assert (settled.refunds[0].state, settled.payment_state) == ("settled", "partially_refunded")
    moved = await repaid(shop, "1", FULL, "c")  # all of it went back, and as much was taken anew
    assert moved.payment_state == "paid"
    changed = await with_items(shop, "1", [change(GLASS, LARGE, 2)], FULL, "d")
    assert changed.payment_state == "partially_refunded"


async def test_two_exchanges_are_not_both_promised_the_same_balance(kind: str, database: Database) -> None:
    dear = product("bottle", variant(GLASS, 2_000, 5), variant(STEEL, 5_000, 5))
    shop = await opened(kind, database, replace(CONTENTS, products=(dear, *PRODUCTS[1:])))
    await asked(shop, back(1, STEEL), method_id=FULL, key="a")
    with pytest.raises(Refused) as refusal:
        await asked(shop, back(1, STEEL), method_id=FULL, key="b")
    assert refusal.value.rule == "payment.gift_card_balance"
    await asked(shop, back(1, STEEL), method_id=VISA.id, key="c")


async def test_an_order_that_was_not_charged_costs_another_amount_when_it_is(shop: Shop) -> None:
    changed = await with_items(shop, "2", [change(GLASS, STEEL)])
    assert (changed.total, changed.payments) == (TOTAL + usd(1_000), ())


async def test_another_way_to_pay_is_charged_for_the_difference_at_once(shop: Shop) -> None:
    changed = await with_items(shop, "2", [change(GLASS, STEEL)], FULL)
    assert net_by_method(changed) == {FULL: 1_000}
    assert (await balances(shop))[FULL] == 4_000


async def test_what_was_not_taken_is_not_given_back(kind: str, database: Database) -> None:
    bottle = product("bottle", variant(GLASS, 2_000, 0), variant(LARGE, 1_500, 4))
    shop = await opened(kind, database, replace(CONTENTS, products=(bottle, *PRODUCTS[1:])))
    changed = await with_items(shop, "2", [change(GLASS, LARGE)], FULL)
    assert (changed.total, changed.payments, changed.refunds) == (TOTAL - usd(500), (), ())
    assert (await balances(shop))[FULL] == 5_000


async def test_a_reduction_is_never_more_than_the_goods(kind: str, database: Database) -> None:
    cheap = product("lamp", variant(LAMP, 9_000, 1), variant(MUG, 200, 9))
    one = order("1", line(LAMP, 1, 9_000))
    shop = await opened(kind, database, replace(CONTENTS, products=(cheap,), orders=(one,)))
    changed = await with_items(shop, "1", [change(LAMP, MUG)])
    assert (changed.discount, changed.total) == (usd(200), usd(500))
    assert net_by_method(changed) == {VISA.id: 500}


async def test_a_parcel_that_has_only_a_label_holds_the_new_pieces(kind: str, database: Database) -> None:
    parcel = Shipment(
        id="S1",
        carrier="UPS",
        tracking_id="TRK1",
        tracking_url="https://track.example/TRK1",
        state="label_created",
        shipped_at=None,
        expected_on=None,
        delivered_at=None,
        skus=(GLASS, MUG),
    )
    labelled = replace(CONTENTS.orders[0], shipments=(parcel,))
    shop = await opened(kind, database, replace(CONTENTS, orders=(labelled,)))
    changed = await with_items(shop, "1", [change(GLASS, STEEL)])
    assert changed.shipments[0].skus == (GLASS, STEEL, MUG)
    assert await shop.orders.get_order(OrderNumber("1")) == changed


@pytest.mark.parametrize(
    ("number", "changes", "method_id", "rule"),
    [
        ("1", [change(STEEL, GLASS)], VISA.id, "items.not_in_order"),
        ("1", [change(GLASS, STEEL, 3)], VISA.id, "items.not_in_order"),
        ("1", [change(GLASS, STEEL), change(GLASS, STEEL, 2)], VISA.id, "items.not_in_order"),
        ("1", [change(GLASS, Sku("none"))], VISA.id, "items.unknown_variant"),
        ("1", [change(GLASS, MUG)], VISA.id, "items.other_product"),
        ("1", [change(GLASS, GLASS)], VISA.id, "items.same_variant"),
        ("1", [change(GLASS, LARGE)], VISA.id, "items.out_of_stock"),
        ("10", [change(GLASS, LARGE), change(LARGE, STEEL)], VISA.id, "items.out_of_stock"),
        ("1", [change(GLASS, STEEL)], BENS.id, "payment.unknown"),
        ("1", [change(GLASS, STEEL)], "GC-BENS", "payment.unknown"),
        ("5", [change(GLASS, STEEL)], VISA.id, "payment.unknown"),
        ("1", [change(GLASS, STEEL)], SMALL, "payment.gift_card_balance"),
        ("1", [change(GLASS, STEEL)], OLD, "payment.gift_card_expired"),
        ("6", [change(GLASS, STEEL)], VISA.id, "order.already_shipped"),
        ("7", [change(GLASS, STEEL)], VISA.id, "order.already_cancelled"),
    ],
)
async def test_items_that_cannot_be_changed_stay_as_they_are(
    shop: Shop, number: str, changes: list[ItemChange], method_id: str, rule: str
) -> None:
    with pytest.raises(Refused) as refusal:
        await with_items(shop, number, changes, method_id)
    assert refusal.value.rule == rule
    assert await unchanged(shop)


@pytest.mark.parametrize("changes", [[], [change(GLASS, STEEL, 0)]])
async def test_changing_nothing_is_invalid(shop: Shop, changes: list[ItemChange]) -> None:
    with pytest.raises(InvalidInput):
        await with_items(shop, "1", changes)
    assert await unchanged(shop)


async def test_after_its_items_were_changed_nothing_else_of_an_order_changes(shop: Shop) -> None:
    number = OrderNumber("1")
    await shop.orders.change_shipping_address(number, replace(HOME, line1="9 Quay Street"), key="a")
    await repaid(shop, "1", PAYPAL.id, "b")
    changed = await with_items(shop, "1", [change(GLASS, STEEL)], PAYPAL.id, "c")
    for attempt in (
        shop.orders.change_shipping_address(number, HOME, key="d"),
        repaid(shop, "1", VISA.id, "e"),
        with_items(shop, "1", [change(STEEL, GLASS)], VISA.id, "f"),
        shop.orders.cancel_order(number, reason="Too late", at=NOW, key="g"),
    ):
        with pytest.raises(Refused) as refusal:
            await attempt
        assert refusal.value.rule == "order.items_already_changed"
    assert await shop.orders.get_order(number) == changed


async def test_an_order_that_does_not_exist_is_not_changed(shop: Shop) -> None:
    with pytest.raises(NotFound):
        await repaid(shop, "99", VISA.id)
    with pytest.raises(NotFound):
        await with_items(shop, "99", [change(GLASS, STEEL)])


# Cancelled


async def test_cancelling_gives_each_payment_back_to_where_it_came_from(shop: Shop) -> None:
    await repaid(shop, "1", FULL, "a")
    cancelled = await shop.orders.cancel_order(OrderNumber("1"), reason="Too late", at=NOW, key="b")
    assert [(refund.method_id, refund.amount, refund.state) for refund in cancelled.refunds] == [
        (VISA.id, TOTAL, "pending"),
        (FULL, TOTAL, "settled"),
    ]
    assert set(net_by_method(cancelled).values()) == {0}
    assert (await balances(shop))[FULL] == 5_000


async def test_an_order_paid_by_gift_card_is_refunded_as_it_is_cancelled(shop: Shop) -> None:
    cancelled = await shop.orders.cancel_order(OrderNumber("3"), reason="Too late", at=NOW, key="a")
    assert (cancelled.payment_state, cancelled.refunds[0].state) == ("refunded", "settled")
    assert cancelled.refunds[0].method == "Gift card ending in FULL"
    assert (await balances(shop))[FULL] == 5_000 + cancelled.total.minor
    assert await shop.orders.get_order(OrderNumber("3")) == cancelled


async def test_what_is_not_counted_is_not_put_back(shop: Shop) -> None:
    await shop.orders.cancel_order(OrderNumber("4"), reason="Too late", at=NOW, key="a")
    assert (await stock(shop))[LAMP] == 1


async def test_any_number_of_what_is_not_counted_can_be_had(shop: Shop) -> None:
    await shop.carts.open_cart("k", ADA, at=NOW, key="a")
    assert (await shop.carts.set_cart_line("k", LAMP, 40, at=NOW, key="b")).lines[0].quantity == 40


# Coming back


async def asked(shop: Shop, *lines: ReturnLine, method_id: str = "", key: str = "k", refund: bool = False) -> Return:
    kind = "refund" if refund else "exchange"
    return await shop.returns.request_return(
        OrderNumber("9"), kind, lines, payment_method_id=method_id, at=NOW, key=key
    )


def back(quantity: int = 1, exchange: Sku | None = None) -> ReturnLine:
    return ReturnLine(sku=GLASS, quantity=quantity, reason="Other", exchange_sku=exchange)


async def test_an_exchange_tells_its_difference_and_moves_no_money(shop: Shop) -> None:
    await asked(shop, back(2, STEEL), method_id=FULL)
    (known,) = await shop.returns.returns_of(OrderNumber("9"))
    assert (known.difference, known.payment_method_id) == (usd(2_000), FULL)
    assert await unchanged(shop)


async def test_an_exchange_promises_no_more_than_was_paid_and_not_given_back(kind: str, database: Database) -> None:
    dear = replace(order("9", line(STEEL, 1, 3_000), line(STEEL, 1, 3_000)), state="delivered")
    paid = usd(700)
    payment = replace(dear.payments[0], amount=paid)
    bare = replace(dear, discount=dear.subtotal - usd(200), payments=(payment,))
    shop = await opened(kind, database, replace(CONTENTS, orders=(bare,)))
    for key, left in (("a", paid.minor), ("b", 0)):
        await asked(shop, ReturnLine(sku=STEEL, quantity=1, reason="Other", exchange_sku=GLASS), key=key)
        returns = await shop.returns.returns_of(OrderNumber("9"))
        difference = returns[-1].difference
        assert difference is not None
        assert -difference.minor == min(left, 1_000)


async def test_what_is_taken_up_again_promises_no_more_than_is_left_either(kind: str, database: Database) -> None:
    dear = replace(order("9", line(STEEL, 1, 3_000), line(STEEL, 1, 3_000)), state="delivered")
    bare = replace(dear, discount=dear.subtotal - usd(200), payments=(replace(dear.payments[0], amount=usd(700)),))
    shop = await opened(kind, database, replace(CONTENTS, orders=(bare,)))
    cheaper = ReturnLine(sku=STEEL, quantity=1, reason="Other", exchange_sku=GLASS)
    first = await asked(shop, cheaper, key="a")
    await shop.returns.withdraw_return(first.id, key="b")
    second = await asked(shop, cheaper, key="c")
    assert (first.difference, second.difference) == (usd(-700), usd(-700))
    with pytest.raises(Refused) as refusal:
        await shop.returns.reinstate_return(first.id, at=NOW, key="d")
    assert refusal.value.rule == "return.money_gone"
    await shop.returns.withdraw_return(second.id, key="e")
    assert (await shop.returns.reinstate_return(first.id, at=NOW, key="f")).state == "requested"


async def test_a_customers_words_do_not_pass_for_money_that_only_moved(kind: str, database: Database) -> None:
    full = PaymentMethod(id=FULL, kind="gift_card", label="Gift card")
    shop = await opened(kind, database, replace(CONTENTS, orders=(order("1", paid_by=full),)))
    gone = await shop.orders.cancel_order(OrderNumber("1"), reason=PAID_ANOTHER_WAY, at=NOW, key="k")
    assert gone.payment_state == "refunded"


async def test_what_goes_back_to_an_expired_gift_card_is_not_settled_by_that(kind: str, database: Database) -> None:
    old = PaymentMethod(id=OLD, kind="gift_card", label="Gift card ending in OLD")
    shop = await opened(kind, database, replace(CONTENTS, orders=(order("1", paid_by=old),)))
    gone = await shop.orders.cancel_order(OrderNumber("1"), reason="no longer needed", at=NOW, key="k")
    assert [(refund.method_id, refund.state) for refund in gone.refunds] == [(OLD, "pending")]
    assert gone.payment_state == "paid"
    assert (await balances(shop))[OLD] == 9_000


async def test_a_refund_may_go_to_another_way_to_pay(shop: Shop) -> None:
    await asked(shop, back(), method_id=SMALL, refund=True)
    (known,) = await shop.returns.returns_of(OrderNumber("9"))
    assert (known.difference, known.payment_method_id) == (None, SMALL)
    assert await unchanged(shop)


@pytest.mark.parametrize(
    ("line", "method_id", "rule"),
    [
        (back(1, Sku("none")), "", "items.unknown_variant"),
        (back(1, MUG), "", "items.other_product"),
        (back(1, LARGE), "", "items.out_of_stock"),
        (back(1, STEEL), BENS.id, "payment.unknown"),
        (back(1, STEEL), FREE, "payment.unknown"),
        (back(1, STEEL), SMALL, "payment.gift_card_balance"),
        (back(1, STEEL), OLD, "payment.gift_card_expired"),
        (back(3, STEEL), "", "return.not_in_order"),
    ],
)
async def test_an_exchange_that_cannot_be_had_is_refused(
    shop: Shop, line: ReturnLine, method_id: str, rule: str
) -> None:
    with pytest.raises(Refused) as refusal:
        await asked(shop, line, method_id=method_id)
    assert refusal.value.rule == rule
    assert await shop.returns.returns_of(OrderNumber("9")) == []


async def test_a_refund_goes_to_nobody_else(shop: Shop) -> None:
    with pytest.raises(Refused) as refusal:
        await asked(shop, back(), method_id=BENS.id, refund=True)
    assert refusal.value.rule == "payment.unknown"


async def test_an_exchange_names_what_is_wanted(shop: Shop) -> None:
    with pytest.raises(InvalidInput):
        await asked(shop, back())


async def test_what_is_asked_for_again_with_another_way_to_pay_is_another_write(shop: Shop) -> None:
    first = await asked(shop, back(), method_id=SMALL, refund=True)
    assert await asked(shop, back(), method_id=SMALL, refund=True) == first
    with pytest.raises(Conflict):
        await asked(shop, back(), method_id=VISA.id, refund=True)


async def test_a_case_has_the_order_its_owners_ways_to_pay_and_its_returns_oldest_first(shop: Shop) -> None:
    number = OrderNumber("9")
    first = await asked(shop, back(), method_id=SMALL, refund=True)
    await shop.returns.withdraw_return(first.id, key="off")
    await asked(shop, back(2, STEEL), method_id=FULL, key="anew")
    case = await shop.orders.get_case(number)
    order = await shop.orders.get_order(number)
    assert case is not None
    assert order is not None
    assert replace(case.order, payments=order.payments) == order
    assert list(case.returns) == list(await shop.returns.returns_of(number))
    assert [each.state for each in case.returns] == ["withdrawn", "requested"]
    owner = order.customer_id
    assert owner is not None
    customer = await shop.customers.get_customer(owner)
    assert customer is not None
    assert (case.wallet.customer_id, case.wallet.methods) == (owner, customer.payment_methods)
    own = {card.id for card in await shop.customers.gift_cards_of(owner)}
    assert {card.id for card in case.wallet.cards} >= own
    assert await shop.orders.get_case(OrderNumber("none")) is None


async def test_the_case_of_every_order_is_the_same_in_memory_and_on_the_database(database: Database) -> None:
    memory, sql = [await opened(kind, database, CONTENTS) for kind in ("memory", "sql")]
    cases = [await memory.orders.get_case(each.number) for each in CONTENTS.orders]
    assert cases == [await sql.orders.get_case(each.number) for each in CONTENTS.orders]
    assert any(case and case.wallet.cards for case in cases)
