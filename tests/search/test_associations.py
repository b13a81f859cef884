"""Which kinds are bought together, worked out by hand over five baskets."""

import pytest

from shopfloor.kernel.ids import ProductId
from shopfloor.search.associations import MIN_LIFT, KindRules, Rule, by_chance, rules

A, B, C, D = (ProductId(letter) for letter in "abcd")
BASKETS = [
    frozenset({A, B}),
    frozenset({A, B, C}),
    frozenset({A, B}),
    frozenset({A, D}),
    frozenset({C, D}),
]
"""A lies in 4 of 5, B in 3, C in 2, D in 2; A and B lie in 3 together, A and C in 1, A and D in 1, C and D in 1."""
KINDS = {A: "Sneakers", B: "Socks", C: "Belts", D: "Mugs"}


def test_support_confidence_and_lift_are_those_of_the_formulas() -> None:
    found = rules(BASKETS, at_least=1)
    (rule,) = (rule for rule in found[A] if rule.then == B)
    assert (rule.given, rule.baskets) == (A, 3)
    assert rule.support == pytest.approx(3 / 5)
    assert rule.confidence == pytest.approx(3 / 4)
    assert rule.lift == pytest.approx((3 / 4) / (3 / 5)) == pytest.approx(1.25)
    (back,) = (rule for rule in found[B] if rule.then == A)
    assert back.confidence == pytest.approx(1.0)
    assert back.lift == pytest.approx(rule.lift)


def test_what_comes_together_no_more_often_than_by_chance_is_no_rule() -> None:
    found = rules(BASKETS, at_least=1)
    assert MIN_LIFT > (1 / 4) / (2 / 5)
    assert [rule.then for rule in found[A]] == [B]
    assert [rule.then for rule in found[D]] == [C]
    assert found[D][0].lift == pytest.approx((1 / 2) / (2 / 5))


def test_a_rule_takes_enough_baskets() -> None:
    assert list(rules(BASKETS, at_least=3)) == [A, B]
    assert rules(BASKETS, at_least=4) == {}
    assert rules([], at_least=1) == {}


def test_the_surest_rule_comes_first() -> None:
    baskets = [frozenset({A, B, C}), frozenset({A, B}), frozenset({B, D}), frozenset({D})]
    assert [rule.then for rule in rules(baskets, at_least=1)[A]] == [B, C]


def test_products_that_are_bought_too_rarely_are_counted_by_their_kinds() -> None:
    kinds = {**KINDS, ProductId("sneaker 2"): "Sneakers"}
    others = [{C}, {D}] * 8
    shop = KindRules([{A, B}, {ProductId("sneaker 2"), B}, {A, B, C}, {A, B}, *others], kinds.get)
    (rule,) = shop.beside("Sneakers")
    assert rule == Rule(given="Sneakers", then="Socks", baskets=4, support=0.2, confidence=1.0, lift=5.0)
    assert shop.beside("Tents") == ()


def test_what_chance_may_well_have_brought_together_is_no_rule() -> None:
    assert by_chance(2, 0.7) == pytest.approx(0.1558, abs=1e-4)
    assert by_chance(1_000, 1_000.0) == pytest.approx(0.5, abs=0.01)
    often = [{A}] * 18 + [{D}] * 8 + [{B}] * 80
    assert KindRules([{A, D}, {A, D}, *often], KINDS.get).beside("Sneakers") == ()
    seldom = [{A}] * 4 + [{D}] * 2 + [{B}] * 94
    assert [rule.then for rule in KindRules([{A, D}, {A, D}, *seldom], KINDS.get).beside("Sneakers")] == ["Mugs"]


def test_a_product_that_is_no_longer_sold_is_left_out() -> None:
    shop = KindRules(BASKETS, {A: "Sneakers", C: "Belts", D: "Mugs"}.get)
    assert shop.beside("Sneakers") == ()
