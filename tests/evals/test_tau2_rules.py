"""The table of docs/tau2.md: what the domain forbids under a name is refused by just the rules that stand beside it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest
from tau2_domain import (
    ELSEWHERE,
    HOME,
    Shape,
    call,
    cancel,
    change,
    database,
    exchange,
    give_back,
    live_at,
    negative,
    pay_by,
    send_to,
    without,
)

from shopfloor.evals.tau2.data import read_domain, read_negatives
from shopfloor.evals.tau2.negatives import refuse
from shopfloor.evals.tau2.visits import Shops

DOCUMENT = Path(__file__).parents[2] / "docs" / "tau2.md"
PENDING, PROCESSED, DELIVERED, CANCELLED, BY_GIFT_CARD = "#A1", "#A2", "#A3", "#A4", "#A5"
"""Ada's orders."""
NOWHERE = "#A9"
STATUSES = {"pending": PENDING, "processed": PROCESSED, "delivered": DELIVERED, "cancelled": CANCELLED}
CARD, PAYPAL, GIFT_CARD = "ada_card", "ada_paypal", "ada_gift"

Case = tuple[str | None, Sequence[Shape], bool]
"""Who acts, their calls, and whether they confirm the last of them."""


def writes(order: str = PENDING, delivered: str = DELIVERED, user: str = "ada") -> Mapping[str, Shape]:
    """Return each write, as somebody may do it whose orders and profile these are."""
    return {
        "cancel": cancel(order),
        "modify_address": send_to(order),
        "modify_payment": pay_by(order, PAYPAL),
        "modify_items": change(order, ["mug-white"], ["mug-blue"], CARD),
        "modify_user_address": live_at(user),
        "return": give_back(delivered, ["lamp-s"], CARD),
        "exchange": exchange(delivered, ["lamp-s"], ["lamp-m"], CARD),
    }


READS: Mapping[str, Shape] = {
    "read_order": call("get_order_details", order_id=PENDING),
    "read_profile": call("get_user_details", user_id="ada"),
}
CHANGE, RETURN, EXCHANGE = (writes()[name] for name in ("modify_items", "return", "exchange"))


def ada(*calls: Shape) -> Case:
    return "ada", calls, True


def of_status() -> Iterator[tuple[str, Case]]:
    """Return what only a pending or a delivered order takes, of orders in each other status."""
    for status, order in STATUSES.items():
        asked = writes(order=order, delivered=order)
        if status != "pending":
            yield f"cancel_non_pending:{status}", ada(asked["cancel"])
            for what in ("address", "payment", "items"):
                yield f"modify_{what}_non_pending:{status}", ada(asked[f"modify_{what}"])
            yield f"modify_payment_non_pending:{status}", ada(pay_by(order, "ben_card"))
        if status != "delivered":
            yield f"return_non_delivered:{status}", ada(asked["return"])
            yield f"exchange_non_delivered:{status}", ada(asked["exchange"])


def of_persons() -> Iterator[tuple[str, Case]]:
    """Return what nobody may do who is not signed in, or is somebody else, or has not said yes."""
    for name, one in writes().items():
        yield f"{name}_without_authentication", (None, [one], True)
        yield f"{name}_without_confirmation", ("ada", [one], False)
        theirs = "foreign_user" if name == "modify_user_address" else "foreign_user_order"
        yield f"{name}_{theirs}", ("ben", [one], True)
    for name, one in READS.items():
        yield f"{name}_without_authentication", (None, [one], True)
    yield "read_product_without_authentication", (None, [call("get_product_details", product_id="mug")], True)
    yield "read_item_without_authentication", (None, [call("get_item_details", item_id="mug-white")], True)
    yield "list_products_without_authentication", (None, [call("list_all_product_types")], True)
    yield "find_foreign_user", ("ben", [call("find_user_id_by_email", email="ada@example.com")], True)
    strangers = call("find_user_id_by_name_zip", first_name="Ada", last_name="Lind", zip="04530")
    yield "second_user_in_conversation", ("ben", [strangers], True)
    yield "read_foreign_user_order", ("ben", [READS["read_order"]], True)
    yield "read_foreign_user_profile", ("ben", [READS["read_profile"]], True)


