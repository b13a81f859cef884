"""Whatever is sent to a route, the answer is a problem that says what is wrong, and never the server's own failure."""

import json
from typing import Any

import anyio
import httpx2
import pytest
from demo_app import MAYA
from serving import Served, Talk, serving
from test_access import WHO

pytestmark = pytest.mark.anyio

JSON = "application/json"
TAKES_NONE = ("/stop", "/disable", "/enable", "/restore")
DEEP = b"[" * 100_000 + b"]" * 100_000
DEEP_OBJECT = b'{"text":' * 20_000 + b"1" + b"}" * 20_000
BODIES: dict[str, tuple[bytes, str | None]] = {
    "nothing": (b"", JSON),
    "no JSON": (b"{", JSON),
    "half a text": (b'{"text": "abc', JSON),
    "a list": (b"[]", JSON),
    "a number": (b"7", JSON),
    "null": (b"null", JSON),
    "a huge number": (b'{"text": ' + b"9" * 10_000 + b', "client_id": 1e999}', JSON),
    "infinity": (b'{"text": Infinity, "data": {"sku": NaN}}', JSON),
    "wrong types": (
        b'{"client_id": {}, "text": [], "customer_token": 7, "name": {}, "role": 1, "id": [], "data": 1}',
        JSON,
    ),
    "unknown fields": (b'{"nonsense": 1}', JSON),
    "deep": (DEEP, JSON),
    "deep objects": (DEEP_OBJECT, JSON),
    "NUL": (
        b'{"client_id": "a\\u0000b", "text": "\\u0000", "name": "\\u0000", "role": "owner", "id": "\\u0000"}',
        JSON,
    ),
    "raw NUL": (b"\0" * 100, JSON),
    "half a surrogate": (
        b'{"client_id": "a", "text": "\\ud800", "name": "\\ud800", "role": "viewer", "\\udfff": 1}',
        JSON,
    ),
    "binary": (bytes(range(256)) * 4, JSON),
    "not UTF-8": (b'{"text": "\xff\xfe", "client_id": "a"}', JSON),
    "twice the same field": (b'{"text": "a", "text": "", "client_id": ""}', JSON),
    "a form": (b"text=a&client_id=b", "application/x-www-form-urlencoded"),
    "plain text": (b'{"text": "a", "client_id": "b"}', "text/plain"),
    "no content type": (b'{"text": "a"}', None),
    "a wrong charset": (b'{"text": "a"}', "application/json; charset=nonsense"),
    "YAML": (b"a: &a [*a]\n", "application/yaml"),
    "YAML that makes objects": (b"!!python/object/apply:os.getpid []", "application/yaml"),
    "a YAML bomb": (
        b"a: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [" % (98 + n, 98 + n) + b",".join([b"*%c" % (97 + n)] * 9) + b"]\n" for n in range(9)),
        "application/yaml",
    ),
    "a multipart form": (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
    "a very long field": (
        json.dumps({"text": "x" * 900_000, "client_id": "x" * 10_000, "name": "x" * 1_000}).encode(),
        JSON,
    ),
}


@pytest.fixture(scope="module")
async def talk(served: Served) -> Talk:
    return await served.open(await served.token(MAYA))


@pytest.fixture(scope="module")
async def owner(served: Served) -> dict[str, str]:
    return await served.key("owner")


def check(response: httpx2.Response) -> None:
    assert response.status_code < 500, response.text
    if response.status_code < 400:
        return
    assert response.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = response.json()
    assert told["status"] == response.status_code
    assert told["title"]
    assert told["detail"]
    assert told["type"].startswith("urn:shopfloor:problem:")
    assert told["instance"].endswith(response.headers["x-request-id"])
    for inside in ("Traceback", "sqlalchemy", "SELECT", "site-packages", ".py"):
        assert inside not in response.text


def address(route: str, talk: Talk, one: str = "nothing") -> tuple[str, str]:
    method, path = route.split(" ")
    path = path.replace("{conversation_id}", talk.conversation_id)
    for name in ("agent_id", "key_id", "customer_id", "key", "version", "action_id"):
        path = path.replace(f"{{{name}}}", one)
    return method, path


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("route", [route for route in WHO if not route.startswith(("GET", "DELETE"))])
async def test_a_body_that_is_none_is_a_problem(
    served: Served, talk: Talk, owner: dict[str, str], route: str, kind: str
) -> None:
    content, content_type = BODIES[kind]
    method, path = address(route, talk, "1")
    headers = (talk.headers if "conversations" in path else {} if "ag-ui" in path else owner) | {"Accept": "*/*"}
    if content_type:
        headers["Content-Type"] = content_type
    response = await served.client.request(method, path, content=content, headers=headers)
    check(response)
    takes_none = path.endswith(TAKES_NONE) or kind in {"nothing", "null"}
    assert response.status_code >= 400 or takes_none, response.text


