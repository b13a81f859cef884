"""The language of conditions: what it means, that it always ends, and what is said of what it cannot read."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from actions.expression_samples import KNOWN, known_conditions, scopes, trees
from hypothesis import example, given
from hypothesis import strategies as st

from shopfloor.actions.expressions import Scope, Type, WrongExpression, expression
from shopfloor.actions.expressions.compiling import compiled
from shopfloor.actions.expressions.reading import MAX_DEPTH, MAX_SOURCE, read
from shopfloor.actions.expressions.steps import MAX_STEPS
from shopfloor.actions.expressions.tree import Name, Node, written
from shopfloor.actions.expressions.values import MAX_ITEMS, MAX_TEXT, TYPES
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.money import Money

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
VALUES: Mapping[str, object] = {
    "amount": Decimal("612.00"),
    "kind": "cancel_order",
    "is_late": True,
    "now": NOON,
    "gone": None,
    "args": {"reason": "ordered by mistake", "count": 3, "tags": ["sale", "gift"], "none": None, "size": 1.1},
    "facts": {
        "total": {"currency": "USD", "minor": 61200},
        "abroad": {"currency": "EUR", "minor": 61200},
        "placed_at": "2026-05-03T11:00:00+00:00",
        "order": {"state": "pending", "lines": [1, 2]},
        "mixed": ["a", 1, None],
    },
}


def holds(source: str, values: Mapping[str, object] = VALUES) -> bool | None:
    return expression(source).holds(Scope(values, "USD"))


# -- what it means ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "amount > 500",
        "amount == 612 and amount == 612.00",
        "amount >= 612.00 and not amount > 612",
        "1 < 2 <= 2 < 3",
        "2 * 3 + 4 - 1 == 9 and 2 * (3 + 4) == 14 and 10 - 2 - 3 == 5",
        "-2 < 0 and 3 - -2 == 5 and --1 == 1",
        "0.1 + 0.2 == 0.3",
        "args.size == 1.1",
        "args.count * 100 == 300",
        "kind == \"cancel_order\" and kind != 'return'",
        'args.reason in ["no longer needed", "ordered by mistake"]',
        'args.reason not in ["fraud"]',
        '"mistake" in args.reason',
        'not ("fraud" in args.reason)',
        'any_of(args.tags, "sale", "new") and all_of(args.tags, "gift", "sale")',
        'not all_of(args.tags, "gift", "new")',
        'args.tags == ["sale", "gift"] and args.tags != [\'sale\']',
        "is_late",
        "is_late == true and (not is_late) == false",
        "len(args.reason) == 18 and len(args.tags) == 2 and len([]) == 0",
        'lower("ABC") == "abc" and starts_with(kind, "cancel_")',
        "min(3, 1.5, 2) == 1.5 and max(1, args.count) == 3 and abs(1 - 3) == 2",
        "known(args.reason) and not known(args.none) and not known(facts.never.there)",
        "default(args.none, 7) == 7 and default(args.count, 7) == 3",
        "facts.total == amount",
        'facts.order.state == "pending" and 2 in facts.order.lines',
        'facts.placed_at < now and now > "2026-05-03T11:00:00Z"',
        "hours_between(facts.placed_at, now) == 25 and days_between(facts.placed_at, now) == 1",
        "hours_between(now, facts.placed_at) == -25 and days_between(now, now) == 0",
        '"a" in facts.mixed',
        '"2026-05-04" > "2026-05-03"',
    ],
)
def test_what_holds(source: str) -> None:
    assert holds(source) is True


@pytest.mark.parametrize(
    "source",
    [
        "gone",
        "gone == 1",
        "gone == gone",
        "amount > gone",
        "not gone",
        "gone and true",
        "gone or false",
        "1 < gone < 3",
        "kind",
        "amount",
        "amount and true",
        "kind == 1",
        "kind < 1",
        "true < false",
        "[1] < [2]",
        "is_late == 1",
        "1 in kind",
        "kind in amount",
        "amount + kind == 1",
        '-kind == "x"',
        "facts.abroad > 1",
        "facts.abroad == facts.abroad",
        "facts.order == facts.order",
        "args.tags == facts.mixed or [gone] == [1]",
        '"b" in facts.mixed',
        "len(amount) == 1 or abs(kind) == 1 or min(1, kind) == 1 or lower(1) == kind",
        "hours_between(kind, now) > 1",
        'now > "2026-05-03"',
        'now > "2026-05-03T11:00:00"',
        "any_of(gone, 1)",
        "any_of(kind, 1)",
        "9999999999999999999999999999999999 + 1 > 0",
        "0.9999999999999999999 * 0.9999999999999999999 < 1",
        "args.reason.more == 1",
    ],
)
def test_what_cannot_be_told_is_unknown(source: str) -> None:
    assert holds(source) is None


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("gone and false", False),
        ("false and gone", False),
        ("gone or true", True),
        ("true or gone", True),
        ("not (gone and false)", True),
        ("1 > 2 > gone", False),
        ("gone < 2 > 3", False),
        ("[gone, 1] == [1, 2]", False),
        ("[gone] == [1, 2]", False),
        ("1 in [gone, 1]", True),
        ("gone in []", False),
        ("any_of([1, gone], 1)", True),
        ("all_of([1], 2, gone)", False),
    ],
)
def test_what_comes_out_the_same_whatever_the_unknown_is_is_told(source: str, told: bool) -> None:
    assert holds(source) is told


def test_a_truth_a_number_and_a_text_are_never_the_same() -> None:
    for source in ("flag == 1", "flag == true", "one == true", 'one == "1"', "1 in [flag]", "one == one"):
        found = holds(source, {"flag": True, "one": 1})
        assert found is {"flag == true": True, "one == one": True}.get(source)


@pytest.mark.parametrize(
    ("raw", "is_known"),
    [
        (Money("USD", 5), True),
        (Money("EUR", 5), False),
        ({"currency": "USD", "minor": 5}, True),
        ({"currency": "USD", "minor": 5.0}, False),
        ({"currency": "USD", "minor": 5, "more": 1}, False),
        ({}, False),
        ("x" * MAX_TEXT, True),
        ("x" * (MAX_TEXT + 1), False),
        ([1] * MAX_ITEMS, True),
        ([1] * (MAX_ITEMS + 1), False),
        (10**34, False),
        (float("nan"), False),
        (float("inf"), False),
        (1e300, False),
        (NOON.replace(tzinfo=None), False),
        (object(), False),
    ],
)
def test_what_is_no_value_of_the_language_is_unknown(raw: object, is_known: bool) -> None:
    assert holds("known(facts.it)", {"facts": {"it": raw}}) is is_known


def test_a_list_is_read_to_a_depth_and_no_further() -> None:
    deep: Any = "x"
    for _ in range(3_000):
        deep = [deep]
    assert holds("facts.it == facts.it", {"facts": {"it": deep}}) is None
    assert holds("facts.it == facts.it", {"facts": {"it": [[[1]]]}}) is True


def test_yen_have_no_cents() -> None:
    scope = Scope({"facts": {"total": {"currency": "JPY", "minor": 500}}}, "JPY")
    assert expression("facts.total == 500").holds(scope) is True


def test_instants_are_the_same_in_every_zone() -> None:
    east = NOON.astimezone(timezone(timedelta(hours=9)))
    assert holds("facts.at == now", {"facts": {"at": east}, "now": NOON}) is True


# -- laws ------------------------------------------------------------------------------------------------------------


@given(trees, scopes)
def test_working_out_never_raises_and_gives_a_value(tree: Node, scope: dict[str, object]) -> None:
    value = compiled(tree)(Scope(scope, "USD"))
    assert value is None or type(value) in TYPES


@given(trees)
def test_what_is_written_reads_as_the_same(tree: Node) -> None:
    source = written(tree)
    if len(source) > MAX_SOURCE:
        return
    again = read(source)
    assert again == tree
    assert written(again) == source


@given(known_conditions)
def test_where_all_is_known_python_finds_the_same(tree: Node) -> None:
    source = written(tree)
    if len(source) > MAX_SOURCE:
        return
    python = re.sub(r"\d+(?:\.\d+)?", r"F('\g<0>')", source)
    for ours, theirs in (("true", "True"), ("false", "False")):
        python = python.replace(ours, theirs)
    amount = Fraction(str(KNOWN["amount"]))
    wanted = eval(python, {"__builtins__": {}}, {**KNOWN, "amount": amount, "F": Fraction})  # noqa: S307
    assert holds(source, KNOWN) is wanted


@given(trees, scopes, st.data())
def test_what_is_told_without_knowing_all_stays_when_more_is_known(
    tree: Node, scope: dict[str, object], data: st.DataObject
) -> None:
    if any(word in written(tree) for word in ("known", "default")):  # these ask just that
        return
    hidden = data.draw(st.sets(st.sampled_from(sorted(scope))))
    less = {name: None if name in hidden else value for name, value in scope.items()}
    found = expression_of(tree, less)
    if isinstance(found, bool):
        assert expression_of(tree, scope) is found


def expression_of(tree: Node, scope: Mapping[str, object]) -> object:
    return compiled(tree)(Scope(scope, "USD"))


@given(st.text(max_size=60))
@example("(" * 500)
@example("not " * 300)
@example("[" * 200 + "]" * 200)
@example("1" + "+1" * 499)
@example("a" + " or a" * 199)
@example("__import__('os')")
@example("9" * 999)
@example("\0")
@example("\ud800")
@example("x if y else z")
@example("(lambda: 1)()")
def test_any_text_is_read_or_refused_with_a_column(source: str) -> None:
    column = wrong_at(source)
    assert column is None or 1 <= column <= len(source) + 1


def wrong_at(source: str) -> int | None:
    try:
        read(source)
    except WrongExpression as error:
        return error.column
    return None


# -- bounds ----------------------------------------------------------------------------------------------------------


def test_length_and_nesting_are_bounded() -> None:
    long = "a" + " or a" * ((MAX_SOURCE - 1) // 5)
    assert read(long.ljust(MAX_SOURCE))
    with pytest.raises(WrongExpression, match="too long"):
        read(long.ljust(MAX_SOURCE + 1))
    assert read("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH) == Name("a")
    for opening in ("(", "[", "not ", "-", "len("):
        with pytest.raises(WrongExpression, match="nested too deep"):
            read(opening * (MAX_DEPTH + 1) + "a")


def test_the_largest_expression_is_worked_out_on_the_largest_values() -> None:
    tags = ["x" * MAX_TEXT] * MAX_ITEMS
    values = {"facts": {"a": tags, "b": "x" * (MAX_TEXT - 1) + "y"}}
    assert holds("any_of(facts.a, " + ", ".join(["facts.b"] * 18) + ")", values) is False
    assert holds("any_of(facts.a, " + ", ".join(["facts.b"] * 19) + ")", values) is None, "one step more than there are"


# -- what is wrong is told -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("", "column 1: the end cannot stand here"),
        ("amount >", "column 9: the end cannot stand here: a name, a number, a text in quotes or a list is missing"),
        ("amount = 3", "column 8: write == to compare"),
        ("amount > 3 && true", "column 12: write `and`"),
        ("!flag", "column 1: write `not`"),
        ("amount / 2 > 3", "column 8: there is no division"),
        ('kind == "x', 'column 9: this text has no end: write another "'),
        ("kind == 'x", "column 9: this text has no end: write another '"),
        ("(amount > 3", "column 12: the end cannot stand here: ) is missing"),
        ("kind in [1, 2", "column 14: the end cannot stand here: , or ] is missing"),
        ("amount 3", "column 8: '3' cannot stand here: what comes before is complete"),
        ("kind not 3", "column 10: '3' cannot stand here: in is missing"),
        ("3 in", "column 5: the end"),
        ("1.2.3 > 1", "column 1: '1' cannot stand here"),
        ("3x > 1", "column 1: '3' cannot stand here"),
        ("a..b", "column 1: 'a' cannot stand here"),
        ("a.b.", "column 1: 'a' cannot stand here"),
        ("é == 1", "column 1: 'é' cannot stand here"),
        ("args['x'] == 1", "column 5: '[' cannot stand here"),
        ("x == \\", "column 6: '\\\\' cannot stand here"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_column(source: str, told: str) -> None:
    with pytest.raises(WrongExpression) as error:
        read(source)
    assert str(error.value).startswith(told)


class Counted(list[object]):
    """A list, as from JSON, that counts what is read of it."""

    seen = 0

    def __iter__(self) -> Iterator[object]:
        for item in super().__iter__():
            Counted.seen += 1
            yield item


def many(deep: int, wide: int) -> list[object]:
    return Counted(many(deep - 1, wide) for _ in range(wide)) if deep else Counted([1] * wide)


@pytest.mark.parametrize(
    "source",
    [
        " and ".join(["l == l"] * 90),
        " and ".join(["l in [l, l]"] * 60),
        f"any_of(l, {', '.join(['l'] * 300)})",
        f"all_of([{', '.join(['l'] * 100)}], {', '.join(['[l, l]'] * 80)})",
        f"known([{', '.join(['l'] * 300)}])",
        " == ".join(["l"] * 190),
        " or ".join(["0 in l"] * 100),
    ],
)
@pytest.mark.parametrize("shape", [(0, 1_000), (1, 30), (1, 300), (2, 60), (3, 20)])
def test_however_long_the_lists_are_the_steps_are_bounded(source: str, shape: tuple[int, int]) -> None:
    scope = Scope({"l": many(*shape)}, "USD")
    found = [expression(source).holds(scope)]
    Counted.seen = 0
    found.append(expression(source).holds(scope))
    assert Counted.seen <= 3 * MAX_STEPS
    assert found == [None, None]
    assert expression("len([1, 2]) == 2").holds(scope) is True, "each expression has steps of its own"


def test_lists_of_a_usual_length_are_looked_at_to_the_end() -> None:
    values = {"args": {"tags": [f"tag {number}" for number in range(MAX_ITEMS)]}}
    assert holds(" and ".join(["'tag 999' in args.tags"] * 9), values) is True
    assert holds("any_of(args.tags, 'x', 'y', 'tag 999')", values) is True
    assert holds("args.tags == args.tags", values) is True


class Sample:
    """Names of each type."""

    def type_of(self, path: str, *, can_lack: bool) -> Type | None:
        if path == "args.rare" and not can_lack:
            raise InvalidInput("not every kind has it")
        known: dict[str, Type | None] = {"n": "number", "w": "text", "t": "truth", "l": "list", "at": "instant"}
        if path not in {*known, "any", "args.rare"}:
            raise InvalidInput(f"there is no name {path}")
        return known.get(path)


@pytest.mark.parametrize(
    "source",
    [
        "n > 1 and w == 'a' and t and not t and any",
        "at > '2026-05-04T12:00:00Z' and '2026-05-04T12:00:00Z' < at and at == at",
        "known(args.rare) and default(args.rare, 1) > 1",
        "w in ['a', 'b'] and n in l and 'x' in w and at in ['2026-05-04T12:00:00Z'] and any in any",
        "any == 1 and any == 'a' and -any < n + any",
        "l == [1] and t == true",
        "hours_between(at, 'x') > n",
        "default(n, 2) > 1 and default(any, 'x') == 'y'",
    ],
)
def test_what_may_hold_is_a_condition(source: str) -> None:
    expression(source).check(Sample())


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("nn > 1", "column 1: there is no name nn"),
        ("n > 1 and foo", "column 11: there is no name foo"),
        ("args.rare == 1", "column 1: not every kind has it"),
        ("known(n + args.rare)", "column 11: not every kind has it"),
        ("n", "column 1: this is a number and no condition"),
        ("lower(w)", "column 1: this is a text and no condition"),
        ("default(w, 'a')", "column 1: this is a text and no condition"),
        ("n == 'a'", "column 6: a number is compared with a text: they are never alike"),
        ("w > 1", "column 5: a text is compared with a number"),
        ("1 < n < w", "column 9: a number is compared with a text"),
        ("w in ['a', 1]", "column 12: a text is compared with a number"),
        ("n in w", "column 1: this is a number: a text holds only texts"),
        ("n in n", "column 6: this is a number, but a list or a text must stand behind `in`"),
        ("t > t", "column 1: this is a truth, which is neither less nor more than another"),
        ("l < l", "column 1: this is a list, which"),
        ("t and n", "column 7: this is a number, but a truth must stand here"),
        ("not w", "column 5: this is a text, but a truth must stand here"),
        ("n + w > 1", "column 5: this is a text, but a number must stand here"),
        ("-w > 1", "column 2: this is a text, but a number"),
        ("lowr(w) == 'a'", "column 1: there is no function lowr: did you mean lower?"),
        ("lower(n) == 'a'", "column 7: this is a number, but a text must stand here"),
        ("len(n) > 1", "column 5: this is a number, but a list or a text must stand here"),
        ("len() > 1", "column 1: this function is called as `len(text or list)`"),
        ("min(1) > 1", "column 1: this function is called as `min(number, number, ...)`"),
        ("abs(1, 2) > 1", "column 1: this function is called as `abs(number)`"),
        ("hours_between(n, at) > 1", "column 15: this is a number, but a text or an instant must stand here"),
        ("[n, foo] == l", "column 5: there is no name foo"),
        ("known(foo)", "column 7: there is no name foo"),
    ],
)
def test_what_can_never_hold_or_names_nothing_is_told_with_its_column(source: str, told: str) -> None:
    with pytest.raises(WrongExpression) as error:
        expression(source).check(Sample())
    assert str(error.value).startswith(told)


def test_an_expression_says_what_it_reads() -> None:
    found = expression("amount > 1 and (args.b == [args.a, 2] or not known(facts.x)) and amount < abs(-n)")
    assert found.names == ("amount", "args.a", "args.b", "facts.x", "n")
    assert str(found) == found.source
