"""The Jinja sandbox for texts of cards and settings: they read plain values, in bounds of time and memory.

A sandbox alone keeps a template from the process, not from counting for hours or writing gigabytes. So what a template
could grow by is rewritten where it is read: loops count their rounds, and whatever joins, repeats or lists weighs what
it takes and gives. What defines texts of its own (macros, blocks, includes) is no part of it.
"""

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, time
from functools import wraps
from typing import Any, cast

from jinja2 import TemplateSyntaxError, Undefined, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.visitor import NodeTransformer

PLAIN = (str, int, float, list, tuple, dict, date, time, LoopContext)
"""What may have methods in a template."""
MAX_WEIGHT = 20_000
"""Letters and parts of one value."""
MAX_WORK = 400_000
"""Letters and parts that one text may handle in all: some hundredths of a second."""
MAX_ROUNDS = 2_000
"""Rounds of all loops of one text."""
MAX_BITS = 512
"""Of a whole number."""
UNBOUNDED = frozenset(
    {"batch", "center", "filesizeformat", "forceescape", "format", "indent", "pprint", "random", "slice", "tojson"}
    | {"urlize", "wordwrap", "xmlattr", "striptags", "round"}
)
"""Filters that take a number for a length, or work long on a short text."""
PADDING = frozenset(
    {"center", "expandtabs", "format", "format_map", "ljust", "maketrans", "rjust", "striptags", "to_bytes"}
    | {"translate", "unescape", "zfill"}
)
"""Methods of texts and numbers that do."""
QUICK_TESTS = frozenset(
    {"boolean", "callable", "defined", "divisibleby", "escaped", "even", "false", "float", "integer", "iterable"}
    | {"mapping", "none", "number", "odd", "sameas", "sequence", "string", "true", "undefined"}
)
"""Tests that take as long for a big value as for a small one; the others walk through it."""
NO_PART = (
    nodes.Macro,
    nodes.CallBlock,
    nodes.FilterBlock,
    nodes.AssignBlock,
    nodes.Block,
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
    nodes.Extends,
)


class Budget:
    """What one text may still take."""

    def __init__(self) -> None:
        """Begin with all of it."""
        self.work = MAX_WORK
        self.rounds = MAX_ROUNDS


_budget: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def bounded() -> Generator[None]:
    """Bound what is rendered or worked out inside."""
    token = _budget.set(Budget())
    try:
        yield
    finally:
        _budget.reset(token)


def weigh(value: object, limit: int = MAX_WEIGHT) -> int:
    """Return how many letters and parts a plain value has, without walking on beyond a limit."""
    weight = 0
    pending = [value]
    while pending and weight <= limit:
        one = pending.pop()
        if isinstance(one, str | bytes | range):
            weight += len(one)
        elif isinstance(one, Mapping):
            pending += [part for pair in cast("Mapping[object, object]", one).items() for part in pair]
        elif isinstance(one, list | tuple | set | frozenset):
            known = cast("Collection[object]", one)
            weight += len(known)
            pending += known if weight <= limit else ()
        elif isinstance(one, int) and one.bit_length() > MAX_BITS:
            weight += limit + 1
        weight += 1
    return weight


def weighed(value: Any) -> Any:
    """Return a value that is not too heavy, and take its weight off the budget.

    Raises:
        SecurityError: it is.
    """
    if charge(value) > MAX_WEIGHT:
        raise SecurityError("it grows too big")
    return value


def charge(value: object) -> int:
    """Take the weight of a value that is gone through off the budget, and return it.

    Raises:
        SecurityError: nothing is left.
    """
    weight = weigh(value)
    budget = _budget.get()
    if budget is not None:
        budget.work -= weight
        if budget.work < 0:
            raise SecurityError("it grows too big")
    return weight


def worded(value: Any) -> Any:
    """Return a value as `weighed` does, if it is one that can be read where it is written.

    Raises:
        SecurityError: it grows too big.
        TypeError: it is a list, a part that has parts, or the like.
    """
    if value is None or isinstance(value, str | int | float | date | time | Undefined):
        return weighed(value)
    raise TypeError("a list is put in with {% for %}, and what has parts by their names, as in {{ one.part }}")


def _charged(value: Any) -> Any:
    charge(value)
    return value


def _rounds(values: Iterable[Any]) -> Iterator[Any]:
    budget = _budget.get()
    for value in values:
        if budget is not None:
            budget.rounds -= 1
            if budget.rounds < 0:
                raise SecurityError(f"its loops have more than {MAX_ROUNDS:,} rounds")
        yield value


