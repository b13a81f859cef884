"""Holding an expression against what there is, before anything depends on it: its names, functions and types."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Protocol, assert_never

from shopfloor.actions.expressions.functions import FUNCTIONS, TIME
from shopfloor.actions.expressions.reading import WrongExpression
from shopfloor.actions.expressions.tree import (
    Call,
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
from shopfloor.actions.expressions.values import ORDERED, ORDERS, TYPES, Type
from shopfloor.kernel.errors import InvalidInput

CAN_LACK = frozenset({"known", "default"})
"""Functions whose first value need not be there."""


class Names(Protocol):
    """The names that an expression may read."""

    def type_of(self, path: str, *, can_lack: bool) -> Type | None:
        """Return the type that a name's values have; None where they may have any.

        `can_lack` says that the expression knows what to do where there is no such value.

        Raises:
            InvalidInput: there is no such name; what there is instead.
        """
        ...


def check(node: Node, names: Names) -> None:
    """Check that an expression is a condition that can be told.

    Raises:
        WrongExpression: it reads a name or calls a function that there is not, or compares what is never alike.
    """
    found = _Checker(names).type_of(node)
    if found is not None and found != "truth":
        raise WrongExpression(node.column, f"this is {_a(found)} and no condition: compare it with something")


def like(word: str, known: Sequence[str]) -> str:
    """Return the word that was probably meant, as the end of a sentence; empty where none comes near."""
    near = get_close_matches(word, known, n=1)
    return f": did you mean {near[0]}?" if near else f": there are {', '.join(known)}"


def _a(kind: Type) -> str:
    return "an instant" if kind == "instant" else f"a {kind}"


class _Checker:
    """Works out which type each part has, as far as that can be told."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def type_of(self, node: Node, *, can_lack: bool = False) -> Type | None:
        match node:
            case Constant():
                return TYPES[type(node.value)]
            case Name():
                return self._name(node, can_lack=can_lack)
            case Listing():
                for item in node.items:
                    self.type_of(item)
                return "list"
            case Call():
                return self._call(node)
            case Not() | Joined():
                parts = node.parts if isinstance(node, Joined) else (node.of,)
                return self._all(parts, "truth")
            case Negative() | Reckoned():
                parts = (node.first, *(one for _, one in node.rest)) if isinstance(node, Reckoned) else (node.of,)
                return self._all(parts, "number")
            case Compared():
                return self._compared(node)
            case _:
                assert_never(node)

    def _all(self, nodes: Sequence[Node], wanted: Type) -> Type:
        for node in nodes:
            found = self.type_of(node)
            if found is not None and found != wanted:
                raise WrongExpression(node.column, f"this is {_a(found)}, but {_a(wanted)} must stand here")
        return wanted

    def _name(self, node: Name, *, can_lack: bool) -> Type | None:
        try:
            return self._names.type_of(node.path, can_lack=can_lack)
        except InvalidInput as error:
            raise WrongExpression(node.column, str(error)) from error

    def _call(self, node: Call) -> Type | None:
        function = FUNCTIONS.get(node.function)
        if function is None:
            raise WrongExpression(
                node.column, f"there is no function {node.function}{like(node.function, list(FUNCTIONS))}"
            )
        least = len(function.takes)
        if len(node.args) < least or (len(node.args) > least and not function.is_open):
            raise WrongExpression(node.column, f"this function is called as {function.told.partition(':')[0]}")
        given: list[Type | None] = []
        for place, arg in enumerate(node.args):
            takes = function.takes[min(place, least - 1)]
            kind = self.type_of(arg, can_lack=not place and node.function in CAN_LACK)
            if takes and kind is not None and kind not in takes:
                wanted = " or ".join(sorted(map(_a, takes)))
                raise WrongExpression(arg.column, f"this is {_a(kind)}, but {wanted} must stand here")
            given.append(kind)
        if node.function == "default":
            return given[0] if given[0] == given[1] else None
        return function.gives

    def _compared(self, node: Compared) -> Type:
        left = node.first
        for sign, right in node.rest:
            one, other = self.type_of(left), self.type_of(right)
            if sign in {"in", "not in"}:
                self._check_within(left, one, right, other)
            else:
                _check_alike(one, other, right)
            if sign in ORDERS:
                _check_ordered(left, one)
                _check_ordered(right, other)
            left = right
        return "truth"

    def _check_within(self, left: Node, one: Type | None, right: Node, other: Type | None) -> None:
        if other is not None and other not in {"list", "text"}:
            raise WrongExpression(right.column, f"this is {_a(other)}, but a list or a text must stand behind `in`")
        if other == "text" and one is not None and one != "text":
            raise WrongExpression(left.column, f"this is {_a(one)}: a text holds only texts")
        if one is None or not isinstance(right, Listing):
            return
        for item in right.items:
            _check_alike(one, self.type_of(item), item)


def _check_alike(one: Type | None, other: Type | None, node: Node) -> None:
    if one is None or other is None or one == other or (one in TIME and other in TIME):
        return
    raise WrongExpression(node.column, f"{_a(one)} is compared with {_a(other)}: they are never alike")


def _check_ordered(node: Node, kind: Type | None) -> None:
    if kind is not None and kind not in ORDERED:
        raise WrongExpression(node.column, f"this is {_a(kind)}, which is neither less nor more than another")
