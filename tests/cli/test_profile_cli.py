"""What is remembered of a customer, on the command line."""

import json
from pathlib import Path

import pytest
from commands import at_the_shop as shopfloor

MAYA = "maya.lindqvist@example.com"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("profiles") / "data"
    said = shopfloor("chat", "--customer", MAYA, "-m", "I wear size 9", data=path)
    assert said.returncode == 0, said.stderr
    assert "I have noted your shoe size (9)" in said.stdout
    return path


def held(data: Path) -> dict[str, str]:
    shown = shopfloor("profile", "show", MAYA, "--json", data=data)
    assert shown.returncode == 0, shown.stderr
    return {entry["key"]: f"{entry['value']} {entry['origin']}" for entry in json.loads(shown.stdout)}


def test_it_is_shown_corrected_forgotten_and_erased(data: Path) -> None:
    assert "size.shoes  9, the customer said so" in shopfloor("profile", "show", MAYA, data=data).stdout
    assert held(data)["size.shoes"] == "9 said"
    assert shopfloor("profile", "set", MAYA, "size.shoes", "10", data=data).returncode == 0
    assert held(data)["size.shoes"] == "10 staff"
    assert shopfloor("profile", "forget", MAYA, "size.shoes", data=data).returncode == 0
    assert "size.shoes" not in held(data)
    assert shopfloor("profile", "erase", MAYA, data=data).returncode == 0
    assert held(data) == {}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["show", "nobody@example.com"], "there is no such customer"),
        (["set", MAYA, "size.shoes", "huge"], "size.shoes cannot be 'huge'"),
        (["set", MAYA, "shoes", "9"], "a profile has no key 'shoes'"),
        (["set", MAYA, "size.shoes", "9", "10"], "size.shoes takes one value"),
        (["forget", MAYA, "shoes"], "a profile has no key 'shoes'"),
    ],
)
def test_a_mistake_is_one_line_with_its_remedy(data: Path, args: list[str], said: str) -> None:
    done = shopfloor("profile", *args, data=data)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
