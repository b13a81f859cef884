"""What is told of routed messages: shares that can be counted by hand."""

from collections.abc import Sequence

import pytest

from shopfloor.evals.figures import by_source, figures, judged, to_json
from shopfloor.evals.routing import mistakes, took
from shopfloor.evals.rows import Row


def row(
    name: str, kind: str, expected: Sequence[str], *, accept: Sequence[Sequence[str]] = (), source: str = "chat"
) -> Row:
    return Row.model_validate(
        {
            "id": name,
            "source": source,
            "kind": kind,
            "messages": [{"role": "user", "content": f"message {name}"}],
            "expected_agents": list(expected),
            "accept": [list(one) for one in accept],
            "label": "asked",
        }
    )


ROWS = [
    row("a", "single", ["order_management"]),
    row("b", "single", ["product_expert"], accept=[["product_upsell"]], source="hint3_real"),
    row("c", "single", ["general_support"]),
    row("d", "multi", ["order_management", "return_management"], source="composed:chat"),
    row("e", "oos", ["general_support"]),
    row("f", "escalation", ["human_transfer"]),
    row("g", "context", ["return_management"]),
]
FOUND = {
    "a": frozenset({"order_management"}),
    "b": frozenset({"product_upsell"}),
    "c": frozenset({"refuse"}),
    "d": frozenset({"order_management"}),
    "e": frozenset({"refuse"}),
    "f": frozenset({"human_transfer", "general_support"}),
}


def test_shares_are_counted_over_the_rows_they_are_about() -> None:
    told = to_json(figures(judged(ROWS, FOUND)))
    wanted = {
        "single, strict": 0.3333,
        "single, lenient": 0.6667,
        "context, strict": 0.0,
        "multi, exact": 0.0,
        "multi, precision": 1.0,
        "multi, recall": 0.5,
        "multi, F1": 0.6667,
        "out of scope": 1.0,
        "in scope, wrongly refused": 0.3333,  # a row that is missing went to no specialist
        "general support, called not ours": 1.0,
        "human recall": 1.0,
        "false transfer": 0.0,
        "single, macro recall": 0.3333,
    }
    assert {name: told[name] for name in wanted} == wanted


def test_real_chats_come_first_and_messages_put_together_last() -> None:
    assert [source for source, _ in by_source(judged(ROWS, FOUND))] == [
        "hint3_real",
        "chat",
        "chat",
        "chat",
        "chat",
        "composed:chat",
    ]


def test_a_message_for_a_person_is_right_whoever_else_gets_it() -> None:
    ((strict, _),) = (share for key, share in by_source(judged(ROWS, FOUND)).items() if key == ("chat", "escalation"))
    assert strict.value == 1.0


def test_mistakes_are_told_by_source_and_pair_the_most_frequent_first() -> None:
    rows = [row(name, "single", ["product_expert"]) for name in "xyz"] + ROWS[:1]
    found = {name: frozenset({"refuse"}) for name in "xyz"} | {"a": frozenset[str]()}
    first, second = mistakes(judged(rows, found), 5)
    assert (first.expected, first.found, first.count) == (("product_expert",), ("refuse",), 3)
    assert first.messages == ("message x", "message y", "message z")
    assert (second.found, second.count) == ((), 1)


@pytest.mark.parametrize(("values", "p50", "p95"), [([3.0], 3.0, 3.0), (list(map(float, range(100))), 50.0, 95.0)])
def test_times_are_told_as_median_and_95th_percentile(values: list[float], p50: float, p95: float) -> None:
    found = took(values)
    assert found is not None
    assert (found.p50, found.p95, found.of) == (p50, p95, len(values))


def test_no_times_are_told_of_nothing() -> None:
    assert took([]) is None
