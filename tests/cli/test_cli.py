"""The command line as a user meets it; what a process of its own may change is seen in one."""

import json
import resource
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Done, environment_of
from commands import at_the_shop as shopfloor

MAYA = "maya.lindqvist@example.com"
ARTICLE = "Where's my order #123, and by the way, do you have any red sneakers in men's size 9?"
PROGRAM = Path(sys.executable).with_name("shopfloor")


def in_a_process(*args: str, data: Path, typed: bytes = b"", before: Callable[[], None] | None = None) -> Done:
    """Run the installed program, and do something in its process before."""
    done = subprocess.run(
        [PROGRAM, *args],
        input=typed,
        capture_output=True,
        check=False,
        timeout=60,
        env=environment_of(data),
        preexec_fn=before,
    )
    return Done(returncode=done.returncode, stdout=done.stdout.decode(), stderr=done.stderr.decode())


def lines(done: Done) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the demo shop."""
    path = tmp_path_factory.mktemp("cli") / "data"
    done = shopfloor("agents", "list", data=path)
    assert done.returncode == 0, done.stderr
    return path


def test_one_message_shows_both_status_lines_and_the_reply(data: Path) -> None:
    done = in_a_process("chat", "-m", ARTICLE, "--customer", MAYA, data=data)
    assert done.returncode == 0, done.stderr
    status = done.stdout.index("Checking on the status of your order #123...")
    tracking = done.stdout.index("TRK456")
    looking = done.stdout.index("Looking for red sneakers in men's size 9 for you...")
    shoes = [done.stdout.index(name) for name in ("Speedster Red Edition", "Casual Crimson Loafer", "Ruby Runner Pro")]
    assert status < tracking < looking < min(shoes)


def test_json_lines_end_with_the_reply_and_its_sources(data: Path) -> None:
    done = shopfloor("chat", "-m", ARTICLE, "--customer", MAYA, "--json", data=data)
    *events, last = lines(done)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert {"PLAN", "MESSAGE", "TOOL_CALL", "TASK_STATUS"} <= {event["event_type"] for event in events}
    assert last["event_type"] == "REPLY"
    assert set(last["event_data"]) == {"conversation_id", "content", "sources"}
    assert {"kind": "order", "id": "123", "agent": "order_management"} in last["event_data"]["sources"]
    assert "TRK456" in last["event_data"]["content"]


def test_a_guest_learns_nothing_of_an_order_but_sees_the_sneakers(data: Path) -> None:
    done = shopfloor("chat", "-m", ARTICLE, "--json", data=data)
    content = lines(done)[-1]["event_data"]["content"]
    assert "e-mail" in content
    assert "Speedster" in content
    assert not [word for word in ("TRK456", "Halyard", "Skerry", "Maya") if word in done.stdout]
    assert not [word for word in ("shipped", "UPS", "yesterday") if word in content]


def test_a_conversation_goes_on_in_another_process(data: Path) -> None:
    first = lines(shopfloor("chat", "-m", "where is order #123?", "--json", data=data))[-1]["event_data"]
    done = in_a_process("chat", "--conversation", first["conversation_id"], "-m", MAYA, "--json", data=data)
    second = lines(done)[-1]["event_data"]
    assert second["conversation_id"] == first["conversation_id"]
    assert "TRK456" in second["content"]


def test_a_data_directory_with_a_space_is_quoted_where_a_conversation_is_gone_on_with(tmp_path: Path) -> None:
    done = shopfloor("chat", "-m", "hi", "--data", str(tmp_path / "my shop"), data=tmp_path / "other")
    (command,) = [line for line in done.stderr.splitlines() if line.startswith("Go on with: ")]
    assert shlex.split(command)[-2:] == ["--data", str(tmp_path / "my shop")]


def test_lines_on_stdin_are_a_conversation(data: Path) -> None:
    done = in_a_process("chat", data=data, typed=f"where is order #123?\n{MAYA}\nthanks\n".encode())
    assert done.returncode == 0, done.stderr
    assert done.stdout.index("which e-mail") < done.stdout.index("TRK456") < done.stdout.index("welcome")


def test_a_replay_shows_the_conversation_step_by_step(data: Path) -> None:
    conversation = lines(shopfloor("chat", "-m", ARTICLE, "--customer", MAYA, "--json", data=data))[-1]["event_data"]
    shown = shopfloor("replay", conversation["conversation_id"], data=data).stdout
    order = ["CONVERSATION", "MESSAGE", "PLAN", "TOOL_CALL", "REPLY"]
    assert [shown.index(word) for word in order] == sorted(shown.index(word) for word in order)
    replayed = lines(shopfloor("replay", conversation["conversation_id"], "--json", data=data))
    assert replayed[-1]["event_data"]["content"] == conversation["content"]


def test_agents_are_listed_as_json(data: Path) -> None:
    agents = json.loads(shopfloor("agents", "list", "--json", data=data).stdout)
    assert [agent["id"] for agent in agents] == [
        "general_support",
        "human_transfer",
        "lead_generation",
        "order_management",
        "product_expert",
        "product_upsell",
        "return_management",
    ]
    assert all(set(agent) >= {"id", "name", "skills", "tools", "half"} for agent in agents)
    assert {agent["half"] for agent in agents} == {"conversation"}


def test_the_demo_in_a_pipe_plays_the_session_and_ends(data: Path) -> None:
    done = shopfloor("demo", data=data)
    assert done.returncode == 0, done.stderr
    assert "TRK456" in done.stdout
    assert "Ruby Runner Pro" in done.stdout


@pytest.mark.parametrize(
    ("args", "remedy"),
    [
        (["chat", "-m", ""], "the message is empty"),
        (["chat", "-m", "a" * 100_000], "at most 8,000"),
        (["chat", "-m", "\x01\x02\x03\x04"], "not readable text"),
        (["chat", "--conversation", "conv_nobody", "-m", "hi"], "there is no conversation conv_nobody"),
        (["chat", "--customer", "nobody@example.com", "-m", "hi"], "there is no customer nobody@example.com"),
        (["replay", "conv_nobody"], "there is no conversation conv_nobody"),
        (["chat", "-m", "hi", "--data", ""], "--data is empty: name a folder"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value)[:30],
)
def test_a_callers_mistake_is_told_in_one_line_with_status_2(data: Path, args: list[str], remedy: str) -> None:
    done = shopfloor(
        *args, "--json" if args[0] == "chat" else "--data", *([] if args[0] == "chat" else [str(data)]), data=data
    )
    assert done.returncode == 2
    assert remedy in done.stderr
    assert "Traceback" not in done.stderr
    assert all("REPLY" not in line for line in done.stdout.splitlines())


def test_binary_input_is_refused(data: Path) -> None:
    done = in_a_process("chat", data=data, typed=bytes(range(256)) * 20)
    assert done.returncode == 2
    assert "not readable text" in done.stderr


def test_another_customers_conversation_is_refused(data: Path) -> None:
    conversation = lines(shopfloor("chat", "-m", "hi", "--customer", MAYA, "--json", data=data))[-1]["event_data"]
    done = shopfloor(
        "chat",
        "--conversation",
        conversation["conversation_id"],
        "--customer",
        "jonas.weber@example.org",
        "-m",
        "hi",
        data=data,
    )
    assert done.returncode == 2
    assert "another customer" in done.stderr


def test_a_damaged_database_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    broken = tmp_path / "data"
    broken.mkdir()
    database = broken / "shopfloor.sqlite3"
    database.write_bytes(b"this is no database" * 1_000)
    done = shopfloor("chat", "-m", "hi", data=broken)
    assert done.returncode == 1
    assert "restore a backup" in done.stderr
    assert database.read_bytes() == b"this is no database" * 1_000


def test_a_full_disk_is_told_and_what_was_stored_stays(data: Path, tmp_path: Path) -> None:
    full = tmp_path / "data"
    shutil.copytree(data, full)
    conversation = lines(shopfloor("chat", "-m", "hi", "--json", data=full))[-1]["event_data"]["conversation_id"]

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, 4_096))

    done = in_a_process("chat", "--conversation", conversation, "-m", "do you have tents?", data=full, before=limit)
    assert done.returncode == 1
    assert "disk" in done.stderr
    assert "Traceback" not in done.stderr
    after = shopfloor("chat", "--conversation", conversation, "-m", "do you have tents?", "--json", data=full)
    assert "tent" in lines(after)[-1]["event_data"]["content"].lower()


def test_an_unusable_data_directory_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    done = shopfloor("chat", "-m", "hi", data=file)
    assert done.returncode == 1
    assert "cannot be used as the data directory" in done.stderr


def test_an_empty_directory_gets_the_demo_shop_by_itself(tmp_path: Path) -> None:
    done = shopfloor("chat", "-m", "hi", data=tmp_path / "new")
    assert done.returncode == 0, done.stderr
