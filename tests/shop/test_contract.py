"""One suite for every shop: what the contract promises holds in memory and on the database alike."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args

import pytest
from anyio import create_task_group
from twins import opened

from shopfloor.database.engine import Database
from shopfloor.kernel.errors import Conflict, InvalidInput, NotFound, Refused, StorageError
from shopfloor.kernel.ids import ConversationId, CustomerId, OrderNumber, ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop import writes
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Capability, Shop
from shopfloor.shop.demo import demo_contents
from shopfloor.shop.memory import memory_shop
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
    OrderLine,
    OrderState,
    PaymentState,
    Product,
    Promotion,
    Refund,
    Return,
    ReturnLine,
    ReturnState,
    Shipment,
    ShipmentEvent,
    Ticket,
    Variant,
    Wish,
)
from shopfloor.shop.sql import load, sql_shop

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 5, 4, 12, 30, 15, 250_000, tzinfo=UTC)
HOME = Address(name="Ada Finch", line1="1 Mill Row", city="Bath", region="ME", postal_code="04530", country="US")
WORK = replace(HOME, line1="9 Quay Street", line2="Floor 2")
ADA, BEN = CustomerId("ada"), CustomerId("ben")
RED9, RED10, SOCK = Sku("RUN-RED-9"), Sku("RUN-RED-10"), Sku("SOCK")


def usd(minor: int) -> Money:
    return Money("USD", minor)


def variant(sku: Sku, stock: int, size: str | None = None) -> Variant:
    return Variant(
        sku=sku, colour="red", size=size, price=usd(8_900), compare_at=usd(9_900), cost=usd(4_100), stock=stock
    )


def product(id_: str, *variants: Variant) -> Product:
    return Product(
        id=ProductId(id_),
        title=f"Product {id_}",
        brand="Harbour",
        category=("Shoes", "Sneakers"),
        gender="men",
        description="A thing.",
        best_for="Great for running",
        tags=("light", "red"),
        attributes=(("weight", "240 g"), ("drop", "8 mm")),
        rating=4.5,
        review_count=12,
        variants=variants,
    )


def customer(id_: CustomerId, email: str) -> Customer:
    return Customer(id=id_, email=email, name="Ada Finch", address=HOME, created_at=NOW)


def order(
    number: str, state: OrderState, payment: PaymentState = "paid", *, placed_hours_ago: int = 1, sent: bool = False
) -> Order:
    return Order(
        number=OrderNumber(number),
        customer_id=ADA,
        email="ada@example.com",
        placed_at=NOW - timedelta(hours=placed_hours_ago),
        state=state,
        payment_state=payment,
        payment_method="Visa ending in 4242",
        lines=(line(RED9, 2), line(SOCK, 1)),
        discount=usd(500),
        shipping=usd(595),
        tax=usd(100),
        shipping_address=HOME,
        shipments=(SHIPMENT,) if sent else (),
    )


def line(sku: Sku, quantity: int) -> OrderLine:
    id_ = ProductId("run" if sku == RED9 else "sock")
    return OrderLine(sku=sku, product_id=id_, title="A thing", colour="red", quantity=quantity, unit_price=usd(8_900))


SHIPMENT = Shipment(
    id="S1",
    carrier="UPS",
    tracking_id="TRK1",
    tracking_url="https://track.example/TRK1",
    state="in_transit",
    shipped_at=NOW - timedelta(days=1),
    expected_on=date(2026, 5, 6),
    delivered_at=None,
    skus=(RED9, SOCK),
    events=(ShipmentEvent(at=NOW - timedelta(days=1), place="Bath, ME", text="Picked up"),),
)
EARLIER = Refund(
    id="RF6-1",
    amount=usd(1_000),
    method="Visa ending in 4242",
    state="settled",
    reason="Late",
    created_at=NOW,
    settled_at=NOW,
)
CONTENTS = ShopContents(
    products=(product("sock", variant(SOCK, 5)), product("run", variant(RED10, 0, "10"), variant(RED9, 3, "9"))),
    promotions=(
        Promotion(
            code="NOW", title="Now", percent_off=10, category=None, starts_at=NOW, ends_at=NOW + timedelta(hours=1)
        ),
        Promotion(
            code="OVER", title="Over", percent_off=10, category=None, starts_at=NOW - timedelta(hours=1), ends_at=NOW
        ),
    ),
    customers=(customer(ADA, "Ada@Example.com"), customer(BEN, "ben@example.com")),
    gift_cards=(
        GiftCard(id="B", ending="B", customer_id=ADA, initial=usd(5_000), balance=usd(0), expires_on=None),
        GiftCard(id="A", ending="A", customer_id=ADA, initial=usd(5_000), balance=usd(1), expires_on=date(2030, 1, 2)),
        GiftCard(id="C", ending="C", customer_id=ADA, initial=usd(5_000), balance=usd(2), expires_on=date(2029, 1, 2)),
        GiftCard(id="D", ending="D", customer_id=None, initial=usd(5_000), balance=usd(2), expires_on=None),
    ),
    orders=(
        order("1", "processing", placed_hours_ago=5),
        order("2", "processing", "authorised", placed_hours_ago=3),
        order("3", "shipped", placed_hours_ago=4, sent=True),
        order("4", "delivered"),
        order("5", "cancelled"),
        replace(order("6", "on_hold", "partially_refunded"), refunds=(EARLIER,)),
    ),
    carts=(
        Cart(id="k1", customer_id=ADA, lines=(CartLine(sku=SOCK, quantity=1),), updated_at=NOW - timedelta(days=2)),
        Cart(id="k2", customer_id=ADA, lines=(), updated_at=NOW - timedelta(days=1)),
    ),
)
TICKET = Ticket(
    id="t1",
    conversation_id="c1",
    customer_id=ADA,
    email="ada@example.com",
    subject="Double charge",
    summary="Charged twice for order 1.",
    state="open",
    created_at=NOW,
)
LEAD = Lead(id="l1", kind="back_in_stock", email="ada@example.com", sku=RED10, consent_at=NOW)


@pytest.fixture(scope="module")
def demo() -> ShopContents:
    return demo_contents(NOW)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> Literal["memory", "sqlite", "postgresql"]:
    return request.param


@pytest.fixture
async def shop(kind: str, database: Database) -> Shop:
    return await opened(kind, database, CONTENTS)


async def stock(shop: Shop) -> dict[Sku, int]:
    return {each.sku: each.stock for product in await shop.catalogue.list_products() for each in product.variants}


def test_a_shop_says_what_it_can_do() -> None:
    assert memory_shop(ShopContents()).capabilities == frozenset(Capability)


# Catalogue


async def test_products_come_in_pages_by_id_with_their_variants_in_order(shop: Shop) -> None:
    first = await shop.catalogue.list_products(limit=1)
    rest = await shop.catalogue.list_products(after=first[0].id)
    assert [*first, *rest] == [CONTENTS.products[1], CONTENTS.products[0]]


async def test_a_product_is_found_by_its_id_or_not_at_all(shop: Shop) -> None:
    assert await shop.catalogue.get_product(ProductId("run")) == CONTENTS.products[1]
    assert await shop.catalogue.get_product(ProductId("none")) is None


async def test_a_product_is_found_by_each_of_its_variants(shop: Shop) -> None:
    assert await shop.catalogue.find_product(RED9) == CONTENTS.products[1]
    assert await shop.catalogue.find_product(RED10) == CONTENTS.products[1]
    assert await shop.catalogue.find_product(Sku("none")) is None


async def test_a_promotion_runs_from_its_first_instant_up_to_its_last(shop: Shop) -> None:
    assert [promotion.code for promotion in await shop.catalogue.active_promotions(NOW)] == ["NOW"]
    assert await shop.catalogue.active_promotions(NOW + timedelta(hours=1)) == []


async def test_a_stock_is_what_it_was_set_to(shop: Shop) -> None:
    restocked = await shop.catalogue.set_stock(RED10, 7, key="a")
    assert (restocked.sku, restocked.stock, restocked.price) == (RED10, 7, usd(8_900))
    assert (await shop.catalogue.set_stock(SOCK, 0, key="b")).stock == 0
    assert await stock(shop) == {RED9: 3, RED10: 7, SOCK: 0}


async def test_products_come_in_the_order_in_which_they_are_asked_for(shop: Shop) -> None:
    wanted = [ProductId(name) for name in ("sock", "none", "run")]
    assert [each.id for each in await shop.catalogue.get_products(wanted)] == ["sock", "run"]
    assert list(await shop.catalogue.get_products(wanted[2:])) == [await shop.catalogue.get_product(ProductId("run"))]
    assert await shop.catalogue.get_products([]) == []


async def test_a_stock_has_to_make_sense(shop: Shop) -> None:
    with pytest.raises(InvalidInput):
        await shop.catalogue.set_stock(RED10, -1, key="a")
    with pytest.raises(NotFound):
        await shop.catalogue.set_stock(Sku("none"), 1, key="a")
    assert await stock(shop) == {RED9: 3, RED10: 0, SOCK: 5}


# Orders


async def test_an_order_comes_back_as_it_was_stored(shop: Shop) -> None:
    assert await shop.orders.get_order(OrderNumber("3")) == CONTENTS.orders[2]
    assert await shop.orders.get_order(OrderNumber("99")) is None
    for each in CONTENTS.orders:
        assert await shop.orders.owner_of(each.number) == each.customer_id
    assert await shop.orders.owner_of(OrderNumber("99")) is None


async def test_a_customers_orders_come_newest_first(shop: Shop) -> None:
    assert [each.number for each in await shop.orders.orders_of(ADA, limit=5)] == ["6", "5", "4", "2", "3"]
    assert await shop.orders.orders_of(BEN) == []


LONG_AGO = NOW - timedelta(days=9_000)


async def test_baskets_come_oldest_first_without_what_was_cancelled(shop: Shop) -> None:
    found = await shop.orders.baskets(since=LONG_AGO, limit=10)
    assert [each.order for each in found] == ["1", "3", "2", "4", "6"]
    assert found[1] == Basket(
        order=OrderNumber("3"),
        at=CONTENTS.orders[2].placed_at,
        customer_id=ADA,
        products=frozenset({ProductId("run"), ProductId("sock")}),
    )
    await shop.orders.cancel_order(OrderNumber("2"), reason="Too late", at=NOW, key="k")
    assert [each.order for each in await shop.orders.baskets(since=LONG_AGO, limit=10)] == ["1", "3", "4", "6"]


async def test_baskets_come_page_by_page_those_of_one_instant_by_number(kind: str, database: Database) -> None:
    at_once = [replace(order(str(number), "delivered", placed_hours_ago=1), customer_id=None) for number in (9, 10, 11)]
    later = replace(order("1", "delivered", placed_hours_ago=0), lines=(line(SOCK, 3), line(SOCK, 1)))
    shop = await opened(kind, database, ShopContents(orders=(later, *at_once)))
    since = at_once[0].placed_at
    assert [each.order for each in await shop.orders.baskets(since=since, limit=9)] == ["10", "11", "9", "1"]
    assert await shop.orders.baskets(since=since + timedelta(minutes=30), limit=9) == [later.basket]
    pages: list[str] = []
    after: OrderNumber | None = None
    while page := await shop.orders.baskets(since=since, after=after, limit=2):
        pages.append(" ".join(each.order for each in page))
        since, after = page[-1].at, page[-1].order
    assert pages == ["10 11", "9 1"]


async def test_a_page_of_many_baskets_holds_all_their_products(kind: str, database: Database) -> None:
    many = [replace(order(str(number), "delivered"), lines=(line(SOCK, 1),)) for number in range(1_201)]
    shop = await opened(kind, database, ShopContents(orders=tuple(many)))
    found = await shop.orders.baskets(since=LONG_AGO, limit=2_000)
    assert len(found) == 1_201
    assert {each.products for each in found} == {frozenset({ProductId("sock")})}


async def test_cancelling_a_paid_order_refunds_its_total_and_puts_its_pieces_back(shop: Shop) -> None:
    cancelled = await shop.orders.cancel_order(OrderNumber("1"), reason="Too late", at=NOW, key="k")
    assert (cancelled.state, cancelled.cancelled_at, cancelled.cancel_reason) == ("cancelled", NOW, "Too late")
    (refund,) = cancelled.refunds
    assert (refund.amount, refund.method, refund.state) == (cancelled.total, "Visa ending in 4242", "pending")
    assert (refund.reason, refund.created_at, refund.settled_at) == ("Too late", NOW, None)
    assert await shop.orders.get_order(OrderNumber("1")) == cancelled
    assert await stock(shop) == {RED9: 5, RED10: 0, SOCK: 6}


async def test_cancelling_an_authorised_order_refunds_nothing(shop: Shop) -> None:
    cancelled = await shop.orders.cancel_order(OrderNumber("2"), reason="Too late", at=NOW, key="k")
    assert (cancelled.state, cancelled.refunds) == ("cancelled", ())


async def test_cancelling_a_partly_refunded_order_refunds_only_the_rest(shop: Shop) -> None:
    cancelled = await shop.orders.cancel_order(OrderNumber("6"), reason="Too late", at=NOW, key="k")
    assert [refund.amount for refund in cancelled.refunds] == [usd(1_000), cancelled.total - usd(1_000)]
    assert await shop.orders.get_order(OrderNumber("6")) == cancelled


@pytest.mark.parametrize(
    ("number", "rule"),
    [("3", "order.already_shipped"), ("4", "order.already_shipped"), ("5", "order.already_cancelled")],
)
async def test_an_order_that_is_on_its_way_or_cancelled_stays_as_it_is(shop: Shop, number: str, rule: str) -> None:
    before = await shop.orders.get_order(OrderNumber(number))
    with pytest.raises(Refused) as refusal:
        await shop.orders.cancel_order(OrderNumber(number), reason="Too late", at=NOW, key="a")
    assert refusal.value.rule == rule
    with pytest.raises(Refused) as refusal:
        await shop.orders.change_shipping_address(OrderNumber(number), WORK, key="b")
    assert refusal.value.rule == rule
    assert await shop.orders.get_order(OrderNumber(number)) == before
    assert await stock(shop) == {RED9: 3, RED10: 0, SOCK: 5}


async def test_an_order_goes_to_another_address(shop: Shop) -> None:
    changed = await shop.orders.change_shipping_address(OrderNumber("1"), WORK, key="k")
    assert changed == replace(CONTENTS.orders[0], shipping_address=WORK)
    assert await shop.orders.get_order(OrderNumber("1")) == changed


async def test_an_order_that_does_not_exist_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound):
        await shop.orders.cancel_order(OrderNumber("99"), reason="Too late", at=NOW, key="k")
    with pytest.raises(NotFound):
        await shop.orders.change_shipping_address(OrderNumber("99"), WORK, key="k")
    with pytest.raises(NotFound):
        await shop.returns.request_return(OrderNumber("99"), "refund", [back(RED9)], at=NOW, key="k")


# Returns


def back(sku: Sku, quantity: int = 1, exchange: Sku | None = None) -> ReturnLine:
    return ReturnLine(sku=sku, quantity=quantity, reason="Too small", exchange_sku=exchange)


async def test_goods_of_a_delivered_order_can_come_back_piece_by_piece(shop: Shop) -> None:
    number = OrderNumber("4")
    first = await shop.returns.request_return(number, "refund", [back(RED9), back(SOCK)], at=NOW, key="a")
    later = NOW + timedelta(hours=1)
    second = await shop.returns.request_return(number, "exchange", [back(RED9, 1, RED9)], at=later, key="b")
    assert (first.state, first.requested_at, first.order_number) == ("requested", NOW, number)
    assert second.lines == (back(RED9, 1, RED9),)
    assert first.id != second.id
    assert await shop.returns.returns_of(number) == [first, second]
    assert await shop.orders.get_order(number) == CONTENTS.orders[3]


@pytest.mark.parametrize(
    ("number", "lines", "rule"),
    [
        ("3", [back(RED9)], "return.not_delivered"),
        ("4", [back(RED10)], "return.not_in_order"),
        ("4", [back(RED9, 3)], "return.not_in_order"),
        ("4", [back(SOCK)], "return.already_requested"),
        ("4", [back(RED9), back(SOCK)], "return.already_requested"),
    ],
)
async def test_a_return_that_does_not_fit_its_order_is_refused(
    shop: Shop, number: str, lines: list[ReturnLine], rule: str
) -> None:
    known = await shop.returns.request_return(OrderNumber("4"), "refund", [back(SOCK)], at=NOW, key="a")
    with pytest.raises(Refused) as refusal:
        await shop.returns.request_return(OrderNumber(number), "refund", lines, at=NOW, key="b")
    assert refusal.value.rule == rule
    assert await shop.returns.returns_of(OrderNumber("4")) == [known]


async def test_a_label_is_made_once_and_only_where_it_is_wanted(shop: Shop) -> None:
    number = OrderNumber("4")
    first = await shop.returns.request_return(number, "refund", [back(SOCK)], has_label=True, at=NOW, key="a")
    again = await shop.returns.request_return(number, "refund", [back(SOCK)], has_label=False, at=NOW, key="a")
    other = await shop.returns.request_return(number, "refund", [back(RED9)], at=NOW, key="b")
    assert first.tracking_id
    assert again == first
    assert other.tracking_id is None
    assert await shop.returns.returns_of(number) == [first, other]


async def test_a_return_that_nobody_looked_at_is_withdrawn_once_and_can_be_asked_for_again(shop: Shop) -> None:
    number = OrderNumber("4")
    asked = await shop.returns.request_return(number, "refund", [back(SOCK)], at=NOW, key="a")
    gone = await shop.returns.withdraw_return(asked.id, key="b")
    assert gone == replace(asked, state="withdrawn")
    assert await shop.returns.withdraw_return(asked.id, key="b") == gone
    with pytest.raises(Refused) as refusal:
        await shop.returns.withdraw_return(asked.id, key="c")
    assert refusal.value.rule == "return.already_withdrawn"
    anew = await shop.returns.request_return(number, "refund", [back(SOCK)], at=NOW, key="d")
    assert anew.id != asked.id
    assert await shop.returns.returns_of(number) == [gone, anew]


@pytest.mark.parametrize("state", sorted(set(get_args(ReturnState)) - {"requested", "withdrawn"}))
async def test_a_return_that_is_under_way_is_not_withdrawn(kind: str, database: Database, state: ReturnState) -> None:
    back_ = Return(
        id="R4-1", order_number=OrderNumber("4"), kind="refund", state=state, lines=(back(SOCK),), requested_at=NOW
    )
    shop = await opened(kind, database, replace(CONTENTS, returns=(back_,)))
    with pytest.raises(Refused) as refusal:
        await shop.returns.withdraw_return("R4-1", key="a")
    assert refusal.value.rule == "return.under_way"
    assert await shop.returns.returns_of(OrderNumber("4")) == [back_]


async def test_a_return_that_does_not_exist_is_neither_withdrawn_nor_taken_up_again(shop: Shop) -> None:
    with pytest.raises(NotFound):
        await shop.returns.withdraw_return("R4-9", key="a")
    with pytest.raises(NotFound):
        await shop.returns.reinstate_return("R4-9", at=NOW, key="b")


async def test_a_withdrawn_return_is_taken_up_again_as_it_was(shop: Shop) -> None:
    number = OrderNumber("4")
    asked = await shop.returns.request_return(number, "refund", [back(SOCK)], has_label=True, at=NOW, key="a")
    with pytest.raises(Refused) as refusal:
        await shop.returns.reinstate_return(asked.id, at=NOW, key="b")
    assert refusal.value.rule == "return.not_withdrawn"
    await shop.returns.withdraw_return(asked.id, key="c")
    assert await shop.returns.reinstate_return(asked.id, at=NOW, key="d") == asked
    assert await shop.returns.reinstate_return(asked.id, at=NOW, key="d") == asked
    assert await shop.returns.returns_of(number) == [asked]


async def test_a_return_whose_goods_come_back_otherwise_is_not_taken_up_again(shop: Shop) -> None:
    number = OrderNumber("4")
    asked = await shop.returns.request_return(number, "refund", [back(SOCK)], at=NOW, key="a")
    gone = await shop.returns.withdraw_return(asked.id, key="b")
    anew = await shop.returns.request_return(number, "refund", [back(SOCK)], at=NOW, key="c")
    with pytest.raises(Refused) as refusal:
        await shop.returns.reinstate_return(asked.id, at=NOW, key="d")
    assert refusal.value.rule == "return.already_requested"
    assert await shop.returns.returns_of(number) == [gone, anew]


async def test_the_staff_see_the_returns_that_wait_for_them_the_oldest_first(shop: Shop) -> None:
    number = OrderNumber("4")
    later = await shop.returns.request_return(number, "refund", [back(SOCK)], at=NOW + timedelta(hours=1), key="a")
    first = await shop.returns.request_return(number, "refund", [back(RED9)], at=NOW, key="b")
    gone = await shop.returns.request_return(number, "refund", [back(RED9)], at=NOW, key="c")
    await shop.returns.withdraw_return(gone.id, key="d")
    assert await shop.returns.list_returns("requested") == [first, later]
    assert await shop.returns.list_returns("requested", limit=1) == [first]
    assert [each.id for each in await shop.returns.list_returns("withdrawn")] == [gone.id]


@pytest.mark.parametrize("lines", [[], [back(RED9, 0)]])
async def test_a_return_of_nothing_is_invalid(shop: Shop, lines: list[ReturnLine]) -> None:
    with pytest.raises(InvalidInput):
        await shop.returns.request_return(OrderNumber("4"), "refund", lines, at=NOW, key="k")


# Carts


async def test_a_cart_takes_a_line_changes_it_in_place_and_lets_it_go(shop: Shop) -> None:
    await shop.carts.set_cart_line("k1", RED9, 3, at=NOW, key="a")
    changed = await shop.carts.set_cart_line("k1", SOCK, 4, at=NOW, key="b")
    assert changed.lines == (CartLine(sku=SOCK, quantity=4), CartLine(sku=RED9, quantity=3))
    assert changed.updated_at == NOW
    assert await shop.carts.get_cart("k1") == changed
    emptier = await shop.carts.set_cart_line("k1", SOCK, 0, at=NOW, key="c")
    assert emptier.lines == (CartLine(sku=RED9, quantity=3),)
    assert await shop.carts.get_cart("k1") == emptier


async def test_a_customers_carts_come_last_touched_first(shop: Shop) -> None:
    assert [cart.id for cart in await shop.carts.carts_of(ADA)] == ["k2", "k1"]
    await shop.carts.set_cart_line("k1", RED9, 1, at=NOW, key="a")
    assert [cart.id for cart in await shop.carts.carts_of(ADA)] == ["k1", "k2"]
    assert await shop.carts.carts_of(BEN) == []


@pytest.mark.parametrize(("sku", "quantity"), [(RED9, 4), (RED10, 1)])
async def test_a_cart_does_not_take_more_than_can_be_sold(shop: Shop, sku: Sku, quantity: int) -> None:
    with pytest.raises(Refused) as refusal:
        await shop.carts.set_cart_line("k1", sku, quantity, at=NOW, key="a")
    assert refusal.value.rule == "cart.out_of_stock"
    assert await shop.carts.get_cart("k1") == CONTENTS.carts[0]


async def test_a_cart_is_filled_with_just_some_lines_in_their_order_and_emptied(shop: Shop) -> None:
    wanted = (CartLine(sku=RED9, quantity=2), CartLine(sku=SOCK, quantity=5))
    full = await shop.carts.fill_cart("k1", wanted, at=NOW, key="a")
    assert full == replace(CONTENTS.carts[0], lines=wanted, updated_at=NOW)
    assert await shop.carts.get_cart("k1") == full
    turned = await shop.carts.fill_cart("k1", wanted[::-1], at=NOW, key="b")
    assert turned.lines == wanted[::-1]
    assert await shop.carts.get_cart("k1") == turned
    assert (await shop.carts.fill_cart("k1", (), at=NOW, key="c")).lines == ()
    assert await shop.carts.fill_cart("k1", wanted, at=NOW, key="a") == full
    emptied = await shop.carts.get_cart("k1")
    assert emptied
    assert emptied.lines == ()


async def test_what_a_cart_is_filled_with_has_to_make_sense(shop: Shop) -> None:
    one = CartLine(sku=RED9, quantity=1)
    for lines in ([replace(one, quantity=0)], [one, one]):
        with pytest.raises(InvalidInput):
            await shop.carts.fill_cart("k1", lines, at=NOW, key="a")
    for cart, sku in (("none", RED9), ("k1", Sku("none"))):
        with pytest.raises(NotFound):
            await shop.carts.fill_cart(cart, [replace(one, sku=sku)], at=NOW, key="a")
    with pytest.raises(Refused) as refusal:
        await shop.carts.fill_cart("k1", [one, CartLine(sku=RED10, quantity=1)], at=NOW, key="a")
    assert refusal.value.rule == "cart.out_of_stock"
    assert await shop.carts.get_cart("k1") == CONTENTS.carts[0]


async def test_a_cart_line_has_to_make_sense(shop: Shop) -> None:
    with pytest.raises(InvalidInput):
        await shop.carts.set_cart_line("k1", RED9, -1, at=NOW, key="a")
    with pytest.raises(NotFound):
        await shop.carts.set_cart_line("none", RED9, 1, at=NOW, key="a")
    with pytest.raises(NotFound):
        await shop.carts.set_cart_line("k1", Sku("none"), 1, at=NOW, key="a")
    assert await shop.carts.get_cart("none") is None


async def test_a_cart_is_opened_empty_and_found_again_by_its_visitor(shop: Shop) -> None:
    opened = await shop.carts.open_cart("k9", None, at=NOW, key="a")
    assert opened == Cart(id="k9", customer_id=None, lines=(), updated_at=NOW)
    filled = await shop.carts.set_cart_line("k9", SOCK, 1, at=NOW, key="b")
    assert await shop.carts.open_cart("k9", None, at=NOW + timedelta(days=1), key="c") == filled
    assert await shop.carts.open_cart("k1", ADA, at=NOW, key="d") == CONTENTS.carts[0]
    assert [cart.id for cart in await shop.carts.carts_of(ADA)] == ["k2", "k1"]


@pytest.mark.parametrize("visitor", [None, BEN])
async def test_a_cart_is_not_opened_for_somebody_else(shop: Shop, visitor: CustomerId | None) -> None:
    with pytest.raises(Conflict):
        await shop.carts.open_cart("k1", visitor, at=NOW, key="a")
    assert await shop.carts.get_cart("k1") == CONTENTS.carts[0]


# Customers


async def test_consent_to_marketing_is_noted_with_its_time_and_withdrawn_again(shop: Shop) -> None:
    given = await shop.customers.set_marketing_consent(ADA, True, at=NOW, key="a")
    assert given == replace(CONTENTS.customers[0], marketing_consent=True, consent_at=NOW)
    assert await shop.customers.get_customer(ADA) == given
    later = NOW + timedelta(days=1)
    withdrawn = await shop.customers.set_marketing_consent(ADA, False, at=later, key="b")
    assert (withdrawn.marketing_consent, withdrawn.consent_at) == (False, later)
    assert await shop.customers.get_customer(ADA) == withdrawn
    with pytest.raises(NotFound):
        await shop.customers.set_marketing_consent(CustomerId("none"), True, at=NOW, key="c")


async def test_a_customers_parcels_go_to_another_address_from_now_on(shop: Shop) -> None:
    moved = await shop.customers.set_default_address(ADA, WORK, key="a")
    assert moved == replace(CONTENTS.customers[0], address=WORK)
    assert await shop.customers.get_customer(ADA) == moved
    assert await shop.orders.get_order(OrderNumber("1")) == CONTENTS.orders[0]
    with pytest.raises(NotFound):
        await shop.customers.set_default_address(CustomerId("none"), WORK, key="b")


async def test_a_customer_is_found_by_id_and_by_e_mail_in_any_case(shop: Shop) -> None:
    assert await shop.customers.get_customer(ADA) == CONTENTS.customers[0]
    assert await shop.customers.find_customer("ADA@example.COM") == CONTENTS.customers[0]
    assert await shop.customers.get_customer(CustomerId("none")) is None
    assert await shop.customers.find_customer("none@example.com") is None


async def test_gift_cards_that_expire_first_lead_and_those_that_never_do_follow(shop: Shop) -> None:
    assert [card.id for card in await shop.customers.gift_cards_of(ADA)] == ["C", "A", "B"]
    assert await shop.customers.gift_cards_of(BEN) == []


# Tickets and leads


async def test_a_customers_own_open_tickets_are_told_newest_first(shop: Shop) -> None:
    newer = replace(TICKET, id="t-8", customer_id=ADA, created_at=TICKET.created_at + timedelta(hours=1))
    own = replace(TICKET, id="t-9", customer_id=ADA)
    closed = replace(own, id="t-10", state="closed")
    others = replace(own, id="t-11", customer_id=BEN)
    guests = replace(own, id="t-12", customer_id=None)
    for ticket in (own, newer, closed, others, guests):
        await shop.tickets.open_ticket(ticket, key=ticket.id)
    assert await shop.tickets.tickets_of(ADA) == [newer, own]
    assert await shop.tickets.tickets_of(ADA, limit=1) == [newer]
    assert await shop.tickets.tickets_of(CustomerId("nobody")) == []


async def test_tickets_are_kept_newest_first(shop: Shop) -> None:
    await shop.tickets.open_ticket(TICKET, key="a")
    newer = replace(TICKET, id="t2", created_at=NOW + timedelta(minutes=1))
    assert await shop.tickets.open_ticket(newer, key="b") == newer
    assert await shop.tickets.list_tickets() == [newer, TICKET]
    assert await shop.tickets.list_tickets(limit=1) == [newer]


async def test_an_id_is_not_given_to_a_second_thing(shop: Shop) -> None:
    await shop.tickets.open_ticket(TICKET, key="a")
    await shop.leads.add_lead(LEAD, key="b")
    with pytest.raises(Conflict):
        await shop.tickets.open_ticket(replace(TICKET, subject="Other"), key="c")
    with pytest.raises(Conflict):
        await shop.leads.add_lead(replace(LEAD, email="other@example.com"), key="d")


async def test_a_second_lead_for_the_same_wish_is_the_first(shop: Shop) -> None:
    await shop.leads.add_lead(LEAD, key="a")
    again = replace(LEAD, id="l2", email="ADA@example.com", consent_at=NOW + timedelta(days=1))
    other = replace(again, id="l3", sku=RED9)
    assert await shop.leads.add_lead(again, key="b") == LEAD
    assert await shop.leads.add_lead(other, key="c") == other
    assert await shop.leads.list_leads("back_in_stock") == [other, LEAD]
    assert await shop.leads.list_leads("back_in_stock", limit=1) == [other]
    assert await shop.leads.list_leads("newsletter") == []


async def test_a_lead_comes_back_with_all_that_was_said_of_it(shop: Shop) -> None:
    whole = replace(LEAD, consent_words="One mail.", conversation_id=ConversationId("c1"), customer_id=ADA)
    assert await shop.leads.add_lead(whole, key="a") == whole
    assert await shop.leads.list_leads("back_in_stock") == [whole]


async def test_leads_wait_for_a_variant_in_the_order_they_were_made(shop: Shop) -> None:
    late = replace(LEAD, id="a", email="ben@example.com", consent_at=NOW + timedelta(hours=1))
    await shop.leads.add_lead(late, key="a")
    await shop.leads.add_lead(LEAD, key="b")
    await shop.leads.add_lead(replace(LEAD, id="l3", sku=RED9), key="c")
    await shop.leads.add_lead(replace(LEAD, id="l4", kind="newsletter", sku=None), key="d")
    assert await shop.leads.leads_for(RED10) == [LEAD, late]
    assert [lead.id for lead in await shop.leads.leads_of("ADA@example.com ")] == ["l1", "l3", "l4"]


async def test_a_settled_lead_waits_no_more_and_its_wish_can_be_made_anew(shop: Shop) -> None:
    await shop.leads.add_lead(LEAD, key="a")
    settled = await shop.leads.settle_lead("l1", at=NOW, key="b")
    assert settled == replace(LEAD, settled_at=NOW)
    assert await shop.leads.leads_for(RED10) == []
    assert await shop.leads.leads_of(LEAD.email) == []
    assert await shop.leads.settle_lead("l1", at=NOW + timedelta(days=1), key="c") == settled
    anew = replace(LEAD, id="l2", consent_at=NOW + timedelta(days=1))
    assert await shop.leads.add_lead(anew, key="d") == anew
    assert await shop.leads.leads_for(RED10) == [anew]
    assert await shop.leads.list_leads("back_in_stock") == [anew, settled]
    with pytest.raises(NotFound):
        await shop.leads.settle_lead("none", at=NOW, key="e")


async def test_a_wish_made_again_is_answered_where_it_was_made_last(shop: Shop) -> None:
    first = replace(LEAD, conversation_id=ConversationId("c1"))
    again = replace(LEAD, id="l2", conversation_id=ConversationId("c2"), customer_id=ADA)
    await shop.leads.add_lead(first, key="a")
    moved = replace(again, id="l1")
    assert await shop.leads.add_lead(again, key="b") == moved
    assert await shop.leads.leads_for(RED10) == [moved]


async def test_a_guest_does_not_draw_a_customers_answer_to_themselves(shop: Shop) -> None:
    theirs = replace(LEAD, conversation_id=ConversationId("c1"), customer_id=ADA)
    await shop.leads.add_lead(theirs, key="a")
    guest = replace(LEAD, id="l2", conversation_id=ConversationId("c2"))
    await shop.leads.add_lead(guest, key="b")
    await shop.leads.add_lead(replace(guest, id="l3", customer_id=BEN), key="c")
    assert await shop.leads.leads_for(RED10) == [theirs]


async def test_what_an_address_is_signed_up_for_ends_by_kind(shop: Shop) -> None:
    letter = replace(LEAD, id="l3", kind="newsletter", sku=None)
    settled = replace(LEAD, id="l4")
    await shop.leads.add_lead(settled, key="l4")
    await shop.leads.settle_lead("l4", at=NOW, key="settle")
    for each in (LEAD, replace(LEAD, id="l2", sku=RED9), letter):
        await shop.leads.add_lead(each, key=each.id)
    waits: frozenset[LeadKind] = frozenset({"back_in_stock"})
    assert await shop.leads.remove_leads(waits, "ben@example.com", customer_id=None, at=NOW, key="a") == 0
    for _ in range(2):
        assert await shop.leads.remove_leads(waits, "ADA@example.com", customer_id=None, at=NOW, key="b") == 3
    assert await shop.leads.leads_of(LEAD.email) == [letter]
    assert await shop.leads.list_leads("back_in_stock") == []


async def test_a_guest_ends_only_what_nobody_known_asked_for(shop: Shop) -> None:
    theirs = replace(LEAD, id="l2", sku=RED9, customer_id=ADA)
    for each in (LEAD, theirs):
        await shop.leads.add_lead(each, key=each.id)
    assert await shop.leads.remove_leads({"back_in_stock"}, LEAD.email, customer_id=BEN, at=NOW, key="a") == 1
    assert await shop.leads.leads_of(LEAD.email) == [theirs]
    assert await shop.leads.remove_leads({"back_in_stock"}, LEAD.email, customer_id=ADA, at=NOW, key="b") == 1
    assert await shop.leads.leads_of(LEAD.email) == []


async def test_a_customers_newsletter_is_their_consent_and_its_end_withdraws_it(shop: Shop) -> None:
    letter = replace(LEAD, kind="newsletter", sku=None, customer_id=ADA)
    await shop.leads.add_lead(letter, with_consent=True, key="a")
    given = replace(CONTENTS.customers[0], marketing_consent=True, consent_at=NOW)
    assert await shop.customers.get_customer(ADA) == given
    later = NOW + timedelta(days=1)
    await shop.leads.remove_leads({"newsletter"}, LEAD.email, customer_id=ADA, at=later, key="b")
    assert await shop.customers.get_customer(ADA) == replace(given, marketing_consent=False, consent_at=later)


async def test_a_sign_up_that_the_account_cannot_note_is_not_made(shop: Shop) -> None:
    nobody = replace(LEAD, kind="newsletter", sku=None, customer_id=CustomerId("none"))
    with pytest.raises(NotFound):
        await shop.leads.add_lead(nobody, with_consent=True, key="a")
    with pytest.raises(NotFound):
        await shop.leads.remove_leads({"newsletter"}, LEAD.email, customer_id=nobody.customer_id, at=NOW, key="b")
    assert await shop.leads.list_leads("newsletter") == []


async def test_a_lead_goes_again_with_the_consent_that_it_brought(shop: Shop) -> None:
    letter = replace(LEAD, kind="newsletter", sku=None, customer_id=ADA)
    wish = Wish(kind="newsletter", email="ADA@example.com")
    await shop.leads.add_lead(letter, with_consent=True, key="a")
    never = MarketingConsent(customer_id=ADA, is_given=False, at=None)
    for _ in range(2):
        await shop.leads.restore_lead(wish, None, never, key="b")
    assert await shop.leads.list_leads("newsletter") == []
    assert await shop.customers.get_customer(ADA) == CONTENTS.customers[0]
    with pytest.raises(NotFound):
        await shop.leads.restore_lead(wish, None, never, key="c")


async def test_a_lead_whose_wish_was_made_again_is_put_back_to_the_first(shop: Shop) -> None:
    wish = Wish(kind="back_in_stock", email=LEAD.email, sku=RED10)
    first = await shop.leads.add_lead(replace(LEAD, conversation_id=ConversationId("c1")), key="a")
    again = replace(LEAD, id="l2", conversation_id=ConversationId("c2"), customer_id=ADA)
    assert await shop.leads.add_lead(again, key="b") != first
    await shop.leads.restore_lead(wish, first, None, key="c")
    assert await shop.leads.leads_for(RED10) == [first]
    for other in (replace(first, sku=SOCK), replace(first, id="l9"), replace(first, settled_at=NOW)):
        with pytest.raises(InvalidInput):
            await shop.leads.restore_lead(wish, other, None, key="d")


async def test_a_lead_that_was_settled_stays_so(shop: Shop) -> None:
    await shop.leads.add_lead(LEAD, key="a")
    settled = await shop.leads.settle_lead(LEAD.id, at=NOW, key="b")
    with pytest.raises(NotFound):
        await shop.leads.restore_lead(Wish(kind="back_in_stock", email=LEAD.email, sku=RED10), None, None, key="c")
    assert await shop.leads.list_leads("back_in_stock") == [settled]


# Keys


async def test_the_same_write_with_the_same_key_happens_once(shop: Shop) -> None:
    later = NOW + timedelta(minutes=5)
    for at in (NOW, later):
        cancelled = await shop.orders.cancel_order(OrderNumber("1"), reason="Too late", at=at, key="a")
        moved = await shop.orders.change_shipping_address(OrderNumber("2"), WORK, key="b")
        returned = await shop.returns.request_return(OrderNumber("4"), "refund", [back(RED9)], at=at, key="c")
        cart = await shop.carts.set_cart_line("k1", RED9, 1, at=at, key="d")
        ticket = await shop.tickets.open_ticket(replace(TICKET, id=f"t-{at}", created_at=at), key="e")
        lead = await shop.leads.add_lead(replace(LEAD, id=f"l-{at}", consent_at=at), key="f")
        assert (cancelled.cancelled_at, returned.requested_at, cart.updated_at) == (NOW, NOW, NOW)
        assert (ticket.created_at, lead.consent_at) == (NOW, NOW)
    assert await shop.orders.get_order(OrderNumber("1")) == cancelled
    assert await shop.orders.get_order(OrderNumber("2")) == moved
    assert await shop.returns.returns_of(OrderNumber("4")) == [returned]
    assert await shop.carts.get_cart("k1") == cart
    assert await shop.tickets.list_tickets() == [ticket]
    assert await shop.leads.list_leads("back_in_stock") == [lead]
    assert await stock(shop) == {RED9: 5, RED10: 0, SOCK: 6}


async def test_a_repeated_write_returns_what_it_gave_even_when_more_has_happened_since(shop: Shop) -> None:
    first = await shop.carts.set_cart_line("k1", RED9, 1, at=NOW, key="a")
    latest = await shop.carts.set_cart_line("k1", RED9, 2, at=NOW, key="b")
    assert await shop.carts.set_cart_line("k1", RED9, 1, at=NOW, key="a") == first
    assert await shop.carts.get_cart("k1") == latest


async def test_a_key_is_not_taken_for_another_write(shop: Shop) -> None:
    await shop.orders.change_shipping_address(OrderNumber("1"), WORK, key="k")
    with pytest.raises(Conflict):
        await shop.orders.change_shipping_address(OrderNumber("2"), WORK, key="k")
    with pytest.raises(Conflict):
        await shop.orders.cancel_order(OrderNumber("1"), reason="Too late", at=NOW, key="k")
    with pytest.raises(Conflict):
        await shop.returns.request_return(OrderNumber("4"), "refund", [back(RED9)], at=NOW, key="k")
    with pytest.raises(Conflict):
        await shop.carts.set_cart_line("k1", RED9, 1, at=NOW, key="k")
    with pytest.raises(Conflict):
        await shop.tickets.open_ticket(TICKET, key="k")
    with pytest.raises(Conflict):
        await shop.leads.add_lead(LEAD, key="k")
    with pytest.raises(Conflict):
        await shop.leads.remove_leads({"newsletter"}, LEAD.email, customer_id=None, at=NOW, key="k")
    with pytest.raises(Conflict):
        await shop.leads.restore_lead(Wish(kind="newsletter", email=LEAD.email), None, None, key="k")
    with pytest.raises(Conflict):
        await shop.catalogue.set_stock(RED10, 1, key="k")
    with pytest.raises(Conflict):
        await shop.carts.open_cart("k9", None, at=NOW, key="k")
    with pytest.raises(Conflict):
        await shop.customers.set_marketing_consent(ADA, True, at=NOW, key="k")
    with pytest.raises(Conflict):
        await shop.customers.set_default_address(ADA, WORK, key="k")
    with pytest.raises(Conflict):
        await shop.carts.fill_cart("k1", (), at=NOW, key="k")
    with pytest.raises(Conflict):
        await shop.orders.change_payment_method(OrderNumber("1"), "A", at=NOW, key="k")
    with pytest.raises(Conflict):
        await shop.orders.change_items(OrderNumber("1"), [ItemChange(sku=RED9, new_sku=RED10)], "A", at=NOW, key="k")
    with pytest.raises(Conflict):
        await shop.returns.reinstate_return("R4-1", at=NOW, key="k")
    assert await shop.orders.get_order(OrderNumber("2")) == CONTENTS.orders[1]
    assert await shop.tickets.list_tickets() == []


async def test_what_was_carried_out_is_found_by_its_key(shop: Shop) -> None:
    assert await shop.effects.find_effect("k") is None
    moved = await shop.orders.change_shipping_address(OrderNumber("1"), WORK, key="k")
    with pytest.raises(Refused):
        await shop.orders.cancel_order(OrderNumber("3"), reason="Too late", at=NOW, key="l")
    effect = await shop.effects.find_effect("k")
    assert effect
    assert effect.kind == "change_shipping_address"
    assert writes.ORDER.validate_python(effect.result) == moved
    assert await shop.effects.find_effect("l") is None


async def test_a_refused_write_leaves_its_key_free(shop: Shop) -> None:
    with pytest.raises(Refused):
        await shop.carts.set_cart_line("k1", RED10, 1, at=NOW, key="k")
    assert await shop.carts.set_cart_line("k1", RED9, 1, at=NOW, key="k")


async def test_the_same_write_from_many_sides_at_once_happens_once(shop: Shop) -> None:
    results: list[Order] = []

    async def cancel() -> None:
        results.append(await shop.orders.cancel_order(OrderNumber("1"), reason="Too late", at=NOW, key="k"))

    async with create_task_group() as group:
        for _ in range(8):
            group.start_soon(cancel)
    assert results == [results[0]] * 8
    assert await stock(shop) == {RED9: 5, RED10: 0, SOCK: 6}


# Contents


async def test_everything_of_the_demo_shop_reads_as_it_was_loaded(
    kind: str, database: Database, demo: ShopContents
) -> None:
    shop = await opened(kind, database, demo)
    assert await shop.catalogue.list_products(limit=1_000) == sorted(demo.products, key=lambda each: each.id)
    for each in demo.orders:
        assert await shop.orders.get_order(each.number) == each
        returns = [known for known in demo.returns if known.order_number == each.number]
        assert await shop.returns.returns_of(each.number) == returns
    for each in demo.carts:
        assert await shop.carts.get_cart(each.id) == each
    cards = 0
    for each in demo.customers:
        assert await shop.customers.find_customer(each.email) == each
        assert all(known.customer_id == each.id for known in await shop.orders.orders_of(each.id))
        cards += len(await shop.customers.gift_cards_of(each.id))
    assert cards == sum(card.customer_id is not None for card in demo.gift_cards)
    assert {known.code for known in await shop.catalogue.active_promotions(NOW)} == {
        "WELCOME10",
        "SNEAKER20",
        "RAINYDAY15",
    }


async def test_a_shop_is_filled_whole_or_not_at_all(database: Database) -> None:
    new = product("new", variant(Sku("NEW"), 1))
    twice = (*CONTENTS.carts, *CONTENTS.carts)
    with pytest.raises(StorageError):
        await load(database, ShopContents(products=(new,), carts=twice))
    assert await sql_shop(database).catalogue.get_product(new.id) is None


async def test_a_shop_that_is_filled_stays_as_it_is(database: Database) -> None:
    await load(database, CONTENTS)
    await load(database, CONTENTS)  # as another process does that starts at the same time
    new = product("new", variant(Sku("NEW"), 1))
    await load(database, ShopContents(products=(new,)))
    assert await sql_shop(database).catalogue.get_product(new.id) is None
