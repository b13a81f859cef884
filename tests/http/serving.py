"""The demo shop behind a real server on loopback, in the test's own loop, and a client of the stream."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import httpx2
from anyio import to_thread
from anyio.lowlevel import checkpoint
from demo_app import demo_app

from shopfloor.app import App, services_of
from shopfloor.http.limits import Limits, Rate
from shopfloor.http.server import Server, server_of
from shopfloor.http.services import Services
from shopfloor.http.site import Site
from shopfloor.kernel.ids import ConversationId

PLENTY = Rate(per_minute=1e6, burst=1_000_000)
FREE = Limits(
    address=PLENTY, opening=PLENTY, conversation=PLENTY, customer=PLENTY, listening=PLENTY, key=PLENTY, shutdown_s=5
)
"""Limits that no test reaches by accident."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """A running server."""

    app: App
    client: httpx2.AsyncClient
    port: int
    server: Server

    def followers(self, talk: "Talk") -> int:
        return self.server.running.watch.count(ConversationId(talk.conversation_id))

    async def open(self, token: str | None = None) -> "Talk":
        body = {"customer_token": token} if token else {}
        opened = await self.client.post("/v1/conversations", json=body)
        assert opened.status_code == 201, opened.text
        return Talk(served=self, **opened.json())

    async def token(self, email: str) -> str:
        customer = await self.app.shop.customers.find_customer(email)
        assert customer
        return self.app.tokens.sign(customer.id)

    async def key(self, role: str) -> dict[str, str]:
        _, secret = await self.app.keys.create(f"the {role}", role)
        return {"Authorization": f"Bearer {secret}"}


@dataclass(frozen=True, kw_only=True)
class Talk:
    """A conversation with its secret."""

    served: Served
    conversation_id: str
    secret: str

    @property
    def path(self) -> str:
        return f"/v1/conversations/{self.conversation_id}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    async def post(self, text: str, client_id: str = "m1", *, waits: bool = True) -> httpx2.Response:
        headers = self.headers | ({"Accept": "application/json"} if waits else {})
        body = {"client_id": client_id, "text": text}
        return await self.served.client.post(f"{self.path}/messages", json=body, headers=headers)

    async def say(self, text: str, client_id: str) -> str:
        answer = await self.post(text, client_id)
        assert answer.status_code == 200, answer.text
        return "\n\n".join(reply["content"] for reply in answer.json()["replies"])

    async def transcript(self) -> list[tuple[str, str]]:
        shown = await self.served.client.get(f"{self.path}/transcript", headers=self.headers)
        assert shown.status_code == 200, shown.text
        return [(said["message_id"], said["content"]) for said in shown.json()["messages"]]


@asynccontextmanager
async def serving(
    limits: Limits = FREE,
    *,
    app: App | None = None,
    services: Services | None = None,
    site: Site | None = None,
    **changes: Any,
) -> AsyncGenerator[Served]:
    app = app or await demo_app()
    ports: list[int] = []
    listens = anyio.Event()

    def tell(port: int) -> None:
        ports.append(port)
        listens.set()

    wanted = replace(limits, **changes)
    server = await to_thread.run_sync(server_of, services or services_of(app), site or Site(port=0), wanted, tell)
    async with anyio.create_task_group() as group:
        group.start_soon(server.serve)
        with anyio.fail_after(10):
            await listens.wait()
        try:
            base = f"http://127.0.0.1:{ports[0]}"
            async with httpx2.AsyncClient(base_url=base, timeout=30, trust_env=False) as client:
                yield Served(app=app, client=client, port=ports[0], server=server)
        finally:
            server.should_exit = True


@dataclass
class Reader:
    """A client of the stream, by the rules of docs/api.md: it can be cut anywhere and comes back."""

    last_id: str | None = None
    messages: dict[str, list[str]] = field(default_factory=dict)
    """Texts in pieces, by message id, in the order in which the messages first began."""
    ended: set[str] = field(default_factory=set)
    events: list[dict[str, Any]] = field(default_factory=list)
    numbered: list[int] = field(default_factory=list)
    _buffer: bytes = b""

    def connect(self) -> dict[str, str]:
        """Begin again: half a frame is gone, and messages without an end will be told again if they are to stay."""
        self._buffer = b""
        self.drop_unfinished()
        return {} if self.last_id is None else {"Last-Event-ID": self.last_id}

    def feed(self, data: bytes) -> None:
        self._buffer += data
        *whole, self._buffer = self._buffer.split(b"\n\n")
        for frame in whole:
            self._frame(frame.decode())

    def drop_unfinished(self) -> None:
        self.messages = {one: text for one, text in self.messages.items() if one in self.ended}

    def transcript(self) -> list[tuple[str, str]]:
        return [(one, "".join(text)) for one, text in self.messages.items() if one in self.ended and "".join(text)]

    @property
    def is_idle(self) -> bool:
        """Whether the newest run has finished."""
        runs = [event["type"] for event in self.events if event["type"] in {"RUN_STARTED", "RUN_FINISHED"}]
        return bool(runs) and runs[-1] == "RUN_FINISHED"

    def _frame(self, frame: str) -> None:
        lines = [line.partition(": ") for line in frame.split("\n")]
        data = "".join(value for name, _, value in lines if name == "data")
        if data:
            self._event(json.loads(data))
        for name, _, value in lines:
            if name == "id":
                self.last_id = value
                self.numbered.append(int(value))

    def _event(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        one = event.get("messageId", "")
        match event["type"]:
            case "TEXT_MESSAGE_START":
                self.messages[one] = []
                self.ended.discard(one)
            case "TEXT_MESSAGE_CONTENT":
                self.messages[one].append(event["delta"])
            case "TEXT_MESSAGE_END":
                self.ended.add(one)
            case "RUN_FINISHED":
                self.drop_unfinished()


async def read(talk: Talk, reader: Reader, until: Callable[[Reader], bool], timeout_s: float = 20) -> None:
    """Read a conversation's stream until something holds."""
    headers = talk.headers | reader.connect()
    with anyio.fail_after(timeout_s):
        async with talk.served.client.stream("GET", f"{talk.path}/events", headers=headers) as response:
            assert response.status_code == 200, await response.aread()
            async for data in response.aiter_raw():
                reader.feed(data)
                if until(reader):
                    return


async def until(holds: Callable[[], object], timeout_s: float = 10) -> None:
    """Let the loop go on until something holds."""
    with anyio.fail_after(timeout_s):
        while not holds():
            await checkpoint()
