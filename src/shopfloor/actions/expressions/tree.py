"""What an expression is made of, and how it is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, assert_never

Comparator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
Connective = Literal["and", "or"]


@dataclass(frozen=True, slots=True)
class Part:
    """Base of all parts."""

    column: int = field(compare=False, kw_only=True, default=1)
    """Where it stands, counted from 1."""


@dataclass(frozen=True, slots=True)
class Constant(Part):
    """A value that stands there."""

    value: bool | int | Decimal | str


@dataclass(frozen=True, slots=True)
class Name(Part):
    """Something that is known of the case, or is not: `args.reason`."""

    path: str


@dataclass(frozen=True, slots=True)
class Listing(Part):
    """Several values."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Call(Part):
    """A function of values."""

    function: str
    args: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Not(Part):
    """The opposite."""

    of: "Node"


@dataclass(frozen=True, slots=True)
class Negative(Part):
    """A number below zero."""

    of: "Node"


@dataclass(frozen=True, slots=True)
class Joined(Part):
    """Conditions of which all must hold, or one."""

    by: Connective
    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Compared(Part):
    """Values held against their neighbours: `1 < x <= 3`."""

    first: "Node"
    rest: "tuple[tuple[Comparator, Node], ...]"


@dataclass(frozen=True, slots=True)
class Reckoned(Part):
    """Numbers added and taken away, or multiplied, from left to right."""

    first: "Node"
    rest: "tuple[tuple[str, Node], ...]"


Node = Constant | Name | Listing | Call | Not | Negative | Joined | Compared | Reckoned

LEVELS: Mapping[str, int] = {"or": 1, "and": 2, "not": 3, "compared": 4, "+": 5, "-": 5, "*": 6, "negative": 7}
"""How fast the parts of each hold together."""
ATOM = 8


def level(node: Node) -> int:
    """Return how fast a part holds together."""
    match node:
        case Joined():
            return LEVELS[node.by]
        case Not():
            return LEVELS["not"]
        case Compared():
            return LEVELS["compared"]
        case Reckoned():
            return LEVELS[node.rest[0][0]]
        case Negative():
            return LEVELS["negative"]
        case Constant() | Name() | Listing() | Call():
            return ATOM


def written(node: Node) -> str:
    """Return an expression that reads as this one."""
    match node:
        case Constant():
            return _constant(node.value)
        case Name():
            return node.path
        case Listing():
            return f"[{', '.join(map(written, node.items))}]"
        case Call():
            return f"{node.function}({', '.join(map(written, node.args))})"
        case Not():
            return f"not {_inner(node.of, LEVELS['not'])}"
        case Negative():
            return f"-{_inner(node.of, LEVELS['negative'])}"
        case Joined():
            return f" {node.by} ".join(_inner(part, level(node) + 1) for part in node.parts)
        case Compared() | Reckoned():
            above = level(node) + 1
            rest = (f" {sign} {_inner(part, above)}" for sign, part in node.rest)
            return _inner(node.first, above) + "".join(rest)
        case _:
            assert_never(node)


def _inner(node: Node, wanted: int) -> str:
    return written(node) if level(node) >= wanted else f"({written(node)})"


def _constant(value: bool | int | Decimal | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        quote = "'" if '"' in value else '"'
        return f"{quote}{value}{quote}"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def names(node: Node) -> Iterator[str]:
    """Return the names that an expression reads, as often as they stand there."""
    match node:
        case Name():
            yield node.path
        case Constant():
            return
        case _:
            for part in _parts(node):
                yield from names(part)


def _parts(node: Listing | Call | Not | Negative | Joined | Compared | Reckoned) -> tuple[Node, ...]:
    match node:
        case Listing():
            return node.items
        case Call():
            return node.args
        case Not() | Negative():
            return (node.of,)
        case Joined():
            return node.parts
        case Compared() | Reckoned():
            return (node.first, *(part for _, part in node.rest))
