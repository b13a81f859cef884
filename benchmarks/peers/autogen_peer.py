"""autogen-agentchat: a planner with an output type, and specialists run by `run_stream`.

Its assistants keep a conversation's state, so each conversation has its own, as the documentation has it.
"""

import asyncio

from assignment import KEY, MODEL, PLANNER, SPECIALISTS, TOOLS, Emit, Turn
from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.base import TaskResult
from autogen_agentchat.messages import ModelClientStreamingChunkEvent
from autogen_ext.models.openai import OpenAIChatCompletionClient
from plan import Plan, Task


def build(base_url: str) -> Turn:
    """Return the peer's turn."""
    client = OpenAIChatCompletionClient(model=MODEL, base_url=base_url, api_key=KEY, max_retries=0, timeout=60)

    async def specialist(task: Task, emit: Emit) -> str:
        agent = AssistantAgent(
            task.agent,
            client,
            tools=[TOOLS[task.agent]],
            system_message=SPECIALISTS[task.agent],
            reflect_on_tool_use=True,
            model_client_stream=True,
        )
        reply = ""
        async for message in agent.run_stream(task=task.task):
            if isinstance(message, ModelClientStreamingChunkEvent):
                emit(task.agent, message.content)
            elif isinstance(message, TaskResult):
                reply = message.messages[-1].content
        return reply

    async def turn(user: str, emit: Emit) -> str:
        planner = AssistantAgent("planner", client, system_message=PLANNER, output_content_type=Plan)
        plan = (await planner.run(task=user)).messages[-1].content
        return "\n".join(await asyncio.gather(*(specialist(task, emit) for task in plan.tasks)))

    return turn
