"""What expressions work with: values in bounds, and what is done with them; None where that cannot be told."""

from collections.abc import Mapping, Sequence, Set
from datetime import UTC, datetime
from decimal import Context, Decimal, DecimalException, DivisionByZero, Inexact, InvalidOperation, Overflow, Underflow
from operator import add, ge, gt, le, lt, mul, sub
from typing import Any, Literal, TypeAlias, TypeGuard, cast

from shopfloor.kernel.money import Money, in_units

Value: TypeAlias = "bool | int | Decimal | str | datetime | tuple[Value, ...] | None"
"""None is unknown: nothing was said, or it cannot be told."""
Truth = bool | None
"""Three-valued, by Kleene: what is false whatever the unknown may be is false, else it is unknown too."""
Type = Literal["truth", "number", "text", "list", "instant"]
Number = int | Decimal

TYPES: Mapping[type, Type] = {
    bool: "truth",
    int: "number",
    Decimal: "number",
    str: "text",
    tuple: "list",
    datetime: "instant",
}
MAX_TEXT = 20_000
"""Letters of a text; a longer one is unknown."""
MAX_ITEMS = 1_000
"""Of a list; a longer one is unknown."""
MAX_NESTED = 4
"""Lists in a list; what lies deeper is unknown."""
MAX_DIGITS = 34
"""Of a number, before and behind its point together; one that needs more is unknown, never rounded."""
EXACT = Context(prec=MAX_DIGITS, traps=[DivisionByZero, Inexact, InvalidOperation, Overflow, Underflow])
LARGEST = 10**MAX_DIGITS
MONEY: Set[str] = frozenset({"currency", "minor"})
"""The keys of an amount among arguments and facts."""


def plain(raw: object, currency: str, nested: int = MAX_NESTED) -> Value:
    """Return what an expression sees of a JSON value, an instant or an amount.

    An amount of `currency` is a number of whole units, one of another currency is unknown. So is an object.
    """
    kind = type(raw)
    if kind is str:
        return cast(str, raw) if len(cast(str, raw)) <= MAX_TEXT else None
    if kind is bool or raw is None:
        return cast("bool | None", raw)
    if kind is int:
        return cast(int, raw) if -LARGEST < cast(int, raw) < LARGEST else None
    if isinstance(raw, float):
        return _decimal(Decimal(repr(raw)))  # as it was written, not as it is held
    if isinstance(raw, Decimal):
        return _decimal(raw)
    if isinstance(raw, datetime):
        return _instant(raw)
    if isinstance(raw, list | tuple):
        items = cast("Sequence[object]", raw)
        if len(items) > MAX_ITEMS or not nested:
            return None
        return tuple([plain(item, currency, nested - 1) for item in items])
    return _amount(raw, currency)


def _decimal(number: Decimal) -> Decimal | None:
    if not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS:
        return None
    return _exact(add, number, Decimal(0))


def _instant(raw: datetime) -> datetime | None:
    try:
        return raw.astimezone(UTC) if raw.tzinfo else None
    except OverflowError:  # at the ends of time
        return None


def _amount(raw: object, currency: str) -> Decimal | None:
    if isinstance(raw, Mapping) and cast("Mapping[str, object]", raw).keys() == MONEY:
        known = cast("Mapping[str, object]", raw)
        code, minor = known["currency"], known["minor"]
        if type(code) is not str or type(minor) is not int:
            return None
        raw = Money(code, minor)
    if not isinstance(raw, Money) or raw.currency != currency or abs(raw.minor) >= LARGEST:
        return None
    return in_units(raw)


def is_number(value: Value) -> TypeGuard[Number]:
    """Whether a value is a number; a truth, which Python counts as one, is none."""
    return type(value) is int or type(value) is Decimal


def _exact(work: Any, one: Number, other: Number) -> Any:
    """Add, take away or multiply; None where the result has more digits than are kept."""
    if type(one) is int and type(other) is int:
        result: int = work(one, other)
        return result if -LARGEST < result < LARGEST else None
    try:
        return DECIMAL[work](_as_decimal(one), _as_decimal(other))
    except DecimalException:
        return None


def _as_decimal(number: Number) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(number)


DECIMAL: Mapping[Any, Any] = {add: EXACT.add, sub: EXACT.subtract, mul: EXACT.multiply}
ARITHMETIC: Mapping[str, Any] = {"+": add, "-": sub, "*": mul}


def worked_out(sign: str, one: Value, other: Value) -> Value:
    """Return `one + other`, or with another sign; exact or unknown."""
    if not is_number(one) or not is_number(other):
        return None
    return cast(Value, _exact(ARITHMETIC[sign], one, other))


def instant(value: Value) -> datetime | None:
    """Return an instant, also one that a text names with its date, time and zone."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not 16 <= len(value) <= 40:
        return None
    try:
        return _instant(datetime.fromisoformat(value))
    except ValueError:
        return None


def equal(one: Value, other: Value) -> Truth:
    """Say whether two values are the same; unknown where they are of two types."""
    if one is None or other is None:
        return None
    if isinstance(one, tuple) and isinstance(other, tuple):
        if len(one) != len(other):
            return False
        return every([equal(left, right) for left, right in zip(one, other, strict=True)])
    if TYPES[type(one)] == TYPES[type(other)]:
        return one == other
    pair = _instants(one, other)
    return None if pair is None else pair[0] == pair[1]


def _instants(one: Value, other: Value) -> tuple[datetime, datetime] | None:
    """Return an instant and one that a text names; None where two values are nothing like that."""
    if not (isinstance(one, datetime) or isinstance(other, datetime)):
        return None
    earlier, later = instant(one), instant(other)
    return None if earlier is None or later is None else (earlier, later)


ORDERS: Mapping[str, Any] = {"<": lt, "<=": le, ">": gt, ">=": ge}
ORDERED: frozenset[Type] = frozenset({"number", "text", "instant"})


def ordered(sign: str, one: Value, other: Value) -> Truth:
    """Say whether `one < other`, or with another sign; texts go by their letters' code points."""
    if one is None or other is None:
        return None
    kind = TYPES[type(one)]
    if kind == TYPES[type(other)]:
        return cast(bool, ORDERS[sign](one, other)) if kind in ORDERED else None
    pair = _instants(one, other)
    return None if pair is None else cast(bool, ORDERS[sign](*pair))


def within(one: Value, other: Value) -> Truth:
    """Say whether a list holds a value, or a text another text."""
    if isinstance(other, tuple):
        return some([equal(one, item) for item in other])
    return one in other if isinstance(one, str) and isinstance(other, str) else None


def negated(value: Value) -> Truth:
    """Say the opposite; what is neither true nor false stays unknown."""
    return not value if isinstance(value, bool) else None


def every(values: Sequence[Value]) -> Truth:
    """Say whether all are true; false where one is false, whatever the others are."""
    if any(value is False for value in values):
        return False
    return True if all(value is True for value in values) else None


def some(values: Sequence[Value]) -> Truth:
    """Say whether one is true; true where one is, whatever the others are."""
    if any(value is True for value in values):
        return True
    return False if all(value is False for value in values) else None
