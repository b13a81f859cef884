"""`shopfloor eval`: labelled messages go in, who they were given to and how well that was comes out."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from commands import run_command as shopfloor

from shopfloor.agents.registry import shipped_cards

EXAMPLE = next(skill for card in shipped_cards() for skill in card.skills if skill.id == "track_order").examples[0]


def row(name: str, kind: str, said: Sequence[tuple[str, str]], expected: Sequence[str]) -> Mapping[str, object]:
    return {
        "id": name,
        "source": "hint3_like" if kind == "single" else "written",
        "kind": kind,
        "messages": [{"role": role, "content": content} for role, content in said],
        "expected_agents": list(expected),
        "accept": [],
        "label": "",
    }


ROWS = [
    row("a", "single", [("user", "Where's my order #123?")], ["order_management"]),
    row("b", "single", [("user", "do you have red sneakers in size 9")], ["product_expert"]),
    row(
        "c",
        "multi",
        [("user", "Where's my order #123, and by the way, do you have any red sneakers?")],
        ["order_management", "product_expert"],
    ),
    row("d", "oos", [("user", "what is the capital of Peru")], ["general_support"]),
    row("e", "escalation", [("user", "I want to talk to a human")], ["human_transfer"]),
    row(
        "lived", "context", [("user", "I want to return order 107"), ("user", "it did not fit")], ["return_management"]
    ),
    row(
        "said",
        "context",
        [
            ("user", "please cancel order 141"),
            ("assistant", "Order 141 is still pending. Do you want to go ahead and cancel it?"),
            ("user", "yes please"),
        ],
        ["order_management"],
    ),
    row(
        "foreign",
        "escalation",
        [("user", "Boa tarde, as calças ficam-me largas, como faço para as devolver?")],
        ["human_transfer"],
    ),
]


def file(folder: Path, rows: Sequence[Mapping[str, object]] = ROWS) -> Path:
    path = folder / "gold.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in rows) + "\n\n", "utf-8")
    return path


def test_each_row_is_given_to_agents_and_the_figures_are_told(tmp_path: Path) -> None:
    out = tmp_path / "pred.jsonl"
    done = shopfloor("eval", "routing", str(file(tmp_path)), "--out", str(out), "--errors", "3")
    assert done.returncode == 0, done.stderr
    found = {one["id"]: one["agents"] for one in map(json.loads, out.read_text("utf-8").splitlines())}
    assert list(found) == [one["id"] for one in ROWS]
    assert found == {
        "a": ["order_management"],
        "b": ["product_expert"],
        "c": ["order_management", "product_expert"],
        "d": ["refuse"],
        "e": ["human_transfer"],
        "lived": ["return_management"],
        "said": ["order_management"],
        "foreign": ["human_transfer"],
    }
    assert "8 messages" in done.stdout
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["single,", "strict", "1.0000", "of", "2"] in lines
    sources = [line[0] for line in lines if line and line[0] in {"hint3_like", "written"}]
    assert sources[0] == "hint3_like"
    assert "p50 / p95" in done.stdout
    assert "8 of 8 messages" in done.stderr


def test_figures_and_mistakes_are_told_as_json(tmp_path: Path) -> None:
    wrong = row("w", "single", [("user", "where is my order #123?")], ["product_upsell"])
    done = shopfloor("eval", "routing", str(file(tmp_path, [ROWS[0], wrong])), "--json", "--errors", "1")
    told = json.loads(done.stdout)
    assert told["single, strict"] == 0.5
    assert told["mistakes"] == [
        {
            "source": "hint3_like",
            "expected": ["product_upsell"],
            "found": ["order_management"],
            "count": 1,
            "messages": ["where is my order #123?"],
        }
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "line 2 is no JSON"),
        ("[]", "line 2 is no JSON object"),
        (json.dumps({**ROWS[0], "id": "z", "kind": "odd"}), "line 2: kind:"),
        (json.dumps({**ROWS[0], "id": "z", "messages": []}), "line 2: messages:"),
        (json.dumps({**ROWS[0], "id": "z", "extra": 1}), "line 2: extra:"),
        (json.dumps({**ROWS[0], "id": "z", "messages": [{"role": "assistant", "content": "hi"}]}), "line 2: messages:"),
        (json.dumps(ROWS[0]), "line 2: id: a stands in line 1 already"),
    ],
)
def test_a_bad_line_is_told_with_its_number_and_field(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(f"{json.dumps(ROWS[0])}\n{line}\n", "utf-8")
    done = shopfloor("eval", "routing", str(path))
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_and_a_missing_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n", "utf-8")
    assert "holds no rows" in shopfloor("eval", "routing", str(tmp_path / "empty.jsonl")).stderr
    done = shopfloor("eval", "routing", str(tmp_path / "none.jsonl"))
    assert (done.returncode, "cannot be read" in done.stderr) == (2, True)


def test_a_place_that_cannot_be_written_to_is_told_before_the_work(tmp_path: Path) -> None:
    done = shopfloor("eval", "routing", str(file(tmp_path)), "--out", str(tmp_path / "none" / "pred.jsonl"))
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "of 8" not in done.stderr


def test_examples_that_overlap_with_messages_are_shown_and_can_be_left_out(tmp_path: Path) -> None:
    path = file(tmp_path, [row("a", "single", [("user", f"{EXAMPLE.upper()}?!")], ["order_management"])])
    done = shopfloor("eval", "overlap", str(path), "--json")
    found = json.loads(done.stdout)
    assert found
    assert {one["row"] for one in found} == {"a"}
    assert "order_management/track_order" in {one["where"] for one in found}
    assert "exact" in {one["kind"] for one in found}
    assert "1 of 1 messages" in shopfloor("eval", "overlap", str(path)).stdout
    again = shopfloor("eval", "routing", str(path), "--without", str(path))
    assert again.returncode == 0, again.stderr
    assert "Without " in again.stderr
