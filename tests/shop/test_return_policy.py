"""What a shop takes back: days, exclusions, exchanges and money, and the help pages that say the same in words."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from demo_app import contents
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shopfloor.agents.settings import shipped_brand
from shopfloor.kernel.ids import OrderNumber, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop.demo import demo_pages
from shopfloor.shop.models import Order, Refund, Return, ReturnLine
from shopfloor.shop.return_policy import ReturnableLine, ReturnPolicy, ReturnReason, assess, kinds_of, refund_due

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
POLICY = shipped_brand().returns
PRODUCTS = {product.id: product for product in contents().products}
ORDERS = {order.number: order for order in contents().orders}
OWN = ORDERS[OrderNumber("118")]
"""A raincoat in S and a scarf without sizes, delivered on 12 November 2026 in the United States."""
TRENCH, SCARF = (line.sku for line in OWN.lines)


def judged(
    order: Order = OWN,
    *,
    policy: ReturnPolicy = POLICY,
    earlier: tuple[Return, ...] = (),
    reason: ReturnReason | None = None,
    at: datetime = NOW,
) -> tuple[ReturnableLine, ...]:
    return assess(order, earlier, PRODUCTS, policy, reason=reason, at=at, zone=ZONE)


def sent_to(country: str, order: Order = OWN) -> Order:
    return replace(order, shipping_address=replace(order.shipping_address, country=country))


def returned(sku: Sku, **changes: object) -> Return:
    back = Return(
        id="R118-1",
        order_number=OWN.number,
        kind="refund",
        state="requested",
        lines=(ReturnLine(sku=sku, quantity=1, reason="Too small"),),
        requested_at=datetime(2026, 11, 20, tzinfo=UTC),
    )
    return replace(back, **changes)  # type: ignore[arg-type]


def with_category(category: str, *, tags: tuple[str, ...] = ()) -> Order:
    """Return the order with its first line as a product of some category, which the catalogue then has."""
    product = next(p for p in contents().products if p.category[-1] == category)
    PRODUCTS[product.id] = replace(product, tags=(*product.tags, *tags))
    line = replace(OWN.lines[0], product_id=product.id, sku=product.variants[0].sku, size=product.variants[0].size)
    return replace(OWN, lines=(line,), shipments=tuple(replace(s, skus=(line.sku,)) for s in OWN.shipments))


@pytest.mark.parametrize(
    ("country", "last"), [("US", date(2026, 12, 12)), ("AU", date(2026, 12, 27)), ("FR", date(2026, 12, 12))]
)
def test_the_days_count_from_the_delivery_and_depend_on_the_country(country: str, last: date) -> None:
    assert {line.until for line in judged(sent_to(country))} == {last}


def test_the_last_day_still_counts_and_ends_at_midnight_in_the_shops_zone() -> None:
    last_minute = datetime(2026, 12, 12, 23, 59, tzinfo=ZONE)
    assert {line.state for line in judged(at=last_minute)} == {"returnable"}
    assert {line.state for line in judged(at=last_minute + timedelta(minutes=1))} == {"too_late"}


def test_each_parcel_has_days_of_its_own() -> None:
    (parcel,) = OWN.shipments
    assert parcel.delivered_at
    later = replace(parcel, id="S2", skus=(SCARF,), delivered_at=parcel.delivered_at + timedelta(days=3))
    trench, scarf = judged(replace(OWN, shipments=(replace(parcel, skus=(TRENCH,)), later)))
    assert (trench.until, scarf.until) == (date(2026, 12, 12), date(2026, 12, 15))


def test_what_is_on_its_way_back_is_not_returned_again_unless_that_came_to_nothing() -> None:
    assert [line.state for line in judged(earlier=(returned(TRENCH),))] == ["already_requested", "returnable"]
    for state in ("rejected", "withdrawn"):
        assert [line.left for line in judged(earlier=(returned(TRENCH, state=state),))] == [1, 1]


def test_a_part_of_several_pieces_can_go_back_later() -> None:
    two = replace(OWN, lines=(replace(OWN.lines[0], quantity=2), OWN.lines[1]))
    (trench, _) = judged(two, earlier=(returned(TRENCH),))
    assert (trench.left, trench.state) == (1, "returnable")


@pytest.mark.parametrize(
    ("reason", "state"), [(None, "excluded"), ("changed_mind", "excluded"), ("faulty", "returnable")]
)
def test_underwear_comes_back_only_if_it_is_wrong_or_faulty(reason: ReturnReason | None, state: str) -> None:
    (line,) = judged(with_category("Underwear"), reason=reason)
    assert line.state == state
    assert bool(line.why) is (state == "excluded")


def test_final_sale_is_final() -> None:
    (line,) = judged(with_category("Hats", tags=("final-sale",)))
    assert (line.state, line.why) == ("excluded", "it was sold as final sale")


def test_a_condition_is_told_for_the_goods_that_it_is_about() -> None:
    (line,) = judged(with_category("Candles"))
    assert "sealed" in line.condition


def test_an_exchange_is_for_another_size_of_the_same_colour_in_stock() -> None:
    trench, scarf = judged()
    assert TRENCH not in {variant.sku for variant in trench.exchanges}
    assert {variant.colour for variant in trench.exchanges} == {"navy"}
    assert all(variant.stock > 0 for variant in trench.exchanges)
    assert scarf.exchanges == ()
    assert kinds_of(OWN, [trench], POLICY) == ("refund", "exchange")
    assert kinds_of(OWN, [scarf], POLICY) == ("refund",)
    assert kinds_of(OWN, [trench, scarf], POLICY) == ("refund",)


def test_what_was_faulty_may_come_again_in_the_same_size() -> None:
    trench, _ = judged(reason="faulty")
    stock = next(v.stock for p in contents().products for v in p.variants if v.sku == TRENCH)
    assert (TRENCH in {variant.sku for variant in trench.exchanges}) is (stock > 0)


def test_nothing_is_exchanged_by_mail_abroad() -> None:
    order = sent_to("CA")
    trench, _ = judged(order)
    assert kinds_of(order, [trench], POLICY) == ("refund",)


def test_all_goods_give_back_all_but_the_shipping() -> None:
    pieces = {line.sku: line.quantity for line in OWN.lines}
    assert refund_due(OWN, pieces, POLICY, "changed_mind") == OWN.total - OWN.shipping


def test_a_reduction_is_shared_by_all_goods() -> None:
    order = replace(OWN, discount=Money("USD", OWN.subtotal.minor // 2), tax=Money("USD", 0))
    assert refund_due(order, {SCARF: 1}, POLICY, None).minor == OWN.lines[1].unit_price.minor // 2


def test_pieces_that_come_back_already_are_not_given_back_twice_where_one_variant_cost_less_later() -> None:
    first = replace(OWN.lines[0], quantity=1, unit_price=Money("USD", 10_000))
    nothing = Money("USD", 0)
    order = replace(
        OWN,
        lines=(first, replace(first, unit_price=Money("USD", 5_000))),
        discount=nothing,
        tax=nothing,
        shipping=nothing,
        refunds=(),
    )
    one = refund_due(order, {first.sku: 1}, POLICY, "faulty")
    line = ReturnLine(sku=first.sku, quantity=1, reason="faulty")
    back = Return(id="R1", order_number=order.number, kind="refund", state="requested", lines=(line,), requested_at=NOW)
    other = refund_due(order, {first.sku: 1}, POLICY, "faulty", [back])
    assert (one.minor, other.minor) == (10_000, 5_000)
    assert refund_due(order, {first.sku: 1}, POLICY, "faulty", [replace(back, state="withdrawn")]) == one


def test_no_more_goes_back_than_is_left_of_what_the_order_cost() -> None:
    given = Refund(
        id="RF1",
        amount=OWN.total - Money("USD", 500),
        method="Visa",
        state="settled",
        reason="A favour",
        created_at=NOW,
        settled_at=NOW,
    )
    order = replace(OWN, refunds=(given,))
    assert refund_due(order, {line.sku: line.quantity for line in OWN.lines}, POLICY, "faulty").minor == 500


def test_what_moved_failed_or_left_with_changed_items_is_not_taken_off_what_goes_back() -> None:
    all_of_it = {line.sku: line.quantity for line in OWN.lines}
    free = refund_due(OWN, all_of_it, POLICY, "faulty")
    paid = OWN.payments[0]
    moved = Refund(
        id="RF1",
        amount=paid.amount,
        method="Visa",
        state="settled",
        reason="Anything at all",
        is_move=True,
        created_at=NOW,
        settled_at=NOW,
    )
    anew = replace(OWN, refunds=(moved,), payments=(paid, replace(paid, id="PY2", method_id="other")))
    assert refund_due(anew, all_of_it, POLICY, "faulty") == free
    failed = replace(OWN, refunds=(replace(moved, is_move=False, state="failed", settled_at=None),))
    assert refund_due(failed, all_of_it, POLICY, "faulty") == free
    less = Money("USD", 1_000)
    dear = replace(paid, amount=paid.amount + less)
    changed = replace(OWN, payments=(dear,), refunds=(replace(moved, is_move=False, amount=less),))
    assert refund_due(changed, all_of_it, POLICY, "faulty") == free


def test_what_earlier_returns_give_back_is_promised_once_and_only_until_their_goods_are_here() -> None:
    order = replace(OWN, payments=(replace(OWN.payments[0], amount=Money("USD", 1_500)),))
    all_of_it = {line.sku: line.quantity for line in OWN.lines}
    exchange = Return(
        id="R1",
        order_number=order.number,
        kind="exchange",
        state="requested",
        lines=(),
        requested_at=NOW,
        difference=Money("USD", -1_200),
    )
    for back, left in (
        (exchange, 300),
        (replace(exchange, state="withdrawn"), 1_500),
        (replace(exchange, state="received", received_at=NOW), 1_500),
        (replace(exchange, difference=Money("USD", 1_200)), 1_500),
    ):
        assert refund_due(order, all_of_it, POLICY, "faulty", [back]).minor == left


def test_the_fee_for_the_way_is_kept_only_where_the_shop_did_nothing_wrong() -> None:
    order = sent_to("CA")
    free = refund_due(order, {SCARF: 1}, POLICY, "faulty")
    assert free - refund_due(order, {SCARF: 1}, POLICY, "changed_mind") == Money("USD", 750)
    assert refund_due(order, {}, POLICY, "changed_mind") == Money("USD", 0)


@given(
    prices=st.lists(st.integers(1, 100_000), min_size=1, max_size=5),
    percent=st.integers(0, 100),
    tax=st.integers(0, 20_000),
)
def test_parts_never_give_back_more_than_the_whole(prices: list[int], percent: int, tax: int) -> None:
    lines = tuple(
        replace(OWN.lines[0], sku=Sku(f"S{place}"), unit_price=Money("USD", price))
        for place, price in enumerate(prices)
    )
    reduced = Money("USD", sum(prices) * percent // 100)
    order = replace(OWN, lines=lines, discount=reduced, tax=Money("USD", tax), payments=())
    parts = [refund_due(order, {line.sku: 1}, POLICY, "faulty").minor for line in lines]
    whole = refund_due(order, {line.sku: 1 for line in lines}, POLICY, "faulty").minor
    assert sum(parts) <= whole == order.total.minor - order.shipping.minor


def test_a_policy_with_a_wrong_field_is_refused_and_named() -> None:
    with pytest.raises(ValidationError, match="days"):
        ReturnPolicy.model_validate({"days": -1})
    with pytest.raises(ValidationError, match="window"):
        ReturnPolicy.model_validate({"window": 30})


def test_the_help_pages_say_what_the_policy_says() -> None:
    pages = demo_pages()
    text = {name: " ".join(page.split()) for name, page in pages.items()}
    told = "\n".join(text.values())
    us, canada, australia = (
        next(page for page in text.values() if f"How long do I have to return something {where}" in page)
        for where in ("in the US", "from Canada", "from Australia")
    )
    assert f"{POLICY.days_for('US')} days from delivery" in us
    assert f"{POLICY.days_for('CA')} days from delivery" in canada
    assert f"{POLICY.days_for('AU')} days from delivery" in australia
    assert f"A return from Canada costs {Money('USD', POLICY.fee_minor['CA'])}" in canada
    assert "Underwear" in POLICY.excluded
    assert "Exchanges by mail are not available outside the United States" in told
    assert POLICY.exchange_in == ("US",)
    assert POLICY.condition in told
    assert POLICY.refunded_in.split(" after ")[0] in us
