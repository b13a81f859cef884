"""`shopfloor policy`: the policy changed from the command line, tried on what was done, and nothing lost by a slip."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli.test_cli_team import MAYA, shopfloor

CANCEL = "Cancel order #141"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation in which Maya cancelled her order."""
    folder = tmp_path_factory.mktemp("policy") / "data"
    asked = shopfloor("chat", "--customer", MAYA, "-m", "cancel order 141, I ordered it by mistake", data=folder)
    conversation = asked.stderr.split("--conversation ")[1].split()[0]
    assert "is cancelled" in shopfloor("chat", "--conversation", conversation, "-m", "yes", data=folder).stdout
    return folder


@pytest.fixture
def ours(data: Path, tmp_path: Path) -> Path:
    """A file with one rule more than the policy in force."""
    file = tmp_path / "ours.yaml"
    assert shopfloor("policy", "export", "-o", str(file), data=data).returncode == 0
    write(file, rules=[*read(file)["rules"], refusing("amount > 100")])
    return file


def refusing(when: str) -> dict[str, Any]:
    return {"id": "cancel.dear", "kinds": ["cancel_order"], "when": when, "then": "refuse", "says": "Not that."}


def read(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text("utf-8"))


def write(file: Path, **changes: Any) -> None:
    file.write_text(yaml.safe_dump({**read(file), **changes}), "utf-8")


def version(data: Path) -> int:
    return json.loads(shopfloor("policy", "show", "--json", data=data).stdout)["version"]


def test_a_policy_is_exported_imported_held_against_each_other_and_brought_back(data: Path, ours: Path) -> None:
    assert shopfloor("policy", "diff", data=data).stderr.endswith("they have not been changed yet\n")
    told = shopfloor("policy", "diff", "1", str(ours), data=data)
    assert "+  - id: cancel.dear" in told.stdout.splitlines()
    assert f"From version 1 to {ours}." in told.stderr
    assert shopfloor("policy", "import", str(ours), data=data).stdout == "The policies are at version 2.\n"
    diff = json.loads(shopfloor("policy", "diff", "--json", data=data).stdout)
    assert (diff["old"], diff["new"], "+    when: amount > 100" in diff["lines"]) == ("version 1", "version 2", True)
    assert "are the same" in shopfloor("policy", "diff", "-", data=data, typed=ours.read_text("utf-8")).stderr
    assert yaml.safe_load(shopfloor("policy", "show", data=data).stdout) == read(ours)
    assert shopfloor("policy", "rollback", data=data).stdout == "The policies are at version 3.\n"
    assert shopfloor("policy", "rollback", "2", data=data).stdout == "The policies are at version 4.\n"
    assert shopfloor("policy", "rollback", "1", data=data).stdout == "The policies are at version 5.\n"
    history = json.loads(shopfloor("policy", "history", "--json", data=data).stdout)
    assert [row["version"] for row in history] == [5, 4, 3, 2, 1]
    assert [len(row["policy"]["rules"]) for row in history] == [2, 3, 2, 3, 2]
    shown = shopfloor("policy", "history", data=data).stdout.splitlines()
    assert shown[1].endswith("yours  rules")
    assert "the product's" in shown[-1]


def test_a_policy_that_changes_what_was_done_is_told_with_the_rule(data: Path, ours: Path) -> None:
    done = shopfloor("policy", "test", str(ours), data=data)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].endswith("UTC  cancel_order")
    assert lines[1].startswith(f"  {CANCEL}")
    assert lines[2] == "  done -> refused (cancel.dear)"
    assert lines[3] == f"Of 1 action of the last 30 days {ours} changes 1: 1 done -> refused."
    found = json.loads(shopfloor("policy", "test", str(ours), "--days", "1", "--json", data=data).stdout)
    (changed,) = found.pop("changed")
    assert found == {"candidate": str(ours), "days": 1, "judged": 1, "not_asked": 0, "erased": 0, "unknown": {}}
    assert (changed["kind"], changed["state"]) == ("cancel_order", "executed")
    assert changed["old"] == {"verdict": "allow", "rule": None, "unknown": []}
    assert changed["new"] == {"verdict": "refuse", "rule": "cancel.dear", "unknown": []}


def test_what_nobody_knew_is_told(data: Path, ours: Path) -> None:
    write(ours, rules=[*read(ours)["rules"][:2], refusing("facts.order_state.gone == 3")])
    done = shopfloor("policy", "test", str(ours), data=data)
    assert done.returncode == 1
    assert "  done -> waits for approval (cancel.dear)" in done.stdout
    assert "facts.order_state.gone was not known in 1 action, which would wait for approval." in done.stdout


def test_a_policy_that_changes_nothing_is_told_too(data: Path, ours: Path) -> None:
    write(ours, rules=[*read(ours)["rules"][:2], refusing("amount > 1000")])
    before = version(data)
    done = shopfloor("policy", "test", str(ours), "--days", "1", data=data)
    assert (done.returncode, done.stdout) == (0, f"{ours} changes nothing about 1 action of the last 1 day.\n")
    assert shopfloor("policy", "test", "1", data=data).returncode == 0
    assert version(data) == before, "nothing is stored"


@pytest.mark.parametrize(
    ("args", "change", "told"),
    [
        (
            ["import", "{file}"],
            {"rules": [refusing("amout > 1")]},
            "rules.0.when: cancel.dear: column 1: there is no name amout: did you mean amount?",
        ),
        (["test", "{file}"], {"rules": [refusing("amount >")]}, "rules.0.when: cancel.dear: column 9: the end"),
        (
            ["import", "{file}"],
            {"rules": [refusing("args.reasn == 'x'")]},
            "cancel_order: no args.reasn: did you mean reason?",
        ),
        (["import", "{file}"], {"agents": {"nobody": {}}}, "agents.nobody: there is no agent of this id: there are "),
        (["import", "{file}"], {"rule": []}, "rule: there is no field of this name: there are rules, limits"),
        (["import", "{file}", "--if-version", "77"], {}, "by now, not 77"),
        (["diff", "99"], {}, "there is no version 99 of the policies: `shopfloor policy history` shows all"),
        (["rollback", "99"], {}, "there is no version 99"),
        (["test", "99"], {}, "there is no version 99"),
        (["import", "nowhere.yaml"], {}, "nowhere.yaml cannot be read"),
        (["import", "-"], {}, "- cannot be used"),
    ],
)
def test_what_is_wrong_is_told_with_the_remedy_and_nothing_changes(
    data: Path, ours: Path, args: list[str], change: dict[str, Any], told: str
) -> None:
    write(ours, **change)
    before = version(data)
    done = shopfloor("policy", *[arg.format(file=ours) for arg in args], data=data)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert version(data) == before
