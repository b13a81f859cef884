"""`shopfloor prompts`: what models are told, changed from the command line, and nothing lost by a slip."""

import json
from pathlib import Path

import pytest
import yaml
from cli.test_cli_team import shopfloor


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prompts") / "data"


@pytest.fixture
def ours(data: Path, tmp_path: Path) -> Path:
    """A file with one text other than the product's."""
    file = tmp_path / "ours.yaml"
    assert shopfloor("prompts", "export", "-o", str(file), data=data).returncode == 0
    texts = yaml.safe_load(file.read_text("utf-8")) | {"hand_over": "Give it away.\nNow."}
    file.write_text(yaml.safe_dump(texts), "utf-8")
    return file


def version(data: Path) -> int:
    return json.loads(shopfloor("prompts", "show", "--json", data=data).stdout)["version"]


def test_prompts_are_exported_imported_held_against_each_other_and_brought_back(data: Path, ours: Path) -> None:
    assert shopfloor("prompts", "diff", data=data).stderr.endswith("they have not been changed yet\n")
    told = shopfloor("prompts", "diff", "1", str(ours), data=data)
    assert told.stdout.splitlines()[0] == "hand_over"
    assert {"+Give it away.", "+Now."} <= set(told.stdout.splitlines())
    assert f"From version 1 to {ours}." in told.stderr
    assert shopfloor("prompts", "import", str(ours), data=data).stdout == "The prompts are at version 2.\n"
    diff = json.loads(shopfloor("prompts", "diff", "--json", data=data).stdout)
    assert (diff["old"], diff["new"], list(diff["texts"])) == ("version 1", "version 2", ["hand_over"])
    assert "are the same" in shopfloor("prompts", "diff", "-", data=data, typed=ours.read_text("utf-8")).stderr
    assert yaml.safe_load(shopfloor("prompts", "show", data=data).stdout) == yaml.safe_load(ours.read_text("utf-8"))
    assert shopfloor("prompts", "rollback", data=data).stdout == "The prompts are at version 3.\n"
    assert shopfloor("prompts", "rollback", "2", data=data).stdout == "The prompts are at version 4.\n"
    history = json.loads(shopfloor("prompts", "history", "--json", data=data).stdout)
    assert [row["version"] for row in history] == [4, 3, 2, 1]
    assert [row["prompts"]["hand_over"] == "Give it away.\nNow." for row in history] == [True, False, True, False]
    shown = shopfloor("prompts", "history", data=data).stdout.splitlines()
    assert shown[0].endswith("yours  hand_over")
    assert "the product's" in shown[-1]


@pytest.mark.parametrize(
    ("args", "change", "told"),
    [
        (["import", "{file}"], {"propose": "{{ what }}"}, "propose: there is no what: it may name description"),
        (
            ["import", "{file}"],
            {"tone": "Nice."},
            "tone: there is no field of this name: there are specialist_",
        ),
        (["import", "{file}", "--if-version", "77"], {}, "by now, not 77"),
        (["diff", "1", "{file}"], {"propose": ""}, "propose: "),
        (["diff", "99"], {}, "there is no version 99 of the prompts: `shopfloor prompts history` shows all"),
        (["rollback", "99"], {}, "there is no version 99"),
        (["import", "nowhere.yaml"], {}, "nowhere.yaml cannot be read"),
        (["import", "-"], {}, "- cannot be used: a file of prompts has texts by their names"),
    ],
)
def test_what_is_wrong_is_told_with_the_remedy_and_nothing_changes(
    data: Path, ours: Path, args: list[str], change: dict[str, str], told: str
) -> None:
    ours.write_text(yaml.safe_dump(yaml.safe_load(ours.read_text("utf-8")) | change), "utf-8")
    before = version(data)
    done = shopfloor("prompts", *[arg.format(file=ours) for arg in args], data=data)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert version(data) == before
