"""What is bought together, against the formula worked out by hand and against rows of small shops."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from search.orders_of_a_shop import NOW, basket

from shopfloor.kernel.ids import ProductId
from shopfloor.search.baskets import Baskets
from shopfloor.search.bought_together import LEAST, RIDGE, TOGETHER, Addition, BoughtTogether
from shopfloor.shop.models import Basket

LETTERS = "abcdefgh"


def fitted(baskets: Sequence[Basket], *, most: int = 100) -> BoughtTogether:
    return BoughtTogether(Baskets(sorted(baskets, key=lambda each: each.at)).table(), NOW, most=most)


def added(shop: BoughtTogether, letters: str, earlier: Sequence[Basket] = (), beside: str | None = None) -> str:
    found = shop.additions(
        [ProductId(letter) for letter in letters],
        earlier,
        beside=None if beside is None else ProductId(beside),
        limit=10,
    )
    return "".join(each.product for each in found)


def only(shop: BoughtTogether, letters: str, earlier: Sequence[Basket] = ()) -> Addition:
    (found,) = shop.additions([ProductId(letter) for letter in letters], earlier, limit=10)
    return found


def test_scores_are_those_of_the_formula() -> None:
    baskets = [basket("ab", days_ago=0)] * 6 + [basket("bc", days_ago=0)] * 5 + [basket("ac", days_ago=0)] * 3
    rows = np.array([[1, 1, 0]] * 6 + [[0, 1, 1]] * 5 + [[1, 0, 1]] * 3)
    inverse = np.linalg.inv(rows.T @ rows + RIDGE * np.eye(3))
    weights = -inverse / np.diag(inverse)
    found = {each.product: each.score for each in fitted(baskets).additions([ProductId("a")], limit=5)}
    assert found == {"b": pytest.approx(weights[0, 1], abs=1e-5), "c": pytest.approx(weights[0, 2], abs=1e-5)}


def test_an_addition_says_beside_what_and_how_often() -> None:
    baskets = [basket("ab")] * 31 + [basket("a")] * 89 + [basket("c")] * 50
    found = only(fitted(baskets), "ac")
    assert (found.product, found.beside, found.together, found.of) == ("b", "a", 31, 120)


def test_what_lies_in_the_basket_is_not_added() -> None:
    shop = fitted([basket("abc")] * 20)
    assert set(added(shop, "a")) == {"b", "c"}
    assert added(shop, "ab") == "c"
    assert added(shop, "abc") == ""


def test_what_a_third_product_brings_is_left_to_it() -> None:
    shop = fitted([basket("xa")] * 60 + [basket("xb")] * 60 + [basket("xab")] * 40 + [basket("c")] * 200)
    assert added(shop, "a") == "x"
    assert set(added(shop, "x")) == {"a", "b"}


def test_too_few_baskets_prove_nothing() -> None:
    others = [basket("c"), basket("d")] * 20
    assert added(fitted([basket("ab")] * (TOGETHER - 1) + others), "a") == ""
    assert added(fitted([basket("ab")] * TOGETHER + others), "a") == "b"
    assert added(fitted([]), "a") == ""
    assert added(fitted(others), "unknown") == ""


def test_what_is_seldom_bought_with_something_is_not_added_to_it() -> None:
    baskets = [basket("ab")] * TOGETHER + [basket("a")] * 400 + [basket("b")] * 400
    assert added(fitted(baskets), "a") == ""


def test_newer_baskets_count_for_more() -> None:
    before, now = [basket("ab", days_ago=700)] * 12, [basket("ac", days_ago=5)] * 10
    assert added(fitted([*before, *now]), "a") == "cb"
    assert added(fitted([*before, *[basket("ac", days_ago=700)] * 10]), "a") == "bc"


def test_a_resellers_basket_counts_for_less() -> None:
    large = [basket("ab", many=[f"other {number}" for number in range(400)])] * 8
    assert added(fitted([*large, *[basket("ac")] * 5], most=3), "a")[0] == "c"


def test_only_the_most_bought_products_are_fitted() -> None:
    baskets = [basket("ab")] * 9 + [basket("cd")] * 8
    assert added(fitted(baskets, most=2), "a") == "b"
    assert added(fitted(baskets, most=2), "c") == ""


def test_with_one_product_named_each_addition_is_one_that_it_speaks_for() -> None:
    shop = fitted([basket("ab")] * 20 + [basket("cd")] * 30)
    assert set(added(shop, "ac")) == {"b", "d"}
    assert added(shop, "ac", beside="a") == "b"
    assert added(shop, "ac", beside="unknown") == ""


BUYERS = [basket("a", customer=f"c{number}", days_ago=days) for number in range(20) for days in (90, 30)]


def test_what_a_customer_bought_before_is_added_where_people_buy_it_again() -> None:
    shop = fitted(BUYERS)
    found = only(shop, "z", [basket("a", days_ago=40), basket("a", days_ago=20)])
    assert (found.product, found.beside, found.earlier, found.of) == ("a", None, 2, 0)
    assert added(shop, "z") == ""
    assert added(shop, "a", [basket("a")]) == ""


def test_what_nobody_buys_again_is_not_added_since_somebody_has_it() -> None:
    once = [basket("a", customer=f"c{number}") for number in range(40)]
    assert added(fitted(once), "z", [basket("a"), basket("a")]) == ""
    guests = [basket("a", customer=None)] * 40
    assert added(fitted(guests), "z", [basket("a"), basket("a")]) == ""


def test_a_purchase_of_long_ago_is_no_reason() -> None:
    assert added(fitted(BUYERS), "z", [basket("a", days_ago=1_500)]) == ""


def test_no_more_than_the_limit_is_added_the_best_first() -> None:
    shop = fitted([basket("ab")] * 30 + [basket("ac")] * 20 + [basket("ad")] * 10)
    assert [each.product for each in shop.additions([ProductId("a")], limit=2)] == ["b", "c"]


@given(st.lists(st.tuples(st.sets(st.sampled_from(LETTERS), min_size=1), st.integers(0, 900)), max_size=60))
def test_every_addition_is_borne_out_by_baskets_and_the_same_baskets_give_the_same(
    rows: list[tuple[set[str], int]],
) -> None:
    baskets = [basket("".join(letters), days_ago=days) for letters, days in rows]
    shop, again = fitted(baskets), fitted(list(reversed(baskets)))
    for letter in LETTERS:
        found = shop.additions([ProductId(letter)], limit=10)
        assert [each.product for each in again.additions([ProductId(letter)], limit=10)] == [e.product for e in found]
        for each in found:
            with_both = sum({letter, each.product} <= basket.products for basket in baskets)
            assert each.score >= LEAST
            assert each.together == with_both >= TOGETHER
            assert each.of == sum(letter in basket.products for basket in baskets)


def test_baskets_are_taken_back_from_an_instant_on_and_from_the_oldest_on() -> None:
    held = Baskets(basket(letter, days_ago=10 - place) for place, letter in enumerate("abcde"))
    held.drop_from(NOW - timedelta(days=7))
    assert held.newest(9) == [["a"], ["b"], ["c"]]
    held.add([basket("xy", days_ago=1)])
    assert held.newest(2) == [["c"], ["x", "y"]]
    held.drop_oldest(2)
    assert held.newest(9) == [["c"], ["x", "y"]]
    table = held.table()
    assert [table.products[number] for number in table.items] == ["c", "x", "y"]
    assert list(table.ends) == [1, 3]
    held.drop_from(NOW - timedelta(days=99))
    assert (len(held), held.newest(3)) == (0, [])


def test_customers_are_told_apart_and_not_named() -> None:
    held = Baskets([basket("a", customer="ada"), basket("b", customer="ben"), basket("c"), basket("d", customer="ada")])
    ada, ben, guest, again = held.table().customers
    assert ada == again != ben
    assert guest == 0 != ada