def of_unknown() -> Iterator[tuple[str, Case]]:
    """Return what is asked of orders, users, items and ways to pay that there are not."""
    for name, one in writes(order=NOWHERE, delivered=NOWHERE, user="nobody").items():
        yield f"{name}_unknown_{'user' if name == 'modify_user_address' else 'order'}", ada(one)
    yield "read_unknown_order", ada(call("get_order_details", order_id=NOWHERE))
    yield "read_unknown_profile", ada(call("get_user_details", user_id="nobody"))
    yield "read_unknown_product", ada(call("get_product_details", product_id="vase"))
    yield "read_unknown_item", ada(call("get_item_details", item_id="vase-red"))
    yield "unknown_tool", ada(call("delete_user", user_id="ada"))
    yield "modify_items_unknown_item", ada(change(PENDING, ["mug-white"], ["vase-red"], CARD))
    yield "exchange_unknown_item", ada(exchange(DELIVERED, ["mug-white"], ["vase-red"], CARD))


def of_cancelling() -> Iterator[tuple[str, Case]]:
    yield "cancel_bad_reason", ada(cancel(PENDING, "found a better price"))
    yield "cancel_bad_reason", ada(cancel(PENDING, "No longer needed"))
    yield "cancel_empty_reason", ada(cancel(PENDING, ""))
    yield "cancel_no_reason", ada(without(cancel(PENDING), "reason"))
    yield "cancel_twice", ada(cancel(PENDING), cancel(PENDING))
    for what in ("address", "payment", "items"):
        yield f"modify_{what}_after_cancel", ada(cancel(PENDING), writes()[f"modify_{what}"])
        if what != "items":
            yield f"modify_{what}_after_item_modify", ada(CHANGE, writes()[f"modify_{what}"])
    yield "cancel_after_item_modify", ada(CHANGE, cancel(PENDING))
    yield "return_after_item_modify", ada(CHANGE, give_back(PENDING, ["lamp-s"], CARD))
    yield "exchange_after_item_modify", ada(CHANGE, exchange(PENDING, ["lamp-s"], ["lamp-m"], CARD))
    yield "return_after_cancel", ada(cancel(PENDING), give_back(PENDING, ["lamp-s"], CARD))
    yield "exchange_after_cancel", ada(cancel(PENDING), exchange(PENDING, ["lamp-s"], ["lamp-m"], CARD))
    yield "modify_items_twice", ada(CHANGE, change(PENDING, ["mug-blue"], ["mug-white"], CARD))
    yield "modify_address_twice", ada(send_to(PENDING), send_to(PENDING, HOME))
    yield "modify_payment_twice", ada(pay_by(PENDING, PAYPAL), pay_by(PENDING, CARD))


def of_money() -> Iterator[tuple[str, Case]]:
    """Return what cannot be paid, or given back, in the way that is named."""
    yield "modify_payment_same", ada(pay_by(PENDING, CARD))
    yield "modify_payment_gift_card_insufficient", ada(pay_by(PENDING, GIFT_CARD))
    yield "modify_items_gift_card_insufficient", ada(change(PENDING, ["lamp-s"], ["lamp-m"], GIFT_CARD))
    yield "exchange_gift_card_insufficient", ada(exchange(DELIVERED, ["lamp-s"], ["lamp-m"], GIFT_CARD))
    yield "return_to_other_own_nongift_payment", ada(give_back(DELIVERED, ["lamp-s"], PAYPAL))
    made = {
        "modify_payment": lambda method: pay_by(PENDING, method),
        "modify_items": lambda method: change(PENDING, ["lamp-s"], ["lamp-m"], method),
        "return": lambda method: give_back(DELIVERED, ["lamp-s"], method),
        "exchange": lambda method: exchange(DELIVERED, ["lamp-s"], ["lamp-m"], method),
    }
    for name, make in made.items():
        foreign = "foreign" if name == "modify_payment" else "foreign_payment"
        unknown = "unknown" if name == "modify_payment" else "unknown_payment"
        yield f"{name}_{foreign}", ada(make("ben_gift"))
        yield f"{name}_{foreign}", ada(make("ben_card"))
        yield f"{name}_{unknown}", ada(make("no_such_way"))
        yield f"{name}_no_payment_method", ada(make(""))
        yield f"{name}_no_payment_method", ada(without(make(CARD), "payment_method_id"))


