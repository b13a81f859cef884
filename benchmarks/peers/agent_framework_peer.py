"""Microsoft's agent-framework: a planner with a response format, and specialists run with `stream=True`."""

import asyncio

from agent_framework import Agent
from agent_framework.openai import OpenAIChatCompletionClient
from assignment import KEY, MODEL, PLANNER, SPECIALISTS, TOOLS, Emit, Turn
from openai import AsyncOpenAI
from plan import Plan, Task


def build(base_url: str) -> Turn:
    """Return the peer's turn."""
    sdk = AsyncOpenAI(base_url=base_url, api_key=KEY, max_retries=0, timeout=60)
    client = OpenAIChatCompletionClient(MODEL, async_client=sdk)
    planner = Agent(client, PLANNER, name="planner", default_options={"response_format": Plan})
    agents = {name: Agent(client, told, name=name, tools=[TOOLS[name]]) for name, told in SPECIALISTS.items()}

    async def specialist(task: Task, emit: Emit) -> str:
        stream = agents[task.agent].run(task.task, stream=True)
        async for update in stream:
            if update.text:
                emit(task.agent, update.text)
        return (await stream.get_final_response()).text

    async def turn(user: str, emit: Emit) -> str:
        plan = (await planner.run(user)).value
        return "\n".join(await asyncio.gather(*(specialist(task, emit) for task in plan.tasks)))

    return turn
