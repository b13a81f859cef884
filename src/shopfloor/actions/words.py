"""The words that the conditions of a policy may name, and what they stand for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from shopfloor.actions.expressions import Type, plain
from shopfloor.actions.expressions.checking import like
from shopfloor.actions.kind import ActionKind
from shopfloor.actions.ruling import Case
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.money import Money
from shopfloor.language.english import WEEKDAYS


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What of the shop's settings a policy goes by."""

    currency: str
    """ISO 4217 code."""
    zone: tzinfo
    irreversible_limit: Money | None = None
    """The setting of that name; None where there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """A name that every condition may read."""

    type: Type
    told: str
    """What it is, as the documents have it."""
    read: Callable[[Case, Terms], object]


def _amount(case: Case, terms: Terms) -> object:
    return Decimal(0) if case.amount is None else plain(case.amount, terms.currency)


def _local(case: Case, terms: Terms) -> datetime:
    return case.now.astimezone(terms.zone)


WORDS: Mapping[str, Word] = {
    "kind": Word(type="text", told="the kind of action, `cancel_order`", read=lambda case, _terms: case.kind),
    "agent": Word(type="text", told="the id of the agent that proposes it", read=lambda case, _terms: case.agent),
    "principal": Word(
        type="text",
        told="for whom: `customer` who is signed in, `guest`, or `staff` who do it themselves",
        read=lambda case, _terms: case.principal,
    ),
    "customer": Word(
        type="text", told="the signed-in customer's id; unknown for a guest", read=lambda case, _terms: case.customer_id
    ),
    "amount": Word(
        type="number",
        told="the money that it moves, in whole units of the shop's currency: `500` is 500.00; 0 where it moves none, "
        "unknown in another currency",
        read=_amount,
    ),
    "irreversible": Word(type="truth", told="whether nothing undoes it", read=lambda case, _terms: case.irreversible),
    "irreversible_limit": Word(
        type="number",
        told="the setting `irreversible_limit_minor`, in whole units too",
        read=lambda _case, terms: plain(terms.irreversible_limit, terms.currency),
    ),
    "confidence": Word(
        type="number",
        told="how sure the planner was of the request, from 0 to 1; unknown where nobody said",
        read=lambda case, terms: plain(case.confidence, terms.currency),
    ),
    "resources": Word(
        type="list",
        told='what it touches: `any_of(resources, "order:123")`',
        read=lambda case, terms: plain(case.resources, terms.currency),
    ),
    "now": Word(type="instant", told="the present instant", read=lambda case, terms: plain(case.now, terms.currency)),
    "today": Word(
        type="text",
        told="the day by the shop's clock: `2026-05-04`",
        read=lambda case, terms: f"{_local(case, terms):%F}",
    ),
    "hour": Word(
        type="number", told="the hour by the shop's clock, 0 to 23", read=lambda case, terms: _local(case, terms).hour
    ),
    "weekday": Word(
        type="text",
        told="`Monday` to `Sunday`, by the shop's clock",
        read=lambda case, terms: WEEKDAYS[_local(case, terms).weekday()],
    ),
}
"""What is known of every action; beside it there are `args.` and `facts.`, which differ from kind to kind."""
JSON_TYPES: Mapping[type, Type] = {bool: "truth", int: "number", float: "number", str: "text"}
AMOUNTS: Mapping[str, Callable[[Case, Terms], Money | None]] = {
    "amount": lambda case, terms: case.amount or Money(terms.currency, 0),
    "irreversible_limit": lambda _case, terms: terms.irreversible_limit,
}
"""What a text that a policy says may name in braces."""


@dataclass(frozen=True, slots=True)
class NamesOf:
    """The names that a condition may read when it is for certain kinds."""

    kinds: Sequence[ActionKind[Any]]

    def type_of(self, path: str, *, can_lack: bool) -> Type | None:
        """Return the type that a name's values have; None where they may have any.

        Raises:
            InvalidInput: there is no such name, or not for each of the kinds and the expression counts on it.
        """
        root, *rest = path.split(".")
        if root in WORDS and not rest:
            return WORDS[root].type
        if root in WORDS:
            raise InvalidInput(f"{root} has no parts")
        if root not in {"args", "facts"}:
            raise InvalidInput(f"there is no name {path}{like(root, [*WORDS, 'args', 'facts'])}")
        if not rest:
            raise InvalidInput(f"say which of the {root}: {root}.name")
        found = [_fields(kind) if root == "args" else _facts(kind) for kind in self.kinds]
        self._check_there(root, rest[0], found, can_lack=can_lack)
        types: set[Type | None] = {known[rest[0]] for known in found if known is not None and rest[0] in known}
        return types.pop() if len(types) == 1 and len(rest) == 1 else None

    def _check_there(
        self, root: str, name: str, found: Sequence[Mapping[str, Type | None] | None], *, can_lack: bool
    ) -> None:
        lacking = [
            kind.name for kind, known in zip(self.kinds, found, strict=True) if known is not None and name not in known
        ]
        if not lacking:
            return
        told = f"{', '.join(lacking[:3])}{' and others' if len(lacking) > 3 else ''}"
        if len(lacking) == len(self.kinds):
            there = sorted({name for known in found if known for name in known})
            raise InvalidInput(f"{told}: no {root}.{name}{like(name, there) if there else ': there are none'}")
        if not can_lack:
            raise InvalidInput(
                f"{told}: no {root}.{name}; name in `kinds` those that have it, or write known({root}.{name})"
            )


def _facts(kind: ActionKind[Any]) -> Mapping[str, Type | None] | None:
    return None if kind.facts is None else dict.fromkeys(kind.facts)


def _fields(kind: ActionKind[Any]) -> Mapping[str, Type | None]:
    fields: Iterable[tuple[str, Any]] = kind.args.model_fields.items()
    return {name: _type(info.annotation) for name, info in fields}


def _type(annotation: Any) -> Type | None:
    """Return the type that an argument has once it is JSON; None where it may have several."""
    while hasattr(annotation, "__supertype__"):
        annotation = annotation.__supertype__
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal and all(isinstance(value, str) for value in args):
        return "text"
    if NoneType in args and len(args) == 2:
        return _type(next(one for one in args if one is not NoneType))
    if origin in {list, tuple, frozenset, set}:
        return "list"
    known: Type | None = JSON_TYPES.get(annotation) if isinstance(annotation, type) else None
    return known
