"""Templates and conditions of playbooks: Jinja in its sandbox, since cards are data that a merchant writes.

Both may use the shop's filters `money`, `day`, `days_since` and `listing`. In a template a name that is not there is
an error, never an empty text; in an expression it is false and equal to nothing, so that a condition may name a step
that did not run.

They read plain values and nothing else of the process: the sandbox lets no method be called but those of texts,
numbers, lists, dictionaries, days and hours, and it stops what takes too long or gets too big.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import Any, cast

from jinja2 import ChainableUndefined, StrictUndefined, Template, TemplateError, Undefined, nodes
from jinja2.environment import TemplateExpression

from shopfloor.agents.sandbox import MAX_WEIGHT, Sandbox, bounded
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.money import Money
from shopfloor.language.dates import day, local_day
from shopfloor.language.wording import Wording, reworded

Scope = Mapping[str, object]

MISTAKES = (TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a template or an expression can go wrong with."""
UNREADABLE = (TemplateError, SyntaxError, RecursionError, MemoryError)
"""What reading one can: Python itself refuses what is nested too deep."""


def money(value: Mapping[str, Any]) -> str:
    """Write an amount of a tool's output."""
    return str(Money(str(value["currency"]), int(value["minor"])))


def listing(values: Sequence[object], last: str = "and") -> str:
    """Join values as one says them: `red, blue and green`."""
    words = [str(value) for value in values]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def _environment(undefined: type[Undefined]) -> Sandbox:
    environment = Sandbox(undefined)
    environment.offer("money", money)
    environment.offer("listing", listing)
    environment.offer("day", _day)
    environment.offer("days_since", _days_since)
    return environment


def _day(value: str | date, now: datetime, zone: tzinfo) -> str:
    at = value if isinstance(value, date) else _parse(value)
    return day(at, now, zone)


def _days_since(value: str | date, now: datetime, zone: tzinfo) -> int:
    at = value if isinstance(value, date) else _parse(value)
    return (local_day(now, zone) - local_day(at, zone)).days


def _parse(value: str) -> date:
    return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)


TEMPLATES = _environment(StrictUndefined)
EXPRESSIONS = _environment(ChainableUndefined)


@lru_cache(maxsize=4_096)
def _template(source: str, wording: Wording = ()) -> Template:
    tree = TEMPLATES.parse(source)
    for part in tree.find_all(nodes.Output) if wording else ():
        _reword(part.nodes, wording)
    return TEMPLATES.from_string(tree)


@lru_cache(maxsize=4_096)
def _expression(source: str) -> TemplateExpression:
    return EXPRESSIONS.compile_expression(source, undefined_to_none=True)


def _reword(parts: Sequence[nodes.Node], wording: Wording) -> None:
    """Put the shop's words into what a template says by itself, `{{ 'one' if it else 'another' }}` among it."""
    for part in parts:
        if isinstance(part, nodes.TemplateData):
            part.data = reworded(part.data, wording)
        elif isinstance(part, nodes.Const) and isinstance(part.value, str):
            part.value = reworded(part.value, wording)
        elif isinstance(part, nodes.CondExpr):
            _reword([part.expr1, *([part.expr2] if part.expr2 else [])], wording)


def check_template(source: str) -> None:
    """Check a template's syntax.

    Raises:
        InvalidInput: saying where it is wrong.
    """
    try:
        _template(source)
    except UNREADABLE as error:
        raise InvalidInput(f"not a template: {_said(error)}") from error


def check_expression(source: str) -> None:
    """Check an expression's syntax.

    Raises:
        InvalidInput: saying where it is wrong.
    """
    try:
        _expression(source)
    except UNREADABLE as error:
        raise InvalidInput(f"not an expression: {_said(error)}") from error


def render(source: str, scope: Scope, wording: Wording = (), *, limit: int = MAX_WEIGHT) -> str:
    """Fill a template in, in the shop's own words: what it says by itself is reworded, the values put in are not.

    Raises:
        InvalidInput: a name or attribute that is not there.
    """
    try:
        with bounded():
            return _written(_template(source, wording).generate(scope), limit).strip()
    except MISTAKES as error:
        raise InvalidInput(f"the template {source!r} cannot be filled in: {error}") from error


def _written(pieces: Iterator[str], limit: int) -> str:
    text = ""
    for piece in pieces:
        text += piece
        if len(text) > limit:
            raise ValueError(f"it writes more than {limit:,} characters")
    return text


def _said(error: BaseException) -> str:
    return "it is nested too deep" if isinstance(error, RecursionError | MemoryError) else str(error)


def evaluate(source: str, scope: Scope) -> object:
    """Work out an expression; None where it names something that is not there.

    Raises:
        InvalidInput: it cannot be worked out.
    """
    try:
        with bounded():
            return cast(object, _expression(source)(**scope))
    except MISTAKES as error:
        raise InvalidInput(f"the expression {source!r} cannot be worked out: {error}") from error
