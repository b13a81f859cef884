"""`shopfloor serve` and `shopfloor keys`, as an operator meets them: processes of their own on one data directory."""

import json
import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Done, run_command
from server_process import SHOPFLOOR, Process


def shopfloor(*args: str, data: Path) -> Done:
    return run_command(*args, "--data", str(data))


def in_a_process(*args: str, data: Path) -> Done:
    command = [SHOPFLOOR, *args, "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return Done(returncode=done.returncode, stdout=done.stdout, stderr=done.stderr)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("serve") / "data"


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[Process]:
    process = Process(data)
    yield process.until_ready()
    process.close()


def test_the_first_start_shows_the_owners_key_once(server: Process, data: Path) -> None:
    (secret,) = re.findall(r"sf_\S+", server.said)
    (key,) = server.call("/v1/keys", bearer=secret)["keys"]
    assert key["role"] == "owner"
    assert secret not in (data / "shopfloor.sqlite3").read_bytes().decode("latin-1")


def test_a_conversation_goes_over_http_and_on_in_another_process(server: Process, data: Path) -> None:
    opened = server.call("/v1/conversations", {})
    path = f"/v1/conversations/{opened['conversation_id']}"
    headers = {"Authorization": f"Bearer {opened['secret']}"}
    request = urllib.request.Request(f"{server.base}{path}/events", headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as stream:  # noqa: S310
        assert stream.readline().startswith(b"retry:")
        done = in_a_process("chat", "-m", "do you have tents?", "--conversation", opened["conversation_id"], data=data)
        assert done.returncode == 0, done.stderr
        said = b""
        while b"RUN_FINISHED" not in said:
            said += stream.readline()
    assert b"do you have tents?" in said
    message = {"client_id": "m1", "text": "what are your opening hours?"}
    answer = server.call(f"{path}/messages", message, opened["secret"], accept="application/json")
    assert answer["replies"][0]["outcome"] == "answered"


def test_keys_are_made_listed_and_revoked_while_the_server_runs(server: Process, data: Path) -> None:
    made = shopfloor("keys", "create", "till", "--role", "support", "--json", data=data)
    key = json.loads(made.stdout)
    assert "messages" in server.call("/v1/outbox", bearer=key["key"])
    listed = shopfloor("keys", "list", data=data)
    assert f"{key['id']}  till, support" in listed.stdout
    assert key["key"] not in listed.stdout
    assert shopfloor("keys", "revoke", key["id"], data=data).returncode == 0
    assert server.ask("/v1/outbox", bearer=key["key"])[0] == 401


@pytest.mark.parametrize(
    ("args", "remedy"),
    [
        (("keys", "create", "till", "--role", "boss"), "choose one of viewer, support, operator, owner"),
        (("keys", "create", "", "--role", "viewer"), "1 to 80"),
        (("keys", "revoke", "key_0"), "there is no key key_0"),
        (("serve", "--allow-origin", "shop.example.com"), "https://shop.example.com"),
        (("serve", "--models", "nowhere.yaml"), "nowhere.yaml cannot be read"),
    ],
)
@pytest.mark.usefixtures("server")
def test_a_callers_mistake_is_told_in_one_line(data: Path, args: tuple[str, ...], remedy: str) -> None:
    # A server sets its process up, which may not be the one of the tests.
    done = (in_a_process if args[0] == "serve" else shopfloor)(*args, data=data)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert remedy in done.stderr


def test_a_port_that_is_taken_is_told(server: Process, data: Path) -> None:
    done = in_a_process("serve", "--port", server.base.rpartition(":")[2], data=data)
    assert done.returncode == 2
    assert "choose another --port" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_server_ends_orderly_and_shows_no_key_again(server: Process, data: Path) -> None:
    assert server.end() in {0, 130}
    second = Process(data).until_ready()
    assert "sf_" not in second.said
    assert second.end(signal.SIGTERM) in {0, -signal.SIGTERM, 143}
    second.close()
