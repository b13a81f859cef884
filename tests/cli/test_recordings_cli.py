"""Recorded conversations: had once with a model, had again without one, and with other prompts."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cli.test_cli_team import MAYA, shopfloor
from models.asking import SECRET
from models.model_server import Asked, ModelServer, Reply, chat_text, model_server

ASKED = "Where is my order #123?"
TOLD = "It shipped yesterday with UPS, and the tracking ID is TRK456."


def answer(asked: Asked) -> Reply:
    """Answer as a model would that does what it is told."""
    system = asked.body["messages"][0]["content"]
    if "response_format" in asked.body:
        return chat_text("no plan")
    if "Make it up." in system:
        return chat_text("It cost $999.99. ", "It shipped yesterday.")
    if "Be short." in system:
        return chat_text("It shipped yesterday with UPS.")
    return chat_text(TOLD)


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    """A server that runs in a thread of its own, as the command has its own loop."""
    found: list[ModelServer] = []
    started, stopped = threading.Event(), threading.Event()

    async def serve() -> None:
        async with model_server(answer) as served:
            found.append(served)
            started.set()
            await asyncio.to_thread(stopped.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    started.wait(10)
    yield found[0]
    stopped.set()
    thread.join()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recordings") / "data"


@pytest.fixture(autouse=True)
def _no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SHOPFLOOR_MODELS", "SHOPFLOOR_MODEL_FAST", "HERE_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def models(server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HERE_KEY", SECRET)
    file = tmp_path / "models.yaml"
    provider = {"base_url": server.url, "key_variable": "HERE_KEY"}
    price = {"input": 1, "output": 2}
    fast = [{"provider": "here", "model": "m", "price": price}]
    file.write_text(yaml.safe_dump({"providers": {"here": provider}, "tiers": {"fast": fast}}), "utf-8")
    return str(file)


@pytest.fixture
def talk(models: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recorded conversation; what was needed for it is gone."""
    path = tmp_path / "talk.jsonl"
    done = shopfloor(
        "chat", "--record", str(path), "--customer", MAYA, "--models", models, data=data, typed=f"{ASKED}\nthanks\n"
    )
    assert done.returncode == 0, done.stderr
    assert TOLD in done.stdout
    assert f"Written to {path}" in done.stderr
    monkeypatch.delenv("HERE_KEY")
    return path


def candidate(data: Path, path: Path, text: str) -> str:
    texts = yaml.safe_load(shopfloor("prompts", "export", data=data).stdout)
    texts["specialist_system"] += f"\n{text}"
    path.write_text(yaml.safe_dump(texts), "utf-8")
    return str(path)


def test_a_recorded_conversation_is_had_again_without_a_key(talk: Path, data: Path, server: ModelServer) -> None:
    asked = len(server.asked)
    done = shopfloor("chat", "--replay", str(talk), data=data)
    assert done.returncode == 0, done.stderr
    assert f"> {ASKED}" in done.stdout
    assert TOLD in done.stdout
    assert len(server.asked) == asked
    lines = shopfloor("chat", "--replay", str(talk), "--json", data=data).stdout.splitlines()
    events = [json.loads(line) for line in lines]
    assert [one["event_data"]["content"] for one in events if one["event_type"] == "REPLY"][:1] == [TOLD]


def test_a_recording_holds_what_was_said_for_its_owner_only_and_no_key(talk: Path) -> None:
    first, *turns = [json.loads(line) for line in talk.read_text("utf-8").splitlines()]
    assert (first["recording"], first["customer"]) == (1, MAYA)
    assert [turn["said"] for turn in turns] == [[ASKED], ["thanks"]]
    assert turns[0]["reply"] == TOLD
    assert SECRET not in talk.read_text("utf-8")
    assert talk.stat().st_mode & 0o077 == 0


def test_changed_settings_are_told_where_a_conversation_cannot_be_had_as_it_was(talk: Path, data: Path) -> None:
    before = json.loads(shopfloor("settings", "show", "--json", data=data).stdout)["version"]
    shopfloor("settings", "set", "voice=Like a pirate.", data=data)
    done = shopfloor("chat", "--replay", str(talk), data=data)
    assert done.returncode == 2
    assert "requests to models are not those that were recorded and the replies 1 differ (the agents" in done.stderr
    shopfloor("settings", "restore", str(before), data=data)


