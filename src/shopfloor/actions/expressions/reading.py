"""Reading an expression: letters become a tree, in bounds, and what is wrong is told with its column."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple, TypeVar, cast

from shopfloor.actions.expressions.tree import (
    Call,
    Comparator,
    Compared,
    Connective,
    Constant,
    Joined,
    Listing,
    Name,
    Negative,
    Node,
    Not,
    Reckoned,
)
from shopfloor.actions.expressions.values import MAX_DIGITS
from shopfloor.kernel.errors import InvalidInput

MAX_SOURCE = 1_000
"""Letters of an expression."""
MAX_DEPTH = 20
"""Of parentheses, lists, calls, `not` and minus signs in one another."""
TOKEN = re.compile(
    r"""(?P<number>\d+(?:\.\d+)?(?![\w.]))
    | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?![\w.]))
    | (?P<text>'[^']*'|"[^"]*")
    | (?P<sign>[=!<>]=|[<>()\[\],+*-])""",
    re.ASCII | re.VERBOSE,
)
SPACE = re.compile(r"[ \t\r\n]*")
WORDS = frozenset({"and", "or", "not", "in", "true", "false"})
COMPARATORS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})
REMEDIES = {
    "=": "write == to compare",
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`",
    "/": "there is no division: multiply the other side",
    "'": "this text has no end: write another '",
    '"': 'this text has no end: write another "',
}
END = "the end"

T = TypeVar("T")


class WrongExpression(InvalidInput):
    """An expression that cannot be used."""

    def __init__(self, column: int, message: str) -> None:
        """Take where it is wrong, counted from 1, and what is."""
        super().__init__(f"column {column}: {message}")
        self.column = column


class Token(NamedTuple):
    """A word or sign."""

    kind: str
    """`number`, `name`, `text`, `sign` or `end`; `word` for one that means something by itself, such as `and`."""
    text: str
    column: int


def read(source: str) -> Node:
    """Return what an expression is made of.

    Raises:
        WrongExpression: it is none, or too long or too deep.
    """
    if len(source) > MAX_SOURCE:
        raise WrongExpression(MAX_SOURCE + 1, f"it is too long: at most {MAX_SOURCE} letters are read")
    return _Reader(_tokens(source)).whole()


def _tokens(source: str) -> list[Token]:
    found: list[Token] = []
    place = cast("re.Match[str]", SPACE.match(source)).end()
    while place < len(source):
        match = TOKEN.match(source, place)
        if match is None:
            letter = source[place]
            remedy = REMEDIES.get(letter)
            raise WrongExpression(place + 1, remedy or f"{letter!r} cannot stand here")
        text, kind = match[0], cast(str, match.lastgroup)
        found.append(Token("word" if kind == "name" and text in WORDS else kind, text, place + 1))
        place = cast("re.Match[str]", SPACE.match(source, match.end())).end()
    return [*found, Token("end", END, len(source) + 1)]


class _Reader:
    """Reads from the loosest to the fastest: `or`, `and`, `not`, comparisons, sums, products, values."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._either()
        if self._next.kind != "end":
            raise self._unexpected("what comes before is complete: join it by `and` or `or`")
        return node

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._next
        self._place += token.kind != "end"
        return token

    def _is(self, *texts: str) -> bool:
        return self._next.kind in {"word", "sign"} and self._next.text in texts

    def _unexpected(self, told: str) -> WrongExpression:
        token = self._next
        text = END if token.kind == "end" else repr(token.text)
        return WrongExpression(token.column, f"{text} cannot stand here: {told}")

    def _expect(self, text: str) -> None:
        if not self._is(text):
            raise self._unexpected(f"{text} is missing")
        self._take()

    def _inside(self, work: Callable[[], T]) -> T:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise WrongExpression(self._next.column, f"it is nested too deep: at most {MAX_DEPTH} levels are read")
        result = work()
        self._depth -= 1
        return result

    def _either(self) -> Node:
        return self._joined("or", self._all)

    def _all(self) -> Node:
        return self._joined("and", self._not)

    def _joined(self, by: Connective, part: Callable[[], Node]) -> Node:
        column = self._next.column
        parts = [part()]
        while self._is(by):
            self._take()
            parts.append(part())
        return Joined(by, tuple(parts), column=column) if len(parts) > 1 else parts[0]

    def _not(self) -> Node:
        if not self._is("not"):
            return self._comparison()
        column = self._take().column
        return Not(self._inside(self._not), column=column)

    def _comparison(self) -> Node:
        column = self._next.column
        first = self._sum()
        rest: list[tuple[Comparator, Node]] = []
        while self._is(*COMPARATORS, "not"):
            sign = self._take().text
            if sign == "not":
                self._expect("in")
                sign = "not in"
            rest.append((cast(Comparator, sign), self._sum()))
        return Compared(first, tuple(rest), column=column) if rest else first

    def _sum(self) -> Node:
        return self._reckoned(("+", "-"), self._product)

    def _product(self) -> Node:
        return self._reckoned(("*",), self._signed)

    def _reckoned(self, signs: tuple[str, ...], part: Callable[[], Node]) -> Node:
        column = self._next.column
        first = part()
        rest: list[tuple[str, Node]] = []
        while self._is(*signs):
            rest.append((self._take().text, part()))
        return Reckoned(first, tuple(rest), column=column) if rest else first

    def _signed(self) -> Node:
        if not self._is("-"):
            return self._value()
        column = self._take().column
        return Negative(self._inside(self._signed), column=column)

    def _value(self) -> Node:
        token = self._next
        if token.kind in {"number", "text"} or self._is("true", "false"):
            return self._constant(self._take())
        if token.kind == "name":
            self._take()
            if not self._is("("):
                return Name(token.text, column=token.column)
            self._take()
            return Call(token.text, self._inside(lambda: self._items(")")), column=token.column)
        if self._is("["):
            self._take()
            return Listing(self._inside(lambda: self._items("]")), column=token.column)
        if self._is("("):
            self._take()
            node = self._inside(self._either)
            self._expect(")")
            return node
        raise self._unexpected("a name, a number, a text in quotes or a list is missing")

    def _items(self, end: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self._is(end):
            if items and not self._is(","):
                raise self._unexpected(f", or {end} is missing")
            if items:
                self._take()
            items.append(self._either())
        self._take()
        return tuple(items)

    def _constant(self, token: Token) -> Constant:
        if token.kind == "word":
            return Constant(token.text == "true", column=token.column)
        if token.kind == "text":
            return Constant(token.text[1:-1], column=token.column)
        if len(token.text.replace(".", "")) > MAX_DIGITS:
            raise WrongExpression(token.column, f"this number is too long: at most {MAX_DIGITS} digits are read")
        return Constant(Decimal(token.text) if "." in token.text else int(token.text), column=token.column)
