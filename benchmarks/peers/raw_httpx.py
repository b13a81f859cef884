"""By hand on httpx, the client of most Python programs, without an SDK."""

from types import ModuleType
from typing import Any

import httpx
from assignment import KEY, Emit, Turn
from by_hand import Heard, turn_of


def build(base_url: str, library: ModuleType = httpx) -> Turn:
    """Return the peer's turn; `library` is httpx, or one with its interface."""
    client = library.AsyncClient(
        base_url=base_url,
        headers={"authorization": f"Bearer {KEY}"},
        timeout=60,
        limits=library.Limits(max_connections=1000, max_keepalive_connections=1000),
    )

    async def ask_plan(body: dict[str, Any]) -> str:
        response = await client.post("/chat/completions", json=body)
        return response.json()["choices"][0]["message"]["content"]

    async def ask(body: dict[str, Any], agent: str, emit: Emit) -> Heard:
        heard = Heard()
        async with client.stream("POST", "/chat/completions", json=body) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                if line.startswith("data: ") and line != "data: [DONE]":
                    heard.take(line[6:], agent, emit)
        return heard

    return turn_of(ask_plan, ask)
