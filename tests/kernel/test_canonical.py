"""Equal values have equal digests, others have others."""

import json

from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from shopfloor.kernel.canonical import canonical_json, digest

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_canonical_json_reads_back_as_the_same_value(value: JsonValue) -> None:
    assert json.loads(canonical_json(value)) == value


@given(st.dictionaries(TEXTS, JSON, max_size=6))
def test_the_order_of_keys_does_not_change_a_digest(value: dict[str, JsonValue]) -> None:
    assert digest(dict(reversed(value.items()))) == digest(value)


def test_values_that_only_look_alike_have_different_digests() -> None:
    alike: list[JsonValue] = [1, "1", [1], {"1": 1}, True, None, "", [], {}, "null", [[1]], "é", "e\u0301"]
    assert len({digest(value) for value in alike}) == len(alike)


def test_a_digest_stays_the_same_over_releases() -> None:
    value: JsonValue = {"kind": "cancel_order", "args": {"order_number": "141", "reason": "né"}}
    assert digest(value) == "674b9eb41a8358416c9b189b00ef485ec9690935bb33328697a5c2c11e3dd65a"
