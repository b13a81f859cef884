"""A server in a process of its own, as an operator meets it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from email.message import Message
from pathlib import Path
from typing import Any

SHOPFLOOR = Path(sys.executable).with_name("shopfloor")
PATIENCE_S = 60


class Process:
    """A server, and what it printed before it listened."""

    def __init__(self, data: Path, *options: str, **environment: str) -> None:
        command = [SHOPFLOOR, "serve", "--port", "0", "--data", str(data), *options]
        self.errors = data.parent / f"{data.name}.stderr"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment,
            )
        self.said = ""
        self.base = ""

    def until_ready(self) -> "Process":
        """Wait until it says where it serves."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                self.base = found[0].rstrip("/")
                return self
        raise AssertionError(self.said + self.errors.read_text())

    def until_waiting(self) -> "Process":
        """Wait until it says that it cannot serve yet, and where it listens meanwhile."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)/", self.errors.read_text())):
            assert self.process.poll() is None, self.errors.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        self.base = found[0].rstrip("/")
        return self

    def call(
        self, path: str, body: object = None, bearer: str = "", accept: str = "*/*", method: str | None = None
    ) -> dict[str, Any]:
        """Return the answer to a request that is to succeed."""
        status, answer, _ = self.ask(path, body, bearer, accept, method)
        if status >= 400:
            raise AssertionError(f"{path}: {status} {answer}")
        return answer

    def ask(
        self, path: str, body: object = None, bearer: str = "", accept: str = "*/*", method: str | None = None
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Return status, body and headers of an answer, the latter by their names in lower case."""
        headers = {"Content-Type": "application/json", "Accept": accept}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, content, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
                return response.status, json.loads(response.read()), _lower(response.headers)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read()), _lower(error.headers)

    def until_status(self, path: str, status: int) -> dict[str, Any]:
        """Ask until the answer has a status, and return its body."""
        deadline = time.monotonic() + PATIENCE_S
        while (found := self.ask(path))[0] != status:
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
        return found[1]

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        """Tell it to end, and return its exit status."""
        self.process.send_signal(how)
        return self.process.wait(30)

    def close(self) -> None:
        """End it, whatever it does."""
        assert self.process.stdout
        self.process.stdout.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class Talk:
    """A conversation with a server."""

    def __init__(self, server: Process, token: str | None = None) -> None:
        self.server = server
        opened = server.call("/v1/conversations", {"customer_token": token} if token else {})
        self.id, self.secret = opened["conversation_id"], opened["secret"]

    def ask(self, text: str, client_id: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Say something, and return status, body and headers."""
        body = {"client_id": client_id, "text": text}
        return self.server.ask(f"/v1/conversations/{self.id}/messages", body, self.secret, accept="application/json")

    def say(self, text: str, client_id: str) -> str:
        """Say something, and return what was answered."""
        status, answer, _ = self.ask(text, client_id)
        assert status == 200, answer
        return "\n\n".join(reply["content"] for reply in answer["replies"])

    def transcript(self) -> list[str]:
        """Return all that was said."""
        shown = self.server.call(f"/v1/conversations/{self.id}/transcript", bearer=self.secret)
        return [said["content"] for said in shown["messages"]]
