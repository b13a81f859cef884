"""Expressions and what they are worked out with, at random."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import strategies as st

from shopfloor.actions.expressions.functions import FUNCTIONS
from shopfloor.actions.expressions.tree import (
    Call,
    Compared,
    Constant,
    Joined,
    Listing,
    Name,
    Negative,
    Node,
    Not,
    Reckoned,
)

COMPARATORS = ("==", "!=", "<", "<=", ">", ">=", "in", "not in")
PATHS = ("amount", "flag", "word", "tags", "now", "args.n", "args.word", "facts.total", "facts.deep.er", "gone", "args")

numbers = st.one_of(
    st.integers(-(10**6), 10**6),
    st.integers(0, 10**33),
    st.decimals(-1000, 1000, places=2),
)
texts = st.text(st.characters(exclude_characters="'\"", exclude_categories=("C", "Zl", "Zp", "Zs")), max_size=6)


def _constant() -> st.SearchStrategy[Node]:
    plain = numbers.filter(lambda number: number >= 0)  # a minus sign is a part of its own
    return st.builds(Constant, st.one_of(st.booleans(), plain, texts))


def _inner(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    some = st.lists(parts, min_size=1, max_size=3).map(tuple)
    two = st.lists(parts, min_size=2, max_size=3).map(tuple)
    by = st.sampled_from(["and", "or"])
    compared = st.lists(st.tuples(st.sampled_from(COMPARATORS), parts), min_size=1, max_size=3).map(tuple)
    sums = st.lists(st.tuples(st.sampled_from("+-"), parts), min_size=1, max_size=3).map(tuple)
    products = st.lists(st.tuples(st.just("*"), parts), min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Joined, by, two),
        st.builds(Compared, parts, compared),
        st.builds(Reckoned, parts, st.one_of(sums, products)),
        st.builds(Not, parts),
        st.builds(Negative, parts),
        st.builds(Listing, st.one_of(st.just(()), some)),
        st.builds(Call, st.sampled_from([*FUNCTIONS, "nothing"]), some),
    )


trees: st.SearchStrategy[Node] = st.recursive(
    st.one_of(_constant(), st.builds(Name, st.sampled_from(PATHS))), _inner, max_leaves=12
)

json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(10**33, 10**40),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(
            ["2026-05-04T12:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-05-04"]
        ),
        st.fixed_dictionaries({"currency": st.sampled_from(["USD", "EUR", "JPY", ""]), "minor": st.integers()}),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=8,
)
scopes = st.fixed_dictionaries(
    {
        "amount": st.one_of(st.none(), st.decimals(0, 10**6, places=2)),
        "flag": st.one_of(st.none(), st.booleans()),
        "word": st.one_of(st.none(), texts),
        "tags": st.one_of(st.none(), st.lists(texts, max_size=3).map(tuple)),
        "now": st.datetimes(timezones=st.just(UTC)),
        "args": st.one_of(json_values, st.fixed_dictionaries({"n": json_values, "word": json_values})),
        "facts": st.fixed_dictionaries({"total": json_values, "deep": st.fixed_dictionaries({"er": json_values})}),
    }
)

# -- expressions in which everything is known and of its type, and which Python reads as we do ------------------------

KNOWN: dict[str, object] = {
    "amount": Decimal("612.50"),
    "small": 3,
    "flag": True,
    "off": False,
    "word": "blue shoe",
    "tags": ("a", "b", "blue shoe"),
    "now": datetime(2026, 5, 4, 12, 0, tzinfo=UTC),
}
known_numbers = st.recursive(
    st.one_of(
        st.sampled_from([Name("amount"), Name("small")]),
        st.builds(Constant, st.one_of(st.integers(0, 700), st.decimals(0, 700, places=2))),
    ),
    lambda inner: st.one_of(
        st.builds(Negative, inner),
        st.builds(
            Reckoned, inner, st.lists(st.tuples(st.sampled_from("+-"), inner), min_size=1, max_size=2).map(tuple)
        ),
        st.builds(Reckoned, inner, st.lists(st.tuples(st.just("*"), inner), min_size=1, max_size=2).map(tuple)),
    ),
    max_leaves=4,
)
known_texts = st.one_of(
    st.just(Name("word")), st.builds(Constant, st.sampled_from(["a", "b", "blue", "blue shoe", "", "Blue"]))
)
known_lists = st.one_of(st.just(Name("tags")), st.builds(Listing, st.lists(known_texts, max_size=3).map(tuple)))
ORDER = st.sampled_from(COMPARATORS[:6])
known_comparisons = st.one_of(
    st.builds(Compared, known_numbers, st.lists(st.tuples(ORDER, known_numbers), min_size=1, max_size=3).map(tuple)),
    st.builds(Compared, known_texts, st.lists(st.tuples(ORDER, known_texts), min_size=1, max_size=2).map(tuple)),
    st.builds(
        lambda left, sign, right: Compared(left, ((sign, right),)),
        known_texts,
        st.sampled_from(["in", "not in"]),
        st.one_of(known_lists, known_texts),
    ),
)
known_conditions: st.SearchStrategy[Node] = st.recursive(
    st.one_of(known_comparisons, st.sampled_from([Name("flag"), Name("off"), Constant(True), Constant(False)])),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(Joined, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)
