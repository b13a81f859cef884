"""The shop's read tools as other systems see them: a process of its own, asked by the protocol's official client."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from anyio import to_thread
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from shopfloor.app import open_app
from shopfloor.config import Config
from shopfloor.mcp_server.served import SERVED

pytestmark = pytest.mark.anyio

SHOPFLOOR = Path(sys.executable).with_name("shopfloor")
MAYA, JONAS = "maya.lindqvist@example.com", "jonas.weber@example.org"
JSON_RPC = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


@dataclass(frozen=True)
class Place:
    data: Path
    key: str
    tokens: dict[str, str]


async def prepared(data: Path) -> Place:
    async with open_app(Config(data=data)) as app:
        _, key = await app.keys.create("a robot", "viewer")
        tokens: dict[str, str] = {}
        for email in (MAYA, JONAS):
            customer = await app.shop.customers.find_customer(email)
            assert customer is not None
            tokens[email] = app.tokens.sign(customer.id)
        return Place(data, key, tokens)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return anyio.run(prepared, tmp_path_factory.mktemp("served") / "data")


@pytest.fixture(scope="module")
def url(place: Place) -> Iterator[str]:
    command = [SHOPFLOOR, "mcp", "serve", "--http", "--port", "0", "--data", place.data]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+/mcp", process.stdout.readline())
            assert found is not None
            yield found[0]
        finally:
            process.terminate()


@asynccontextmanager
async def over_http(url: str, place: Place, customer: str | None = None) -> AsyncGenerator[Client]:
    headers = {"Authorization": f"Bearer {place.key}"}
    if customer:
        headers["X-Customer-Token"] = place.tokens[customer]
    transport = await to_thread.run_sync(httpx2.AsyncHTTPTransport)
    async with (
        httpx2.AsyncClient(headers=headers, transport=transport, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        yield client


@asynccontextmanager
async def over_stdio(place: Place, customer: str | None = None) -> AsyncGenerator[Client]:
    token = ["--token", place.tokens[customer]] if customer else []
    args = ["mcp", "serve", "--data", str(place.data), *token]
    async with Client(StdioServerParameters(command=str(SHOPFLOOR), args=args)) as client:
        yield client


async def output(client: Client, tool: str, **args: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, args)
    assert not result.is_error, result.content
    assert json.loads(result.content[0].text) == result.structured_content  # type: ignore[union-attr]
    return result.structured_content


async def refusal(client: Client, tool: str, **args: Any) -> str:
    result = await client.call_tool(tool, args)
    assert result.is_error
    return result.content[0].text  # type: ignore[union-attr]


async def test_only_reads_are_served_and_none_takes_an_identity(place: Place) -> None:
    async with over_stdio(place) as client:
        tools = (await client.list_tools()).tools
        assert {tool.name for tool in tools} == SERVED
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
        taken = {name for tool in tools for name in tool.input_schema["properties"]}
        assert not taken & {"customer_id", "email", "token", "conversation_id"}
        for write in ("cancel_order", "verify_guest", "change_shipping_address"):
            with pytest.raises(MCPError, match=f"there is no tool called {write}"):
                await client.call_tool(write, {"order_number": "141"})


async def test_a_guest_finds_products_and_no_orders(place: Place) -> None:
    async with over_stdio(place) as client:
        found = await output(client, "search_products", query="red sneakers in men's size 9")
        assert found["products"][0]["title"] == "Speedster Red Edition"
        assert await output(client, "list_orders") == {"outcome": "sign_in"}
        assert "order" not in await output(client, "get_order", order_number="141")


async def test_the_token_at_the_start_says_whose_orders_are_read(place: Place) -> None:
    async with over_stdio(place, MAYA) as client:
        assert (await output(client, "get_order", order_number="141"))["outcome"] == "found"
        assert (await output(client, "get_order", order_number="150"))["outcome"] != "found"


async def test_the_token_of_each_request_says_whose_orders_are_read(url: str, place: Place) -> None:
    async with (
        over_http(url, place) as guest,
        over_http(url, place, MAYA) as maya,
        over_http(url, place, JONAS) as jonas,
    ):
        for _ in range(2):
            assert (await output(maya, "get_order", order_number="141"))["outcome"] == "found"
            assert (await output(jonas, "get_order", order_number="141"))["outcome"] != "found"
            assert (await output(jonas, "get_order", order_number="150"))["outcome"] == "found"
            assert await output(guest, "list_orders") == {"outcome": "sign_in"}


async def test_wrong_arguments_and_tokens_are_told_as_the_tools_answer(url: str, place: Place) -> None:
    async with over_http(url, place) as client:
        told = await refusal(client, "get_product", customer_id="c-1")
        assert told == "get_product: product_id: Field required; customer_id: Extra inputs are not permitted"
    forged = Place(place.data, place.key, {MAYA: place.tokens[MAYA][:-3] + "AAA"})
    async with over_http(url, forged, MAYA) as client:
        assert await refusal(client, "list_orders") == "the sign-in token is not valid: sign in again"


@pytest.mark.parametrize("key", ["", "Bearer ", "Bearer sf_wrong", "Basic {key}", "{key}"])
def test_a_request_without_a_key_is_turned_away(url: str, place: Place, key: str) -> None:
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    if key:
        headers["Authorization"] = key.format(key=place.key)
    request = urllib.request.Request(url, json.dumps(JSON_RPC).encode(), headers)  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)  # noqa: S310
    with refused.value as answer:
        assert answer.code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="shopfloor"'


def test_a_page_of_another_site_is_turned_away(url: str, place: Place) -> None:
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "Authorization": f"Bearer {place.key}",
        "Origin": "https://elsewhere.example.com",
    }
    request = urllib.request.Request(url, json.dumps(JSON_RPC).encode(), headers)  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)  # noqa: S310
    with refused.value as answer:
        assert answer.code == 403
