"""Templates and conditions of playbooks: Jinja in its sandbox, since cards are data that a merchant writes.

Both may use the shop's filters `money`, `day`, `until`, `days_since` and `listing`, which write as the `language` among
the names does. In a template a name that is not there is
an error, never an empty text; in an expression it is false and equal to nothing, so that a condition may name a step
that did not run.

They read plain values and nothing else of the process: the sandbox lets no method be called but those of texts,
numbers, lists, dictionaries, days and hours, and it stops what takes too long or gets too big.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import Any, cast

from jinja2 import ChainableUndefined, StrictUndefined, Template, TemplateError, Undefined, meta, nodes
from jinja2.environment import TemplateExpression

from shopfloor.agents.sandbox import MAX_WEIGHT, Sandbox, bounded, weighed, worded
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.money import Money
from shopfloor.language.dates import local_day
from shopfloor.language.languages import DEFAULT, Language
from shopfloor.language.wording import Wording, reworded
from shopfloor.language.writing import day_in, known_language, listing_in, money_in, set_in, until_in

Scope = Mapping[str, object]

MISTAKES = (
    *(TemplateError, ArithmeticError, AssertionError, AttributeError, LookupError),
    *(RecursionError, TypeError, ValueError),
)
"""What a template or an expression can go wrong with."""
UNREADABLE = (TemplateError, SyntaxError, RecursionError, MemoryError)
"""What reading one can: Python itself refuses what is nested too deep."""


def _environment(undefined: type[Undefined], finalize: Callable[[Any], Any] = weighed) -> Sandbox:
    environment = Sandbox(undefined, finalize)
    environment.offer("money", _money)
    environment.offer("listing", _listing)
    environment.offer("day", _day)
    environment.offer("until", _until)
    environment.offer("days_since", _days_since)
    return environment


def _money(language: object, value: Mapping[str, Any]) -> str:
    """Write an amount of a tool's output."""
    return money_in(known_language(language), Money(str(value["currency"]), int(value["minor"])))


def _listing(language: object, values: Sequence[object], last: str | None = None) -> str:
    """Join values as one says them: `red, blue and green`."""
    return listing_in(known_language(language), values, last)


def _day(language: object, value: str | date, now: datetime, zone: tzinfo) -> str:
    return day_in(known_language(language), _date(value), now, zone)


def _until(language: object, value: str | date, now: datetime, zone: tzinfo) -> str:
    return until_in(known_language(language), _date(value), now, zone)


def _days_since(_language: object, value: str | date, now: datetime, zone: tzinfo) -> int:
    return (local_day(now, zone) - local_day(_date(value), zone)).days


def _date(value: str | date) -> date:
    if isinstance(value, date):
        return value
    return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)


TEMPLATES = _environment(StrictUndefined)
WORDED = _environment(StrictUndefined, worded)
"""For texts in which no list may stand as Python writes it."""
EXPRESSIONS = _environment(ChainableUndefined)


@lru_cache(maxsize=4_096)
def _template(
    source: str, wording: Wording = (), language: Language = DEFAULT, environment: Sandbox = TEMPLATES
) -> Template:
    tree = environment.parse(source)
    for part in tree.find_all(nodes.Output) if wording or language != DEFAULT else ():
        _reword(part.nodes, lambda text: set_in(language, reworded(text, wording)))
    return environment.from_string(tree)


@lru_cache(maxsize=4_096)
def _expression(source: str) -> TemplateExpression:
    return EXPRESSIONS.compile_expression(source, undefined_to_none=True)


def _reword(parts: Sequence[nodes.Node], put: Callable[[str], str]) -> None:
    """Change what a template says by itself, `{{ 'one' if it else 'another' }}` among it."""
    for part in parts:
        if isinstance(part, nodes.TemplateData):
            part.data = put(part.data)
        elif isinstance(part, nodes.Const) and isinstance(part.value, str):
            part.value = put(part.value)
        elif isinstance(part, nodes.CondExpr):
            _reword([part.expr1, *([part.expr2] if part.expr2 else [])], put)


@lru_cache(maxsize=4_096)
def names_in(source: str) -> frozenset[str]:
    """Return the names that a template reads and does not set itself; it has been checked."""
    return frozenset(meta.find_undeclared_variables(TEMPLATES.parse(source))) - {"range"}


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


def render(
    source: str,
    scope: Scope,
    wording: Wording = (),
    *,
    language: Language = DEFAULT,
    limit: int = MAX_WEIGHT,
    environment: Sandbox = TEMPLATES,
) -> str:
    """Fill a template in, in the shop's own words: what it says by itself is reworded, the values put in are not.

    `language` is the one that the template is written in.

    Raises:
        InvalidInput: a name or attribute that is not there.
    """
    try:
        with bounded():
            pieces = _template(source, wording, language, environment).generate({**scope, "language": language})
            return _written(pieces, limit).strip()
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
