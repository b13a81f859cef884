"""`shopfloor facts`: what the staff say is listed, versioned and taken back; what cannot be said is told why."""

import json

import pytest
from commands import run_command

NAME = "notice:p-001"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("facts"))


def test_what_the_staff_say_is_listed_until_it_is_taken_back(data: str) -> None:
    for text in ("Back in May.", "Back in [June]."):
        assert run_command("facts", "say", NAME, f"text={text}", "--for", "3d", "--data", data).returncode == 0
    shown = run_command("facts", "list", "--data", data)
    assert f"{NAME}  text Back in [June].  v2, staff, " in shown.stdout
    [fact] = json.loads(run_command("facts", "list", "notice", "--json", "--data", data).stdout)
    assert fact["value"] == {"text": "Back in [June]."}
    assert fact["expires_at"] > fact["at"]
    assert "taken back" in run_command("facts", "retract", NAME, "--data", data).stdout
    assert json.loads(run_command("facts", "list", "--json", "--data", data).stdout) == []
    history = json.loads(run_command("facts", "history", NAME, "--json", "--data", data).stdout)
    assert [(one["version"], one["value"] and one["value"]["text"]) for one in history] == [
        (3, None),
        (2, "Back in [June]."),
        (1, "Back in May."),
    ]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["say", NAME, "texte=x"], "there are text"),
        (["say", NAME, "text="], "at least 1 character"),
        (["say", NAME, "Back in May"], "write it like text=..."),
        (["say", NAME, "text=x", "--for", "soon"], "write 30m, 12h or 3d"),
        (["say", NAME, "text=x", "--for", "999999999w"], "too long a time"),
        (["say", "weather:p-001", "text=x"], "the kinds are notice"),
        (["say", "notice", "text=x"], "write its kind, a colon"),
        (["retract", NAME], "nobody says notice:p-001 now"),
        (["list", "weather"], "the kinds are notice"),
    ],
)
def test_what_cannot_be_said_is_told(data: str, args: list[str], told: str) -> None:
    done = run_command("facts", *args, "--data", data)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())