ODD = [
    "%00",
    "%ff%fe",
    "..%2f..%2fetc%2fpasswd",
    "x" * 5_000,
    "%F0%9F%98%80",
    "%27%20OR%201=1--",
    "9" * 400,
    "-1",
    "%0d%0a",
]


@pytest.mark.parametrize("one", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("route", [route for route in WHO if "{" in route])
async def test_an_odd_address_is_a_problem(served: Served, owner: dict[str, str], route: str, one: str) -> None:
    method, path = route.split(" ")
    for name in ("conversation_id", "agent_id", "key_id", "customer_id", "key", "version", "action_id"):
        path = path.replace(f"{{{name}}}", one)
    body = {} if method in {"POST", "PUT", "PATCH"} else None
    check(await served.client.request(method, path, json=body, headers=owner))


@pytest.mark.parametrize("route", [route for route in WHO if not route.startswith(("GET", "DELETE"))])
@pytest.mark.parametrize("is_announced", [True, False], ids=["with its length", "in chunks"])
async def test_ten_megabytes_are_too_large(
    served: Served, talk: Talk, owner: dict[str, str], route: str, is_announced: bool
) -> None:
    method, path = address(route, talk, "1")

    async def chunks():
        for _ in range(100):
            yield b" " * 100_000

    content = b" " * 10_000_000 if is_announced else chunks()
    headers = (talk.headers if "conversations" in path else {} if "ag-ui" in path else owner) | {"Content-Type": JSON}
    response = await served.client.request(method, path, content=content, headers=headers)
    takes_none = path.endswith(TAKES_NONE)
    check(response)
    assert response.status_code == 413 or (takes_none and not is_announced)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/", 404),
        ("GET", "/nothing", 404),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/%2e%2e/%2e%2e/pyproject.toml", 404),
        ("DELETE", "/v1/conversations", 405),
        ("PATCH", "/v1/keys", 405),
        ("PUT", "/healthz", 405),
        ("POST", "/", 405),
        ("OPTIONS", "/v1/conversations", 405),
        ("TRACE", "/v1/shop", 405),
    ],
)
async def test_what_is_not_there_is_a_problem(served: Served, method: str, path: str, status: int) -> None:
    response = await served.client.request(method, path)
    check(response)
    assert response.status_code == status
    if status == 405 and path.startswith("/v1"):
        assert response.headers["allow"]


async def test_each_field_that_is_wrong_is_named(served: Served, talk: Talk) -> None:
    body = {"client_id": "", "text": 7, "colour": "red"}
    refused = await served.client.post(f"{talk.path}/messages", json=body, headers=talk.headers)
    assert refused.status_code == 422
    assert sorted(error["field"] for error in refused.json()["errors"]) == ["client_id", "colour", "text"]


@pytest.mark.parametrize(
    ("text", "says"), [("", "empty"), (" \n", "empty"), ("x" * 8_001, "8,001"), ("\x00" * 50, "readable")]
)
async def test_a_text_that_cannot_be_read_says_why(talk: Talk, text: str, says: str) -> None:
    refused = await talk.post(text, "odd", waits=False)
    check(refused)
    assert refused.status_code == 422
    assert says in refused.json()["detail"]


async def test_a_body_that_dribbles_is_cut_off() -> None:
    async with serving(body_s=0.2) as served:
        talk = await served.open()
        head = f"POST {talk.path}/messages HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\nContent-Length: 50\r\n"
        with anyio.fail_after(10):
            async with await anyio.connect_tcp("127.0.0.1", served.port) as stream:
                await stream.send(f"{head}Authorization: Bearer {talk.secret}\r\n\r\n{{".encode())
                answer = b"".join([data async for data in stream])
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer


async def test_no_answer_names_the_server_and_all_bear_the_security_headers(served: Served) -> None:
    for path, status in {"/": 200, "/v1/shop": 200, "/v1/keys": 401, "/nothing": 404, "/openapi.json": 200}.items():
        response = await served.client.get(path)
        assert response.status_code == status
        assert "server" not in response.headers
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert "unsafe" not in response.headers["content-security-policy"]


async def test_a_failure_of_ours_says_nothing_about_itself() -> None:
    async with serving() as served:

        async def broken(*_args: Any) -> None:
            raise RuntimeError("secret inside")

        served.app.chat._desk.journal.read = broken
        talk = await served.open()
        refused = await served.client.get(f"{talk.path}/transcript", headers=talk.headers)
    assert refused.status_code == 500
    assert refused.headers["content-type"] == "application/problem+json"
    assert "secret inside" not in refused.text
    assert refused.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /v1/shop HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /v1/conversations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"GET /v1/shop HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 100_000,
    ],
    ids=range(7),
)
async def test_what_is_no_http_is_turned_away(served: Served, sent: bytes) -> None:
    with anyio.fail_after(5):
        async with await anyio.connect_tcp("127.0.0.1", served.port) as stream:
            await stream.send(sent)
            answer = b"".join([data async for data in stream])
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer
