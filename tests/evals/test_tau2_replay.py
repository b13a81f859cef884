"""Tasks of the domain, done on the shop made up for the tests: what they leave, and what is told where it deviates."""

import json
from collections.abc import Mapping, Sequence

import pytest
from tau2_domain import (
    ELSEWHERE,
    HOME,
    Shape,
    call,
    cancel,
    change,
    database,
    diff,
    exchange,
    give_back,
    item,
    live_at,
    pay_by,
    send_to,
    task,
)

from shopfloor.evals.tau2.data import Call, Diff, Task, read_diffs, read_domain, read_tasks
from shopfloor.evals.tau2.replay import Replayed, check_tasks, owner_of, replay
from shopfloor.evals.tau2.visits import Shops
from shopfloor.kernel.errors import InvalidInput

WORDS_OF_UPSTREAM = "Insufficient gift card balance to pay for the price difference"
NOTHING = dict.fromkeys(
    [
        "cancel_reason",
        "exchange_items",
        "exchange_new_items",
        "exchange_payment_method_id",
        "exchange_price_difference",
        "return_items",
        "return_payment_method_id",
    ]
)


def order(id_: str, **changed: object) -> Shape:
    """Return an order of the database as it is after something was done to it."""
    return {**database()["orders"][id_], **NOTHING, **changed}


def user(id_: str, **changed: object) -> Shape:
    return {**database()["users"][id_], **changed}


def paid(amount: float, method: str) -> Shape:
    return {"transaction_type": "payment", "amount": amount, "payment_method_id": method}


def refund(amount: float, method: str) -> Shape:
    return {"transaction_type": "refund", "amount": amount, "payment_method_id": method}


def balance(id_: str, card: str, amount: float) -> Shape:
    """Return a user with another balance of their gift card."""
    known = user(id_)
    known["payment_methods"][card]["balance"] = amount
    return known


def read(tasks: Sequence[Shape], diffs: Mapping[str, Shape]) -> tuple[Sequence[Task], Mapping[str, Diff]]:
    return read_tasks(json.dumps(tasks), "tasks.json"), read_diffs(json.dumps(diffs), "diffs.json")


@pytest.fixture(scope="module")
def shops() -> Shops:
    return Shops(read_domain(json.dumps(database()), "db.json"))


async def replayed(
    shops: Shops, calls: Sequence[Shape], *results: str, orders: Sequence[Shape] = (), users: Sequence[Shape] = ()
) -> Replayed:
    """Do one task; `results` are those of its writes, all carried out where none is given."""
    writes = [one for one in calls if Call.model_validate(one).is_write]
    expected = diff(*(results or ["ok"] * len(writes)), of=writes, orders=orders, users=users)
    tasks, diffs = read([task("t", *calls)], {"t": expected})
    check_tasks(tasks, diffs)
    return await replay(shops, tasks, diffs, lambda _done: None)


def is_as_expected(found: Replayed) -> bool:
    assert [one.reason for one in found.deviations] == []
    assert found.wrongly_refused == []
    return found.equal == found.tasks == 1


@pytest.mark.anyio
async def test_cancelling_gives_a_gift_card_its_money_back_at_once(shops: Shops) -> None:
    history = [paid(10.1, "ada_gift"), refund(10.1, "ada_gift")]
    gone = order("#A5", status="cancelled", cancel_reason="ordered by mistake", payment_history=history)
    calls = [cancel("#A5", "ordered by mistake")]
    assert is_as_expected(await replayed(shops, calls, orders=[gone], users=[balance("ada", "ada_gift", 15.1)]))


@pytest.mark.anyio
async def test_an_order_is_sent_elsewhere_and_then_made_up_otherwise(shops: Shops) -> None:
    calls = [send_to("#A1"), change("#A1", ["lamp-s"], ["lamp-m"], "ada_paypal")]
    changed = order(
        "#A1",
        address=ELSEWHERE,
        items=[item("mug-white"), item("lamp-m"), item("mug-white")],
        status="pending (item modified)",
        payment_history=[paid(60.25, "ada_card"), paid(7.25, "ada_paypal")],
    )
    assert is_as_expected(await replayed(shops, calls, orders=[changed]))