def _joined(values: Iterable[object]) -> str:
    return "".join(weighed(str(weighed(value))) for value in values)


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that weighs what it takes and gives."""

    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()):
            weighed(value)
        return weighed(function(*args, **kwargs))

    return guarded


def _charging(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a test that pays for what it goes through."""

    @wraps(function)
    def charging(*args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()):
            charge(value)
        return function(*args, **kwargs)

    return charging


def _replace(text: object, old: str, new: str, count: int | None = None) -> str:
    """Replace words of a text; a filter."""
    source = str(text)
    times = source.count(old) if count is None else min(count, source.count(old))
    if len(source) + times * len(new) > MAX_WEIGHT:
        raise SecurityError("it grows too big")
    return source.replace(old, new, times)


def _range(*bounds: int) -> range:
    counted = range(*bounds)
    if len(counted) > MAX_ROUNDS:
        raise OverflowError(f"Range too big. The sandbox blocks ranges larger than MAX_ROUNDS ({MAX_ROUNDS}).")
    return counted


class _Bounds(NodeTransformer):
    """Puts the bounds in."""

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        if isinstance(node, NO_PART):
            raise TemplateSyntaxError(f"a text here knows no {type(node).__name__.lower()}", node.lineno)
        return super().generic_visit(node, *args, **kwargs)

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802  (Jinja's name)
        self.generic_visit(node)
        if node.recursive:
            raise TemplateSyntaxError("a text here knows no recursive loop", node.lineno)
        node.iter = _filtered(cast(nodes.Expr, node.iter), "0rounds")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "0joined")

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.expr = _filtered(node.expr, "0charged")
        for operand in node.ops:
            operand.expr = _filtered(operand.expr, "0charged")
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(node, "0weighed") if isinstance(node.arg, nodes.Slice) else node

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(node, "0weighed")

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(node, "0weighed")

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(node, "0weighed") if node.ctx == "load" else node


def _filtered(node: nodes.Expr, name: str) -> nodes.Filter:
    # The name begins with a digit, so that no template can name it.
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja, in bounds."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, undefined: type[Undefined], finalize: Callable[[Any], Any]) -> None:
        """Take what a name that is not there becomes, and what looks at each value before it is written."""
        # Nothing is escaped: what comes out is plain text, which each face escapes for its own kind of page.
        super().__init__(undefined=undefined, autoescape=False, trim_blocks=True, finalize=finalize)
        self.filters = {name: _guarded(made) for name, made in FILTERS.items() if name not in UNBOUNDED}
        self.filters["replace"] = _guarded(_replace)
        self.filters |= {"0rounds": _rounds, "0joined": _joined, "0weighed": weighed, "0charged": _charged}
        self.tests = {name: made if name in QUICK_TESTS else _charging(made) for name, made in TESTS.items()}
        self.globals = {"range": _range}

    def offer(self, name: str, made: Callable[..., Any]) -> None:
        """Add a filter; what it takes first is what the template's `language` is."""
        guarded = _guarded(made)

        @pass_context
        def in_language(context: Context, *args: Any, **kwargs: Any) -> Any:
            return guarded(context.get("language"), *args, **kwargs)

        self.filters[name] = in_language

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        # Templates and expressions both pass here.
        return super()._generate(cast(nodes.Template, _Bounds().visit(source)), name, filename, defer_init)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether an attribute may be read.

        A Pydantic model is more than its fields: its `parse_raw` can unpickle, its `parse_file` reads any file.
        """
        if isinstance(obj, str | int) and attr in PADDING:
            return False
        return super().is_safe_attribute(obj, attr, value) and (isinstance(obj, PLAIN) or not callable(value))

    def wrap_str_format(self, value: Any) -> None:
        """Leave a text's `format` what it is, which is not safe: it fills up to any width."""

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Call a method of a plain value, weighing what it takes and gives."""
        for value in (*args, *kwargs.values()):
            weighed(value)
        owner = getattr(obj, "__self__", None)
        if isinstance(owner, str | list | tuple):  # it is gone through; a dictionary is looked into
            charge(cast(object, owner))
        if getattr(obj, "__name__", "") == "replace" and isinstance(getattr(obj, "__self__", None), str):
            return weighed(_replace(obj.__self__, *args, **kwargs))
        if getattr(obj, "__name__", "") == "join" and isinstance(getattr(obj, "__self__", None), str):
            return _joined([part for one in args[0] for part in (obj.__self__, one)])[len(obj.__self__) :]
        return weighed(super().call(context, obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Work out what could grow: sums of texts and lists, products, powers."""
        is_count = isinstance(left, int | float) and isinstance(right, int | float)
        if operator in {"*", "%"} and not is_count:
            raise SecurityError(f"{operator} is for numbers only")
        if operator == "**" and not (is_count and abs(right) <= 64):
            raise SecurityError("** is for small numbers only")
        return weighed(super().call_binop(context, operator, weighed(left), weighed(right)))