def of_items() -> Iterator[tuple[str, Case]]:
    """Return what cannot be had for an item, or is none of the order."""

    def changed(old: Sequence[str], new: Sequence[str]) -> Case:
        return ada(change(PENDING, old, new, CARD))

    def exchanged(old: Sequence[str], new: Sequence[str]) -> Case:
        return ada(exchange(DELIVERED, old, new, CARD))

    for name, made in (("modify_items", changed), ("exchange", exchanged)):
        yield f"{name}_unavailable", made(["mug-white"], ["mug-red"])
        yield f"{name}_other_product", made(["mug-white"], ["lamp-s"])
        yield f"{name}_{'not' if name == 'modify_items' else 'item_not'}_in_order", made(["rug-red"], ["rug-grey"])
        yield f"{name}_too_many_of_item", made(["lamp-s", "lamp-s"], ["lamp-m", "lamp-m"])
        yield f"{name}_same_item", made(["mug-white"], ["mug-white"])
        yield f"{name}_length_mismatch", made(["mug-white", "lamp-s"], ["mug-blue"])
        yield f"{name}_length_mismatch", made(["mug-white"], ["mug-blue", "lamp-m"])
        yield f"{name}_length_mismatch", made(["mug-white"], ["mug-blue", 7])
        yield f"{name}_empty_list", made([], [])
    yield "return_item_not_in_order", ada(give_back(DELIVERED, ["rug-red"], CARD))
    yield "return_too_many_of_item", ada(give_back(DELIVERED, ["lamp-s", "lamp-s"], CARD))
    yield "return_empty_list", ada(give_back(DELIVERED, [], CARD))


def of_returning() -> Iterator[tuple[str, Case]]:
    again = give_back(DELIVERED, ["mug-white"], CARD)
    other = exchange(DELIVERED, ["mug-white"], ["mug-blue"], CARD)
    for second in (RETURN, again):
        yield "return_twice", ada(RETURN, second)
        yield "return_after_exchange", ada(EXCHANGE, second)
    for first, name in ((RETURN, "return"), (EXCHANGE, "exchange")):
        yield f"cancel_after_{name}", ada(first, cancel(DELIVERED))
    for second in (EXCHANGE, other):
        yield "exchange_twice", ada(EXCHANGE, second)
        yield "exchange_after_return", ada(RETURN, second)


def of_addresses() -> Iterator[tuple[str, Case]]:
    for name, make in (
        ("modify_address", lambda to: send_to(PENDING, to)),
        ("modify_user_address", lambda to: live_at("ada", to)),
    ):
        yield f"{name}_incomplete", ada(make({**ELSEWHERE, "address1": ""}))
        yield f"{name}_incomplete", ada(make({**ELSEWHERE, "city": ""}))
        yield f"{name}_incomplete", ada(make({**ELSEWHERE, "zip": ""}))
        yield f"{name}_incomplete", ada(make({**ELSEWHERE, "country": ""}))


