"""Turning an expression into closures, once; after that, working it out is a few calls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never, cast

from shopfloor.actions.expressions.functions import FUNCTIONS
from shopfloor.actions.expressions.steps import Steps, TooManySteps
from shopfloor.actions.expressions.tree import (
    Call,
    Comparator,
    Compared,
    Constant,
    Joined,
    Listing,
    Name,
    Negative,
    Node,
    Not,
    Reckoned,
)
from shopfloor.actions.expressions.values import (
    TYPES,
    Truth,
    Value,
    equal,
    every,
    negated,
    ordered,
    plain,
    within,
    worked_out,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression is worked out with."""

    values: Mapping[str, object]
    """By name: what an expression can compare. A name with dots leads into JSON values under its first part."""
    currency: str
    """ISO 4217 code of the amounts that can be compared."""
    steps: Steps = field(default_factory=Steps, compare=False)
    """What is left to the expression that is being worked out."""


Evaluate = Callable[[Scope], Value]
Test = Callable[[Value, Value], Truth]


def _differs(one: Value, other: Value) -> Truth:
    return negated(equal(one, other))


def _outside(one: Value, other: Value) -> Truth:
    return negated(within(one, other))


def _order(sign: Comparator) -> Test:
    return lambda one, other: ordered(sign, one, other)


TESTS: Mapping[Comparator, Test] = {
    "==": equal,
    "!=": _differs,
    "<": _order("<"),
    "<=": _order("<="),
    ">": _order(">"),
    ">=": _order(">="),
    "in": within,
    "not in": _outside,
}


def compiled(node: Node) -> Evaluate:
    """Return what works an expression out; what cannot be told is None.

    It raises nothing but `TooManySteps`, where lists are too long for it.
    """
    match node:
        case Constant():
            return _always(node.value)
        case Name():
            return _name(node)
        case Listing():
            return _listing(node)
        case Call():
            return _call(node)
        case Not():
            of = compiled(node.of)
            return lambda scope: negated(of(scope))
        case Negative():
            of = compiled(node.of)
            return lambda scope: worked_out("-", 0, of(scope))
        case Joined():
            return _joined(node)
        case Compared():
            return _compared(node)
        case Reckoned():
            return _reckoned(node)
        case _:
            assert_never(node)


def _always(value: Value) -> Evaluate:
    return lambda _scope: value


def _listing(node: Listing) -> Evaluate:
    constants = tuple(item.value for item in node.items if isinstance(item, Constant))
    if len(constants) == len(node.items):
        return _always(constants)
    items = [compiled(item) for item in node.items]
    return lambda scope: tuple([item(scope) for item in items])  # as many as stand there


def value_of(path: str, scope: Scope) -> Value:
    """Return what stands under a name; None where nothing does that an expression can compare."""
    root, *rest = path.split(".")
    try:
        return _found(root, rest, Scope(scope.values, scope.currency))
    except TooManySteps:
        return None


def _name(node: Name) -> Evaluate:
    root, *rest = node.path.split(".")
    return lambda scope: _found(root, rest, scope)


def _found(root: str, rest: Sequence[str], scope: Scope) -> Value:
    found = scope.values.get(root)
    if not rest and type(found) in TYPES:
        return cast(Value, found)
    for part in rest:
        if not isinstance(found, dict):
            return None
        found = cast("dict[str, object]", found).get(part)
    if type(found) is not str:
        scope.steps.take(found)
    return plain(found, scope.currency)


def _call(node: Call) -> Evaluate:
    function = FUNCTIONS.get(node.function)
    if function is None or len(node.args) < len(function.takes):
        return _always(None)
    if len(node.args) > len(function.takes) and not function.is_open:
        return _always(None)
    run, args = function.run, [compiled(arg) for arg in node.args]
    if len(args) == 1:
        (only,) = args
        return lambda scope: run(only(scope))  # which looks into no list

    def evaluate(scope: Scope) -> Value:
        given = [arg(scope) for arg in args]
        if any(type(value) is tuple for value in given):
            scope.steps.take(*given, times=len(given))  # each may be sought in the first
        return run(*given)

    return evaluate


def _joined(node: Joined) -> Evaluate:
    parts = tuple(compiled(part) for part in node.parts)
    settled = node.by == "or"
    """The value that decides alone, whatever the others are."""
    otherwise = not settled

    def evaluate(scope: Scope) -> Value:
        result: Truth = otherwise
        for part in parts:
            value = part(scope)
            if value is settled:
                return settled
            if value is not otherwise:
                result = None
        return result

    return evaluate


def _compared(node: Compared) -> Evaluate:
    first = compiled(node.first)
    if len(node.rest) == 1:
        ((sign, right),) = node.rest
        test = TESTS[sign]
        if isinstance(right, Constant):
            constant = right.value
            return lambda scope: test(first(scope), constant)  # which is no list
        other = compiled(right)
        return lambda scope: _tested(test, first(scope), other(scope), scope)
    rest = [(TESTS[sign], compiled(part)) for sign, part in node.rest]

    def evaluate(scope: Scope) -> Value:
        left = first(scope)
        found: list[Value] = []
        for test, part in rest:
            right = part(scope)
            found.append(_tested(test, left, right, scope))
            left = right
        return every(found)

    return evaluate


def _tested(test: Test, left: Value, right: Value, scope: Scope) -> Truth:
    """Compare two values, which takes at most as many steps as there are items in both."""
    if type(left) is tuple or type(right) is tuple:
        scope.steps.take(left, right)
    return test(left, right)


def _reckoned(node: Reckoned) -> Evaluate:
    first = compiled(node.first)
    rest: list[tuple[str, Any]] = [(sign, compiled(part)) for sign, part in node.rest]

    def evaluate(scope: Scope) -> Value:
        result = first(scope)
        for sign, part in rest:
            result = worked_out(sign, result, part(scope))
        return result

    return evaluate
