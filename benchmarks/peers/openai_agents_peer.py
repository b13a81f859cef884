"""openai-agents: a planner with a strict output type, and specialists run by `Runner.run_streamed`."""

import asyncio

from agents import (
    Agent,
    AsyncOpenAI,
    OpenAIChatCompletionsModel,
    RunConfig,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from assignment import KEY, MODEL, PLANNER, SPECIALISTS, TOOLS, Emit, Turn
from plan import Plan, Task


def build(base_url: str) -> Turn:
    """Return the peer's turn."""
    set_tracing_disabled(True)
    client = AsyncOpenAI(base_url=base_url, api_key=KEY, max_retries=0, timeout=60)
    model = OpenAIChatCompletionsModel(MODEL, client)
    planner = Agent("planner", instructions=PLANNER, model=model, output_type=Plan)
    agents = {
        name: Agent(name, instructions=told, model=model, tools=[function_tool(TOOLS[name])])
        for name, told in SPECIALISTS.items()
    }
    config = RunConfig(tracing_disabled=True)

    async def specialist(task: Task, emit: Emit) -> str:
        run = Runner.run_streamed(agents[task.agent], task.task, run_config=config)
        async for event in run.stream_events():
            if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                emit(task.agent, event.data.delta)
        return run.final_output

    async def turn(user: str, emit: Emit) -> str:
        plan = (await Runner.run(planner, user, run_config=config)).final_output
        return "\n".join(await asyncio.gather(*(specialist(task, emit) for task in plan.tasks)))

    return turn
