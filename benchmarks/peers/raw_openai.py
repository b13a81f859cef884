"""By hand on OpenAI's SDK."""

from typing import Any

from assignment import KEY, Emit, Turn
from by_hand import Heard, turn_of
from openai import AsyncOpenAI


def build(base_url: str) -> Turn:
    """Return the peer's turn."""
    client = AsyncOpenAI(base_url=base_url, api_key=KEY, max_retries=0, timeout=60)

    async def ask_plan(body: dict[str, Any]) -> str:
        response = await client.chat.completions.create(**body)
        return response.choices[0].message.content or ""

    async def ask(body: dict[str, Any], agent: str, emit: Emit) -> Heard:
        heard = Heard()
        async for chunk in await client.chat.completions.create(**body):
            if not chunk.choices:
                continue
            delta = chunk.choices[0].delta
            if delta.content:
                heard.text.append(delta.content)
                emit(agent, delta.content)
            for part in delta.tool_calls or ():
                heard.call(part.index, part.id, part.function.name, part.function.arguments)
        return heard

    return turn_of(ask_plan, ask)
