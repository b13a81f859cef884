"""`shopfloor serve` as a process of its own: what it counts beside another process, and what it sends as it ends."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from telemetry.measuring import attributes, by_labels, collecting, figures

SHOPFLOOR = Path(sys.executable).with_name("shopfloor")


@contextmanager
def served(data: Path, environ: dict[str, str]) -> Iterator[tuple[httpx2.Client, dict[str, str]]]:
    """Run a server until it is told to end, and return a client and the owner's credentials."""
    command = [SHOPFLOOR, "serve", "--port", "0", "--data", data]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"} | environ
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        said = ""
        for line in process.stdout:
            said += line
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                [secret] = re.findall(r"sf_\S+", said)
                with httpx2.Client(base_url=found[0], timeout=60, trust_env=False) as client:
                    yield client, {"Authorization": f"Bearer {secret}"}
                break
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def test_a_server_counts_its_own_turns_and_sends_what_is_left_as_it_ends(tmp_path: Path) -> None:
    with collecting() as collector:
        with served(tmp_path, collector.environ) as (client, owner):
            opened = client.post("/v1/conversations", json={}).json()
            conversation = opened["conversation_id"]
            headers = {"Authorization": f"Bearer {opened['secret']}", "Accept": "application/json"}
            message = {"client_id": "m1", "text": "Do you ship to Canada?"}
            answer = client.post(f"/v1/conversations/{conversation}/messages", json=message, headers=headers)
            assert answer.json()["replies"][0]["outcome"] == "answered"
            command = [
                SHOPFLOOR,
                "chat",
                "--data",
                tmp_path,
                "--conversation",
                conversation,
                "-m",
                "do you have tents?",
            ]
            subprocess.run(command, check=True, capture_output=True, timeout=120)
            told = figures(client.get("/metrics", headers=owner).text)
        [turn] = [span for span in collector.spans if span.name.startswith("invoke_workflow")]
    assert by_labels(told, "shopfloor_turns_total", "channel", "outcome") == {("web", "answered"): 1}
    assert by_labels(told, "shopfloor_conversations_waiting") == {(): 0}
    assert by_labels(told, "process_resident_memory_bytes")
    assert attributes(turn)["gen_ai.conversation.id"] == conversation
