"""`shopfloor models`: what is set up, whether it answers, and what it used and cost."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli.test_cli_team import shopfloor
from models.asking import SECRET
from models.model_server import chat_text, failure, message_text, model_server

from shopfloor.app import Config, open_app
from shopfloor.models.answer import ask
from shopfloor.models.contract import ModelMessage, ModelRequest, Usage
from shopfloor.models.ledger import ModelCall
from shopfloor.models.tiers import Work

SETTINGS = """
providers:
  cheap: {{base_url: "{cheap}", key_variable: CHEAP_KEY}}
  strong: {{format: anthropic, base_url: "{strong}"}}
  broken: {{base_url: "{broken}"}}
tiers:
  fast: ["cheap:small"]
  power: [{{provider: strong, model: large, price: {{input: 10, output: 20}}}}{more}]
"""


@pytest.fixture(scope="module")
def settings() -> Iterator[str]:
    """Servers that run in a thread of their own, as the command has its own loop."""
    urls: dict[str, str] = {}
    started, stopped = threading.Event(), threading.Event()

    async def serve() -> None:
        wrong_key = failure(401, {"message": "no"})
        async with (
            model_server(chat_text("Yes")) as cheap,
            model_server(message_text("Yes")) as strong,
            model_server(wrong_key) as broken,
        ):
            urls.update(cheap=cheap.url, strong=strong.url, broken=broken.url)
            started.set()
            await asyncio.to_thread(stopped.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    started.wait(10)
    yield SETTINGS.format(**urls, more="MORE")
    stopped.set()
    thread.join()


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHEAP_KEY", SECRET)
    for name in ("SHOPFLOOR_MODELS", "SHOPFLOOR_MODEL_FAST", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def file(settings: str, tmp_path: Path) -> str:
    path = tmp_path / "models.yaml"
    path.write_text(settings.replace("MORE", ""), "utf-8")
    return str(path)


def test_without_a_model_the_commands_say_so(tmp_path: Path) -> None:
    listed = shopfloor("models", "list", data=tmp_path)
    assert (listed.returncode, listed.stdout) == (0, "")
    assert "the team works without one" in listed.stderr
    checked = shopfloor("models", "check", data=tmp_path)
    assert checked.returncode == 2
    assert "docs/models.md" in checked.stderr
    assert "No model was asked in the last 30 days" in shopfloor("models", "report", data=tmp_path).stderr


def test_the_list_shows_tiers_work_keys_and_unknown_prices(file: str, tmp_path: Path) -> None:
    shown = shopfloor("models", "list", "--models", file, data=tmp_path).stdout
    assert "fast, for support reply, extraction" in shown
    assert "cheap:small, key in CHEAP_KEY, price not known" in shown
    assert "strong:large\n" in shown
    assert "none: the tiers beside it step in" in shown
    listed = json.loads(shopfloor("models", "list", "--models", file, "--json", data=tmp_path).stdout)
    assert listed == {"fast": ["cheap:small"], "balanced": [], "power": ["strong:large"]}


def test_a_file_in_the_data_directory_is_found_and_a_key_that_is_missing_is_told(
    settings: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models.yaml").write_text(settings.replace("MORE", ""), "utf-8")
    monkeypatch.delenv("CHEAP_KEY")
    assert "its key is missing: set CHEAP_KEY" in shopfloor("models", "list", data=tmp_path).stdout
    assert shopfloor("settings", "show", data=tmp_path).returncode == 2, "a shop that is to think does not start mute"


def listed(data: Path, *args: str) -> list[str]:
    return json.loads(shopfloor("models", "list", "--json", *args, data=data).stdout)["fast"]


def come_from(data: Path) -> str:
    return shopfloor("models", "list", data=data).stderr.strip()


def test_models_kept_in_the_database_go_before_the_directorys_file_and_after_one_that_is_named(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = tmp_path / "ours.yaml"
    ours.write_text("tiers: {fast: ['openai:kept']}\nbudgets: {turn: {tokens: 500}}", "utf-8")
    data = tmp_path / "data"
    data.mkdir()
    (data / "models.yaml").write_text("tiers: {fast: ['ollama:beside']}", "utf-8")
    assert listed(data) == ["ollama:beside"]
    assert come_from(data) == f"From {data / 'models.yaml'}."
    done = shopfloor("models", "import", str(ours), data=data)
    assert done.stdout == "The model settings are at version 2. They hold from the next start on.\n"
    assert listed(data) == ["openai:kept"]
    assert come_from(data) == "From the database."
    assert listed(data, "--models", file) == ["cheap:small"]
    monkeypatch.setenv("SHOPFLOOR_MODEL_FAST", "ollama:on_top")
    assert listed(data) == ["ollama:on_top"]
    assert come_from(data) == "From the database, with on top of it $SHOPFLOOR_MODEL_FAST."
    monkeypatch.delenv("SHOPFLOOR_MODEL_FAST")
    monkeypatch.setenv("SHOPFLOOR_MODELS", file)
    assert listed(data) == ["cheap:small"]
    assert "goes before them" in shopfloor("models", "import", str(ours), data=data).stderr
    monkeypatch.delenv("SHOPFLOOR_MODELS")
    assert "version 3" in shopfloor("models", "restore", "1", data=data).stdout
    assert listed(data) == ["ollama:beside"]


def test_kept_models_are_shown_exported_and_listed_without_a_key_to_open_the_shop(tmp_path: Path) -> None:
    ours = "tiers: {power: [{provider: openai, model: m, price: {input: 1, output: 2.5}}]}"
    none = shopfloor("models", "show", data=tmp_path)
    assert (none.stdout, "None is set up here" in none.stderr) == ("", True)
    assert shopfloor("models", "import", "-", data=tmp_path, typed=ours).returncode == 0
    refused = shopfloor("settings", "show", data=tmp_path)
    assert (refused.returncode, "OPENAI_API_KEY" in refused.stderr) == (2, True)
    file = tmp_path / "kept.yaml"
    assert shopfloor("models", "export", "-o", str(file), data=tmp_path).returncode == 0
    assert shopfloor("models", "show", data=tmp_path).stdout == file.read_text("utf-8")
    assert "version 2" in shopfloor("models", "import", str(file), data=tmp_path).stdout, "it is the same again"
    history = json.loads(shopfloor("models", "history", "--json", data=tmp_path).stdout)
    assert [(row["version"], bool(row["models"])) for row in history] == [(2, True), (1, False)]
    assert "tiers" in shopfloor("models", "history", data=tmp_path).stdout
    assert shopfloor("models", "restore", "1", data=tmp_path).returncode == 0
    assert shopfloor("settings", "show", data=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tiers: {fast: ['nobody:m']}", "there is no provider nobody"),
        ("providers: {openai: {key_variable: sk-secret}}", "the key itself does not belong here"),
        ("providers: {house: {base_url: 'http://me:sk-secret@h.example/v1'}}", "do not belong here: set key_variable"),
        (
            "providers: {house: {base_url: 'http://h.example/v1?key=sk-secret'}}",
            "before its `?` or `#`: set key_variable",
        ),
        (
            "tiers: {fast: [{provider: openai, model: m, extra: {api_key: sk-secret}}]}",
            "tiers.fast.0.extra.api_key: a key",
        ),
        (
            "tiers: {fast: [{provider: openai, model: m, extra: {x: [{headers: {a: sk-secret}}]}}]}",
            "tiers.fast.0.extra.x.0.headers: a key does not belong here: set key_variable",
        ),
        (
            "tiers: {fast: [{provider: openai, model: m, extra: {user: sk-proj-4fZq81LmNs02XyTr7uVw}}]}",
            "tiers.fast.0.extra.user: a key",
        ),
        ("providers: {openai: {api_key: sk-secret}}", "providers.openai.api_key"),
        ("", "- names no model under tiers, so all would be off: name one, or `shopfloor models restore 1`"),
        ("call_s: 60", "names no model under tiers"),
        ("- x", "no mapping"),
        ("tiers: [", "is not YAML"),
    ],
)
def test_models_that_cannot_be_kept_are_refused_with_the_remedy_and_without_the_key(
    text: str, told: str, tmp_path: Path
) -> None:
    done = shopfloor("models", "import", "-", data=tmp_path, typed=text)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "sk-" not in done.stderr
    assert len(json.loads(shopfloor("models", "history", "--json", data=tmp_path).stdout)) == 1


def test_fields_of_a_request_that_are_no_secrets_are_kept(tmp_path: Path) -> None:
    extra = {"reasoning_effort": "low", "max_tokens": 900, "prompt_cache_key": "shop", "top": [{"k": 1}]}
    text = json.dumps({"tiers": {"fast": [{"provider": "openai", "model": "m", "extra": extra}]}})
    assert shopfloor("models", "import", "-", data=tmp_path, typed=text).returncode == 0


def test_models_that_changed_meanwhile_are_not_replaced(tmp_path: Path) -> None:
    done = shopfloor("models", "import", "-", "--if-version", "7", data=tmp_path, typed="tiers: {fast: ['ollama:m']}")
    assert (done.returncode, "by now, not 7" in done.stderr) == (2, True)
    assert "no version 9" in shopfloor("models", "restore", "9", data=tmp_path).stderr


def test_a_check_asks_each_model_and_says_what_is_wrong_with_the_remedy(settings: str, tmp_path: Path) -> None:
    path = tmp_path / "models.yaml"
    path.write_text(settings.replace("MORE", ", 'broken:m'"), "utf-8")
    done = shopfloor("models", "check", data=tmp_path)
    assert done.returncode == 1
    assert "cheap:small: answers as m-1 in" in done.stdout
    assert "strong:large: answers as claude-1 in" in done.stdout
    assert "broken:m: its key was not accepted (401): check the variable" in done.stdout
    assert "1 of 3 models did not answer: broken:m" in done.stderr
    lines = [json.loads(line) for line in shopfloor("models", "check", "--json", data=tmp_path).stdout.splitlines()]
    assert [bool(line["problem"]) for line in lines] == [False, False, True]


def test_a_check_of_models_that_are_well_ends_well(file: str, tmp_path: Path) -> None:
    assert shopfloor("models", "check", "--models", file, data=tmp_path).returncode == 0


async def _work(data: Path, file: str) -> None:
    request = ModelRequest(system="", messages=(ModelMessage(role="user", content="Hi"),))
    async with open_app(Config(data=data, models=Path(file))) as app:
        assert app.models is not None
        for _ in range(3):
            await ask(app.models.model_for(Work(task_class="support_reply")), request)
        await ask(app.models.model_for(Work(task_class="planning")), request)
        old = ModelCall(
            at=datetime.now(UTC) - timedelta(days=9),
            task_class="summary",
            asked_tier="fast",
            tier="fast",
            provider="openai",
            model="gpt-5-mini",
            outcome="stop",
            total_s=1,
            usage=Usage(input_tokens=1000, output_tokens=100),
            nanos=450_000,
            power_nanos=12_000_000,
        )
        await app.ledger.record(old)


def test_the_report_sums_up_what_was_used_and_what_power_alone_would_have_cost(file: str, tmp_path: Path) -> None:
    asyncio.run(_work(tmp_path, file))
    shown = shopfloor("models", "report", data=tmp_path).stdout
    assert "Answered by: fast 80%, balanced 0%, power 20%." in shown
    assert "3 calls went to models whose price is not known" in shown
    assert "unknown" in shown
    # 450,000 and 2,000,000 billionths against 12,000,000 and 2,000,000: only calls with both prices are compared.
    assert "The same tokens on power alone: $0.014 instead of $0.0025, so 82% less was spent." in shown
    told = json.loads(shopfloor("models", "report", "--json", "--days", "2", data=tmp_path).stdout)
    assert told["total"]["calls"] == 4
    assert told["shares"] == {"fast": 0.75, "balanced": 0.0, "power": 0.25}
    assert told["lines"][0] == {
        "tier": "fast",
        "task_class": "support_reply",
        "calls": 3,
        "failed": 0,
        "input_tokens": 360,
        "cached_tokens": 300,
        "output_tokens": 120,
        "cost_usd": None,
        "unpriced_calls": 3,
        "estimated_calls": 0,
        **{name: told["lines"][0][name] for name in ("first_text_p50_s", "total_p50_s", "total_p95_s")},
    }
    assert told["power_usd"] == "0.002000000"


def test_a_report_over_no_days_is_refused(tmp_path: Path) -> None:
    assert shopfloor("models", "report", "--days", "0", data=tmp_path).returncode == 2