@pytest.mark.anyio
async def test_what_floats_leave_of_several_items_does_not_matter(shops: Shops) -> None:
    difference = 13.599999999999998
    items = ["mug-white", "mug-white", "lamp-s"]
    calls = [change("#A1", items, ["mug-blue", "mug-large", "lamp-m"], "ada_card")]
    expected = order(
        "#A1",
        items=[item("mug-blue"), item("lamp-m"), item("mug-large")],
        status="pending (item modified)",
        payment_history=[paid(60.25, "ada_card"), paid(difference, "ada_card")],
    )
    assert is_as_expected(await replayed(shops, calls, orders=[expected]))


@pytest.mark.anyio
async def test_items_that_cost_the_same_move_no_money(shops: Shops) -> None:
    calls = [change("#B1", ["lamp-s"], ["lamp-cold"], "ben_gift")]
    upstream = [paid(40.05, "ben_card"), refund(0.0, "ben_gift")]
    expected = order("#B1", items=[item("lamp-cold")], status="pending (item modified)", payment_history=upstream)
    assert is_as_expected(await replayed(shops, calls, orders=[expected]))


@pytest.mark.anyio
async def test_an_order_is_paid_by_a_gift_card_that_covers_it(shops: Shops) -> None:
    history = [paid(40.05, "ben_card"), paid(40.05, "ben_gift"), refund(40.05, "ben_card")]
    found = await replayed(
        shops,
        [pay_by("#B1", "ben_gift")],
        orders=[order("#B1", payment_history=history)],
        users=[balance("ben", "ben_gift", 460.2)],
    )
    assert is_as_expected(found)


@pytest.mark.anyio
async def test_a_difference_is_taken_from_the_gift_card_that_is_named_at_once(shops: Shops) -> None:
    calls = [pay_by("#B1", "ben_paypal"), change("#B1", ["lamp-s"], ["lamp-m"], "ben_gift")]
    history = [paid(40.05, "ben_card"), paid(40.05, "ben_paypal"), refund(40.05, "ben_card"), paid(7.25, "ben_gift")]
    changed = order("#B1", items=[item("lamp-m")], status="pending (item modified)", payment_history=history)
    assert is_as_expected(await replayed(shops, calls, orders=[changed], users=[balance("ben", "ben_gift", 493.0)]))


@pytest.mark.anyio
async def test_a_refund_is_asked_for_to_a_gift_card(shops: Shops) -> None:
    calls = [give_back("#B2", ["rug-red"], "ben_gift")]
    back = order("#B2", status="return requested", return_items=["rug-red"], return_payment_method_id="ben_gift")
    assert is_as_expected(await replayed(shops, calls, orders=[back]))


@pytest.mark.anyio
async def test_two_alike_are_exchanged_for_two_that_differ(shops: Shops) -> None:
    calls = [exchange("#A3", ["mug-white", "mug-white"], ["mug-large", "mug-blue"], "ada_paypal")]
    expected = order(
        "#A3",
        status="exchange requested",
        exchange_items=["mug-white", "mug-white"],
        exchange_new_items=["mug-blue", "mug-large"],
        exchange_payment_method_id="ada_paypal",
        exchange_price_difference=6.35,
    )
    assert is_as_expected(await replayed(shops, calls, orders=[expected]))


@pytest.mark.anyio
async def test_a_customer_moves_and_moves_back(shops: Shops) -> None:
    there = [live_at("cy")]
    assert is_as_expected(await replayed(shops, there, users=[user("cy", address=ELSEWHERE)]))
    assert is_as_expected(await replayed(shops, [*there, live_at("cy", HOME)]))


@pytest.mark.anyio
async def test_calls_that_only_look_change_nothing(shops: Shops) -> None:
    calls = [
        call("find_user_id_by_email", email="ada@example.com"),
        call("get_user_details", user_id="ada"),
        call("get_order_details", order_id="#A1"),
        call("get_order_details", order_id="#A9"),
        call("get_product_details", product_id="mug"),
        call("get_item_details", item_id="mug-red"),
        call("list_all_product_types"),
        call("calculate", expression="1 + 1"),
        call("transfer_to_human_agents", summary="They want a person."),
    ]
    assert is_as_expected(await replayed(shops, calls))


