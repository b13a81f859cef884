"""pydantic-ai: a planner with native structured output, and specialists whose events are streamed."""

import asyncio

from assignment import KEY, MODEL, PLANNER, SPECIALISTS, TOOLS, Emit, Turn
from openai import AsyncOpenAI
from plan import Plan, Task
from pydantic_ai import (
    Agent,
    AgentRunResultEvent,
    NativeOutput,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
)
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider


def build(base_url: str) -> Turn:
    """Return the peer's turn."""
    client = AsyncOpenAI(base_url=base_url, api_key=KEY, max_retries=0, timeout=60)
    model = OpenAIChatModel(MODEL, provider=OpenAIProvider(openai_client=client))
    planner = Agent(model, instructions=PLANNER, output_type=NativeOutput(Plan))
    agents = {name: Agent(model, instructions=told, tools=[TOOLS[name]]) for name, told in SPECIALISTS.items()}

    async def specialist(task: Task, emit: Emit) -> str:
        async with agents[task.agent].run_stream_events(task.task) as events:
            async for event in events:
                if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
                    if event.part.content:
                        emit(task.agent, event.part.content)
                elif isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
                    emit(task.agent, event.delta.content_delta)
                elif isinstance(event, AgentRunResultEvent):
                    return event.result.output
        raise RuntimeError("the run ended without a result")

    async def turn(user: str, emit: Emit) -> str:
        plan = (await planner.run(user)).output
        return "\n".join(await asyncio.gather(*(specialist(task, emit) for task in plan.tasks)))

    return turn
