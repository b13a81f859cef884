"""By hand on aiohttp: the least that a turn costs."""

from typing import Any

import aiohttp
from assignment import KEY, Emit, Turn
from by_hand import Heard, turn_of


def build(base_url: str) -> Turn:
    """Return the peer's turn."""
    opened: list[aiohttp.ClientSession] = []
    url = f"{base_url}/chat/completions"

    def session() -> aiohttp.ClientSession:
        if not opened:  # it must be made while the loop runs
            headers = {"authorization": f"Bearer {KEY}"}
            opened.append(aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=1000)))
        return opened[0]

    async def ask_plan(body: dict[str, Any]) -> str:
        async with session().post(url, json=body) as response:
            return (await response.json())["choices"][0]["message"]["content"]

    async def ask(body: dict[str, Any], agent: str, emit: Emit) -> Heard:
        heard = Heard()
        async with session().post(url, json=body) as response:
            response.raise_for_status()
            async for line in response.content:
                if line.startswith(b"data: ") and line != b"data: [DONE]\n":
                    heard.take(line[6:], agent, emit)
        return heard

    return turn_of(ask_plan, ask)
