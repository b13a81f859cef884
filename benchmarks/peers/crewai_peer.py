"""crewai: agents kicked off side by side, whose pieces of text come over its event bus."""

import asyncio
from typing import Any

from assignment import KEY, MODEL, PLANNER, SPECIALISTS, TOOLS, Emit, Turn
from crewai import LLM, Agent
from crewai.events import LLMStreamChunkEvent, crewai_event_bus
from crewai.tools import tool
from plan import Plan, Task


def build(base_url: str) -> Turn:
    """Return the peer's turn; the bus is the process's, so pieces go to whoever began a turn last."""
    hearing: list[Emit] = []

    @crewai_event_bus.on(LLMStreamChunkEvent)
    def hear(_source: object, event: Any) -> None:
        if hearing and event.chunk:
            hearing[-1](str(event.agent_role), event.chunk)

    def llm(*, is_streamed: bool) -> LLM:
        return LLM(
            model=f"openai/{MODEL}", base_url=base_url, api_key=KEY, stream=is_streamed, max_retries=0, timeout=60
        )

    def agent(name: str, told: str, **more: Any) -> Agent:
        quiet = {"verbose": False, "allow_delegation": False, "memory": False, "max_retry_limit": 0}
        return Agent(role=f"ROLE:{name}", goal=told, backstory=told, **quiet, **more)

    tools = {name: tool(function.__name__)(function) for name, function in TOOLS.items()}

    async def specialist(task: Task) -> str:
        own = agent(task.agent, SPECIALISTS[task.agent], llm=llm(is_streamed=True), tools=[tools[task.agent]])
        return (await own.akickoff(task.task)).raw

    async def turn(user: str, emit: Emit) -> str:
        hearing[:] = [emit]
        planner = agent("planner", PLANNER, llm=llm(is_streamed=False))
        answer = await planner.akickoff(user, response_format=Plan)
        plan = answer.pydantic or Plan.model_validate_json(answer.raw)
        return "\n".join(await asyncio.gather(*(specialist(task) for task in plan.tasks)))

    return turn
