"""What one caller may ask for, and who is counted together."""

from contextlib import suppress
from socket import SO_RCVBUF, SOL_SOCKET, socket

import anyio
import pytest
from demo_app import MAYA
from serving import FREE, serving, until

from shopfloor.conversation.live import Released
from shopfloor.http.limits import MAX_SUBJECTS, Limits, Places, Rate, Rates, address_group
from shopfloor.http.server import Impatient
from shopfloor.http.site import Site
from shopfloor.kernel.ids import AgentId, MessageId

pytestmark = pytest.mark.anyio


class Ticks:
    """Seconds that the test moves."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


async def test_a_burst_is_taken_and_then_so_many_a_minute() -> None:
    ticks = Ticks()
    rates = Rates(ticks)
    rate = Rate(per_minute=60, burst=5)
    assert [rates.take("a", rate) for _ in range(7)] == [0, 0, 0, 0, 0, 1, 1]
    assert rates.take("b", rate) == 0, "each is counted for itself"
    ticks.at += 1
    assert [rates.take("a", rate) for _ in range(2)] == [0, 1]
    ticks.at += 3_600
    assert [rates.take("a", rate) for _ in range(6)] == [0, 0, 0, 0, 0, 1]


async def test_what_is_remembered_is_bounded() -> None:
    rates = Rates(Ticks())
    for number in range(MAX_SUBJECTS + 10):
        rates.take(f"address:{number}", Rate(per_minute=1, burst=1))
    assert len(rates._full_at) == MAX_SUBJECTS


@pytest.mark.parametrize(
    ("host", "group"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("not an address", "not an address"),
        (None, "unknown"),
    ],
)
async def test_a_network_of_one_subscriber_is_one_address(host: str | None, group: str) -> None:
    assert address_group(host) == group


async def test_places_are_given_back() -> None:
    places = Places()
    with places.take({"a": 1, "all": 2}) as full:
        assert full is None
        with places.take({"a": 1, "all": 2}) as second:
            assert second == "a"
        with places.take({"b": 1, "all": 2}) as third:
            assert third is None
            with places.take({"c": 1, "all": 2}) as fourth:
                assert fourth == "all"
    assert len(places) == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [("address", "Too many requests from this address"), ("opening", "Too many")],
)
async def test_an_address_that_asks_too_much_is_told_when_to_come_back(name: str, said: str) -> None:
    async with serving(FREE, **{name: Rate(per_minute=6, burst=2)}) as served:
        statuses = [(await served.client.post("/v1/conversations")).status_code for _ in range(3)]
        assert statuses == [201, 201, 429]
        refused = await served.client.post("/v1/conversations")
        assert refused.headers["content-type"] == "application/problem+json"
        assert 1 <= int(refused.headers["retry-after"]) <= 10
        assert refused.json()["detail"].startswith(said)


async def test_a_conversation_that_writes_too_much_waits_and_another_does_not() -> None:
    async with serving(FREE, conversation=Rate(per_minute=6, burst=2)) as served:
        talk, other = await served.open(), await served.open()
        statuses = [(await talk.post("hello", f"m{n}", waits=False)).status_code for n in range(3)]
        assert statuses == [202, 202, 429]
        assert (await other.post("hello", "m", waits=False)).status_code == 202


async def test_a_customer_is_counted_over_all_their_conversations() -> None:
    async with serving(FREE, customer=Rate(per_minute=6, burst=2)) as served:
        token = await served.token(MAYA)
        talks = [await served.open(token) for _ in range(3)]
        statuses = [(await talk.post("hello", "m", waits=False)).status_code for talk in talks]
        assert statuses == [202, 202, 429]
        assert (await (await served.open()).post("hello", "m", waits=False)).status_code == 202


async def test_a_key_is_counted_for_itself() -> None:
    async with serving(FREE, key=Rate(per_minute=6, burst=2)) as served:
        first, second = await served.key("owner"), await served.key("owner")
        statuses = [(await served.client.get("/v1/keys", headers=first)).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert (await served.client.get("/v1/keys", headers=second)).status_code == 200


@pytest.mark.parametrize(("proxies", "statuses"), [((), [201, 429]), (("127.0.0.1",), [201, 201])])
async def test_a_forwarded_address_is_believed_of_a_trusted_proxy_only(
    proxies: tuple[str, ...], statuses: list[int]
) -> None:
    site = Site(port=0, trusted_proxies=proxies)
    async with serving(FREE, site=site, opening=Rate(per_minute=1, burst=1)) as served:
        got = [
            (await served.client.post("/v1/conversations", headers={"X-Forwarded-For": f"203.0.113.{n}"})).status_code
            for n in range(2)
        ]
        assert got == statuses


async def test_pages_of_other_sites_may_call_only_where_they_are_listed() -> None:
    asked = {"Origin": "https://shop.example.com", "Access-Control-Request-Method": "POST"}
    async with serving() as served:
        closed = await served.client.options("/v1/conversations", headers=asked)
        assert "access-control-allow-origin" not in closed.headers
    site = Site(port=0, origins=("https://shop.example.com",))
    async with serving(site=site) as served:
        preflight = await served.client.options("/v1/conversations", headers=asked)
        assert preflight.headers["access-control-allow-origin"] == "https://shop.example.com"
        refused = await served.client.get("/v1/keys", headers={"Origin": "https://shop.example.com"})
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == "https://shop.example.com"
        other = await served.client.get("/v1/shop", headers={"Origin": "https://evil.example.com"})
        assert "access-control-allow-origin" not in other.headers


async def test_a_head_that_dribbles_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopfloor.http.server.HEADERS_S", 0.2)
    async with serving() as served:
        for first in (b"", b"GET / HTTP/1.1\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"):
            with anyio.fail_after(5):
                async with await anyio.connect_tcp("127.0.0.1", served.port) as stream:
                    await stream.send(first)
                    if first.endswith(b"\r\n\r\n"):
                        assert (await stream.receive()).startswith(b"HTTP/1.1 200 OK")
                        await stream.send(b"GET /")
                    assert b"".join([data async for data in stream]).count(b"HTTP") == 0


async def test_an_open_stream_is_no_slow_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopfloor.http.server.HEADERS_S", 0.1)
    async with serving(heartbeat_s=0.15) as served:
        talk = await served.open()
        seen = b""
        with anyio.fail_after(5):
            async with served.client.stream("GET", f"{talk.path}/events", headers=talk.headers) as response:
                async for data in response.aiter_raw():
                    seen += data
                    if seen.count(b"still here") == 3:
                        break


async def test_a_reader_that_does_not_read_is_let_go() -> None:
    async with serving(send_s=0.2) as served:
        talk = await served.open()
        head = f"GET {talk.path}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {talk.secret}\r\n\r\n"
        async with await anyio.connect_tcp("127.0.0.1", served.port) as stream:
            await stream.send(head.encode())
            await stream.receive()
            piece = Released(
                message_id=MessageId("m"), task_id="t", agent=AgentId("a"), agent_name="A", text="x" * 1_000_000
            )
            for _ in range(40):
                served.app.chat.hub.tell(talk.conversation_id, piece)
            await until(lambda: not served.followers(talk))


async def test_a_client_that_does_not_read_an_answer_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Impatient, "reads_s", 0.2)
    async with serving() as served:
        talk = await served.open()
        head = f"GET /openapi.json HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {talk.secret}\r\n\r\n"
        state = served.server.server_state
        before = len(state.connections)
        with socket() as client:
            client.setsockopt(SOL_SOCKET, SO_RCVBUF, 4_096)
            client.setblocking(False)
            with suppress(BlockingIOError):
                client.connect(("127.0.0.1", served.port))
            await until(lambda: len(state.connections) > before)
            client.send(head.encode() * 60)
            await until(lambda: state.tasks)
            await until(lambda: len(state.connections) == before)


async def test_the_shipped_limits_are_of_a_size_that_customers_do_not_reach() -> None:
    limits = Limits()
    assert limits.body_bytes == 1_000_000
    assert limits.conversation.burst >= 10
    assert limits.address.per_minute >= 10 * limits.opening.per_minute
