"""`shopfloor agents` and `shopfloor settings`: the team and what it keeps to, changed from the command line."""

import json
from pathlib import Path

import pytest
import yaml
from commands import Done, run_command

MAYA = "maya.lindqvist@example.com"
EXAMPLES = Path(__file__).parents[2] / "examples" / "agents"
CLAIM = EXAMPLES / "warranty_claim.yaml"


def shopfloor(*args: str, data: Path, typed: str = "") -> Done:
    return run_command(*args, "--data", str(data), typed=typed)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the demo shop and an added agent."""
    path = tmp_path_factory.mktemp("team") / "data"
    done = shopfloor("agents", "add", str(CLAIM), data=path)
    assert (done.returncode, done.stdout) == (0, "Warranty Claim (warranty_claim): version 1, on.\n"), done.stderr
    return path


def agents(data: Path) -> dict[str, dict]:
    return {row["id"]: row for row in json.loads(shopfloor("agents", "list", "--json", data=data).stdout)}


def test_an_added_agent_is_listed_and_answers_the_next_message(data: Path) -> None:
    assert agents(data)["warranty_claim"]["version"] == 1
    assert not agents(data)["warranty_claim"]["is_shipped"]
    done = shopfloor("chat", "-m", "I want to make a warranty claim", "--customer", MAYA, data=data)
    assert "Which order was it in?" in done.stdout


def test_an_agent_is_exported_and_read_again_as_the_same(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "claim.yaml"
    assert shopfloor("agents", "export", "warranty_claim", "-o", str(file), data=data).returncode == 0
    assert shopfloor("agents", "export", "warranty_claim", data=data).stdout == file.read_text("utf-8")
    done = shopfloor("agents", "replace", str(file), data=data)
    assert done.stdout == "Warranty Claim (warranty_claim): version 1, on.\n"
    assert shopfloor("agents", "check", str(file), data=data).stdout.endswith(
        "fits: Warranty Claim (warranty_claim).\n"
    )
    typed = shopfloor("agents", "check", "-", data=data, typed=file.read_text("utf-8"))
    assert typed.returncode == 0


def test_an_agent_is_replaced_switched_off_and_brought_back(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "cart.yaml"
    card = yaml.safe_load((EXAMPLES / "proactive_cart_recovery.yaml").read_text("utf-8"))
    file.write_text(yaml.safe_dump(card), "utf-8")
    assert shopfloor("agents", "add", str(file), data=data).returncode == 0
    file.write_text(yaml.safe_dump({**card, "description": "Another."}), "utf-8")
    assert "already" in shopfloor("agents", "add", str(file), data=data).stderr
    assert "version 2" in shopfloor("agents", "add", "--replace", str(file), data=data).stdout
    assert "switched off" in shopfloor("agents", "disable", card["id"], data=data).stdout
    assert not agents(data)[card["id"]]["is_enabled"]
    assert "switched off" in shopfloor("agents", "list", data=data).stdout
    assert "version 3" in shopfloor("agents", "restore", card["id"], "1", data=data).stdout
    assert "on." in shopfloor("agents", "enable", card["id"], data=data).stdout
    history = json.loads(shopfloor("agents", "history", card["id"], "--json", data=data).stdout)
    assert [row["version"] for row in history] == [3, 2, 1]
    assert [row["card"]["description"] for row in history][1] == "Another."
    shown = json.loads(shopfloor("agents", "show", card["id"], "--json", data=data).stdout)
    assert shown["card"]["description"] == card["description"]
    assert len(shopfloor("agents", "history", card["id"], data=data).stdout.splitlines()) == 3


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["agents", "add", "{file}"], "tools.0: there is no tool fly"),
        (["agents", "check", "{file}"], "tools.0: there is no tool fly"),
        (["agents", "add", "nowhere.yaml"], "nowhere.yaml cannot be read"),
        (["agents", "add", "/"], "cannot be read"),
        (["agents", "replace", "{file}"], "tools.0: there is no tool fly"),
        (["agents", "show", "nobody"], "there is no agent 'nobody'"),
        (["agents", "export", "nobody"], "there is no agent 'nobody'"),
        (["agents", "disable", "general_support"], "the only one with the skill answer_question"),
        (["agents", "restore", "warranty_claim", "99"], "has no version 99"),
        (["agents", "history", "nobody"], "there is no agent 'nobody'"),
        (["settings", "set", "zone=Mars"], "zone: there is no time zone"),
        (["settings", "set", "slogan=Buy"], "slogan: "),
        (["settings", "set", "hours.sunday.opens=late"], "hours.sunday.opens: "),
        (["settings", "set", "voice"], "write KEY=VALUE"),
        (["settings", "set"], "nothing is to be changed"),
        (["settings", "set", "hours=1", "hours.sunday.opens=10:00"], "as a whole and in part"),
        (["settings", "set", "thanks=x", "--if-version", "77"], "by now, not 77"),
        (["settings", "set", 'guidelines=[{"id":"a","when":"x","do":"y","agents":["nobody"]}]'], "guidelines.0.agents"),
        (["settings", "set", 'guidelines=[{"id":"a","when":"x","do":"y","say":"{{ x"}]'], "guidelines.0.say"),
        (["settings", "import", "{file}"], "cannot be used"),
        (["settings", "restore", "99"], "there is no version 99"),
    ],
)
def test_what_is_wrong_is_told_with_the_field(data: Path, tmp_path: Path, args: list[str], told: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(CLAIM.read_text("utf-8").replace("tools: [get_order", "tools: [fly, get_order"), "utf-8")
    done = shopfloor(*[arg.format(file=file) if "{file}" in arg else arg for arg in args], data=data)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_are_changed_exported_imported_and_brought_back(data: Path, tmp_path: Path) -> None:
    first = json.loads(shopfloor("settings", "show", "--json", data=data).stdout)["version"]
    done = shopfloor("settings", "set", "wording.order=booking", "closed.2026-12-25=Christmas", data=data)
    assert done.stdout == f"The settings are at version {first + 1}.\n"
    reply = shopfloor("chat", "-m", "I want to make a warranty claim", "--customer", MAYA, data=data).stdout
    assert "Which booking was it in?" in reply
    file = tmp_path / "ours.yaml"
    assert shopfloor("settings", "export", "-o", str(file), data=data).returncode == 0
    assert yaml.safe_load(file.read_text("utf-8"))["wording"] == {"order": "booking"}
    shopfloor("settings", "set", "--from", "-", data=data, typed="wording: {order: null}\nthanks: Bye.")
    assert json.loads(shopfloor("settings", "show", "--json", data=data).stdout)["settings"]["wording"] == {}
    assert shopfloor("settings", "import", str(file), data=data).returncode == 0
    assert shopfloor("settings", "restore", str(first), data=data).stdout.startswith("The settings are at version")
    history = json.loads(shopfloor("settings", "history", "--json", data=data).stdout)
    assert [row["version"] for row in history] == list(range(first + 4, 0, -1))
    assert history[0]["settings"] == history[4]["settings"]
    assert "wording" in shopfloor("settings", "history", data=data).stdout
