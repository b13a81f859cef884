"""Templates and conditions of playbooks: Jinja in its sandbox, since cards are data that a merchant writes.

Both may use the shop's filters `money`, `day` and `listing`. In a template a name that is not there is an error,
never an empty text; in an expression it is false and equal to nothing, so that a condition may name a step that did
not run.

They read plain values and nothing else of the process: the sandbox lets no method be called but those of texts,
numbers, lists, dictionaries, days and hours. What it cannot do is to stop a template that counts for hours.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, tzinfo
from functools import lru_cache
from typing import Any, cast

from jinja2 import ChainableUndefined, StrictUndefined, Template, TemplateError, Undefined
from jinja2.environment import TemplateExpression
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.money import Money
from shopfloor.language.dates import day

Scope = Mapping[str, object]

PLAIN = (str, int, float, list, tuple, dict, date, time, LoopContext)
"""What may have methods in a template."""
MISTAKES = (TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a template or an expression can go wrong with."""


def money(value: Mapping[str, Any]) -> str:
    """Write an amount of a tool's output."""
    return str(Money(str(value["currency"]), int(value["minor"])))


def listing(values: Sequence[object], last: str = "and") -> str:
    """Join values as one says them: `red, blue and green`."""
    words = [str(value) for value in values]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


class _Sandbox(ImmutableSandboxedEnvironment):
    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        # A Pydantic model is more than its fields: its `parse_raw` can unpickle, its `parse_file` reads any file.
        return super().is_safe_attribute(obj, attr, value) and (isinstance(obj, PLAIN) or not callable(value))


def _environment(undefined: type[Undefined]) -> _Sandbox:
    # Nothing is escaped: what comes out is plain text, which each face escapes for its own kind of page.
    environment = _Sandbox(undefined=undefined, autoescape=False, trim_blocks=True)
    environment.filters["money"] = money
    environment.filters["listing"] = listing
    environment.filters["day"] = _day
    return environment


def _day(value: str | date, now: datetime, zone: tzinfo) -> str:
    at = value if isinstance(value, date) else _parse(value)
    return day(at, now, zone)


def _parse(value: str) -> date:
    return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)


TEMPLATES = _environment(StrictUndefined)
EXPRESSIONS = _environment(ChainableUndefined)


@lru_cache(maxsize=4_096)
def _template(source: str) -> Template:
    return TEMPLATES.from_string(source)


@lru_cache(maxsize=4_096)
def _expression(source: str) -> TemplateExpression:
    return EXPRESSIONS.compile_expression(source, undefined_to_none=True)


def check_template(source: str) -> None:
    """Check a template's syntax.

    Raises:
        InvalidInput: saying where it is wrong.
    """
    try:
        _template(source)
    except TemplateError as error:
        raise InvalidInput(f"not a template: {error}") from error


def check_expression(source: str) -> None:
    """Check an expression's syntax.

    Raises:
        InvalidInput: saying where it is wrong.
    """
    try:
        _expression(source)
    except TemplateError as error:
        raise InvalidInput(f"not an expression: {error}") from error


def render(source: str, scope: Scope) -> str:
    """Fill a template in.

    Raises:
        InvalidInput: a name or attribute that is not there.
    """
    try:
        return _template(source).render(scope).strip()
    except MISTAKES as error:
        raise InvalidInput(f"the template {source!r} cannot be filled in: {error}") from error


def evaluate(source: str, scope: Scope) -> object:
    """Work out an expression; None where it names something that is not there.

    Raises:
        InvalidInput: it cannot be worked out.
    """
    try:
        return cast(object, _expression(source)(**scope))
    except MISTAKES as error:
        raise InvalidInput(f"the expression {source!r} cannot be worked out: {error}") from error
