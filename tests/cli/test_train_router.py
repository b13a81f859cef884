"""`shopfloor train-router`: a file of labelled messages makes a router, and says how good it is."""

import json
from pathlib import Path

from cli.test_eval_routing import row
from commands import Done
from commands import run_command as shopfloor

TAUGHT = {
    "return_management": [
        "KTR for the coat",
        "a KTR please",
        "I need a KTR number",
        "send a KTR",
        "KTR, it is torn",
    ],
    "order_management": [
        "has it left the warehouse",
        "stop the parcel",
        "my parcel went to the old street",
        "what did I buy",
    ],
    "product_expert": ["is the coat warm", "which of the boots is lighter", "how tall is the tent", "is it real wool"],
    "refuse": ["what is the capital of Peru", "tell me a joke", "who won the match", "write me a poem"],
}
ROWS = [
    row(f"{agent}-{number}", "oos" if agent == "refuse" else "single", [("user", text)], [agent])
    for agent, texts in TAUGHT.items()
    for number, text in enumerate(texts)
]
SEVERAL = row(
    "several", "multi", [("user", "is the coat warm? and stop the parcel")], ["order_management", "product_expert"]
)
ASKED = row("asked", "single", [("user", "a KTR for the tent")], ["return_management"])


def train(folder: Path, *options: str, rows: list[object] | None = None) -> tuple[Done, Path]:
    path, out = folder / "history.jsonl", folder / "router"
    path.write_text("".join(f"{json.dumps(one)}\n" for one in rows or [*ROWS, SEVERAL]), "utf-8")
    return shopfloor("train-router", str(path), "--out", str(out), *options), out


def test_it_says_what_it_learned_from_and_how_well_it_does_on_rows_kept_aside(tmp_path: Path) -> None:
    done, out = train(tmp_path, "--folds", "3")
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["return_management", "5"] in lines
    assert ["refuse", "4"] in lines
    assert "On rows that were kept aside, 3 times" in done.stdout
    assert "18 messages" in done.stdout
    assert out.stat().st_size > 1000


def test_what_was_learned_is_used_and_the_measuring_can_be_skipped(tmp_path: Path) -> None:
    done, out = train(tmp_path, "--folds", "0")
    assert done.returncode == 0, done.stderr
    assert "kept aside" not in done.stdout
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps(ASKED), "utf-8")
    without = json.loads(shopfloor("eval", "routing", str(gold), "--json").stdout)
    with_ = json.loads(shopfloor("eval", "routing", str(gold), "--router", str(out), "--json").stdout)
    assert (without["single, strict"], with_["single, strict"]) == (0.0, 1.0)


def test_a_chat_uses_it(tmp_path: Path) -> None:
    _, out = train(tmp_path, "--folds", "0")
    data = str(tmp_path / "data")
    done = shopfloor("chat", "-m", "a KTR for order 107", "--json", "--router", str(out), "--data", data)
    assert done.returncode == 0, done.stderr
    plans = [one for one in map(json.loads, done.stdout.splitlines()) if one["event_type"] == "PLAN"]
    assert [task["agent"] for one in plans for task in one["event_data"]["plan"]["tasks"]] == ["return_management"]


def test_an_unknown_agent_and_a_file_that_is_no_router_are_told(tmp_path: Path) -> None:
    done, out = train(tmp_path, rows=[*ROWS, row("odd", "single", [("user", "hello")], ["nobody"])])
    assert done.returncode == 2
    assert "id odd: expected_agents: there is no agent nobody: use general_support," in done.stderr
    assert not out.exists()
    (tmp_path / "text").write_text("hello")
    done = shopfloor("chat", "-m", "hi", "--router", str(tmp_path / "text"), "--data", str(tmp_path / "data"))
    assert done.returncode == 2
    assert "is no router: train it anew with `shopfloor train-router`" in done.stderr


def test_one_fold_is_refused(tmp_path: Path) -> None:
    done, _ = train(tmp_path, "--folds", "1")
    assert done.returncode == 2


def test_an_agent_of_the_installation_can_be_taught(tmp_path: Path) -> None:
    claim = Path(__file__).parents[2] / "examples" / "agents" / "warranty_claim.yaml"
    data = str(tmp_path / "data")
    assert shopfloor("agents", "add", str(claim), "--data", data).returncode == 0
    taught = row("claim", "single", [("user", "guarantee case for my lamp")], ["warranty_claim"])
    done, _ = train(tmp_path, "--folds", "0", "--data", data, rows=[*ROWS, taught])
    assert done.returncode == 0, done.stderr
    assert "warranty_claim" in done.stdout