@cache
def cases() -> Mapping[str, Sequence[Case]]:
    """Return the cases by the name of the rule that they break."""
    found: dict[str, list[Case]] = {}
    parts = (of_status, of_persons, of_unknown, of_cancelling, of_money, of_items, of_returning, of_addresses)
    for name, case in (each for part in parts for each in part()):
        found.setdefault(name, []).append(case)
    return found


ALIASES: Mapping[str, str] = {
    "cancel_bad_reason:empty": "cancel_empty_reason",
    "cancel_missing_reason": "cancel_no_reason",
    "cancel_reason_case": "cancel_bad_reason",
    "cancel_other_reason": "cancel_bad_reason",
    "cancel_after_cancel": "cancel_twice",
    "return_after_return": "return_twice",
    "exchange_after_exchange": "exchange_twice",
    "modify_items_after_item_modify": "modify_items_twice",
    "modify_items_item_not_in_order": "modify_items_not_in_order",
    "exchange_not_in_order": "exchange_item_not_in_order",
    "return_not_in_order": "return_item_not_in_order",
    "modify_items_duplicate_item": "modify_items_too_many_of_item",
    "exchange_duplicate_item": "exchange_too_many_of_item",
    "return_duplicate_item": "return_too_many_of_item",
    "modify_items_same": "modify_items_same_item",
    "exchange_same": "exchange_same_item",
    "modify_payment_foreign_payment": "modify_payment_foreign",
    "modify_payment_same_payment": "modify_payment_same",
    "modify_payment_unknown_payment": "modify_payment_unknown",
    "modify_payment_insufficient_gift_card": "modify_payment_gift_card_insufficient",
    "modify_items_insufficient_gift_card": "modify_items_gift_card_insufficient",
    "exchange_insufficient_gift_card": "exchange_gift_card_insufficient",
    "modify_user_address_foreign": "modify_user_address_foreign_user",
    "modify_foreign_user_address": "modify_user_address_foreign_user",
    "read_foreign_order": "read_foreign_user_order",
    "read_order_foreign_user": "read_foreign_user_order",
    "read_foreign_profile": "read_foreign_user_profile",
    "read_profile_foreign_user": "read_foreign_user_profile",
}
"""Other names for the same."""


@cache
def table() -> Mapping[str, frozenset[str]]:
    """Return our rules by the domain's name, as the document has them."""
    lines = DOCUMENT.read_text("utf-8").splitlines()
    first = lines.index("| data's rule | our rule(s) | what it says |") + 2
    rows = [line.strip("| ").split(" | ") for line in takewhile(lambda line: line.startswith("|"), lines[first:])]
    return {name: frozenset(rules.split(", ")) for name, rules, _says in rows}


@pytest.fixture(scope="module")
def shops() -> Shops:
    return Shops(read_domain(json.dumps(database()), "db.json"))


@pytest.mark.anyio
@pytest.mark.parametrize("name", list(cases()))
async def test_what_is_forbidden_is_refused_by_just_the_rules_beside_its_name(name: str, shops: Shops) -> None:
    written = [
        negative(str(place), name, user, *calls, confirmed=confirmed)
        for place, (user, calls, confirmed) in enumerate(cases()[name])
    ]
    found = await refuse(shops, read_negatives(json.dumps(written), "negatives.json"), lambda _done: None)
    assert found.allowed == []
    assert found.not_reached == []
    assert {one.rule for one in found.refusals} == table()[name]


def test_each_name_of_the_table_is_put_to_the_test() -> None:
    assert set(table()) == {*cases(), *ALIASES}
    assert {alias: table()[alias] for alias in ALIASES} == {alias: table()[name] for alias, name in ALIASES.items()}


@pytest.mark.anyio
async def test_what_the_cases_begin_with_is_allowed(shops: Shops) -> None:
    may = [negative(name, "none", "ada", one) for name, one in {**writes(), **READS}.items()]
    found = await refuse(shops, read_negatives(json.dumps(may), "negatives.json"), lambda _done: None)
    assert found.allowed == [*writes(), *READS]
