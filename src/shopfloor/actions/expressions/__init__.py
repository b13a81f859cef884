"""Conditions of policies: a small language that always ends, never fails and reaches nothing but what it is given.

    amount > 500 and args.reason not in ["ordered by mistake", "no longer needed"]

There are truths (`true`, `false`), whole numbers and decimals, texts in quotes, lists in brackets and instants; names
with dots; comparisons, also chained, `in` and `not in`; `and`, `or`, `not`; `+`, `-`, `*`; and a few functions. There
are no loops, no variables, no attributes and no way to define anything, and length, nesting and the items of lists that
one looks at are bounded: so is the time that it takes. It is read once and becomes closures; no Python is made of it.

**Unknown.** What is not there, of another type, an amount of another currency, or a number too long to be exact is
unknown, and so is all of an expression that looks at too many items of lists. What is made of something unknown is
unknown, unless it comes out the same whatever that may be: `false and unknown` is false, `true or unknown` true, `not
unknown` unknown (Kleene's logic). Truths, numbers and texts are never taken for one another. Numbers are exact: nothing
is rounded.
"""

from dataclasses import dataclass
from functools import lru_cache

from shopfloor.actions.expressions.checking import Names, check
from shopfloor.actions.expressions.compiling import Evaluate, Scope, compiled, value_of
from shopfloor.actions.expressions.functions import FUNCTIONS
from shopfloor.actions.expressions.reading import WrongExpression, read
from shopfloor.actions.expressions.steps import MAX_STEPS, TooManySteps
from shopfloor.actions.expressions.tree import Node, names, written
from shopfloor.actions.expressions.values import Truth, Type, Value, plain

__all__ = [
    "FUNCTIONS",
    "Expression",
    "Names",
    "Scope",
    "Truth",
    "Type",
    "Value",
    "WrongExpression",
    "expression",
    "plain",
    "value_of",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Expression:
    """A condition that was read."""

    source: str
    tree: Node
    names: tuple[str, ...]
    """What it reads, each once, in the order of the alphabet."""
    evaluate: Evaluate

    def holds(self, scope: Scope) -> Truth:
        """Say whether it holds; None where that cannot be told."""
        scope.steps.left = MAX_STEPS
        try:
            value = self.evaluate(scope)
        except TooManySteps:
            return None
        return value if isinstance(value, bool) else None

    def check(self, known: Names) -> None:
        """Check it against the names there are.

        Raises:
            WrongExpression: it reads a name or calls a function that there is not, or compares what is never alike.
        """
        check(self.tree, known)

    def __str__(self) -> str:
        """Write it as it is understood."""
        return written(self.tree)


@lru_cache(maxsize=1_024)
def expression(source: str) -> Expression:
    """Read an expression.

    Raises:
        WrongExpression: it is none, or too long or too deep.
    """
    tree = read(source)
    return Expression(source=source, tree=tree, names=tuple(sorted(set(names(tree)))), evaluate=compiled(tree))
