"""What a server answers before its installation is open, and what ends it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

import anyio
import httpx2
import pytest
from demo_app import demo_app
from serving import FREE, until

from shopfloor.app import App, services_of
from shopfloor.http.entrance import Entrance
from shopfloor.http.services import Services
from shopfloor.kernel.errors import InvalidInput, StorageError, Unavailable, WorldError

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def app() -> App:
    return await demo_app()


@dataclass
class Seen:
    """What an entrance told."""

    waits: list[str] = field(default_factory=list)
    opened: int = 0
    failed: int = 0
    client: httpx2.AsyncClient = field(default_factory=httpx2.AsyncClient)
    entrance: Entrance | None = None

    def count_opened(self) -> None:
        self.opened += 1

    def count_failed(self) -> None:
        self.failed += 1

    def wait(self, error: WorldError) -> None:
        self.waits.append(str(error))

    async def get(self, path: str) -> tuple[int, dict[str, object]]:
        answer = await self.client.get(path)
        return answer.status_code, answer.json()

    async def fails(self) -> list[tuple[str, str]]:
        status, answer = await self.get("/health/ready")
        errors = answer["errors"]
        assert status == 503
        assert isinstance(errors, list)
        return [(error["field"], error["message"]) for error in errors]


@asynccontextmanager
async def entered(opening: Callable[[], AbstractAsyncContextManager[Services]]) -> AsyncGenerator[Seen]:
    """Run an entrance as a server does."""
    seen = Seen()
    entrance = Entrance(opening, FREE, (), opened=seen.count_opened, waits=seen.wait, failed=seen.count_failed)
    seen.entrance = entrance
    to_it, from_server = anyio.create_memory_object_stream[dict[str, str]](2)
    said: list[str] = []

    async def send(message: dict[str, str]) -> None:
        said.append(message["type"])

    async with anyio.create_task_group() as group:
        group.start_soon(entrance, {"type": "lifespan"}, from_server.receive, send)
        await to_it.send({"type": "lifespan.startup"})
        await until(lambda: said)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=entrance), base_url="http://shop") as client:
            seen.client = client
            yield seen
        await to_it.send({"type": "lifespan.shutdown"})
        await until(lambda: len(said) == 2)
    to_it.close()
    from_server.close()
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_while_it_starts_it_lives_is_not_ready_and_takes_nothing(app: App) -> None:
    goes_on = anyio.Event()

    @asynccontextmanager
    async def opening() -> AsyncGenerator[Services]:
        await goes_on.wait()
        yield services_of(app)

    async with entered(opening) as seen:
        assert await seen.get("/health/live") == (200, {"status": "live"})
        assert await seen.get("/healthz") == (200, {"status": "ok"})
        assert await seen.fails() == [("server", "it is starting")]
        answer = await seen.client.post("/v1/conversations", json={})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"
        goes_on.set()
        await until(lambda: seen.opened)
        assert await seen.get("/health/ready") == (200, {"status": "ready"})
        assert (await seen.client.post("/v1/conversations", json={})).status_code == 201
    assert (seen.waits, seen.failed) == ([], 0)


async def test_each_reason_to_wait_is_told_once_and_no_secret_to_those_who_ask(app: App) -> None:
    errors: list[WorldError] = [
        StorageError("the secret /srv/shop/secret cannot be used"),
        StorageError("the secret /srv/shop/secret cannot be used"),
        Unavailable("db.example.com does not answer for user shop"),
    ]
    asked = anyio.Event()

    @asynccontextmanager
    async def opening() -> AsyncGenerator[Services]:
        if len(errors) == 1:
            await asked.wait()
        if errors:
            raise errors.pop(0)
        yield services_of(app)

    async with entered(opening) as seen:
        await until(lambda: len(errors) == 1)
        assert await seen.fails() == [("database", "it cannot be used; the server's log says why")]
        asked.set()
        await until(lambda: seen.opened)
        assert seen.waits == [
            "the secret /srv/shop/secret cannot be used",
            "db.example.com does not answer for user shop",
        ]


@pytest.mark.parametrize("error", [InvalidInput("models.yaml cannot be used"), RuntimeError("a mistake of ours")])
async def test_what_waiting_cannot_help_ends_it(error: Exception) -> None:
    @asynccontextmanager
    async def opening() -> AsyncGenerator[Services]:
        raise error
        yield

    async with entered(opening) as seen:
        await until(lambda: seen.failed)
        assert seen.entrance
        assert seen.entrance.error is error
        assert (seen.waits, seen.opened) == ([], 0)


async def test_what_is_told_to_end_while_it_opens_opens_no_more() -> None:
    cancelled: list[bool] = []

    @asynccontextmanager
    async def opening() -> AsyncGenerator[Services]:
        try:
            await anyio.sleep_forever()
        finally:
            cancelled.append(True)
        yield

    async with entered(opening) as seen:
        assert await seen.get("/health/live") == (200, {"status": "live"})
    assert (cancelled, seen.opened, seen.failed) == ([True], 0, 0)
