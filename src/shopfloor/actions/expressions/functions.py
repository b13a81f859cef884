"""The functions that expressions may use: each takes values, unknown ones among them, and always ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from shopfloor.actions.expressions.values import (
    Type,
    Value,
    every,
    instant,
    is_number,
    some,
    within,
    worked_out,
)

ANY: frozenset[Type] = frozenset()
TEXT: frozenset[Type] = frozenset({"text"})
NUMBER: frozenset[Type] = frozenset({"number"})
LIST: frozenset[Type] = frozenset({"list"})
TIME: frozenset[Type] = frozenset({"instant", "text"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Function:
    """What a function takes and gives."""

    takes: tuple[frozenset[Type], ...]
    """The types that each argument may have; none where it may have any."""
    gives: Type | None
    """None where it depends on what it takes."""
    run: Callable[..., Value]
    is_open: bool = False
    """Whether the last argument may stand there several times."""
    told: str
    """How it is called, and what it gives."""


def _length(value: Value) -> Value:
    return len(value) if isinstance(value, str | tuple) else None


def _lower(value: Value) -> Value:
    return value.lower() if isinstance(value, str) else None


def _starts_with(value: Value, beginning: Value) -> Value:
    return value.startswith(beginning) if isinstance(value, str) and isinstance(beginning, str) else None


def _any_of(listed: Value, *wanted: Value) -> Value:
    return some([within(one, listed) for one in wanted]) if isinstance(listed, tuple) else None


def _all_of(listed: Value, *wanted: Value) -> Value:
    return every([within(one, listed) for one in wanted]) if isinstance(listed, tuple) else None


def _least(*values: Value) -> Value:
    numbers = [value for value in values if is_number(value)]
    return min(numbers) if len(numbers) == len(values) else None


def _greatest(*values: Value) -> Value:
    numbers = [value for value in values if is_number(value)]
    return max(numbers) if len(numbers) == len(values) else None


def _absolute(value: Value) -> Value:
    if not is_number(value):
        return None
    return worked_out("-", 0, value) if value < 0 else value


def _known(value: Value) -> Value:
    return value is not None


def _default(value: Value, otherwise: Value) -> Value:
    return otherwise if value is None else value


def _between(unit: timedelta) -> Callable[[Value, Value], Value]:
    def between(earlier: Value, later: Value) -> Value:
        begun, ended = instant(earlier), instant(later)
        if begun is None or ended is None:
            return None
        passed = ended - begun
        return passed // unit if passed >= timedelta() else -(-passed // unit)

    return between


FUNCTIONS: Mapping[str, Function] = {
    "abs": Function(takes=(NUMBER,), gives="number", run=_absolute, told="`abs(number)`: without its sign"),
    "all_of": Function(
        takes=(LIST, ANY),
        gives="truth",
        run=_all_of,
        is_open=True,
        told="`all_of(list, value, ...)`: it holds them all",
    ),
    "any_of": Function(
        takes=(LIST, ANY), gives="truth", run=_any_of, is_open=True, told="`any_of(list, value, ...)`: it holds one"
    ),
    "days_between": Function(
        takes=(TIME, TIME),
        gives="number",
        run=_between(timedelta(days=1)),
        told="`days_between(earlier, later)`: whole times 24 hours; below zero where the first is later",
    ),
    "default": Function(
        takes=(ANY, ANY), gives=None, run=_default, told="`default(value, other)`: the other where it is unknown"
    ),
    "hours_between": Function(
        takes=(TIME, TIME),
        gives="number",
        run=_between(timedelta(hours=1)),
        told="`hours_between(earlier, later)`: whole hours",
    ),
    "known": Function(
        takes=(ANY,), gives="truth", run=_known, told="`known(value)`: it is known; never unknown itself"
    ),
    "len": Function(
        takes=(TEXT | LIST,), gives="number", run=_length, told="`len(text or list)`: its letters or items"
    ),
    "lower": Function(takes=(TEXT,), gives="text", run=_lower, told="`lower(text)`: in small letters"),
    "max": Function(
        takes=(NUMBER, NUMBER),
        gives="number",
        run=_greatest,
        is_open=True,
        told="`max(number, number, ...)`: the largest",
    ),
    "min": Function(
        takes=(NUMBER, NUMBER),
        gives="number",
        run=_least,
        is_open=True,
        told="`min(number, number, ...)`: the smallest",
    ),
    "starts_with": Function(
        takes=(TEXT, TEXT), gives="truth", run=_starts_with, told="`starts_with(text, beginning)`: it begins so"
    ),
}
