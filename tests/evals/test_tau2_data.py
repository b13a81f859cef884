"""The domain's files: read by field, made into a shop, written back as they were, and compared for what they mean."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import JsonValue
from tau2_domain import Shape, change, database, item, order

from shopfloor.evals.tau2.comparison import differences, same
from shopfloor.evals.tau2.data import Call, Domain, cents, read_domain, read_negatives, read_tasks
from shopfloor.evals.tau2.exporting import Exporter
from shopfloor.evals.tau2.importing import shop_of
from shopfloor.evals.tau2.standing import standing
from shopfloor.evals.tau2.upstream import explained, with_last_variant
from shopfloor.kernel.errors import InvalidFields, InvalidInput
from shopfloor.kernel.ids import CustomerId, OrderNumber
from shopfloor.shop.memory import memory_shop

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def domain(data: Shape | None = None) -> Domain:
    return read_domain(json.dumps(data or database()), "db.json")


@pytest.mark.parametrize(("amount", "expected"), [(10.1, 1010), (0.1 + 0.2, 30), (17.98999999999998, 1799), (5, 500)])
def test_what_floats_leave_behind_is_rounded_away(amount: float, expected: int) -> None:
    assert cents(amount) == expected


def test_a_field_that_does_not_fit_is_named() -> None:
    wrong = database()
    wrong["orders"]["#A1"]["status"] = "lost"
    del wrong["users"]["ben"]["email"]
    with pytest.raises(InvalidFields) as error:
        domain(wrong)
    assert [problem.field for problem in error.value.problems] == ["users.ben.email", "orders.#A1.status"]


@pytest.mark.parametrize("price", ['"10.10"', "null", "NaN", "true"])
def test_a_price_that_is_no_amount_is_named(price: str) -> None:
    text = json.dumps(database()).replace('"price": 120.0', f'"price": {price}')
    with pytest.raises(InvalidFields, match=r"products\.rug\.variants\.rug-red\.price"):
        read_domain(text, "db.json")


def test_text_that_is_no_json_is_said_to_be_none() -> None:
    with pytest.raises(InvalidInput, match=r"tasks\.json is no JSON: EOF"):
        read_tasks("[", "tasks.json")


def test_a_case_without_calls_is_none() -> None:
    with pytest.raises(InvalidFields, match=r"0\.calls"):
        read_negatives('[{"id": "n", "rule": "r", "calls": [], "acting_user": null}]', "negatives.json")


@pytest.mark.anyio
async def test_a_database_made_into_a_shop_is_written_back_as_it_was() -> None:
    known = domain()
    held = await standing(memory_shop(shop_of(known, NOW)), known)
    shapes = Exporter(known).shapes(held)
    expected = {(sort, id_): one for sort, those in database().items() for id_, one in those.items()}
    assert shapes.keys() == expected.keys()
    assert differences(expected, shapes) == []
    assert [
        key for key, one in shapes.items() if {k: v for k, v in one.items() if v is not None} != expected[key]
    ] == []


@pytest.mark.anyio
async def test_a_processed_order_has_left_the_shop_and_a_delivered_one_has_just_arrived() -> None:
    shop = memory_shop(shop_of(domain(), NOW))
    processed = await shop.orders.get_order(OrderNumber("A2"))
    delivered = await shop.orders.get_order(OrderNumber("A3"))
    pending = await shop.orders.get_order(OrderNumber("A1"))
    assert processed
    assert delivered
    assert pending
    assert (processed.state, processed.shipments[0].tracking_id) == ("shipped", "T#A2")
    assert delivered.shipments[0].delivered_at
    assert (NOW - delivered.shipments[0].delivered_at).days == 1
    assert (pending.shipments, pending.payment_state, pending.payment_method) == ((), "paid", "Visa ending in 4242")


@pytest.mark.anyio
async def test_gift_cards_are_kept_apart_from_other_ways_to_pay() -> None:
    shop = memory_shop(shop_of(domain(), NOW))
    ben = await shop.customers.get_customer(CustomerId("ben"))
    (held,) = await shop.customers.gift_cards_of(CustomerId("ben"))
    assert ben
    assert [(one.id, one.kind) for one in ben.payment_methods] == [("ben_card", "card"), ("ben_paypal", "paypal")]
    assert (held.id, held.balance.minor) == ("ben_gift", 50025)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [("user_id", "nobody", "is of nobody"), ("payment_history", [], "payment_history"), ("status", "lost", "status")],
)
def test_an_order_that_nobody_could_have_placed_is_told(field: str, value: JsonValue, told: str) -> None:
    wrong = database()
    wrong["orders"]["#B1"][field] = value
    with pytest.raises(InvalidInput, match=told):
        shop_of(domain(wrong), NOW)


def test_an_order_paid_by_what_is_not_its_customers_is_told() -> None:
    wrong = database()
    wrong["orders"]["#B1"]["payment_history"][0]["payment_method_id"] = "ada_card"
    with pytest.raises(InvalidInput, match="#B1 was paid by ada_card, which is not ben's"):
        shop_of(domain(wrong), NOW)


def test_differences_that_mean_nothing_are_none() -> None:
    one = order("#A1", "ada", "pending", ["mug-white"], "ada_card")
    nothing = {"transaction_type": "refund", "amount": 0.0, "payment_method_id": "ada_card"}
    other = {**one, "cancel_reason": None, "payment_history": [*one["payment_history"], nothing]}
    other["address"] = {**one["address"], "country": "United States"}
    other["items"] = [{**one["items"][0], "price": 10.100000000000001}]
    assert same(one, other)


def test_differences_are_told_by_field_and_a_few_of_them() -> None:
    one = order("#A1", "ada", "pending", ["mug-white", "lamp-s", "rug-red"], "ada_card")
    other = order("#A1", "ada", "cancelled", ["mug-white", "lamp-m", "rug-grey"], "ada_card")
    assert differences({("orders", "#A1"): one}, {("orders", "#A1"): other}) == [
        "orders #A1: items.1.item_id: lamp-s expected, lamp-m found",
        "orders #A1: items.1.price: 40.05 expected, 47.30 found",
        "orders #A1: items.1.options.size: S expected, M found",
        "orders #A1: and 6 more",
    ]


def test_objects_that_only_one_side_changed_are_told() -> None:
    one = order("#A1", "ada", "pending", ["mug-white"], "ada_card")
    assert differences({("orders", "#A1"): one}, {("users", "ada"): {}}) == [
        "orders #A1: it should be changed, and is not",
        "users ada: it should not be changed",
    ]


NEW = ["mug-blue", "lamp-m"]
CHANGED = Call.model_validate(change("#A1", ["mug-white", "lamp-s"], NEW, "ada_card"))


def rightly() -> Shape:
    one = order("#A1", "ada", "pending", ["mug-white", "lamp-s", "mug-white"], "ada_card")
    return {**one, "items": [item("mug-blue"), item("lamp-m"), item("mug-white")]}


def as_upstream() -> Shape:
    last = {"price": item("lamp-m")["price"], "options": item("lamp-m")["options"]}
    return {**rightly(), "items": [{**item("mug-blue"), **last}, item("lamp-m"), item("mug-white")]}


def test_upstreams_defect_is_worked_out_from_the_right_result() -> None:
    assert with_last_variant(domain(), CHANGED, rightly()) == as_upstream()


def test_a_deviation_that_is_upstreams_defect_is_explained_by_it() -> None:
    expected, found = {("orders", "#A1"): as_upstream()}, {("orders", "#A1"): rightly()}
    reason = explained(domain(), [CHANGED], expected, found)
    assert reason
    assert reason.startswith("orders #A1: upstream writes the price and options of the last new item, lamp-m, onto all")


def test_a_deviation_beside_upstreams_defect_is_not_explained_by_it() -> None:
    expected = {("orders", "#A1"): {**as_upstream(), "status": "pending (item modified)"}}
    assert explained(domain(), [CHANGED], expected, {("orders", "#A1"): rightly()}) is None
    assert explained(domain(), [], {("orders", "#A1"): as_upstream()}, {("orders", "#A1"): rightly()}) is None


def test_an_item_that_was_not_changed_keeps_its_price_though_another_became_like_it() -> None:
    data = database()
    data["orders"]["#A1"]["items"] = [item("mug-blue"), item("mug-white"), item("lamp-s")]
    held = {**rightly(), "items": [item("mug-blue"), item("mug-blue"), item("lamp-m")]}
    items = with_last_variant(domain(data), CHANGED, held)["items"]
    assert isinstance(items, list)
    assert (items[0], items[1]) == (item("mug-blue"), as_upstream()["items"][0])