@pytest.mark.anyio
async def test_upstreams_last_item_on_all_is_a_deviation_with_that_reason(shops: Shops) -> None:
    calls = [change("#A1", ["mug-white", "lamp-s"], ["mug-blue", "lamp-m"], "ada_card")]
    last = {"price": 47.3, "options": item("lamp-m")["options"]}
    upstream = order(
        "#A1",
        items=[{**item("mug-blue"), **last}, item("lamp-m"), item("mug-white")],
        status="pending (item modified)",
        payment_history=[paid(60.25, "ada_card"), paid(9.5, "ada_card")],
    )
    found = await replayed(shops, calls, orders=[upstream])
    (deviation,) = found.deviations
    assert (found.equal, deviation.task, found.wrongly_refused) == (0, "t", [])
    assert deviation.reason == (
        "orders #A1: upstream writes the price and options of the last new item, lamp-m, onto all 2 modified items; "
        "here each has its own, and nothing else differs"
    )


@pytest.mark.anyio
async def test_a_call_that_is_refused_on_both_sides_is_told_with_both_reasons(shops: Shops) -> None:
    calls = [exchange("#A3", ["mug-white", "mug-white"], ["mug-large", "mug-blue"], "ada_gift")]
    found = await replayed(shops, calls, WORDS_OF_UPSTREAM)
    (deviation,) = found.deviations
    assert deviation.reason.startswith(
        "exchange_delivered_order_items #A3 is refused here by payment.gift_card_balance"
    )
    assert f"as it is upstream ({WORDS_OF_UPSTREAM})" in deviation.reason
    assert found.wrongly_refused == []


@pytest.mark.anyio
async def test_a_write_that_only_upstream_carries_out_is_wrongly_refused(shops: Shops) -> None:
    calls = [change("#B1", ["lamp-s"], ["lamp-cold"], "ben_card"), send_to("#B1")]
    upstream = order("#B1", address=ELSEWHERE, items=[item("lamp-cold")], status="pending (item modified)")
    found = await replayed(shops, calls, orders=[upstream])
    assert [(one.task, one.call, one.rule) for one in found.wrongly_refused] == [
        ("t", "modify_pending_order_address #B1", "order.items_already_changed")
    ]
    assert [one.task for one in found.deviations] == ["t"]
    assert "address.address1: 9 Quay Street expected, 1 Mill Lane found" in found.deviations[0].reason


@pytest.mark.anyio
async def test_a_write_that_only_we_carry_out_is_a_deviation(shops: Shops) -> None:
    found = await replayed(shops, [cancel("#B1")], "Invalid reason")
    (deviation,) = found.deviations
    assert deviation.reason == (
        "cancel_pending_order #B1 is carried out here, and refused upstream (Invalid reason); "
        "orders #B1: it should not be changed"
    )


@pytest.mark.anyio
async def test_one_task_leaves_nothing_for_the_next(shops: Shops) -> None:
    gone = order(
        "#B1",
        status="cancelled",
        cancel_reason="no longer needed",
        payment_history=[paid(40.05, "ben_card"), refund(40.05, "ben_card")],
    )
    each = diff("ok", of=[cancel("#B1")], orders=[gone])
    tasks, diffs = read([task(name, cancel("#B1")) for name in "ab"], {"a": each, "b": each})
    heard: list[int] = []
    found = await replay(shops, tasks, diffs, heard.append)
    assert (found.equal, heard) == (2, [1, 2])


def test_a_task_is_done_as_the_customer_whom_its_writes_are_for(shops: Shops) -> None:
    calls = [call("get_order_details", order_id="#A1"), call("get_order_details", order_id="#A2"), cancel("#B1")]
    assert owner_of(shops.domain, [Call.model_validate(one) for one in calls]) == "ben"
    assert owner_of(shops.domain, [Call.model_validate(one) for one in calls[:2]]) == "ada"
    assert owner_of(shops.domain, [Call.model_validate(live_at("cy"))]) == "cy"
    assert owner_of(shops.domain, [Call.model_validate(cancel("#A9"))]) is None


def test_tasks_without_what_is_expected_of_them_are_told() -> None:
    tasks, diffs = read([task("t", cancel("#B1"))], {"u": diff()})
    with pytest.raises(InvalidInput, match="the diffs hold nothing of task t"):
        check_tasks(tasks, diffs)


def test_results_of_other_writes_than_the_tasks_are_told() -> None:
    tasks, diffs = read([task("t", cancel("#B1"))], {"t": diff("ok", of=[send_to("#B1")])})
    with pytest.raises(InvalidInput, match="task t are of modify_pending_order_address, and its writes are cancel"):
        check_tasks(tasks, diffs)
