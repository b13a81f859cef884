"""`shopfloor eval tau2`: four files go in; what was done, refused and allowed comes out."""

import json
from pathlib import Path

import pytest
from commands import Done, run_command
from tau2_domain import Shape, cancel, database, diff, exchange, live_at, negative, task

MOVED = live_at("cy")
UNDONE = exchange("#A3", ["lamp-s"], ["lamp-m"], "ada_gift")


def files() -> dict[str, object]:
    """Return what stands in each file, by the option it is given with."""
    there: Shape = {
        **database()["users"]["cy"],
        "address": {k: v for k, v in MOVED["arguments"].items() if k != "user_id"},
    }
    return {
        "db": database(),
        "tasks": [task("moves", MOVED), task("cannot_pay", UNDONE), task("stays", cancel("#A2"))],
        "diffs": {
            "moves": diff("ok", of=[MOVED], users=[there]),
            "cannot_pay": diff("Insufficient gift card balance", of=[UNDONE]),
            "stays": diff("ok", of=[cancel("#A2")]),
        },
        "negatives": [
            negative("no-1", "cancel_foreign_user_order", "ben", cancel("#A1")),
            negative("no-2", "cancel_without_confirmation", "ada", cancel("#A1"), confirmed=False),
            negative("no-3", "cancel_bad_reason", "ada", cancel("#A1")),
            negative("no-4", "cancel_twice", None, cancel("#A1"), cancel("#A1")),
        ],
    }


def tau2(folder: Path, what: dict[str, object], *options: str) -> Done:
    """Run the command on files of this content; a text is written as it is."""
    args: list[str] = []
    for name, content in what.items():
        path = folder / f"{name}.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        args += [f"--{name}", str(path)]
    return run_command("eval", "tau2", *args, *options)


def test_json_has_just_what_was_found(tmp_path: Path) -> None:
    done = tau2(tmp_path, files(), "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert {name: found[name] for name in ("tasks", "equal", "negatives", "refused", "allowed")} == {
        "tasks": 3,
        "equal": 1,
        "negatives": 4,
        "refused": 3,
        "allowed": ["no-3"],
    }
    assert [one["task"] for one in found["deviations"]] == ["cannot_pay", "stays"]
    assert found["wrongly_refused"] == [
        {"task": "stays", "call": "cancel_pending_order #A2", "rule": "order.already_shipped"}
    ]
    assert found["refusals"] == [
        {"id": "no-1", "rule": "identity.owner"},
        {"id": "no-2", "rule": "consent.yes"},
        {"id": "no-4", "rule": "identity.verified"},
    ]
    assert list(found) == [
        "tasks",
        "equal",
        "deviations",
        "wrongly_refused",
        "negatives",
        "refused",
        "refusals",
        "allowed",
    ]
    assert "3 of 3 tasks" in done.stderr


def test_without_json_it_is_told_to_people(tmp_path: Path) -> None:
    done = tau2(tmp_path, files())
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "ended as expected 1" in lines
    assert "stays: cancel_pending_order #A2, by order.already_shipped" in lines
    assert "cancel_foreign_user_order identity.owner (1)" in lines
    assert "no-3: cancel_bad_reason" in lines
    assert "no-4: identity.verified" in lines[lines.index("Not reached: an earlier call was refused") :]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("db", "{", "db.json is no JSON"),
        ("db", {"products": {}, "users": {}}, "db.json: orders: Field required"),
        ("tasks", [task("t", {"name": "cancel_pending_order"})], "arguments: Field required"),
        ("diffs", {}, "the diffs hold nothing of task moves"),
        ("negatives", [negative("n", "r", "dora", cancel("#A1"))], "the acting_user of n is dora"),
        ("negatives", [negative("n", "r", None, cancel("#A1"))] * 2, "there are two cases called n"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_the_place(
    name: str, content: object, told: str, tmp_path: Path
) -> None:
    done = tau2(tmp_path, {**files(), name: content})
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    given = files()
    del given["tasks"]
    done = tau2(tmp_path, given, "--tasks", str(tmp_path / "none.json"))
    assert done.returncode == 2
    assert "none.json cannot be read" in done.stderr