def test_a_candidate_is_tried_with_a_model_and_again_with_what_was_kept(
    talk: Path, data: Path, tmp_path: Path, models: str, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = candidate(data, tmp_path / "short.yaml", "Be short.")
    out = tmp_path / "out.jsonl"
    tried = ("prompts", "test", other, "--on", str(talk), "--record", str(out))
    monkeypatch.delenv("HERE_KEY", raising=False)
    nobody = shopfloor(*tried, data=data)
    assert nobody.returncode == 2
    assert "missing, candidate: the answer to what order_management asks, about" in nobody.stdout
    assert "+Be short." in nobody.stdout
    assert "answers of models are missing" in nobody.stderr
    assert not out.exists()
    monkeypatch.setenv("HERE_KEY", SECRET)
    live = shopfloor(*tried, "--models", models, data=data)
    assert live.returncode == 0, live.stdout
    assert "No worse" in live.stdout
    assert "reply 1, candidate:\n      It shipped yesterday with UPS.\n" in live.stdout
    asked = len(server.asked)
    monkeypatch.delenv("HERE_KEY")
    again = shopfloor(*tried, "--json", data=data)
    assert again.returncode == 0, again.stderr
    told = json.loads(again.stdout)
    (one,) = told["conversations"]
    assert (told["verdict"], one["differing"], one["worse"], one["missing"]) == ("no worse", [1], [], [])
    assert one["after"]["turns"][0]["plan"] == ["order_management/track_order"]
    assert one["after"]["turns"][0]["done"] == ["order_management/track_order"]
    assert one["after"]["input_tokens"] == 120 * one["after"]["calls"]
    assert len(server.asked) == asked
    assert SECRET not in out.read_text("utf-8")


def test_a_candidate_that_does_worse_ends_with_status_one_and_says_in_what(
    talk: Path, data: Path, tmp_path: Path, models: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HERE_KEY", SECRET)
    other = candidate(data, tmp_path / "wrong.yaml", "Make it up.")
    done = shopfloor("prompts", "test", other, "--on", str(talk), "--models", models, data=data)
    assert done.returncode == 1, done.stderr
    assert "worse: turn 1: 1 sentences are kept back instead of 0" in done.stdout
    assert "Worse: " in done.stdout
    long = candidate(data, tmp_path / "long.yaml", "{% if card.id == 'order_management' %}{% for n in range(1900) %}")
    texts = yaml.safe_load(Path(long).read_text("utf-8"))
    texts["specialist_system"] += "a line of some length that is said again and again{% endfor %}{% endif %}"
    Path(long).write_text(yaml.safe_dump(texts), "utf-8")
    done = shopfloor("prompts", "test", long, "--on", str(talk), "--models", models, data=data)
    assert done.returncode == 1, done.stderr
    assert "playbooks do 1 tasks for models instead of 0 (t1 order_management: a model would read about" in done.stdout


def test_a_change_that_no_model_was_told_of_is_said_to_be_untried(talk: Path, data: Path, tmp_path: Path) -> None:
    other = tmp_path / "unused.yaml"
    other.write_text("summary_system: Sum it up.\n", "utf-8")
    done = shopfloor("prompts", "test", str(other), "--on", str(talk), data=data)
    assert done.returncode == 0, done.stderr
    assert "these conversations do not use what " in done.stdout
    assert "changes (summary_system)" in done.stdout
    assert "No worse" not in done.stdout


def test_a_version_is_tried_and_a_key_that_is_missing_is_no_hindrance(
    talk: Path, data: Path, models: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HERE_KEY", raising=False)
    done = shopfloor("prompts", "test", "1", "--on", str(talk), "--models", models, data=data)
    assert done.returncode == 0, done.stderr
    assert "No model is asked, what was recorded must do: the provider here needs its key" in done.stderr
    assert "No worse: version 1 in 1 conversation(s); 0 of the replies differ." in done.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is empty"),
        ("Dear diary", "is no recording, line 1"),
        ('{"recording": 2, "at": "2026-01-01T00:00:00Z"}', "a recording of another version of shopfloor"),
        ("{first}\n", "holds no messages"),
        ('{first}\n{"said": []}\n', "is no recording, line 2, said"),
        ('{first}\n{"said": ["a"], "answers": [{"request": "x"}], "reply": ""}\n', "is no recording, line 2, answers"),
    ],
)
def test_a_broken_file_is_refused_with_the_place(talk: Path, data: Path, tmp_path: Path, text: str, told: str) -> None:
    first = talk.read_text("utf-8").splitlines()[0]
    broken = tmp_path / "broken.jsonl"
    broken.write_text(text.replace("{first}", first), "utf-8")
    for command in (("chat", "--replay", str(broken)), ("prompts", "test", "1", "--on", str(broken))):
        done = shopfloor(*command, data=data)
        assert (done.returncode, done.stdout) == (2, "")
        assert told in done.stderr


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["chat", "--record", "{talk}", "-m", "x", "--models", "{models}"], "is there already"),
        (["chat", "--record", "new", "--conversation", "c"], "leave --conversation and --router out"),
        (["chat", "--record", "new"], "no model is set up, so there is nothing to record"),
        (["chat", "--record", "new", "--customer", "x@y.example", "--models", "{models}"], "no customer x@y.example"),
        (["chat", "--replay", "{talk}", "-m", "x"], "leave the other options out"),
        (["chat", "--replay", "nowhere"], "nowhere cannot be read"),
        (["prompts", "test", "99", "--on", "{talk}"], "there is no version 99"),
        (["prompts", "test", "1", "--on", "{talk}", "--record", "{models}"], "holds no answers of models"),
    ],
)
def test_a_slip_is_told_with_the_remedy(
    talk: Path, data: Path, models: str, monkeypatch: pytest.MonkeyPatch, args: list[str], told: str
) -> None:
    monkeypatch.setenv("HERE_KEY", SECRET)
    done = shopfloor(*[arg.format(talk=talk, models=models) for arg in args], data=data, typed="hello\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
